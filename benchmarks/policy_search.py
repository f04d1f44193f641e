"""The policy_search benchmark: what its paper claims, and what runs beside the default cells."""

from toybench import Benchmark, Better, Claim, Trend

CLASS = "policy_class_search"
FEW = "policy_class_search[leaves=16]"
MANY = "policy_class_search[leaves=1024]"
WIDE = "policy_class_search[states=256]"

CLASS_DIFFERS = (
    "Two actions, 4 to 10 layers of 32 states, 8 successors each, visits by Zipf's law, 4,000 queries, 8 instances a "
    "seed, and one class: action 1 in at most one state. The abstracts of the thesis and of the paper that it is from "
    "were read. Controls are simple: the model asks all pairs equally often, weights aren't centred, the race knows "
    "nothing of visits."
)
benchmark = Benchmark(
    field="reinforcement learning",
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
            "grow with the square of the layers. Hardly is 2.4 times, where the error of weights grows 18 times; what "
            "the choice loses grows from 0.05 to 0.28.",
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
            differs=f"{CLASS_DIFFERS} A counted model, our control, has 8 or 9 answers to each question. Only the "
            "sign.",
            note="Trees lose 0.14 of what can be gained, the counted model 0.22: 0.08 less [0.00, 0.18] on 16 seeds, "
            "of which 10 have the sign. Largest errors are 0.046 and 0.053. Only the abstract was read, so more seeds "
            "would bring no verdict.",
            expected="refuted",
            conditions=(Better(task=CLASS, method="trajectory_tree", than="counted_model", metric="suboptimality"),),
        ),
        Claim(
            paper="li2025agnostic",
            read="abstract",
            says="To search the class is better than to learn the world, where there are 256 states.",
            differs=f"{CLASS_DIFFERS} A counted model, our control, has one or two answers to each question. Only the "
            "sign.",
            expected="supported",
            conditions=(Better(task=WIDE, method="trajectory_tree", than="counted_model", metric="suboptimality"),),
        ),
    ),
)
