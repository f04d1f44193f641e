"""The combinatorial_search benchmark: what its papers claim, and what runs beside the default cells."""

from toybench import Benchmark, Better, Bound, Claim, Tuning

PUZZLE = "permutation_puzzle"
GRAPH = "extremal_graphs"
LARGE = "extremal_graphs[steps=3000,nodes=48]"

NET = "walk_distance_net"
DIAMETER = "walk_distance_net[length=28]"
LARGE_TABLE = "pattern_database[held=5]"
SHORT_LADDER = "tabu_curriculum[ladder=4]"

PUZZLE_DIFFERS = (
    "Eight tiles with 40,320 states instead of cubes, a network of two layers of 64 trained on 153,600 states, and a "
    "beam of 4 instead of 2^12 and more. The study's beam leaves out states that it held before, for all scorers; the "
    "authors start again after a stagnation. Walks are as long as the diameter, 28, as the authors take them, and as "
    "long as tuning takes them, at the rate that was tuned with that. Two thirds of the puzzle's states or more are "
    "met in training, which no cube allows."
)
GRAPHS_DIFFER = (
    "Graphs of 40 and 48 nodes and some thousand moves instead of 64 to 190 nodes. Only the abstract and summaries "
    "could be read: the score and the flips are the paper's; tabu lists, ladders and budgets are ours. A "
    "network-guided search would cost a hundred times the budget and is left out."
)
MORE_EDGES = (
    f"{GRAPHS_DIFFER} More is one edge or more in most of the seeds, as scores are whole numbers and many are alike."
)

benchmark = Benchmark(
    field="sequences",
    tuning=Tuning(trials=20, seeds=4),
    variants=(LARGE,),
    ablations=(DIAMETER, LARGE_TABLE, SHORT_LADDER),
    edges={
        "tabu_curriculum.share": "a share of 1 is tabu search from scratch",
    },
    only={
        LARGE: ("tabu", "tabu_restarts", "tabu_curriculum", "tabu_curriculum_free", "annealing", SHORT_LADDER),
    },
    claims=(
        Claim(
            paper="chervov2025machine",
            says="A network that guesses the step of a random walk guides a beam to shortest solutions more often than "
            "hand heuristics and a classic pattern database do.",
            differs=f"{PUZZLE_DIFFERS} More often is read as 0.2 of the starts for hand heuristics, a fifth of the "
            "range, and as 0.05 for the pattern database, which is ours: two tables of 1,680.",
            expected="supported",
            conditions=tuple(
                Better(task=PUZZLE, method=method, than=other, metric="optimality_rate", margin=margin)
                for method in (NET, DIAMETER)
                for other, margin in (("misplaced_tiles", 0.2), ("adjacency_breaks", 0.2), ("pattern_database", 0.05))
            ),
        ),
        Claim(
            paper="chervov2025machine",
            says="It does so more often than a pattern database that holds more numbers than the network has weights.",
            differs=f"{PUZZLE_DIFFERS} The control is ours: two tables of 6,720 entries against 8,385 weights. Only "
            "the sign is claimed. It was added after a pilot in which it came close.",
            note=(
                "At the tuned length of 56 it does, with 0.927 against 0.901; at the authors' length of 28 it has "
                "0.906, between -0.007 and 0.018 more (32 seeds). With a beam of 1 the tables have 0.554 and the "
                "networks 0.362 and 0.376."
            ),
            expected="inconclusive",
            conditions=tuple(
                Better(task=PUZZLE, method=method, than=LARGE_TABLE, metric="optimality_rate")
                for method in (NET, DIAMETER)
            ),
        ),
        Claim(
            paper="chervov2025machine",
            says="Nearly all of its solutions are as short as there can be, and it looks from less than half as many "
            "states as bidirectional search must.",
            differs=f"{PUZZLE_DIFFERS} Nearly all is read as nine in ten; the authors have 0.98 on a cube of 3. The "
            "rival is the luckiest search from both ends, counted by a formula. What the network's evaluation costs "
            "isn't counted; starts without a solution count with all of the beam's states.",
            note=(
                "At the tuned length of 56 both hold: 0.927 of the starts, and 7 % of the states. At the authors' "
                "length of 28 the share is 0.906, between 0.895 and 0.916 (32 seeds)."
            ),
            expected="supported",
            conditions=tuple(
                condition
                for method in (NET, DIAMETER)
                for condition in (
                    Bound(task=PUZZLE, method=method, metric="optimality_rate", above=0.9),
                    Bound(task=PUZZLE, method=method, metric="expanded_share", below=0.5),
                )
            ),
        ),
        Claim(
            paper="chervov2025machine",
            says="Shortest solutions become more frequent as the beam widens from 1 over 4 to 16 states.",
            differs=f"{PUZZLE_DIFFERS} More frequent is read as 0.05 for the first step, 5 % of the range, and as 0.01 "
            "for the second, which has little room.",
            expected="supported",
            conditions=tuple(
                condition
                for method in (NET, DIAMETER)
                for condition in (
                    Bound(task=PUZZLE, method=method, metric="gain_to_usual", above=0.05),
                    Bound(task=PUZZLE, method=method, metric="gain_to_wide", above=0.01),
                )
            ),
        ),
        Claim(
            paper="chervov2025machine",
            says="After as many updates it finds shortest solutions more often than a network trained by approximate "
            "value iteration.",
            differs=f"{PUZZLE_DIFFERS} Only the sign is claimed. The rival sees as many states of walks, evaluates "
            "its network on three neighbours of each beside, and is tuned over the same rates and lengths of walks.",
            expected="inconclusive",
            conditions=tuple(
                Better(task=PUZZLE, method=method, than="bellman_net", metric="optimality_rate")
                for method in (NET, DIAMETER)
            ),
        ),
        Claim(
            paper="chervov2025machine",
            says="The target itself is nearly a distance: ranked by the exact mean step of walks, states lead a beam "
            "of 4, and one of 1, to shortest solutions nearly always.",
            differs=f"{PUZZLE_DIFFERS} There is no network here, but the regression's exact optimum. Nearly always is "
            "read as 98 of 100 starts, in more than half of the worlds.",
            expected="supported",
            conditions=tuple(
                Bound(task=PUZZLE, method="exact_walk_expectation", metric=metric, above=0.98, aggregate="share")
                for metric in ("optimality_rate", "optimality_narrow")
            ),
        ),
        Claim(
            paper="mehrabian2023finding",
            read="abstract",
            says="Given a good graph of one node less, tabu search finds more edges in its budget than from scratch, "
            "restarts included.",
            differs=f"{MORE_EDGES} The moves for smaller sizes, as many again, aren't counted, as in the paper's "
            "series of sizes.",
            note=(
                "It finds more than tabu search in 7 of 16 seeds at 40 nodes and in 8 at 48; the means are 117.6 "
                "against 116.5 edges and 154.1 against 153.0. Searches end in one of two basins, at 118 or about "
                "113 and at 162 or about 146, so that 16 seeds can't tell; more can't bring a verdict where the "
                "paper could not be read."
            ),
            expected="inconclusive",
            conditions=tuple(
                Better(
                    task=task,
                    method="tabu_curriculum_free",
                    than=other,
                    metric="best_score",
                    margin=0.5,
                    aggregate="share",
                )
                for task in (GRAPH, LARGE)
                for other in ("tabu", "tabu_restarts")
            ),
        ),
        Claim(
            paper="mehrabian2023finding",
            read="abstract",
            says="It does so as well where the moves for eight smaller sizes are taken from its budget.",
            differs=f"{MORE_EDGES} Restarts, which cost nothing, are a control.",
            note=(
                "It finds more than tabu search in 5 of 16 seeds at 40 nodes, with a mean of 115.4 against 116.5 "
                "edges, and in 9 of 16 at 48 nodes, with 155.1 against 153.0. It was expected to lose at both."
            ),
            expected="refuted",
            conditions=tuple(
                Better(
                    task=task, method="tabu_curriculum", than=other, metric="best_score", margin=0.5, aggregate="share"
                )
                for task in (GRAPH, LARGE)
                for other in ("tabu", "tabu_restarts")
            ),
        ),
        Claim(
            paper="mehrabian2023finding",
            read="abstract",
            says="And where the ladder has four smaller sizes alone.",
            differs=f"{MORE_EDGES} Other values are those that were tuned with eight.",
            note=(
                "It finds more than tabu search in 6 of 16 seeds at 40 nodes, with a mean of 115.9 against 116.5 "
                "edges, and in 8 of 16 at 48 nodes, with 157.9 against 153.0."
            ),
            expected="refuted",
            conditions=tuple(
                Better(task=task, method=SHORT_LADDER, than="tabu", metric="best_score", margin=0.5, aggregate="share")
                for task in (GRAPH, LARGE)
            ),
        ),
        Claim(
            paper="mehrabian2023finding",
            read="abstract",
            says="Tabu search from scratch is a strong search: it finds more edges than annealing and than random "
            "maximal graphs.",
            differs=f"{GRAPHS_DIFFER} More is more than one edge in most of the seeds. Annealing has no "
            "rejections, so that all scores of flips serve it too. Random maximal graphs are asked at 40 nodes alone.",
            note=(
                "It beats random maximal graphs in all of 16 seeds, with 116.5 edges against 100.3, and annealing "
                "in 12 of 16 at either size, with 116.5 against 112.6 and 153.0 against 145.4. 12 of 16 are too few"
                " to be most beyond doubt."
            ),
            expected="supported",
            conditions=(
                *(
                    Better(
                        task=task, method="tabu", than="annealing", metric="best_score", margin=1.0, aggregate="share"
                    )
                    for task in (GRAPH, LARGE)
                ),
                Better(
                    task=GRAPH, method="tabu", than="greedy_random", metric="best_score", margin=1.0, aggregate="share"
                ),
            ),
        ),
    ),
)
