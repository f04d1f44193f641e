"""The network_design benchmark: what its paper claims, and what runs beside the default cells."""

from toybench import Benchmark, Better, Bound, Claim, Tuning

TASK = "road_design"
GNN = "gnn_surrogate_ga"
ONCE = "gnn_surrogate_ga[more=0]"

DIFFERS = (
    "Nine crossings, 24 roads, 12 pairs and 5 of 14 roads to widen, instead of three networks of 76 to 914 roads. The "
    "best of all 2,002 designs stands in for the authors' exact solver. Exact solutions are counted, 48 of them, where "
    "the authors count time. As theirs, stand-ins are trained on solutions beforehand that are not counted: 128 plans "
    "of one road less or more than allowed. Rivals without a stand-in begin near the best of these plans. The plan had "
    "120 solutions, those for training among them. Pilots on tuning seeds showed that all rivals find the best design "
    "with 120, and that a graph network can't learn from 48. "
)

benchmark = Benchmark(
    field="sequences",
    tuning=Tuning(trials=6, seeds=4),
    edges={
        "first_rounds": "1 is the least",
        "swap_search.tops": "1 is the least",
    },
    ablations=(ONCE,),
    claims=(
        Claim(
            paper="madadi2023hybrid",
            says="A genetic algorithm on a graph network, trained once, finds designs within 1.5 % of the best one, "
            "and better ones than random draws.",
            differs=f"{DIFFERS}1.5 % is the paper's figure; the median design lacks 3 to 16 %, and the best of 48 "
            "random ones 1.6 % in pilots. So random draws are a condition, by 0.05 of what the median design lacks.",
            expected="supported",
            conditions=(
                Bound(task=TASK, method=ONCE, metric="gap", below=0.015),
                Better(task=TASK, method=ONCE, than="random_designs", metric="range_gap", margin=0.05),
            ),
        ),
        Claim(
            paper="madadi2023hybrid",
            says="Beside 128 solutions that aren't counted, with as many counted ones it comes nearer to the best "
            "design than a genetic algorithm that solves every individual exactly.",
            differs=f"{DIFFERS}The network goes on learning here. Nearer is read as 0.02 of what the median design "
            "lacks: in pilots the exact algorithm lacks some 0.03, so that the plan's 0.05 can't be had.",
            expected="supported",
            conditions=(Better(task=TASK, method=GNN, than="exact_ga", metric="range_gap", margin=0.02),),
        ),
        Claim(
            paper="madadi2023hybrid",
            says="It takes the graph network: a ridge regression on roads and pairs of roads, or a local search that "
            "exchanges roads, does not come as near.",
            differs=f"{DIFFERS}The controls are ours, and only signs are claimed.",
            expected="refuted",
            conditions=tuple(
                Better(task=TASK, method=GNN, than=other, metric="range_gap")
                for other in ("ridge_surrogate_ga", "swap_search")
            ),
        ),
    ),
)
