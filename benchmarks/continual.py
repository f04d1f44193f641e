"""The continual benchmark: what its papers claim, and what runs beside the default cells."""

from toybench import Benchmark, Better, Bound, Claim, Equivalent, Trend, Tuning

STREAM = "pretrained_incremental"
BLURRY, IMBALANCED, NEAR = (f"{STREAM}[{knob}]" for knob in ("order=blurry", "imbalance=50", "gap=0.5"))
EQUALITY, EQUALITY_DISJOINT = "ridge_equality", "ridge_equality[order=disjoint]"
FEW_SHOT, ROTATED = "few_shot_incremental", "rotated_tasks"
ONE_ROUND, ENSEMBLE = "mos[rounds=1]", "mos[ensemble=true]"
SMALL, MEDIUM, LARGE = (f"g_acil[gamma={gamma}]" for gamma in ("0.1", "1", "10"))
FAKE_SMALL, FAKE_LARGE = "aef_ocl[gamma=0.1]", "aef_ocl[gamma=10]"
FOUR, SIXTEEN = (f"zo_adam_replay[queries={q}]" for q in (4, 16))
CLOSED = ("g_acil", "aef_ocl", "weighted_ridge", "joint_ridge")
HEADS = ("finetune_head", "er_head")
ADAPTERS = ("sequential_adapter", "first_session_adapter", "adapter_no_merge", "mos", ONE_ROUND, ENSEMBLE)
FIRST_ORDER = ("sgd_replay", "adam_replay")
FORWARD = ("zo_sgd_replay", "zo_adam_replay", "forward_grad_replay", FOUR, SIXTEEN)
ANALYTIC = (SMALL, MEDIUM, LARGE, FAKE_SMALL, FAKE_LARGE, "joint_ridge")
PRETRAINED = (
    "The backbone is two layers wide 64, fitted in closed form to the source domain, and the stream has 20 classes of "
    "two clusters each, in place of a vision transformer and image sets."
)

benchmark = Benchmark(
    tuning=Tuning(trials=6, seeds=2),
    variants=(BLURRY, IMBALANCED, NEAR, EQUALITY_DISJOINT),
    ablations=(ONE_ROUND, ENSEMBLE, FOUR, SIXTEEN, SMALL, MEDIUM, LARGE, FAKE_SMALL, FAKE_LARGE),
    only={
        STREAM: ("ncm", "slda", *CLOSED, *HEADS, *ADAPTERS),
        BLURRY: ("ncm", "slda", "g_acil", "joint_ridge", *HEADS),
        IMBALANCED: ("ncm", "slda", *CLOSED, *HEADS),
        NEAR: ("ncm", "g_acil", *FIRST_ORDER, *FORWARD),
        EQUALITY: ANALYTIC,
        EQUALITY_DISJOINT: ANALYTIC,
        FEW_SHOT: ("ncm", "slda", "g_acil", *HEADS, "masil", "etf_fixed", "ce_on_means"),
    },
    claims=(
        Claim(
            paper="sun2024mos",
            says="On a shifted domain, adapters that are merged with their predecessors and retrieved by their own "
            "answers end above one sequentially tuned adapter, above prototypes of the frozen backbone, and above the "
            "same adapters without merging.",
            differs=f"{PRETRAINED} Prediction without the ensemble with prototypes, which is an ablation here.",
            conditions=(
                Better(STREAM, "mos", "sequential_adapter", "final_accuracy", margin=0.2),
                Better(STREAM, "mos", "ncm", "final_accuracy", margin=0.1),
                Better(STREAM, "mos", "adapter_no_merge", "final_accuracy", margin=0.05),
            ),
        ),
        Claim(
            paper="sun2024mos",
            says="Refining the choice of an adapter by the adapters' own answers raises accuracy over choosing it once "
            "by the prototypes.",
            differs=PRETRAINED,
            conditions=(Better(STREAM, "mos", ONE_ROUND, "final_accuracy", margin=0.01),),
        ),
        Claim(
            paper="zhuang2024gacil",
            says="The recursive solution over phases of mixed classes and random size equals ridge regression on all "
            "data, up to rounding.",
            differs=f"{PRETRAINED} Single precision in place of double, hence a bound of 0.001 instead of round-off.",
            conditions=tuple(
                Bound(task, method, "weight_gap", below=1e-3)
                for task in (EQUALITY, EQUALITY_DISJOINT)
                for method in (SMALL, MEDIUM, LARGE)
            ),
        ),
        Claim(
            paper="zhuang2024gacil",
            says="On phases of mixed classes and random size the closed form, which stores no example, ends above a "
            "head trained by gradient, with and without a small memory.",
            differs=f"{PRETRAINED} The heads see the backbone's features; the closed form a random layer on top.",
            conditions=(
                Better(BLURRY, "g_acil", "finetune_head", "final_accuracy", margin=0.03),
                Better(BLURRY, "g_acil", "er_head", "final_accuracy", margin=0.03),
            ),
        ),
        Claim(
            paper="zhuang2024online",
            says="The stored recursion equals ridge regression on all data, whatever pseudo-features were drawn for "
            "prediction.",
            differs=f"{PRETRAINED} Single precision in place of double.",
            conditions=tuple(
                Bound(task, method, "weight_gap", below=1e-3)
                for task in (EQUALITY, EQUALITY_DISJOINT)
                for method in (FAKE_SMALL, FAKE_LARGE)
            ),
        ),
        Claim(
            paper="zhuang2024online",
            says="Pseudo-features drawn from running class statistics, which balance the counts, raise the accuracy "
            "over classes on an imbalanced stream, over the plain recursion and over a head trained by gradient.",
            differs=f"{PRETRAINED} Classes from about 400 examples to 8. The plain recursion is that of `g_acil`; the "
            "table has class-weighted ridge regression too.",
            conditions=(
                Better(IMBALANCED, "aef_ocl", "g_acil", "final_accuracy", margin=0.05),
                Better(IMBALANCED, "aef_ocl", "finetune_head", "final_accuracy", margin=0.05),
            ),
        ),
        Claim(
            paper="feng2025zeroflow",
            says="With one random direction a step, learning from forward passes forgets no more than learning by "
            "backpropagation from the same loss, and comes close to it in accuracy.",
            differs=f"{PRETRAINED} 2,300 trainable weights on it, replay of ten examples a class, equal steps.",
            conditions=(
                Better(NEAR, "zo_sgd_replay", "sgd_replay", "forgetting", margin=-0.02),
                Better(NEAR, "zo_adam_replay", "adam_replay", "forgetting", margin=-0.02),
                Better(NEAR, "zo_sgd_replay", "sgd_replay", "final_accuracy", margin=-0.05),
                Better(NEAR, "zo_adam_replay", "adam_replay", "final_accuracy", margin=-0.05),
            ),
        ),
        Claim(
            paper="feng2025zeroflow",
            says="More forward queries a step close in on backpropagation.",
            differs=f"{PRETRAINED} 1, 4 and 16 random directions a step at equal steps.",
            conditions=(
                Trend((NEAR,), ("zo_adam_replay", FOUR, SIXTEEN), "grows", "final_accuracy", margin=0.05),
                Trend((NEAR,), ("zo_adam_replay", FOUR, SIXTEEN), "grows", "new_task_accuracy", margin=0.05),
            ),
        ),
        Claim(
            paper="khandelwal2023masil",
            says="A classifier from concepts and the nearest simplex frame, fine-tuned on shots and base means, "
            "balances old and novel classes far better than fine-tuning, and no worse than nearest class means.",
            differs="A collapsed backbone of two layers in closed form; a linear projection is fine-tuned; 10 base "
            "classes and 5 sessions of 2 classes with 5 shots.",
            conditions=(
                Better(FEW_SHOT, "masil", "finetune_head", "harmonic_mean_accuracy", margin=0.3),
                Better(FEW_SHOT, "masil", "ncm", "harmonic_mean_accuracy", margin=-0.02),
            ),
        ),
        Claim(
            paper="khandelwal2023masil",
            says="Aligning the frame with class means that concepts explain is better than a frame given out at "
            "random, everything else equal.",
            differs="As above. The control keeps class means and fine-tunes the same projection by the same loss.",
            conditions=(Better(FEW_SHOT, "masil", "etf_fixed", "harmonic_mean_accuracy"),),
        ),
        Claim(
            paper="jiang2022neural",
            says="Networks made of segments of a frozen pool forget nothing, need a small part of the bits of separate "
            "networks, and are far above heads on a frozen network and above fine-tuning a shared one.",
            differs="Dense layers of 64 units and pools of 64 segments from one pretrained network; five tasks under "
            "rotations of their own.",
            conditions=(
                Bound(ROTATED, "nws", "forgetting", below=1e-6),
                Bound(ROTATED, "nws", "stored_share", below=0.15),
                Better(ROTATED, "nws", "frozen_probe", "final_accuracy", margin=0.1),
                Better(ROTATED, "nws", "shared_trunk", "final_accuracy", margin=0.1),
            ),
        ),
        Claim(
            paper="jiang2022neural",
            says="Networks made of segments of a frozen pool are as accurate as separate networks.",
            differs="As above; the paper compares with much larger networks, whose weights are more redundant.",
            conditions=(Equivalent(ROTATED, "nws", "independent", margin=0.02, metric="final_accuracy"),),
        ),
    ),
)
