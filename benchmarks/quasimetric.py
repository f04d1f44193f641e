"""The quasimetric benchmark: what its papers claim, and what runs beside the default cells."""

from toybench import Benchmark, Better, Bound, Claim, Tuning

SPARSER = "random_digraph[shortcuts=0.5]"
MORE_PAIRS = "random_digraph[observed=0.5]"
BOTH = "random_digraph[observed=0.5,shortcuts=0.5]"
DEFAULT = ("random_digraph", "one_way_grid", "hierarchy")
MARGINS = {  # squared error: 5 % of what lies between the floor and the oracle
    "random_digraph": 0.0009,
    MORE_PAIRS: 0.0009,
    SPARSER: 0.0016,
    BOTH: 0.0016,
    "one_way_grid": 0.0019,
    "hierarchy": 0.0028,
}
CONTROL = "triangle_bounds"
WITH_DECAY = ("mlp_concatenated", "mlp_separate")
ON_VARIANTS = (
    "asymmetric_dot_product",
    "euclidean_embedding",
    "iqe",
    *WITH_DECAY,
    "mlp_undecayed",
    "pqe_lh",
    "pqe_undecayed",
    CONTROL,
)
MANY = 0.01  # share of triples: one in a hundred

SMALL = "Graphs of 64 nodes, latents of 32 dimensions and 1,000 steps instead of larger ones."
CONTROLLED = (
    "The control, the middle of the bounds that the triangle inequality puts on unseen pairs, is ours. Margins are 5 % "
    "of the range from floor to oracle."
)
TRAINING = (
    "With 4,000 steps and 64 latent dimensions pqe_lh passes the decayed network on the default random digraph, 0.0095 "
    "against 0.0102, and stays behind the control there, 0.0090, and behind the network on the grid and on the "
    "sparser digraph with more pairs, 0.0032 against 0.0022 and 0.0095 against 0.0060 (3 tuning seeds, few rates)."
)
BROKEN = "A triple counts where the discounted distance is 0.05 below that of the way round; many is read as 1 %."

benchmark = Benchmark(
    field="representations and samplers",
    first_seed=20_000,
    tuning=Tuning(trials=20, seeds=3),
    variants=(SPARSER, MORE_PAIRS, BOTH),
    only=dict.fromkeys((SPARSER, MORE_PAIRS, BOTH), ON_VARIANTS),
    edges={
        "decay": "0 is the least decay",
        "mlp_separate.decay": "10 is worse on the random digraph, 0.0117 against 0.0102",
        "asymmetric_dot_product.decay": "10 is worse on the sparser digraph, 0.0237 against 0.0188",
        "euclidean_embedding.lr": "0.002 is worse on the three digraphs: 0.0152, 0.0142 and 0.0233 against 0.0150, "
        "0.0140 and 0.0228",
    },
    claims=(
        Claim(
            paper="wang2022learning",
            kind="theorem",
            says="Poisson embeddings obey the triangle inequality up to rounding on graphs of all three kinds.",
            differs=f"{SMALL} PQE-GG, the dearer one, runs on the default graphs only.",
            conditions=(
                *(Bound(task=graph, method="pqe_lh", metric="triangle_violation", below=1e-6) for graph in MARGINS),
                *(Bound(task=graph, method="pqe_gg", metric="triangle_violation", below=1e-6) for graph in DEFAULT),
            ),
        ),
        Claim(
            paper="wang2022learning",
            says="An unconstrained network trained without weight decay, as in the authors' example, breaks the "
            "triangle inequality on many triples.",
            differs=f"{SMALL} {BROKEN}",
            note=(
                "It breaks on fewer triples than one in a hundred: on 0.4 % of them on the hierarchy, which "
                "decides, on 0.9 to 1.0 % on four other graphs and on 1.6 % on the sparser digraph (16 seeds)."
            ),
            expected="supported",
            conditions=tuple(
                Bound(task=graph, method="mlp_undecayed", metric="triangle_share", above=MANY) for graph in MARGINS
            ),
        ),
        Claim(
            paper="wang2022learning",
            says="Unconstrained networks break the triangle inequality on many triples, even with tuned weight decay.",
            differs=f"{SMALL} {BROKEN} The authors' example trains without weight decay.",
            note=(
                "With tuned weight decay 0.01 to 0.6 % of the triples are broken, 0.01 % by mlp_separate on the "
                "random digraph; more only by mlp_separate on the sparser digraph, 1.3 % (16 seeds)."
            ),
            expected="refuted",
            conditions=tuple(
                Bound(task=graph, method=network, metric="triangle_share", above=MANY)
                for graph in MARGINS
                for network in WITH_DECAY
            ),
        ),
        Claim(
            paper="wang2022learning",
            says="Poisson embeddings predict unseen ordered pairs better than a symmetric embedding, than asymmetric "
            "dot products and than the middle of the triangle inequality's bounds.",
            differs=f"{SMALL} Dot products have tuned weight decay. {CONTROLLED} {TRAINING}",
            note=(
                "The control is ahead of pqe_lh on all four random digraphs, 0.0089 against 0.0119 on the default "
                "one and 0.0056 against 0.0147 at the most; pqe_lh is ahead of it on the grid, 0.0042 against "
                "0.0058, and on the hierarchy, 0.0079 against 0.0145. It beats the symmetric embedding on every "
                "graph, dot products on four of six (16 seeds)."
            ),
            expected="refuted",
            conditions=tuple(
                Better(task=graph, method="pqe_lh", than=other, metric="heldout_mse", margin=margin)
                for graph, margin in MARGINS.items()
                for other in ("euclidean_embedding", "asymmetric_dot_product", CONTROL)
            ),
        ),
        Claim(
            paper="wang2022learning",
            says="Without weight decay, as in the authors' example, Poisson embeddings predict unseen ordered pairs "
            "better than an unconstrained network and than the middle of the triangle inequality's bounds.",
            differs=f"{SMALL} {CONTROLLED} {TRAINING}",
            note=(
                "The control decides: 0.0089 against 0.0118 on the random digraph. Of the two that are trained, "
                "pqe_undecayed is ahead on four graphs, 0.0118 against 0.0168 on the random digraph; with more "
                "pairs they are even; with more pairs on the sparser digraph 3 of 16 seeds collapse at the tuned "
                "rate (16 seeds)."
            ),
            expected="refuted",
            conditions=tuple(
                Better(task=graph, method="pqe_undecayed", than=other, metric="heldout_mse", margin=margin)
                for graph, margin in MARGINS.items()
                for other in ("mlp_undecayed", CONTROL)
            ),
        ),
        Claim(
            paper="wang2022learning",
            says="Poisson embeddings predict unseen ordered pairs better than unconstrained networks with tuned weight "
            "decay and than the middle of the triangle inequality's bounds.",
            differs=f"{SMALL} The authors' example trains without weight decay. {CONTROLLED} {TRAINING}",
            note=(
                "The control is ahead on the random digraphs, and mlp_concatenated on four of six graphs, 0.0027 "
                "against 0.0042 on the grid, although its walks are worse there, 0.61 against 0.80 of them "
                "shortest. Later quasimetrics beat both: IQE has 0.0089 on the random digraph and 0.0019 on the "
                "grid (16 seeds)."
            ),
            expected="refuted",
            conditions=tuple(
                Better(task=graph, method="pqe_lh", than=other, metric="heldout_mse", margin=margin)
                for graph, margin in MARGINS.items()
                for other in (*WITH_DECAY, CONTROL)
            ),
        ),
    ),
)
