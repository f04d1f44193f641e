"""The algorithm_simulation benchmark: what its paper claims, and what runs beside the default cells."""

from toybench import Benchmark, Bound, Claim, Trend

TASK = "shortest_paths"
BFLOAT16 = "looped_transformer[spacing=0.0078125]"
COARSER = (
    "looped_transformer[spacing=0.0009765625]",
    "looped_transformer[spacing=0.001953125]",
    "looped_transformer[spacing=0.00390625]",
    BFLOAT16,
)
FLAGS = "looped_transformer[snap=flags,spacing=0.0078125]"
UNROLLED = "looped_transformer[rounds=8]"

DIFFERS = (
    "Dijkstra's algorithm alone, on growing random graphs of mean degree 4 with whole lengths 1 to 5, of every size "
    "from 8 to 168 nodes. Paths are short, so that rounding reaches addresses and not distances; the authors' graphs "
    "have a path through all nodes and lengths to 10. Attention is hard; their code has a softmax at "
    "temperature 1e-7 in double precision. Comparisons and choices are functions that the paper's ReLU layers compute "
    "for whole numbers."
)
LIMIT = (
    "Addresses lie evenly on the circle, the widest step at a size; the code's step is 0.01 at all sizes, at which "
    "neighbours can't be told apart at these spacings. The pointer is set to the nearest address after each turn. The "
    "code's two rounding layers, with ties as hard, fail earlier, and are shown beside it. The phase of the circle is "
    "random, so that first failures differ over seeds; shares of the seeds are judged, as they have few values."
)

benchmark = Benchmark(
    field="sequences",
    ablations=(*COARSER, FLAGS, UNROLLED),
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
            differs=f"{DIFFERS} {LIMIT} The paper has the limit; the power is ours: neighbours at step 2 pi / n have a "
            "cosine of 1 - 2 pi^2 / n^2. Spacings of 2^-10 to 2^-7 between 1 and 2. The power may be wrong by 0.1.",
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
            differs=f"{DIFFERS} {LIMIT} The number is ours: where 2 pi^2 / n^2 is the spacing, n = 2 pi / sqrt(2 "
            "spacing) = 50. About is read as a factor of sqrt(2). That the look-up alone fails at 57 was known.",
            expected="supported",
            conditions=(
                Bound(task=TASK, method=BFLOAT16, metric="first_failure", above=36.0, below=71.0, aggregate="share"),
            ),
        ),
        Claim(
            paper="backdeluca2024simulation",
            kind="theorem",
            says="The limit is that of one circle: addresses of as many signs as numbers have bits keep the same "
            "layers exact at bfloat16's spacing.",
            differs=f"{DIFFERS} The sentence is ours: a control, whose width grows with the logarithm of the size, and "
            "whose pointer is counted exactly. Its logits are whole numbers up to 8, which the spacing holds.",
            expected="supported",
            conditions=(Bound(task=TASK, method="binary_addresses", metric="exact_share", above=0.999),),
        ),
    ),
)
