"""The recommendation benchmark: what its paper claims, and what runs beside the default cells."""

from toybench import Benchmark, Better, Claim, Equivalent, Tuning

TWO = "taste_recommendation"
ONE = "taste_recommendation[tastes=1]"
NARROW = "taste_recommendation[width=4]"
MANY = "taste_recommendation[users=192]"

SHEAF = "sheaf_recommender"
PAPERS = ("lightgcn", "bpr_mf")  # baselines of the authors that learn static vectors
CONTROLS = ("ease", "item_knn", "multi_vector_mf")  # two without descent, one with several vectors a user
DEEP = "sheaf_recommender[layers=5]"  # the authors' number, with the rate and penalty that were tuned for fewer

STEP = 0.03  # of recall: 5 % of the way from popularity, 0.27, to the true log-odds, 0.83

TOY = (
    "64 users, 64 items, ten likes a user of which three are held out; vectors of 16 numbers, 200 steps of Adam on "
    "batches of every user, its rate falling to 0. Rate, penalty and layers are tuned for every method, with at most "
    "70 trials. Known likes are left out of a ranking; the authors give them the score 0. Their F1 is the recall "
    "times 6 / 13 here, since every user has three held-out likes. "
)

benchmark = Benchmark(
    field="graphs",
    tuning=Tuning(trials=70, seeds=4),
    variants=(ONE, NARROW, MANY),
    ablations=(DEEP,),
    edges={
        "layers": "one is the least; of the sheaf five are judged beside, but with four numbers, where two were best; "
        "LightGCN's three are its paper's",
        "lr": "0.003 was tried first, and chosen nowhere; from 0.3 to 1 scores rise by 0.005 at most",
        "lightgcn.decay": "with four numbers the best five trials differ by 0.001",
        "nearest": "at most all items",
        "shrink": "at 0 similarity is a plain cosine; beyond 100 it is in proportion to the count of common users",
    },
    only={
        TWO: (*PAPERS, *CONTROLS, SHEAF, DEEP, "constant_sheaf", "matrix_sheaf"),
        ONE: (*PAPERS, "ease", "item_knn", SHEAF),
        NARROW: (*PAPERS, "multi_vector_mf", SHEAF),
        MANY: (*PAPERS, *CONTROLS, SHEAF, DEEP),
    },
    claims=(
        Claim(
            paper="purificato2023sheaf",
            says="For users of two tastes, 64 or 192 of them, diffusion on a learned sheaf recalls more held-out "
            "likes than static vectors do, plain or smoothed over the graph, with tuned layers and with five. It also "
            "recalls more than three controls do.",
            differs=f"{TOY}More is 0.03 of recall, 5 % of the way from popularity to the true log-odds, and any gain "
            "of the discounted gain, which the authors report, too. Of the controls, which are ours, it is any gain: "
            "EASE, nearest items, and two static vectors a user. Five layers are the authors' in all of their runs.",
            note="With 64 users its recall is 0.60 at 16 seeds, 0.038 below plain vectors (95 % interval 0.021 to "
            "0.055) and 0.031 below LightGCN (0.014 to 0.047). With 192 users it is 0.73, 0.009 below LightGCN and "
            "0.004 below plain vectors, neither beyond doubt. It passes EASE there alone, by 0.012. Nearest items "
            "have 0.02 to 0.06 more than it has, and two static vectors a user 0.05 to 0.11. More steps don't help: "
            "with 800, on four tuning seeds, it has 0.61 and plain vectors have 0.67. Five layers with the values "
            "that were tuned for fewer don't train (0.20). With the best of twelve values of their own they have "
            "0.59, on four tuning seeds. So their conditions say little; the others refute.",
            expected="refuted",
            conditions=tuple(
                condition
                for task in (TWO, MANY)
                for condition in (
                    *(Better(task=task, method=SHEAF, than=other, margin=STEP) for other in PAPERS),
                    *(Better(task=task, method=SHEAF, than=other, metric="ndcg_at_10") for other in PAPERS),
                    *(Better(task=task, method=SHEAF, than=other) for other in CONTROLS),
                    *(Better(task=task, method=DEEP, than=other, margin=STEP) for other in PAPERS),
                )
            ),
        ),
        Claim(
            paper="purificato2023sheaf",
            says="For users of one taste it recalls as many held-out likes as LightGCN does.",
            differs=f"{TOY}The authors' reason is that a static vector holds one taste only; with one there is "
            "nothing to gain. Within 0.03 of recall, as elsewhere, which is 4 % of the range here.",
            expected="inconclusive",
            conditions=(Equivalent(task=ONE, method=SHEAF, to="lightgcn", margin=STEP),),
        ),
        Claim(
            paper="purificato2023sheaf",
            says="Where a vector has four numbers for six facets, it recalls more held-out likes of two tastes than "
            "static vectors do, also than two vectors of four numbers a user.",
            differs=f"{TOY}The authors have 64 numbers and show their number's effect; four are where static vectors "
            "lack room. More is 0.03 of recall, of two vectors a user any gain. Layers are concatenated as released, "
            "so that a score has more than four products.",
            note="At 16 seeds it recalls 0.575, LightGCN 0.577. It has 0.030 less than plain vectors (95 % interval "
            "0.012 to 0.048) and 0.112 less than two vectors of four numbers a user (0.095 to 0.128).",
            expected="inconclusive",
            conditions=(
                *(Better(task=NARROW, method=SHEAF, than=other, margin=STEP) for other in PAPERS),
                Better(task=NARROW, method=SHEAF, than="multi_vector_mf"),
            ),
        ),
        Claim(
            paper="purificato2023sheaf",
            says="For 64 users of two tastes, learned maps recall more held-out likes than the same layers with every "
            "map at 1, and than with every map at 0.",
            differs=f"{TOY}Every map at 0 is matrix factorisation with an extra factor, so that bpr_mf stands for it. "
            "Each control has its own tuned rate and penalty. 0.03 of recall. At first the claim was about maps at 1 "
            "alone, expected to be supported; maps at 0 were added after tuning, before reporting seeds.",
            note="It recalls 0.040 more than with maps at 1 (95 % interval 0.014 to 0.066), and 0.038 less than plain "
            "vectors, at 16 seeds. Maps do leave 0: on four tuning seeds their mean size grows from 0.05 to 0.75, and "
            "half of them are negative.",
            expected="refuted",
            conditions=tuple(
                Better(task=TWO, method=SHEAF, than=other, margin=STEP) for other in ("constant_sheaf", "bpr_mf")
            ),
        ),
        Claim(
            paper="purificato2023sheaf",
            says="For 64 users, maps that are matrices, so that a node has a space of two dimensions, recall more "
            "held-out likes of two tastes than scalar maps do, also than two static vectors a user.",
            differs=f"{TOY}The paper speaks of spaces; the released maps are scalars, and the matrices are those of "
            "Bodnar et al. 0.03 of recall, of two vectors a user any gain.",
            note="Matrices recall 0.58 at 16 seeds, 0.016 less than scalars (95 % interval 0.000 to 0.032). Two "
            "static vectors a user recall 0.71.",
            expected="refuted",
            conditions=(
                Better(task=TWO, method="matrix_sheaf", than=SHEAF, margin=STEP),
                Better(task=TWO, method="matrix_sheaf", than="multi_vector_mf"),
            ),
        ),
    ),
)
