"""The network_design benchmark: what its paper claims, and what runs beside the default cells."""

from toybench import Benchmark, Better, Bound, Claim, Tuning

TASK = "road_design"
COUNTED = "road_design[steps=30,plans=130]"
GNN = "gnn_surrogate_ga"
SLOW = "gnn_surrogate_ga[lr=0.0025]"
MEAN_FLOWS = "gnn_surrogate_ga[learn=false]"
FOUR_ROUNDS = "gnn_surrogate_ga[rounds=4]"
COLD = "exact_ga[warm=false]"
SINGLE_ROADS = "ridge_surrogate_ga[pairs=false]"

DIFFERS = (
    "Nine crossings, 24 roads, 12 pairs and 5 of 14 roads to widen, instead of three networks of 76 to 914 roads. The "
    "best of all 2,002 designs stands in for the authors' exact solver. Exact solutions are counted, 20 of them, as "
    "many as the authors solve at the end. Stand-ins are trained once, beforehand, on 128 solved plans of a road less "
    "or more than allowed, which are not counted; rivals without a stand-in begin near the best of these. The network "
    "is judged at the tuned rate, 0.015, and at 0.0025: at higher rates training can fail. "
)
MARGIN = "Margins of 0.02 and less are shares of what the median design lacks; 20 random ones lacked 0.27 in pilots. "
MOSTLY = (
    "As the best design is often found, nearer is read as nearer in more than half of the worlds; it was a mean on "
    "seeds 16 to 31, where most worlds tied at 0 and no claim had a verdict. All seeds are new since. "
)
NEARER = f"{DIFFERS}{MARGIN}{MOSTLY}"

benchmark = Benchmark(
    field="optimisation",
    first_seed=32,
    tuning=Tuning(trials=6, seeds=4),
    variants=(COUNTED,),
    ablations=(SINGLE_ROADS, SLOW, MEAN_FLOWS, FOUR_ROUNDS, COLD),
    only={
        TASK: (GNN, SLOW, MEAN_FLOWS, "exact_ga", "ridge_surrogate_ga", SINGLE_ROADS, "swap_search", "random_designs"),
        COUNTED: (FOUR_ROUNDS, COLD),
    },
    edges={
        "ridge": "all values up to 0.3 find the best design",
        "tops": "1 is the least",
        "first_rounds": "1 is the least",
        "parents": "2 are the least for a crossover, and a round brings 5",
    },
    claims=(
        Claim(
            paper="madadi2023hybrid",
            says="A genetic algorithm on a graph network mostly finds designs within 1.5 % of the best one, and better "
            "ones than random draws.",
            differs=f"{DIFFERS}1.5 % is the paper's figure; the median design lacks 2 to 20 % in pilots, and the best "
            "of 20 random ones 2.5 %. So random draws are a condition, by 0.05 of what the median design lacks.",
            expected="supported",
            note="Of 16 designs, 15 are within 1.5 % at the tuned rate and all at 0.0025. Random draws lack 0.298 "
            "of what the median design lacks, the network 0.081 and 0.028. At the tuned rate one network lacks "
            "0.87, so that the margin isn't beyond doubt there; at 0.0025 it is (16 seeds).",
            conditions=tuple(
                condition
                for method in (GNN, SLOW)
                for condition in (
                    Bound(task=TASK, method=method, metric="gap", below=0.015, aggregate="share"),
                    Better(task=TASK, method=method, than="random_designs", metric="range_gap", margin=0.05),
                )
            ),
        ),
        Claim(
            paper="madadi2023hybrid",
            says="Beside 128 solutions that aren't counted, with as many counted ones it comes nearer to the best "
            "design than a genetic algorithm that solves every individual exactly.",
            differs=f"{DIFFERS}{MARGIN}The exact algorithm has 4 generations of 5 individuals.",
            expected="supported",
            note="The exact algorithm lacks 0.111 of what the median design lacks, the network 0.081 at the tuned "
            "rate and 0.028 at 0.0025, where it is nearer by 0.083. 16 seeds can't tell either from the "
            "margin.",
            conditions=tuple(
                Better(task=TASK, method=method, than="exact_ga", metric="range_gap", margin=0.02)
                for method in (GNN, SLOW)
            ),
        ),
        Claim(
            paper="madadi2023hybrid",
            says="It does so too where solutions for training are counted.",
            differs=f"{NEARER}The network has 130 and asks for 20; the exact algorithm begins at random and asks for "
            "160, ten more than was meant, as rounds are a multiple of the checkpoints. The paper does not count them, "
            "as one network serves many problems. The claim was added after pilots in which the exact algorithm found "
            "the best design so.",
            expected="refuted",
            note="The rival is at 0: with 160 solutions of its own the exact algorithm found the best design in 16 "
            "of 16 worlds, the network in 10, so that nothing is left to win.",
            conditions=(
                Better(task=COUNTED, method=FOUR_ROUNDS, than=COLD, metric="range_gap", margin=0.02, aggregate="share"),
            ),
        ),
        Claim(
            paper="madadi2023hybrid",
            says="It takes a network that has learned: mean flows of the plans, taken for those of any design, do not "
            "lead as near.",
            differs=f"{NEARER}The control is ours, and the margin is 0.01. It was added after tuning, where "
            "the two highest rates did best.",
            expected="refuted",
            note="The rival is at 0: mean flows, with the formula for times, led to the best design in 16 of 16 "
            "worlds, the network in 11 at the tuned rate and in 13 at 0.0025. Which roads are crowded is "
            "enough to choose here.",
            conditions=tuple(
                Better(task=TASK, method=method, than=MEAN_FLOWS, metric="range_gap", margin=0.01, aggregate="share")
                for method in (GNN, SLOW)
            ),
        ),
        Claim(
            paper="madadi2023hybrid",
            says="It takes the graph network: a ridge regression on roads, or on roads and pairs of roads, or a local "
            "search that exchanges roads, does not come as near.",
            differs=f"{NEARER}The controls are ours, and the margin is 0.01. In pilots the regression on "
            "roads alone always found the best design.",
            expected="refuted",
            note="Both regressions found the best design in 16 of 16 worlds, the network in 11 at the tuned rate "
            "and in 13 at 0.0025. The exchange of roads lacks 0.041 of what the median design lacks, the "
            "network 0.081 and 0.028.",
            conditions=tuple(
                Better(task=TASK, method=method, than=other, metric="range_gap", margin=0.01, aggregate="share")
                for method in (GNN, SLOW)
                for other in ("ridge_surrogate_ga", SINGLE_ROADS, "swap_search")
            ),
        ),
    ),
)
