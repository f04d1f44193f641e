"""The architecture_retrieval benchmark: what its paper claims, and what runs beside the default cells."""

from toybench import Benchmark, Better, Bound, Claim, Tuning

FAMILIES = "architecture_families"
PLAIN = "architecture_families[operators=1]"
KEPT = "architecture_families[renamed=false]"
PAPER = "pei2023neural"
METRICS = ("mrr", "recall_at_5")
PRODUCT = "motif_macro[joint=product]"
LENGTH = "motif_macro[cut=length]"
UNTRAINED = "gin_contrastive[trained=false]"
FAST = "gin_contrastive[lr=0.01]"

SMALL = (
    "Synthetic chains of blocks of up to 32 nodes in eight families, 12 graphs of each in the database, where the "
    "paper has 12,000 real networks. Operators tell nothing, so that wiring must."
)
TOY = f"{SMALL} Graphs that ask weren't trained on; the released evaluation asks with trained ones."
NOISY = (
    "Operators are drawn anew whenever a graph is shown. Labels tell GNN 2 that they are noise, and not GNN 1, which "
    "learns from contexts alone."
)
ONE = "Frequencies leave 22 of 100 graphs uncut, as one motif, and cut the others into 6 on average."
MARGIN = "More is read as 0.05, a little less than the paper's lead of its mean reciprocal rank, 0.825 to 0.756."
PILOT = (
    "In a pilot with operators that stay, and larger graphs, the flat network learnt them by heart (0.94 among trained "
    "graphs, 0.37 for unseen ones, at random 0.3)."
)

benchmark = Benchmark(
    field="graphs",
    tuning=Tuning(trials=15, seeds=3),
    edges={
        "temperature": "at the best rate 0.1, 0.3 and 1 came within 0.06 of one another, on three tuning seeds; 1 is "
        "the authors', and below 0.1 one pair decides",
        "gin_contrastive.lr": "where operators stay nothing is learnt of unseen graphs: 0.34 at most, at any rate",
    },
    variants=(PLAIN, KEPT),
    ablations=(PRODUCT, LENGTH, UNTRAINED, FAST),
    only={
        FAMILIES: ("motif_macro", PRODUCT, "gin_contrastive", UNTRAINED, "wl_kernel", "operator_histogram"),
        PLAIN: ("motif_macro", PRODUCT, LENGTH, "gin_contrastive", UNTRAINED, "wl_kernel"),
        KEPT: ("gin_contrastive", FAST),
    },
    claims=(
        Claim(
            paper=PAPER,
            says="With one operator, embedding by motifs finds a graph's family more often than node by node.",
            differs=f"{TOY} All nodes have one operator, which makes wiring all there is to see. {ONE} {MARGIN}",
            note="0.52 against 0.81 (16 seeds): 0.29 behind, 0.23 to 0.35. GNN 1 learns from contexts alone, and GNN 2 "
            "sees only its vectors. Where trained graphs ask, it has 0.74. In a pilot with graphs of up to 64 nodes, "
            "on four worlds beside the reporting seeds and after these, motifs came to 0.55, single nodes to 0.81.",
            expected="inconclusive",
            conditions=tuple(
                Better(task=PLAIN, method="motif_macro", than="gin_contrastive", metric=metric, margin=0.05)
                for metric in METRICS
            ),
        ),
        Claim(
            paper=PAPER,
            says="With noisy operators, embedding by motifs finds a graph's family more often than node by node.",
            differs=f"{TOY} {NOISY} {ONE} {MARGIN} {PILOT}",
            note="0.42 against 0.66 by mean reciprocal rank, 0.24 against 0.44 by recall (16 seeds): 0.16 to 0.30 "
            "and 0.14 to 0.26 behind. First weights have 0.36 and colours 0.75.",
            expected="refuted",
            conditions=tuple(
                Better(task=FAMILIES, method="motif_macro", than="gin_contrastive", metric=metric, margin=0.05)
                for metric in METRICS
            ),
        ),
        Claim(
            paper=PAPER,
            says="Motifs find the family more often than single nodes do if the discriminator multiplies both vectors.",
            differs=f"{TOY} {NOISY} {MARGIN} Both are the vectors of a motif and its context. The released "
            "discriminator is linear in them, and can't tell contexts of one graph apart on average. The learning rate "
            "and temperature are those tuned for it.",
            note="With one operator 0.53 against 0.81, behind by 0.22 to 0.34 (16 seeds), hardly more than the 0.52 of "
            "the released discriminator. Among trained graphs it has 0.80, the released one 0.74, single nodes 0.85.",
            expected="refuted",
            conditions=tuple(
                Better(task=task, method=PRODUCT, than="gin_contrastive", metric=metric, margin=0.05)
                for task in (FAMILIES, PLAIN)
                for metric in METRICS
            ),
        ),
        Claim(
            paper=PAPER,
            says="Among graphs that were trained on, as in the released evaluation, motifs find the family more often "
            "than single nodes do.",
            differs=f"{SMALL} {NOISY} {MARGIN}",
            note="0.44 against 0.64 with noisy operators, 0.74 against 0.85 with one (16 seeds): behind by 0.14 to "
            "0.25 and by 0.07 to 0.16.",
            expected="refuted",
            conditions=tuple(
                Better(task=task, method="motif_macro", than="gin_contrastive", metric="mrr_known", margin=0.05)
                for task in (FAMILIES, PLAIN)
            ),
        ),
        Claim(
            paper=PAPER,
            says="The released evaluation is passed by heart. With operators that stay, a flat network knows families "
            "of trained graphs, and hardly those of unseen ones.",
            differs=f"{SMALL} A control that the paper doesn't have. Known is read as a mean reciprocal rank of 0.9; "
            "hardly as at most 0.45, a fifth of the way from a random order, which has 0.3, to all families known. "
            "The rate is one that fits the graphs shown; beside it is the one tuned for those unseen.",
            note="0.999 for trained graphs, 1 on 29 of 32 seeds: too few values for an interval of the mean, so that "
            "the verdict stays open by rule. For unseen graphs 0.28 at that rate and 0.33 at the tuned one.",
            expected="supported",
            conditions=(
                Bound(task=KEPT, method=FAST, metric="mrr_known", above=0.9),
                Bound(task=KEPT, method=FAST, metric="mrr", below=0.45),
                Bound(task=KEPT, method="gin_contrastive", metric="mrr", below=0.45),
            ),
        ),
        Claim(
            paper=PAPER,
            says="Training on known families lets a flat network find those of unseen graphs, better than its first "
            "weights do.",
            differs=f"{TOY} More is read as 0.05 of the mean reciprocal rank. The paper has no network that isn't "
            "trained. In pilots a flat network learnt so after 600 updates and more: 300 came to 0.59, 1000 to 0.78.",
            expected="supported",
            conditions=tuple(
                Better(task=task, method="gin_contrastive", than=UNTRAINED, metric="mrr", margin=0.05)
                for task in (FAMILIES, PLAIN)
            ),
        ),
        Claim(
            paper=PAPER,
            says="It takes learnt motifs. Colours by Weisfeiler and Lehman, first weights and shares of operators find "
            "the family less often.",
            differs=f"{TOY} The paper doesn't have these controls, which aren't trained. Less is read as any sign.",
            note="Colours have 0.75 in both worlds, motifs 0.42 with noisy operators and 0.52 with one (16 seeds): "
            "0.33 and 0.23 behind. With one operator first weights of the flat network have 0.65.",
            expected="refuted",
            conditions=(
                *(
                    Better(task=task, method="motif_macro", than=other, metric=metric)
                    for task in (FAMILIES, PLAIN)
                    for other in ("wl_kernel", UNTRAINED)
                    for metric in METRICS
                ),
                *(Better(task=FAMILIES, method="motif_macro", than="operator_histogram", metric=m) for m in METRICS),
            ),
        ),
        Claim(
            paper=PAPER,
            says="With one operator, motifs that are cut by frequencies find the family more often than runs of one "
            "length.",
            differs=f"{TOY} {MARGIN} Runs have five nodes, for a block has 4.3 on average; a cut by random lengths is "
            "in the released code. In a pilot frequencies came to 0.43, runs to 0.63.",
            note="0.52 against 0.63 (16 seeds): 0.05 to 0.16 behind. Frequencies leave one graph in five uncut.",
            expected="refuted",
            conditions=(Better(task=PLAIN, method="motif_macro", than=LENGTH, metric="mrr", margin=0.05),),
        ),
    ),
)
