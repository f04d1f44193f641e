"""The algorithm_simulation benchmark: what its paper claims, and what runs beside the default cells."""

from toybench import Benchmark, Better, Bound, Claim, Trend

TASK = "shortest_paths"
BFLOAT16 = "looped_transformer[spacing=0.0078125]"
COARSER = (
    "looped_transformer[spacing=0.0009765625]",
    "looped_transformer[spacing=0.001953125]",
    "looped_transformer[spacing=0.00390625]",
    BFLOAT16,
)
UNROLLED = "looped_transformer[rounds=8]"

DIFFERS = (
    "Dijkstra's algorithm alone, on growing random graphs of mean degree 4 with whole lengths 1 to 5. 57 sizes "
    "from 8 to 244 nodes, about 6 % apart. Attention is hard; the authors' code has a softmax at temperature 1e-7 "
    "in double precision. Addresses lie evenly on the circle, the widest step there is at a size; the code's step is "
    "0.01 at all sizes. Comparisons and choices are functions that the paper's ReLU layers compute for whole numbers."
)
STEPS = "First failures are steps of sizes that may be the same on every seed, so that shares of the seeds are judged."

benchmark = Benchmark(
    field="sequences",
    ablations=(*COARSER, UNROLLED),
    claims=(
        Claim(
            paper="backdeluca2024simulation",
            kind="theorem",
            says="A looped transformer of constant width with weights set by hand runs Dijkstra's algorithm exactly.",
            differs=f"{DIFFERS} In single precision, at every size.",
            expected="supported",
            conditions=(Bound(task=TASK, method="looped_transformer", metric="exact_share", above=0.999),),
        ),
        Claim(
            paper="backdeluca2024simulation",
            says="Finite precision limits the size of the graph: the first size that fails goes with the spacing of "
            "the numbers to the power of minus a half.",
            differs=f"{DIFFERS} The paper has the limit; the power is ours: neighbours at step 2 pi / n are told apart "
            "by a cosine of 1 - 2 pi^2 / n^2. Spacings of 2^-10 to 2^-7 between 1 and 2. The power may be wrong by "
            f"0.1. {STEPS}",
            expected="supported",
            conditions=(
                Trend(
                    tasks=(TASK,),
                    methods=COARSER,
                    direction="falls",
                    metric="first_failure",
                    exponent=(-0.6, -0.4),
                    aggregate="share",
                ),
            ),
        ),
        Claim(
            paper="backdeluca2024simulation",
            says="In numbers as coarse as bfloat16's it fails first at about 50 nodes.",
            differs=f"{DIFFERS} The number is ours, 2 pi / sqrt(2 spacing), and about is read as a factor of sqrt(2). "
            f"{STEPS}",
            expected="supported",
            conditions=(
                Bound(task=TASK, method=BFLOAT16, metric="first_failure", above=36.0, below=71.0, aggregate="share"),
            ),
        ),
        Claim(
            paper="backdeluca2024simulation",
            says="The limit is the price of constant width: addresses of as many signs as numbers have bits keep the "
            "same layers exact.",
            differs=f"{DIFFERS} The sentence is ours: a control, as in transformers that came before. Keep is read as "
            f"a first failure that is 100 nodes later, at bfloat16's spacing; eight signs for 256 nodes. {STEPS}",
            expected="supported",
            conditions=(
                Better(
                    task=TASK,
                    method="binary_addresses",
                    than=BFLOAT16,
                    metric="first_failure",
                    margin=100.0,
                    aggregate="share",
                ),
            ),
        ),
        Claim(
            paper="backdeluca2024simulation",
            says="It takes the loop: the same layers that are unrolled a fixed number of times fail at small graphs.",
            differs=f"{DIFFERS} The sentence is ours. Eight rounds, and a first failure that is 100 nodes earlier than "
            f"the loop's. {STEPS}",
            expected="supported",
            conditions=(
                Better(
                    task=TASK,
                    method="looped_transformer",
                    than=UNROLLED,
                    metric="first_failure",
                    margin=100.0,
                    aggregate="share",
                ),
            ),
        ),
    ),
)
