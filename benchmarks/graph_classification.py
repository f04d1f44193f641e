"""The graph_classification benchmark: what its papers claim, and what runs beside the default cells."""

from toybench import Benchmark, Better, Bound, Claim, Equivalent, Trend, Tuning

SPARSE = "wl_hard_pairs"
REGULAR = "wl_hard_pairs[pairs=strongly_regular]"
PAIRS = "labelled_pairs"
MOTIFS = "planted_motifs"
MORE_MOTIFS = "planted_motifs[steps=2400,train=800]"
BONDS = "bonded_trees"
COMPOSITION = "bonded_trees[rule=composition]"
MANY = "bonded_trees[train=300]"
FEW = "bonded_trees[known=20]"
FEW_OF_MANY = "bonded_trees[train=300,known=60]"

PATHS = ("pathnn_sp_plus", "pathnn_ap")
EXACT = ("colour_refinement", "folklore_2wl")

PAIRS_DIFFER = (
    "Six classic pairs instead of the sets EXP, CSL and SR25; a pair is separated where read-outs differ by 100 times "
    "the spread over numberings, in float32, where the paper asks for 1e-5 in float64."
)
LEARNT_DIFFER = (
    "Ten graphs of five pairs are the classes, instead of the ten circulant graphs of CSL; what is judged is the "
    "decision between partners, for which blind guessing has 0.5. Paths of 3 edges, width 8, 400 steps of four graphs."
)
MOTIFS_DIFFER = (
    "Random graphs of 16 nodes with two planted motifs instead of chemical and social data; one test set of 400 graphs "
    "instead of ten folds. The paper was read in its abstract, its protocol and methods in the authors' code."
)
TREES_DIFFER = (
    "Made-up trees of 10 to 12 nodes, six types and five bonds, 100 of them, instead of glycans of 143 types and 84 "
    "bonds; classes are balanced, and accuracy is judged, as on the authors' page and in their code. In a pilot 300 "
    "trees made every method that sees bonds as a graph nearly always right."
)

benchmark = Benchmark(
    field="graphs",
    tuning=Tuning(trials=9, seeds=3),
    first_seed=16,
    edges={
        "decay": "at 0.03 it takes a few percent off the weights in all, so that less is no decay ",
        "gcn.decay": "without bonds a half is all it can have: 0.493, 0.495 and 0.501",
        "gin.lr": "on labelled_pairs all values have 0.5; under composition 0.03 and 0.01 are within 0.001",
        "rgcn.lr": "with 60 of 300 classes known 0.03 is best; 0.1 came to 0.83 where 0.03 had 0.91, on other seeds",
        "rfp_gin.lr": "0.0003 came to 0.50 and 0.51, on other seeds: no rate is far from chance",
    },
    variants=(REGULAR, MORE_MOTIFS, MANY, COMPOSITION, FEW, FEW_OF_MANY),
    only={
        SPARSE: (*EXACT, "gin", *PATHS),
        REGULAR: (*EXACT, "gin", *PATHS),
        PAIRS: ("gin", "rfp_gin", *PATHS),
        MOTIFS: ("wl_kernel", "shortest_path_kernel", "label_histogram", "gin"),
        MORE_MOTIFS: ("wl_kernel", "gin"),
        BONDS: ("rgcn", "gine", "wl_kernel", "gin", "gcn", "gru_sequence"),
        COMPOSITION: ("rgcn", "gin"),
        MANY: ("rgcn", "gin", "gcn", "gru_sequence"),
        FEW: ("rgcn", "rgcn_multitask"),
        FEW_OF_MANY: ("rgcn", "rgcn_multitask"),
    },
    claims=(
        Claim(
            paper="michel2023path",
            kind="theorem",
            says="Neither colour refinement nor a network of sums over neighbours tells any of these pairs apart, "
            "nor do shortest paths those that are strongly regular, which folklore 2-WL can't tell apart either.",
            differs=f"{PAIRS_DIFFER} Exact refinements stand beside the networks.",
            expected="supported",
            conditions=(
                *(Bound(task=SPARSE, method=m, metric="separated", below=0.001) for m in ("colour_refinement", "gin")),
                *(
                    Bound(task=REGULAR, method=m, metric="separated", below=0.001)
                    for m in (*EXACT, "gin", "pathnn_sp_plus")
                ),
                Bound(task=SPARSE, method="folklore_2wl", metric="separated", above=0.999),
                Equivalent(task=PAIRS, method="gin", to=0.5, margin=0.001, metric="pair_accuracy"),
            ),
        ),
        Claim(
            paper="michel2023path",
            says="Untrained, path networks tell all five sparse pairs apart; with all simple paths and distances "
            "the strongly regular pair, too.",
            differs=f"{PAIRS_DIFFER} Paths of up to 4 edges. Told apart is read as all pairs, in most seeds: the "
            "paper proves it for some weights, and random weights could fail by rounding.",
            expected="supported",
            conditions=(
                *(
                    Bound(task=task, method=method, metric="separated", above=0.99, aggregate="share")
                    for task, method in ((SPARSE, "pathnn_sp_plus"), (SPARSE, "pathnn_ap"), (REGULAR, "pathnn_ap"))
                ),
            ),
        ),
        Claim(
            paper="michel2023path",
            says="Trained on pairs that colour refinement takes for one, path networks learn to tell partners "
            "apart, which sums over neighbours can't, and better than sums do with random features.",
            differs=f"{LEARNT_DIFFER} More is read as 0.4 over sums, most of what there is to gain, and as 0.1 over "
            "random features, the control, which the paper doesn't have, in most seeds.",
            note="All simple paths decide 0.88 of the pairs, shortest paths 0.97, sums 0.50 and random features "
            "0.52 (32 seeds). What stays open is a gain of 0.4 by all simple paths in most seeds: they have 400 "
            "steps, where the authors' code has about 2000; more steps would tell. A gain of just 0.4, five seeds "
            "have it, counts by rounding. Random features were near chance at every rate, and are no proof that they "
            "can't learn this.",
            toy="undertrained",
            expected="supported",
            conditions=tuple(
                Better(task=PAIRS, method=method, than=other, metric="pair_accuracy", margin=margin, aggregate="share")
                for method in PATHS
                for other, margin in (("gin", 0.4), ("rfp_gin", 0.1))
            ),
        ),
        Claim(
            paper="morris2020tudataset",
            says="On 200 graphs with labelled nodes the Weisfeiler-Lehman kernel classifies better than GIN.",
            differs=f"{MOTIFS_DIFFER} The margin is 0: the paper reports kernels as competitive; better is our "
            "reading.",
            note="0.772 against 0.693 (16 seeds); without the flag it would be supported. The authors' GIN has "
            "batch normalisation and ours has none: its seeds lie between 0.53 and 0.77. A GIN that is normalised "
            "would tell.",
            toy="unequal",
            expected="inconclusive",
            conditions=(Better(task=MOTIFS, method="wl_kernel", than="gin", metric="test_accuracy", margin=0.0),),
        ),
        Claim(
            paper="morris2020tudataset",
            says="There, both, and the shortest-path kernel, use the structure: they classify better than counts "
            "of labels do.",
            differs=f"{MOTIFS_DIFFER} Counts of labels are the same for all graphs, so that 0.25 is what they have; "
            "better is read as 0.15, a fifth of the range.",
            expected="supported",
            conditions=tuple(
                Better(task=MOTIFS, method=method, than="label_histogram", metric="test_accuracy", margin=0.15)
                for method in ("wl_kernel", "gin", "shortest_path_kernel")
            ),
        ),
        Claim(
            paper="morris2020tudataset",
            says="GIN gains from four times as many graphs.",
            differs=f"{MOTIFS_DIFFER} As many passes over 800 graphs as over 200, so four times the steps, as in "
            "the authors' code; gaining is read as 0.03, 4 % of the range.",
            note="0.70 with 200 graphs, 0.78 with 800 (32 seeds), where one seed has collapsed to one class at "
            "0.25; the median gains 0.10. Without batch normalisation, which the authors' GIN has, means are at the "
            "mercy of such seeds. Without the flag it would be open.",
            toy="unequal",
            expected="supported",
            conditions=(
                Trend(
                    tasks=(MOTIFS, MORE_MOTIFS),
                    methods=("gin",),
                    direction="grows",
                    metric="test_accuracy",
                    margin=0.03,
                ),
            ),
        ),
        Claim(
            paper="xu2024glycanml",
            says="Where bonds decide the class, weights for every kind of bond classify trees better than graph "
            "networks that don't see bonds and than a recurrent network on the sequence.",
            differs=f"{TREES_DIFFER} Networks without bonds can have a half by construction, so that the recurrent "
            "network alone could win; it hadn't fitted its trees. Better is read as 0.05, with 100 trees and, at the "
            "values tuned for 100, with 300.",
            expected="supported",
            conditions=tuple(
                Better(task=task, method="rgcn", than=other, metric="test_accuracy", margin=0.05)
                for task in (BONDS, MANY)
                for other in ("gcn", "gin", "gru_sequence")
            ),
        ),
        Claim(
            paper="xu2024glycanml",
            says="It takes weights for every kind of bond: bonds as an added feature, or in the colours of a "
            "Weisfeiler-Lehman kernel, classify worse.",
            differs=f"{TREES_DIFFER} Controls of ours, with the same reach and width; the margin is 0.",
            note="0.991 against 0.961 for the kernel and 0.911 for bonds as a feature (32 seeds), of which one "
            "seed collapsed to 0.25; the median there is 0.965. All are near the top: less than 100 trees would "
            "leave more room. The GINE of Morris et al.'s code has batch normalisation, ours none: one that has it "
            "would tell.",
            toy="unequal",
            expected="inconclusive",
            conditions=tuple(
                Better(task=BONDS, method="rgcn", than=other, metric="test_accuracy", margin=0.0)
                for other in ("gine", "wl_kernel")
            ),
        ),
        Claim(
            paper="xu2024glycanml",
            says="Where counts of types decide the class, weights for every kind of bond neither help nor harm.",
            differs=f"{TREES_DIFFER} A control that the paper doesn't have: random bonds. Read as 0.03 from GIN.",
            note="0.681 against 0.717 (32 seeds): with random bonds, weights for each of them fit all training "
            "trees and lose 0.036, between 0.023 and 0.047; whether that is more than 0.03 is open.",
            expected="supported",
            conditions=(Equivalent(task=COMPOSITION, method="rgcn", to="gin", margin=0.03, metric="test_accuracy"),),
        ),
        Claim(
            paper="xu2024glycanml",
            says="With the class of 20 trees known, learning a coarser label of all 100 beside it helps.",
            differs=f"{TREES_DIFFER} Two levels instead of eight of a taxonomy, of which one is scarce; the plain "
            "sum of losses, of the paper's several. Helping is read as 0.03.",
            note="0.684 against 0.616 (32 seeds), a gain between 0.02 and 0.12: the sign is sure, a gain of 0.03 "
            "isn't.",
            expected="supported",
            conditions=(Better(task=FEW, method="rgcn_multitask", than="rgcn", metric="test_accuracy", margin=0.03),),
        ),
        Claim(
            paper="xu2024glycanml",
            says="It helps, too, with the class of 60 trees known and the coarser label of all 300.",
            differs=f"{TREES_DIFFER} The setting first planned; a pilot had 0.99 without the second label, so that "
            "there is less to gain than the 0.03 that are asked for.",
            note="0.969 against 0.917 (32 seeds), a gain between 0.02 and 0.09: the sign is sure, a gain of 0.03 "
            "isn't.",
            expected="supported",
            conditions=(
                Better(task=FEW_OF_MANY, method="rgcn_multitask", than="rgcn", metric="test_accuracy", margin=0.03),
            ),
        ),
    ),
)
