"""The offline_to_online benchmark: what its paper claims, and what runs beside the default cells."""

from toybench import Benchmark, Better, Claim, Equivalent, Tuning

CLOSE = "pointmass_finetune"
NEAR = "pointmass_finetune[paid=near]"
PAPER = "xie2023futureconditioned"

DIFFERS = (
    "A point mass with nine actions and nine goals instead of simulated robots; 200 recorded walks without rewards, "
    "5 % of them to the target, then 80 walks of one's own with rewards. 1,000 updates come before the first reward "
    "and 1,000 after. The method was read in the authors' code, the paper's numbers could not be. Small dense networks "
    "of the place stand for transformers. Returns are shares of what the straight way to the target earns, of all "
    "walks of fine-tuning. Margins of 0.05 and 0.1 of it are the plan's. "
)
SCOPE = (
    "Robots' rewards tell at every step how well they do, and so do these; where only steps near the target are paid "
    "is a claim of its own. "
)

benchmark = Benchmark(
    field="reinforcement learning",
    tuning=Tuning(trials=12, seeds=4),
    variants=(NEAR,),
    only={NEAR: ("pdt", "bc_finetune", "scratch")},
    claims=(
        Claim(
            paper=PAPER,
            says="Where every step is paid, pretraining without rewards, with futures as codes, makes fine-tuning earn "
            "more than learning from scratch.",
            differs=f"{DIFFERS}{SCOPE}",
            expected="supported",
            conditions=(Better(task=CLOSE, method="pdt", than="scratch", metric="auc_return", margin=0.05),),
        ),
        Claim(
            paper=PAPER,
            says="Choosing among futures earns more than the same policy without futures, which imitates what paid.",
            differs=f"{DIFFERS}{SCOPE}The latter draws walks by a power of what they earned, tuned up to 64; the "
            "authors draw by the return itself, and so does the one with futures.",
            expected="inconclusive",
            conditions=(Better(task=CLOSE, method="pdt", than="bc_finetune", metric="auc_return", margin=0.05),),
        ),
        Claim(
            paper=PAPER,
            says="It earns as much as a policy that was pretrained with rewards.",
            differs=f"{DIFFERS}{SCOPE}",
            expected="inconclusive",
            conditions=(
                Equivalent(task=CLOSE, method="pdt", to="return_conditioned", metric="auc_return", margin=0.1),
            ),
        ),
        Claim(
            paper=PAPER,
            says="It earns more than Q-learning that gives the records rewards once it has met some.",
            differs=f"{DIFFERS}{SCOPE}The rival is a control of ours, the cheapest that uses both kinds of walks. Only "
            "the sign is claimed.",
            expected="refuted",
            conditions=(Better(task=CLOSE, method="pdt", than="relabelled_q", metric="auc_return"),),
        ),
        Claim(
            paper=PAPER,
            says="Where only steps near the target are paid, it earns more than learning from scratch and than the "
            "same policy without futures.",
            differs=f"{DIFFERS}This world came first. In a pilot on two tuning seeds all earned little in it: 0.05 by "
            "futures, 0.19 by imitation, 0.25 from scratch, each at its best values.",
            expected="refuted",
            conditions=tuple(
                Better(task=NEAR, method="pdt", than=other, metric="auc_return", margin=0.05)
                for other in ("scratch", "bc_finetune")
            ),
        ),
    ),
)
