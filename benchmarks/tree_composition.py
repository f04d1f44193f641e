"""The tree_composition benchmark: what its paper claims, and what runs beside the default cells."""

from toybench import Benchmark, Better, Bound, Claim, Tuning

TASK = "listops"

DIFFERS = (
    "Lists of digits 0 to 4 with three operators, 8 tokens at most in training and 13 in the test; the paper's are far "
    "longer. Two beams and width 16 for the paper's five and 128, and 800 updates of 16 expressions, for up to 100 "
    "rounds over its data in batches of 128. Margins are a twentieth of what lies between the commonest value and all "
    "of them. Rates are tuned on new expressions like those of training."
)
GATE = Bound(task=TASK, method="gold_tree_cell", metric="longer_accuracy", above=0.9, aggregate="share")


def better(than: str) -> Better:
    return Better(task=TASK, method="beam_tree_cell", than=than, metric="longer_accuracy", margin=0.04)


benchmark = Benchmark(
    field="sequences",
    tuning=Tuning(trials=6, seeds=4),
    claims=(
        Claim(
            paper="raychowdhury2023beam",
            says="Where a cell finds its trees by itself, keeping two partial trees generalises better to longer "
            "expressions than one tree that is chosen greedily.",
            differs=f"{DIFFERS} The "
            "greedy baseline is the authors' own, with straight-through gradients. The cell along the true tree must "
            "have 0.9 in more than half of the seeds, else it says nothing.",
            expected="inconclusive",
            conditions=(better("gumbel_tree_cell"), GATE),
        ),
        Claim(
            paper="raychowdhury2023beam",
            says="It generalises better to longer expressions than a recurrent network, and than the same cell along "
            "a balanced tree.",
            differs=f"{DIFFERS} Of sequence encoders only a GRU is run, and no transformer. The cell along "
            "the true tree must have 0.9 in more than half of the seeds, else it says nothing.",
            expected="inconclusive",
            conditions=(better("gru"), better("balanced_tree_cell"), GATE),
        ),
        Claim(
            paper="raychowdhury2023beam",
            says="More arguments than in training make it fail.",
            differs=f"{DIFFERS} Five arguments in the outermost list, for three at most. Fail is read as a tenth of "
            "the values, below the accuracy on new expressions like those of training.",
            expected="supported",
            conditions=(Bound(task=TASK, method="beam_tree_cell", metric="arguments_drop", above=0.1),),
        ),
    ),
)
