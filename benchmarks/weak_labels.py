"""The weak_labels benchmark: what its papers claim, and what runs beside the default cells."""

from toybench import Benchmark, Better, Claim, Tuning

VOTES = ("binary_votes", "binary_votes[copies=2]")
CONTROLS = ("weighted_vote", "weighted_classifier", "dawid_skene")

DIFFERS = (
    "Two Gaussian classes in 40 dimensions, 500 points and five voters, or seven of which two copy the weakest, "
    "instead of images and texts. All but the majority vote know the voters' true error rates. Accuracy on the points "
    "that are to be labelled, as in the paper's first table."
)

benchmark = Benchmark(
    field="generative models",
    tuning=Tuning(trials=9, seeds=3),
    variants=("binary_votes[copies=2]",),
    claims=(
        Claim(
            paper="lu2023weakly",
            says="A label learning flow labels more points right than the majority of the voters, by 2 %.",
            differs=DIFFERS,
            expected="supported",
            conditions=tuple(
                Better(task=task, method="label_learning_flow", than="majority_vote", metric="accuracy", margin=0.02)
                for task in VOTES
            ),
        ),
        Claim(
            paper="lu2023weakly",
            says="And more, by 1 %, than the voters weighted by their error rates, than a network fitted to these "
            "weighted votes, than Dawid and Skene's estimate.",
            differs=f"{DIFFERS} The controls are ours, but for a network fitted to averaged votes.",
            expected="inconclusive",
            conditions=tuple(
                Better(task=task, method="label_learning_flow", than=other, metric="accuracy", margin=0.01)
                for task in VOTES
                for other in CONTROLS
            ),
        ),
    ),
)
