"""The transport_maps benchmark: what its papers claim, and what runs beside the default cells."""

from toybench import Benchmark, Better, Claim, Tuning

ROUND = "class_transport"
BENT = "class_transport[shape=bent]"
EVEN = "population_path"
THIN = "population_path[left=0.1]"
NOISY = "population_path[noise=0.1,dims=10]"

GUIDED = "not_class_guided"
LABELS = "not_class_guided[push=0]"  # no potential: labelled points alone
FLAT = "latent_linear[latent=3]"  # as many coordinates of a code as GAGA has

ACCURACY = 0.05  # of the points; the plan's, nearly a class of sixteen
FITTED = 2.0  # a thousandth of the target_distance of all points in the middle
LENGTH = 0.01  # of a way: a hundredth
OFF = 0.005  # radii
MIDDLE = 10.0  # an eightieth of the distance of the middle of the cloud to true middles, 780
ERRORS = (("length_error", LENGTH), ("off_manifold", OFF), ("middle_distance", MIDDLE))

CLASSES = (
    "Sixteen classes on a lattice, as in the authors' toy: 200 steps of width 48 instead of 1001 of width 256. "
    "Distances are squared energy distances in thousandths; all points in one place have a target_distance of 1960. "
    "Tuned by target_distance. "
)
WAYS = (
    "A hemisphere of 400 points instead of 3000, and pairs from two caps, 120 degrees apart, instead of any. The "
    "discriminator is trained by cross-entropy, together with encoder and curves. Margins: a hundredth of a way's "
    "length, 0.005 radii off the sphere, and 10 thousandths of squared energy distance, of which the middle of the "
    "cloud has 780. "
)

benchmark = Benchmark(
    field="generative models",
    tuning=Tuning(trials=9, seeds=4),
    variants=(BENT, THIN, NOISY),
    ablations=(LABELS, FLAT),
    only={
        THIN: ("gaga", "linear_interpolation", "latent_linear", "graph_geodesic"),
        NOISY: ("gaga", "linear_interpolation"),
    },
    claims=(
        Claim(
            paper="asadulaev2022neural",
            says="With ten labelled targets a class a map that pays for missing them sends far more points to their "
            "own class than one that pays for squared distance, and fits the target as well.",
            differs=f"{CLASSES}Far more is 0.4 of the points. As well is read as not worse by 2 thousandths, a "
            "thousandth of the distance at the start: 20 % of the rival's distance, which the plan had, is less than "
            "can be resolved, as the cheapest map here is the identity and is exact.",
            expected="supported",
            conditions=(
                Better(task=ROUND, method=GUIDED, than="quadratic_neural_ot", metric="class_accuracy", margin=0.4),
                Better(task=ROUND, method=GUIDED, than="quadratic_neural_ot", metric="target_distance", margin=-FITTED),
            ),
        ),
        Claim(
            paper="asadulaev2022neural",
            says="It sends more points to their own class than transport between samples, class by class, which new "
            "points follow by their nearest neighbour.",
            differs=f"{CLASSES}More is 0.05 of the points. The discrete plan, too, may count unlabelled targets to the "
            "class that they are nearest to. Round and bent classes.",
            expected="inconclusive",
            conditions=tuple(
                Better(task=task, method=GUIDED, than="discrete_class_ot", metric="class_accuracy", margin=ACCURACY)
                for task in (ROUND, BENT)
            ),
        ),
        Claim(
            paper="asadulaev2022neural",
            says="It takes a learned map: an affine one for every class has fewer points in their class and fits the "
            "target less well.",
            differs=f"{CLASSES}Fewer is 0.02 of the points, less well a tenth of what the affine map has, 0.02. Round "
            "classes, which an affine map carries to each other exactly; the control is ours.",
            expected="refuted",
            conditions=(
                Better(task=ROUND, method=GUIDED, than="class_affine_map", metric="class_accuracy", margin=0.02),
                Better(task=ROUND, method=GUIDED, than="class_affine_map", metric="target_distance", margin=0.02),
            ),
        ),
        Claim(
            paper="asadulaev2022neural",
            says="Where no affine map is exact, the learned one fits the target better, and its classes, too.",
            differs=f"{CLASSES}Classes are arcs. Better is a tenth of what the affine map has on tuning seeds, 0.16 "
            "and 2.5.",
            expected="inconclusive",
            conditions=(
                Better(task=BENT, method=GUIDED, than="class_affine_map", metric="target_distance", margin=0.16),
                Better(task=BENT, method=GUIDED, than="class_affine_map", metric="class_distance", margin=2.5),
            ),
        ),
        Claim(
            paper="asadulaev2022neural",
            says="Unlabelled targets help: with the potential images of a class are nearer to it than without.",
            differs=f"{CLASSES}Nearer is 2.5 thousandths, a tenth of what ten points of a class are away from it. The "
            "ablation has the same rate. Round and bent classes.",
            expected="supported",
            conditions=tuple(
                Better(task=task, method=GUIDED, than=LABELS, metric="class_distance", margin=2.5)
                for task in (ROUND, BENT)
            ),
        ),
        Claim(
            paper="sun2024geometryaware",
            says="Its ways over a hemisphere have truer lengths, lie nearer to it, and have truer middles than "
            "straight lines.",
            differs=f"{WAYS}In three dimensions without noise, a setting of the authors.",
            expected="supported",
            conditions=tuple(
                Better(task=EVEN, method="gaga", than="linear_interpolation", metric=metric, margin=margin)
                for metric, margin in ERRORS
            ),
        ),
        Claim(
            paper="sun2024geometryaware",
            says="So they have than straight lines between codes of an autoencoder that keeps distances.",
            differs=f"{WAYS}In three dimensions without noise. Codes have two or three coordinates, tuned, and three "
            "as GAGA has them.",
            expected="supported",
            conditions=tuple(
                Better(task=EVEN, method="gaga", than=other, metric=metric, margin=margin)
                for other in ("latent_linear", FLAT)
                for metric, margin in ERRORS
            ),
        ),
        Claim(
            paper="sun2024geometryaware",
            says="They do where the cloud is thin in the middle of the ways, too.",
            differs=f"{WAYS}A tenth of the points is left in a band of 20 degrees between the caps, as where the "
            "population in the middle is held out. Against straight lines through space and between codes.",
            expected="supported",
            conditions=tuple(
                Better(task=THIN, method="gaga", than=other, metric=metric, margin=margin)
                for other in ("linear_interpolation", "latent_linear")
                for metric, margin in ERRORS
            ),
        ),
        Claim(
            paper="sun2024geometryaware",
            says="They do against straight lines in ten noisy dimensions, too.",
            differs=f"{WAYS}Normal noise of 0.1 in every one of ten dimensions, a setting of the authors. Noise of the "
            "negative samples is half the data's standard deviation, as theirs.",
            expected="supported",
            conditions=tuple(
                Better(task=NOISY, method="gaga", than="linear_interpolation", metric=metric, margin=margin)
                for metric, margin in ERRORS
            ),
        ),
        Claim(
            paper="sun2024geometryaware",
            says="Their lengths are truer than those of shortest ways over a graph of nearest neighbours.",
            differs=f"{WAYS}Number of neighbours and rounding of corners are tuned. On the even cloud and on the thin "
            "band; the control needs no training.",
            expected="refuted",
            conditions=tuple(
                Better(task=task, method="gaga", than="graph_geodesic", metric="length_error", margin=LENGTH)
                for task in (EVEN, THIN)
            ),
        ),
        Claim(
            paper="sun2024geometryaware",
            says="Their middles are truer than those of shortest ways over a graph of nearest neighbours.",
            differs=f"{WAYS}Number of neighbours and rounding of corners are tuned. On the even cloud and on the thin "
            "band.",
            expected="inconclusive",
            conditions=tuple(
                Better(task=task, method="gaga", than="graph_geodesic", metric="middle_distance", margin=MIDDLE)
                for task in (EVEN, THIN)
            ),
        ),
    ),
)
