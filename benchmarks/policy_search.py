"""The policy_search benchmark: what its papers claim, and what runs beside the default cells."""

from toybench import Benchmark, Better, Claim, Equivalent, Trend, Tuning

CLASS = "policy_class_search"
FEW = "policy_class_search[leaves=16]"
MANY = "policy_class_search[leaves=1024]"
WIDE = "policy_class_search[states=256]"
ARM = "sparse_arm"

CLASS_DIFFERS = (
    "Two actions, 4 to 10 layers of 32 states, 8 successors each, visits by Zipf's law, 4,000 queries, 8 instances a "
    "seed, and one class: action 1 in at most one state. The abstracts of the thesis and of the paper that it is from "
    "were read."
)
ARM_DIFFERS = (
    "An arm of two links, 50 weights, images of 8 x 8 pixels, 100 steps of 32 policies, instead of three larger "
    "worlds; read in the authors' code. Mutations are tuned for the areas found."
)

benchmark = Benchmark(
    field="reinforcement learning",
    tuning=Tuning(trials=9, seeds=8),
    variants=(FEW, MANY, WIDE),
    only={
        FEW: ("trajectory_tree", "uniform_weights"),
        MANY: ("trajectory_tree", "uniform_weights"),
        WIDE: ("trajectory_tree", "counted_model"),
    },
    claims=(
        Claim(
            paper="li2025agnostic",
            read="abstract",
            says="With equally many queries, trees over what the class can reach choose a better policy than "
            "importance weights, for 128 and 1,024 sequences of actions, and than roll-outs of single policies.",
            differs=f"{CLASS_DIFFERS} Better is read as 0.3 of what the best policy gains over none.",
            expected="supported",
            conditions=(
                *(
                    Better(task=t, method="trajectory_tree", than="uniform_weights", metric="suboptimality", margin=0.3)
                    for t in (CLASS, MANY)
                ),
                Better(task=CLASS, method="trajectory_tree", than="per_policy_mc", metric="suboptimality", margin=0.3),
            ),
        ),
        Claim(
            paper="li2025agnostic",
            read="abstract",
            says="The error of importance weights grows like the root of the sequences times the layers.",
            differs=f"{CLASS_DIFFERS} From 16 to 1,024 sequences the theory's exponent is 0.61; read as 0.45 to 0.75.",
            expected="supported",
            conditions=(
                Trend(
                    tasks=(FEW, CLASS, MANY),
                    methods=("uniform_weights",),
                    direction="grows",
                    metric="value_error",
                    exponent=(0.45, 0.75),
                ),
            ),
        ),
        Claim(
            paper="li2025agnostic",
            read="abstract",
            says="The error of trees hardly grows with the sequences.",
            differs=f"{CLASS_DIFFERS} From 16 to 1,024 sequences; read as an exponent of 0 to 0.25: a tree's queries "
            "grow with the square of the layers.",
            expected="supported",
            conditions=(
                Trend(
                    tasks=(FEW, CLASS, MANY),
                    methods=("trajectory_tree",),
                    direction="grows",
                    metric="value_error",
                    exponent=(0.0, 0.25),
                ),
            ),
        ),
        Claim(
            paper="li2025agnostic",
            read="abstract",
            says="To search the class is better than to learn the world, where there are 32 states.",
            differs=f"{CLASS_DIFFERS} A counted model, our control, has 9 answers to each question. Only the sign.",
            expected="refuted",
            conditions=(Better(task=CLASS, method="trajectory_tree", than="counted_model", metric="suboptimality"),),
        ),
        Claim(
            paper="li2025agnostic",
            read="abstract",
            says="To search the class is better than to learn the world, where there are 256 states.",
            differs=f"{CLASS_DIFFERS} A counted model, our control, has one answer to each question. Only the sign.",
            expected="supported",
            conditions=(Better(task=WIDE, method="trajectory_tree", than="counted_model", metric="suboptimality"),),
        ),
        Claim(
            paper="paolo2021discovering",
            says="Novelty in a learned space with emitters finds more rewarded areas than evolution by reward alone "
            "and than random search.",
            differs=f"{ARM_DIFFERS} More is read as half an area.",
            expected="supported",
            conditions=tuple(
                Better(task=ARM, method="stax", than=other, metric="areas_found", margin=0.5)
                for other in ("cma_es", "random_search")
            ),
        ),
        Claim(
            paper="paolo2021discovering",
            says="It finds about as many as novelty in a hand-made space.",
            differs=f"{ARM_DIFFERS} About as many is read as a quarter of an area.",
            expected="supported",
            conditions=(Equivalent(task=ARM, method="stax", to="novelty_hand", metric="areas_found", margin=0.25),),
        ),
        Claim(
            paper="paolo2021discovering",
            says="It takes a space that is learned by a network: principal components, and elites of a hand-made grid, "
            "find fewer.",
            differs=f"{ARM_DIFFERS} Both controls are ours; only the sign is asked. An arm's images are simple.",
            expected="refuted",
            conditions=tuple(
                Better(task=ARM, method="stax", than=other, metric="areas_found")
                for other in ("novelty_pca", "map_elites")
            ),
        ),
    ),
)
