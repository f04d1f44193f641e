"""The instructed_agents benchmark: what its papers claim, and what runs beside the default cells."""

from toybench import Benchmark, Better, Claim, Tuning

SQUARE = "instruction_grids"
CORNER = "instruction_grids[confounded=0.9]"
CORRIDOR = "instruction_grids[confounded=0.5,place=corridor]"
FAR_END = "instruction_grids[confounded=0.9,place=corridor]"
ALL_END = "instruction_grids[confounded=1,place=corridor]"
EGOCENTRIC = "instruction_bc[view=egocentric]"
PAPERS_TARGET = "arp[target=1]"
CLONING = ("instruction_bc", "encoded_bc")

IRL_DIFFERS = (
    "The abstract, the introduction and a review could be read, so that there is no verdict. Grids of 36 cells with "
    "coloured shapes and 256 demonstrations instead of houses and sentences. Rewards are planned with in the known "
    "moves, which cloning isn't told."
)
ARP_DIFFERS = (
    "A corridor whose nine nearest cells are seen, instead of Procgen's levels; a frozen random encoder of them stands "
    "for CLIP. Every policy reads the instruction."
)
HALF = (
    "The meant object lies at the right end in half of the demonstrations. The paper has it there in all, and one "
    "instruction; here that share was chosen after a pilot, and nine in ten, which was planned, is a claim of its own. "
    "Seeds 0 to 63 were seen first, tuned on known instructions alone: ARP was 0.21 above cloning with new "
    "instructions, level with known ones, 0.13 and 0.02 above a fixed return, 0.03 and 0.02 below the adapter, and "
    "level with the likeness of the present view."
)
TARGET_BOUNDS = "0 and 1 bound it: no likeness to come, and the most that a demonstration had"

benchmark = Benchmark(
    field="reinforcement learning",
    first_seed=64,
    tuning=Tuning(trials=12, seeds=4),
    variants=(CORNER, CORRIDOR, FAR_END, ALL_END),
    ablations=(EGOCENTRIC, PAPERS_TARGET),
    edges={
        "arp.target": TARGET_BOUNDS,
        "arp.lr": "where all demonstrations lead to one end all values are alike, 0.076 to 0.087",
        "lc_irl.width": "8 and 16 are alike from a rate of 0.01 on, 0.910 to 0.914",
        "reward_regression.lr": "all rates are alike with a width of 8 or 16, 0.957 to 0.960",
        "reward_regression.width": "the same",
        "static_return.target": TARGET_BOUNDS,
    },
    only={
        SQUARE: ("instruction_bc", EGOCENTRIC, "lc_irl", "reward_regression"),
        CORNER: ("instruction_bc", "arp"),
        CORRIDOR: (
            *CLONING,
            "arp",
            PAPERS_TARGET,
            "arp_tuned",
            "static_return",
            "likeness_policy",
            "recent_likeness",
        ),
        FAR_END: (*CLONING, "arp", PAPERS_TARGET),
        ALL_END: (*CLONING, "arp", PAPERS_TARGET),
    },
    claims=(
        Claim(
            paper="fu2019language",
            says="Instructions that are learned as rewards carry over to new maps and to new pairs of colour and "
            "shape, where a cloned policy fails, and do as well on known maps.",
            differs=f"{IRL_DIFFERS} A fifth of the maps; on known ones no more than 0.05 below "
            "cloning whose map moves with the agent, which fits them best.",
            read="abstract",
            expected="supported",
            conditions=(
                Better(task=SQUARE, method="lc_irl", than="instruction_bc", metric="new_map_success", margin=0.2),
                Better(task=SQUARE, method="lc_irl", than="instruction_bc", metric="new_pair_success", margin=0.2),
                Better(task=SQUARE, method="lc_irl", than=EGOCENTRIC, metric="train_success", margin=-0.05),
            ),
        ),
        Claim(
            paper="fu2019language",
            says="It is planning anew that helps: they do better, too, than cloning whose map moves with the agent.",
            differs=f"{IRL_DIFFERS} The paper doesn't have this control, which takes the learning rate of the other "
            "view. 0.05 of the maps.",
            read="abstract",
            expected="inconclusive",
            conditions=tuple(
                Better(task=SQUARE, method="lc_irl", than=EGOCENTRIC, metric=metric, margin=0.05)
                for metric in ("new_map_success", "new_pair_success")
            ),
        ),
        Claim(
            paper="kim2023guide",
            says="A policy that is told how much likeness of view and instruction is still to come follows "
            "instructions that were never given more often than cloning.",
            differs=f"{ARP_DIFFERS} {HALF} Cloning with and without the encoder's vectors, which the paper's baseline "
            "has of another encoder; the target as tuned, and the largest return, as the authors have it. A tenth of "
            "the maps.",
            note="0.309 of new maps against 0.153 for cloning and 0.111 with the encoder's vectors (64 seeds). The "
            "former difference is 0.155 (0.125 to 0.184): beyond the margin, but nine other claims and three "
            "looks share one error; some 82 seeds would tell.",
            expected="supported",
            conditions=tuple(
                Better(task=CORRIDOR, method=method, than=cloning, metric="new_pair_success", margin=0.1)
                for method in ("arp", PAPERS_TARGET)
                for cloning in CLONING
            ),
        ),
        Claim(
            paper="kim2023guide",
            says="It reaches what known instructions mean more often, too, where that lies in a new place.",
            differs=f"{ARP_DIFFERS} {HALF} Cloning with and without the encoder's vectors, the target as tuned and as "
            "the authors have it. A twentieth of the maps.",
            note="It is level with cloning: 0.605 of new maps against 0.614 and, with the encoder's vectors, 0.625 "
            "(64 seeds), 0.009 less (0.002 more to 0.020 less) and 0.020 less. Cloning learns from six "
            "instructions what they mean; the paper's has one.",
            expected="supported",
            conditions=tuple(
                Better(task=CORRIDOR, method=method, than=cloning, metric="new_map_success", margin=0.05)
                for method in ("arp", PAPERS_TARGET)
                for cloning in CLONING
            ),
        ),
        Claim(
            paper="kim2023guide",
            says="So it does, for known and for new instructions, where nine in ten demonstrations lead to the same "
            "end.",
            differs=f"{ARP_DIFFERS} Seeds 0 to 63 were seen first: 0.00 with known instructions, 0.07 with new "
            "ones. A tenth of the maps.",
            note="With known instructions 0.315 against 0.303 and, with the encoder's vectors, 0.359 for cloning; "
            "with new ones 0.190 against 0.089 and 0.072 (16 seeds). The target that is best asks for no "
            "likeness at all; with the authors' it is 0.166 and 0.101.",
            expected="supported",
            conditions=tuple(
                Better(task=FAR_END, method=method, than=cloning, metric=metric, margin=0.1)
                for method in ("arp", PAPERS_TARGET)
                for cloning in CLONING
                for metric in ("new_map_success", "new_pair_success")
            ),
        ),
        Claim(
            paper="kim2023guide",
            says="So it does, for known instructions, where all demonstrations lead to the same end.",
            differs=f"{ARP_DIFFERS} The paper's own share, with six instructions instead of one. Added when numbers of "
            "the other shares had been seen, none of this one. A tenth of the maps.",
            note="All policies are at 0.08 to 0.09 of new maps (16 seeds), as who always goes to the end: "
            "demonstrations never show likeness rise elsewhere. None of the policies can be told apart from that. The "
            "flag was set after the numbers were seen; without it the claim would be refuted.",
            toy="blind",
            expected="refuted",
            conditions=tuple(
                Better(task=ALL_END, method=method, than=cloning, metric="new_map_success", margin=0.1)
                for method in ("arp", PAPERS_TARGET)
                for cloning in CLONING
            ),
        ),
        Claim(
            paper="kim2023guide",
            says="So it does on a square that is seen as a whole, where nine in ten demonstrations lead to one corner.",
            differs="A square of 36 cells with walls, as was planned. In a pilot all policies went to the corner, and "
            "reached 0.02 to 0.06 of the objects that lie elsewhere: a toy that can't tell, "
            "as on seeds 0 to 63. A tenth of the maps.",
            note="0.035 of new maps against 0.028 (16 seeds), where one object in 28 places is 0.036. A toy with "
            "fewer places, or more demonstrations, would tell.",
            expected="supported",
            toy="blind",
            conditions=(
                Better(task=CORNER, method="arp", than="instruction_bc", metric="new_map_success", margin=0.1),
            ),
        ),
        Claim(
            paper="kim2023guide",
            says="An adapter of the encoder that is fitted to demonstrations helps further with instructions that were "
            "never given.",
            differs=f"{ARP_DIFFERS} {HALF} 0.03 of the maps.",
            expected="supported",
            conditions=(Better(task=CORRIDOR, method="arp_tuned", than="arp", metric="new_pair_success", margin=0.03),),
        ),
        Claim(
            paper="kim2023guide",
            says="So it does with known instructions.",
            differs=f"{ARP_DIFFERS} {HALF} 0.03 of the maps.",
            note="0.612 of new maps against 0.605, 0.006 more (0.003 less to 0.015 more; 64 seeds). Nothing that a "
            "policy is told of likeness helps with known instructions.",
            expected="inconclusive",
            conditions=(Better(task=CORRIDOR, method="arp_tuned", than="arp", metric="new_map_success", margin=0.03),),
        ),
        Claim(
            paper="kim2023guide",
            says="It is a signal at every step that helps: more than a return that is fixed at the start.",
            differs=f"{ARP_DIFFERS} {HALF} 0.03 of the maps.",
            note="Known instructions refute it, 0.605 of new maps against 0.601, where no signal helps. With new "
            "ones it is as claimed, 0.309 against 0.191, 0.117 more (0.088 to 0.145; 64 seeds).",
            expected="inconclusive",
            conditions=tuple(
                Better(task=CORRIDOR, method="arp", than="static_return", metric=metric, margin=0.03)
                for metric in ("new_map_success", "new_pair_success")
            ),
        ),
        Claim(
            paper="kim2023guide",
            says="It is the return still to come that helps with new instructions: more than the likenesses of the "
            "three steps before alone, which it is told as well.",
            differs=f"{ARP_DIFFERS} {HALF} Our control, which has no target. 0.03 of the maps.",
            note="0.309 of new maps against 0.318 without the return, 0.009 less (0.035 less to 0.016 more; 64 "
            "seeds): three likenesses of the past explain the gain, but 126 seeds would be needed to say so.",
            expected="inconclusive",
            conditions=(
                Better(task=CORRIDOR, method="arp", than="recent_likeness", metric="new_pair_success", margin=0.03),
            ),
        ),
        Claim(
            paper="kim2023guide",
            says="It helps more than to be told the present likeness, which it isn't told.",
            differs=f"{ARP_DIFFERS} {HALF} Our control, which has no target. 0.03 of the maps.",
            note="It helps less: 0.299 of new maps against 0.364, 0.064 less (0.025 to 0.103; 32 seeds). One number,"
            " the likeness of the present view, does more than the return still to come.",
            expected="inconclusive",
            conditions=(
                Better(task=CORRIDOR, method="arp", than="likeness_policy", metric="new_pair_success", margin=0.03),
            ),
        ),
    ),
)
