"""The reset_free_finetuning benchmark: what its paper claims, and what runs beside the default cells."""

from toybench import Benchmark, Better, Claim, Tuning

TASK = "there_and_back"
RAW = "robofume[features=raw]"
TRUE = "robofume[features=true]"
BEFORE = "robofume[finetunes=false]"
STRONG = "robofume[alpha=1]"
STRONG_CQL = "cql[alpha=1]"
CLONED = "bc_to_sac[finetunes=false]"
PAPER = "yang2023robot"

DIFFERS = (
    "A point mass with nine actions and nine goals instead of a robot arm; 200 recorded walks to five goals and back, "
    "half of their actions at random, two of them to the target and two back from it. 1,000 updates come before own "
    "walks and 1,000 while there are 40 walks to the target and back, without resets. Of the paper only the abstract "
    "and the project's page could be read; the critic is Cal-QL's, from its authors' code, on all of nine actions. A "
    "small network that learned captions stands for a vision-language model. Own walks are paid by a judge that "
    "knows 20 labelled pictures of each aim; the score is true success from the middle. Margins are the plan's, of a "
    "share of test walks. With 5 % of walks to the target and 30 % of random actions, imitation alone had 0.94 on two "
    "tuning seeds, so that nothing was left to gain; with these shares it has 0.45 on four. "
)

benchmark = Benchmark(
    field="reinforcement learning",
    tuning=Tuning(trials=20, seeds=6),
    edges={"rlpd.random": "0.03 to 0.3 differ by 0.03, within the noise of six seeds"},
    ablations=(RAW, TRUE, BEFORE, CLONED, STRONG, STRONG_CQL),
    claims=(
        Claim(
            paper=PAPER,
            says="Calibrated values lose less at the beginning of fine-tuning than conservative ones without a bound, "
            "with the tuned weight of the penalty and with a large one.",
            differs=f"{DIFFERS}The dip is success before own walks less that of the ten rounds after the first; the "
            "paper's abstract asks for efficient fine-tuning under distribution shift, and names no dip. Values are "
            "those tuned for success at the end, which on tuning seeds ask for a small weight of the penalty; in the "
            "second condition it is 1.",
            read="abstract",
            note=(
                "Dips are -0.155 and -0.132 with the tuned weight, 0.02 (-0.14 to 0.18) less: success before own walks "
                "is 0.09, so that little can be lost. With weight 1 it is 0.29 and 0.23 before them; both lose, 0.124 "
                "and 0.111, which is 0.01 (-0.22 to 0.32) more."
            ),
            expected="inconclusive",
            conditions=tuple(
                Better(task=TASK, method=one, than=other, metric="initial_dip", margin=0.1)
                for one, other in (("robofume", "cql"), (STRONG, STRONG_CQL))
            ),
        ),
        Claim(
            paper=PAPER,
            says="After fine-tuning they succeed more often than conservative values without a bound, and than a "
            "soft actor and critic that go on from imitation.",
            differs=f"{DIFFERS}Both rivals are paid by the same judge.",
            read="abstract",
            note=(
                "Success is 0.69, and 0.67 by values without a bound, 0.02 (-0.14 to 0.20) less. It is 0.47 after "
                "imitation, 0.22 (-0.04 to 0.44) less: the actor loses all of the 0.36 that imitation had in its "
                "first ten rounds."
            ),
            expected="inconclusive",
            conditions=tuple(
                Better(task=TASK, method="robofume", than=other, metric="final_success", margin=0.05)
                for other in ("cql", "bc_to_sac")
            ),
        ),
        Claim(
            paper=PAPER,
            says="A judge with pretrained features leads to more success than one that learns its features from "
            "successes alone.",
            differs=f"{DIFFERS}The rival sees the labelled pictures and all successes of the records, those at the "
            "target too. With the true reward instead of a judge there is a reference.",
            read="abstract",
            expected="supported",
            conditions=(Better(task=TASK, method="robofume", than=RAW, metric="final_success", margin=0.05),),
        ),
        Claim(
            paper=PAPER,
            says="They succeed more often than Q-learning on records and own walks in halves, which learns nothing "
            "beforehand.",
            differs=f"{DIFFERS}The rival is the cheapest control, with the same judge, and as many updates in all. "
            "Only the sign is claimed.",
            read="abstract",
            note=(
                "Success is 0.69 and 0.73, 0.03 (-0.16 to 0.21) apart: the end is alike within 0.21. Over all rounds "
                "they have 0.50 and 0.42."
            ),
            expected="refuted",
            conditions=(Better(task=TASK, method="robofume", than="rlpd", metric="final_success"),),
        ),
        Claim(
            paper=PAPER,
            says="Own walks improve on what the records taught: success is more frequent than before them, and than "
            "with imitation alone.",
            differs=f"{DIFFERS}The project's page says so of five tasks of a robot. A margin of 0.1 is one walk of "
            "ten. Imitation alone has the learning rate that was tuned for what follows it.",
            read="abstract",
            note=(
                "Success is 0.69, 0.09 before own walks and 0.36 by imitation; the differences are 0.60 (0.36 to "
                "0.79) and 0.33 (0.04 to 0.60). 16 seeds can't tell the latter from 0.1."
            ),
            expected="inconclusive",
            conditions=tuple(
                Better(task=TASK, method="robofume", than=other, metric="final_success", margin=0.1)
                for other in (BEFORE, CLONED)
            ),
        ),
    ),
)
