"""The symbolic_reasoning benchmark: what its paper claims, and what runs beside the default cells."""

from toybench import Benchmark, Better, Bound, Claim, Trend, Tuning

FEW = "two_hop[seen=128]"
GROWTH = ("coverage_growth", "coverage_growth[symbols=12]", "coverage_growth[symbols=24]")

NETWORKS = (
    "8 symbols and 205 of 512 triples; the authors have alphabets of 50 and more. Perceptrons that read in order "
    "instead of GPT-2, as a transformer of two blocks was too slow in a pilot. All facts of both tables may occur, and "
    "no input leads to the answer on two ways. Fragments are the first two symbols, linked by two contexts or more; "
    "one link in ten or twenty is false at this size."
)
GROWN = (
    "8, 12 and 24 symbols and no learner, but the rule of coverage itself; nine tenths of the unseen triples instead "
    "of all that can follow. The theorem's power of the number of symbols is 2.5 - 0.5 / k for evidence of k "
    "contexts, up to logarithms; that of all triples is 3."
)


def theorem(evidence: int) -> Trend:
    """The exponent for this evidence is the theorem's, within 0.15."""
    power = 2.5 - 0.5 / evidence
    return Trend(
        tasks=GROWTH,
        methods=(f"coverage_closure[evidence={evidence}]",),
        direction="grows",
        metric="size_needed",
        exponent=(round(power - 0.15, 2), round(power + 0.15, 2)),
    )


benchmark = Benchmark(
    field="sequences",
    first_seed=64,
    tuning=Tuning(trials=20, seeds=4),
    edges={
        "chain_of_thought.lr": "0.945, 0.938, 0.942 and 0.932 by rate at a decay of 0.3 are the noise of four seeds",
    },
    variants=(FEW, *GROWTH[1:]),
    ablations=("coverage_closure[evidence=1]", "coverage_closure[evidence=3]"),
    claims=(
        Claim(
            paper="chang2025coverage",
            says="A network that reads in order and fits its triples answers new ones that are covered far more often "
            "than others.",
            differs=f"{NETWORKS} Far more often is read as 0.2, a fifth of the range.",
            expected="supported",
            conditions=(
                Bound(task="two_hop", method="causal_mlp", metric="train_accuracy", above=0.99, aggregate="share"),
                Bound(task="two_hop", method="causal_mlp", metric="coverage_gap", above=0.2),
            ),
        ),
        Claim(
            paper="chang2025coverage",
            says="A network that sees all symbols at once and fits its triples answers covered ones far more often "
            "than others, too, and few of the others.",
            differs=f"{NETWORKS} Far more often is read as 0.2, few as below 0.35. The authors' networks read in "
            "order; tuning seeds had shown a gap of 0.1 and less.",
            note="It fits its triples on all of 64 seeds. Of covered ones it answers 0.078 more than of others (0.059 "
            "to 0.098), and 0.225 of the others. A gap needs a state of the fragment, which the authors' networks can "
            "have; of theirs nothing is refuted here. More updates weren't tried.",
            expected="refuted",
            conditions=(
                Bound(task="two_hop", method="direct_mlp", metric="train_accuracy", above=0.99, aggregate="share"),
                Bound(task="two_hop", method="direct_mlp", metric="coverage_gap", above=0.2),
                Bound(task="two_hop", method="direct_mlp", metric="uncovered_accuracy", below=0.35),
            ),
        ),
        Claim(
            paper="chang2025coverage",
            says="Of triples that aren't covered the network that reads in order answers few, fewer than 0.35.",
            differs=f"{NETWORKS} Always the same answer has an eighth and more; the control that sees all symbols at "
            "once had 0.25 in a pilot, and this network 0.28 to 0.38. Where two fragments agreed in a single context, "
            "a triple isn't covered here, but there is something to go by: a vote by degrees answered half of them in "
            "other worlds. This is about what the network does, not about what data allow.",
            note="0.332 (0.310 to 0.354; 64 seeds): at the bound; some 423 seeds would tell. A vote by degrees answers "
            "0.488 of them, always the same answer 0.164.",
            expected="inconclusive",
            conditions=(Bound(task="two_hop", method="causal_mlp", metric="uncovered_accuracy", below=0.35),),
        ),
        Claim(
            paper="chang2025coverage",
            says="It isn't likeness of symbols alone: of covered triples the network answers more than a vote of seen "
            "triples that differ in one symbol, and more than a network that sees all symbols at once.",
            differs=f"{NETWORKS} The controls are ours; in pilots wider and shallower ones of the second kind did "
            "alike. A vote by degrees that is told what fragments are isn't a rival, but the same mechanism without "
            "a network, and knows more than either. 0.05 is a twentieth of the range.",
            expected="supported",
            conditions=tuple(
                Better(task="two_hop", method="causal_mlp", than=control, metric="covered_accuracy", margin=0.05)
                for control in ("one_change_vote", "direct_mlp")
            ),
        ),
        Claim(
            paper="chang2025coverage",
            says="Of covered triples the network that reads in order answers those with more evidence more often; the "
            "one that sees all symbols at once doesn't.",
            differs=f"{NETWORKS} Covered by links of three contexts against covered by links of two alone. More often "
            "is read as 0.1; the control shall stay below. The authors follow the evidence of a triple over training, "
            "and further up.",
            note="0.177 by the network that reads in order (0.148 to 0.205; 64 seeds), which is above 0.1. The control "
            "has 0.069 (0.048 to 0.089), below 0.1, but eleven claims and three looks share one error; some 125 seeds "
            "would tell.",
            expected="inconclusive",
            conditions=(
                Bound(task="two_hop", method="causal_mlp", metric="evidence_gain", above=0.1),
                Bound(task="two_hop", method="direct_mlp", metric="evidence_gain", below=0.1),
            ),
        ),
        Claim(
            paper="chang2025coverage",
            says="Coverage limits the network: it answers fewer of the new triples than exchanging linked fragments "
            "does, and no more of those that aren't covered.",
            differs=f"{NETWORKS} 128 and 205 triples. No more is read as at most 0.05 more than the rule, which says "
            "the commonest answer where nothing follows. The rule is told that the first two symbols are what can be "
            "exchanged; the network reads them first, but is told no more. Tuning seeds had shown 0.32 against 0.17 of "
            "those that aren't covered.",
            note="Of triples that aren't covered by two contexts the network answers 0.179 more than the rule at 205 "
            "(0.139 to 0.217; 32 seeds) and 0.100 more at 128 (0.078 to 0.121). But by one context 0.95 and 0.78 "
            "of all new triples are covered (8 tuning seeds), so that the limit in the authors' widest sense leaves "
            "little to judge; of links by one context a third and more are chance. An alphabet of 24 and more would "
            "tell. The flag was "
            "set after the numbers were seen; without it the claim would be refuted.",
            toy="blind",
            expected="refuted",
            conditions=tuple(
                Better(task=task, method="coverage_closure", than="causal_mlp", metric=metric, margin=margin)
                for task in ("two_hop", FEW)
                for metric, margin in (("accuracy", 0.0), ("uncovered_accuracy", -0.05))
            ),
        ),
        Claim(
            paper="chang2025coverage",
            says="Coverage limits what can be known: a vote by degrees of agreement answers no more of the new triples "
            "than exchanging linked fragments does.",
            differs="Our reading, with no network: 8 symbols, 128 and 205 triples, links by two contexts or more. Both "
            "rules are told what fragments are; no more is read as at most 0.05 more. In other worlds the vote had "
            "0.81 and 0.53 where the rule had 0.62 and 0.29.",
            note="The vote answers 0.211 more at 205 (0.176 to 0.250; 32 seeds) and 0.232 more at 128 (0.211 to "
            "0.255): single agreements carry much of what can be known. By one context 0.95 and 0.78 of all new "
            "triples are covered, so that coverage in the authors' widest sense isn't passed. An alphabet of 24 and "
            "more would tell. The flag was "
            "set after the numbers were seen; without it the claim would be refuted.",
            toy="blind",
            expected="refuted",
            conditions=tuple(
                Better(task=task, method="coverage_closure", than="graded_exchange", margin=-0.05)
                for task in ("two_hop", FEW)
            ),
        ),
        Claim(
            paper="chang2025coverage",
            says="Taught to say the symbol in the middle first, perceptrons answer more of the new triples, from few "
            "seen ones and from more.",
            differs=f"{NETWORKS} 128 and 205 triples. More is read as 0.1. A text with an empty symbol in the middle, "
            "the authors' control for its length, is to perceptrons the control that sees all symbols at once. "
            "The chain is told more about a triple than its rivals; two tables filled in by hand show what that is "
            "worth.",
            expected="supported",
            conditions=tuple(
                Better(task=task, method="chain_of_thought", than=rival, margin=0.1)
                for task in ("two_hop", FEW)
                for rival in ("causal_mlp", "direct_mlp")
            ),
        ),
        Claim(
            paper="chang2025coverage",
            says="The number of triples by which nine tenths of the others are covered grows at least as the square of "
            "the number of symbols, and at most as its power of 2.5.",
            differs=f"{GROWN} Evidence of two contexts.",
            expected="supported",
            conditions=(
                Trend(
                    tasks=GROWTH,
                    methods=("coverage_closure",),
                    direction="grows",
                    metric="size_needed",
                    exponent=(2.0, 2.5),
                ),
            ),
        ),
        Claim(
            paper="chang2025coverage",
            says="For evidence of one context and of three the power is that of the theorem, within 0.15.",
            differs=f"{GROWN} The theorem is about large alphabets and was known from a summary of the paper, by which "
            "it holds from above and from below. 0.15 tells one context from two or three, but not two from three. "
            "Tuning seeds had shown 2.06, 2.21 and 2.23 for one to three.",
            expected="supported",
            conditions=tuple(theorem(evidence) for evidence in (1, 3)),
        ),
        Claim(
            paper="chang2025coverage",
            says="Where the symbol in the middle is seen, fewer triples are enough.",
            differs="8, 12 and 24 symbols and no learner: both tables filled in from what was seen, against the rule "
            "of coverage. Fewer is read as a twentieth of all triples.",
            expected="supported",
            conditions=tuple(
                Better(task=task, method="fact_tables", than="coverage_closure", metric="share_needed", margin=0.05)
                for task in GROWTH
            ),
        ),
    ),
)
