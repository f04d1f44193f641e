"""The pre_caching benchmark: what its paper claims, and what runs beside the default cells."""

from toybench import Benchmark, Better, Bound, Claim, Equivalent, Tuning

SUMS = "delayed_function"
SLOW = "delayed_function[frequency=2]"
TEXT = "markov_text"

VANILLA = "vanilla_training"
MYOPIC = "myopic_training"
RANDOM = "random_first_block"

DIFFERS = (
    "Sums of 3 terms sin(3x) in streams of 12 tokens, 2 blocks of width 32 and 400 updates, where the authors' code "
    "has sums of 10 terms sin(10x) in streams of 64, width 128 and 58,593 updates. Squared error instead of Huber's. "
    "Between 0 and the right sum lies an error of 1.5. The plan had sums of 4 terms sin(2x). Pilots on tuning seeds "
    "showed that a first block as it is drawn holds 0.87 of that sine's variance. So the sine is faster here, and the "
    "plan's is judged in a claim of its own. "
)
TEXT_DIFFERS = (
    "A chain of order two over 12 symbols instead of English text, and 2 blocks of width 32 instead of GPT-2. What is "
    "compared is the cross-entropy above the chain's own, as a share of what the symbols' frequencies have above it."
)

benchmark = Benchmark(
    field="sequences",
    tuning=Tuning(trials=6, seeds=3),
    edges={"window_mlp.lr": "it is a reference that no claim reads; 0.04 has 0.09 and 0.1 has 0.07"},
    variants=(SLOW,),
    only={
        SUMS: (VANILLA, MYOPIC, "single_block", RANDOM, "window_mlp"),
        SLOW: (VANILLA, MYOPIC),
        TEXT: (VANILLA, MYOPIC),
    },
    claims=(
        Claim(
            paper="wu2024language",
            says="Where later tokens need a sine of a token's number that the token itself does not need, myopic "
            "training has a larger error than usual training, and so has a single block.",
            differs=f"{DIFFERS}The margin is 10 % of the range. A single block has half of the weights; that "
            "layers can do the work at the token that asks, the window's network shows.",
            expected="supported",
            conditions=(
                Better(task=SUMS, method=VANILLA, than=MYOPIC, metric="gated_mse", margin=0.15),
                Better(task=SUMS, method=VANILLA, than="single_block", metric="gated_mse", margin=0.15),
            ),
        ),
        Claim(
            paper="wu2024language",
            says="With usual training a linear probe finds more of the sine in a token's state after the first block "
            "than with myopic training.",
            differs=f"{DIFFERS}The authors probe each layer in sample; here the probe is judged on other streams, once "
            "for the state alone, as they do, and once beyond the token itself. A sine that is found is read as more "
            "than half of its variance, more as 0.3 of it: the plan's figures.",
            note="0.81 of the sine's variance against 0.51 (32 seeds), 0.25 to 0.36 more, and 0.80 against 0.50 by the "
            "authors' measure: as much as asked. Myopic states hold no more than those of a block as it was drawn, "
            "which have 0.54.",
            expected="supported",
            conditions=(
                Bound(task=SUMS, method=VANILLA, metric="precache_r2", above=0.5),
                Better(task=SUMS, method=VANILLA, than=MYOPIC, metric="precache_r2", margin=0.3),
                Better(task=SUMS, method=VANILLA, than=MYOPIC, metric="probe_r2", margin=0.3),
            ),
        ),
        Claim(
            paper="wu2024language",
            says="The sine is computed for later tokens: a first block that stays as it was drawn holds less of it, "
            "and leaves a larger error.",
            differs=f"{DIFFERS}The control is ours: without training a state holds something of any function of its "
            "token. The margins are 10 % of the ranges.",
            expected="supported",
            conditions=(
                Better(task=SUMS, method=VANILLA, than=RANDOM, metric="gated_mse", margin=0.15),
                Better(task=SUMS, method=VANILLA, than=RANDOM, metric="precache_r2", margin=0.1),
            ),
        ),
        Claim(
            paper="wu2024language",
            says="For a slower sine, too, usual training has the smaller error, and its states hold more of the sine.",
            differs=f"{DIFFERS}This is the plan's sine, in sums of 3 terms; the range is 1.5 for both. The "
            "margins are those of the claims before. The pilot lets expect that myopic training's states hold too much "
            "of it.",
            note="An error of 0.10 against 0.40 (32 seeds), as claimed, but 0.95 of the variance against 0.75: 0.17 "
            "to 0.23 more, where 0.3 was asked. A state holds most of the slower sine by chance.",
            expected="refuted",
            conditions=(
                Better(task=SLOW, method=VANILLA, than=MYOPIC, metric="gated_mse", margin=0.15),
                Better(task=SLOW, method=VANILLA, than=MYOPIC, metric="precache_r2", margin=0.3),
            ),
        ),
        Claim(
            paper="wu2024language",
            says="On text where what is of use later is of use at once, myopic training loses as little as usual "
            "training.",
            differs=f"{TEXT_DIFFERS} As little is read as 0.05 of that range. The bound says that usual "
            "training learns most of the chain.",
            expected="supported",
            conditions=(
                Bound(task=TEXT, method=VANILLA, metric="excess_share", below=0.5),
                Equivalent(task=TEXT, method=MYOPIC, to=VANILLA, metric="excess_share", margin=0.05),
            ),
        ),
    ),
)
