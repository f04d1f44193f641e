"""The quasimetric benchmark: what its papers claim, and what runs beside the default cells."""

from toybench import Benchmark, Better, Bound, Claim, Tuning

GRAPHS = ("random_digraph", "one_way_grid", "hierarchy")
POISSON = ("pqe_lh", "pqe_gg")
UNCONSTRAINED = ("mlp_concatenated", "mlp_separate")
UNDECAYED = "mlp_concatenated[decay=0]"
SPARSER = "random_digraph[shortcuts=0.5]"
MORE_PAIRS = "random_digraph[observed=0.5]"
BOTH = "random_digraph[observed=0.5,shortcuts=0.5]"
FEW = ("iqe", "pqe_lh", "mlp_concatenated", UNDECAYED)
CHOSEN = (
    "The random digraph's density and share of pairs were chosen after pilots of four settings, in the other three of "
    "which a regularised network beat pqe_lh; they run as variants."
)
SMALL = "Graphs of 64 nodes, latents of 32 dimensions and 1,000 steps instead of larger ones."

benchmark = Benchmark(
    field="representations and samplers",
    first_seed=10_000,
    tuning=Tuning(trials=12, seeds=3),
    variants=(SPARSER, MORE_PAIRS, BOTH),
    ablations=(UNDECAYED,),
    only={SPARSER: FEW, MORE_PAIRS: FEW, BOTH: FEW},
    claims=(
        Claim(
            paper="wang2022learning",
            kind="theorem",
            says="Poisson embeddings obey the triangle inequality up to rounding whatever the graph.",
            differs=SMALL,
            conditions=tuple(
                Bound(graph, method, "triangle_violation", below=1e-6) for graph in GRAPHS for method in POISSON
            ),
        ),
        Claim(
            paper="wang2022learning",
            says="Unconstrained networks fitted to the same pairs break the triangle inequality.",
            differs=SMALL,
            conditions=tuple(
                Bound(graph, method, "triangle_violation", above=1e-5) for graph in GRAPHS for method in UNCONSTRAINED
            ),
        ),
        Claim(
            paper="wang2022learning",
            says="Poisson embeddings predict unseen ordered pairs better than a symmetric embedding and than "
            "asymmetric dot products.",
            differs=f"{SMALL} Dot products have tuned weight decay. {CHOSEN}",
            note=(
                "Ahead everywhere; on the random digraph the lead over tuned dot products, 0.0008, is too near the "
                "margin of 0.0005 (64 seeds)."
            ),
            conditions=tuple(
                Better(graph, "pqe_lh", other, "heldout_mse", margin=0.0005)
                for graph in GRAPHS
                for other in ("euclidean_embedding", "asymmetric_dot_product")
            ),
        ),
        Claim(
            paper="wang2022learning",
            says="Poisson embeddings predict unseen ordered pairs better than an unconstrained network trained without "
            "weight decay, as in the authors' example.",
            differs=f"{SMALL} {CHOSEN}",
            conditions=tuple(Better(graph, "pqe_lh", UNDECAYED, "heldout_mse", margin=0.0005) for graph in GRAPHS),
        ),
        Claim(
            paper="wang2022learning",
            says="Poisson embeddings predict unseen ordered pairs better than unconstrained networks even where these "
            "are regularised as well as tuning can.",
            differs=f"{SMALL} The authors' example trains without weight decay. {CHOSEN}",
            note=(
                "On the grid a network with tuned weight decay has 0.0014 less error, although it breaks the triangle "
                "inequality and finds fewer greedy paths, 0.598 against 0.774; later quasimetrics such as IQE and Deep "
                "Norm beat both (64 seeds)."
            ),
            conditions=tuple(
                Better(graph, "pqe_lh", other, "heldout_mse", margin=0.0005)
                for graph in GRAPHS
                for other in UNCONSTRAINED
            ),
        ),
    ),
)
