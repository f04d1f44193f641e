"""The message_passing benchmark: what its papers claim, and what runs beside the default cells."""

from toybench import Benchmark, Better, Claim, Trend, Tuning

HUBS = "hub_mean"
LOOKUP = "tree_lookup"
SHALLOW = "tree_lookup[depth=2]"
SENTENCES = "support_sentences"

STANDARD = ("mean_gnn", "sum_gnn", "gin", "gcn", "gat")
RELEASED = "cognn[divisor=all]"
ONE_HOP = "propagate_selector[hops=1]"

HUBS_DIFFER = (
    "The authors' synthetic trees with 2 to 6 neighbours of the root, 1 or 2 of them hubs, instead of up to 10 and 3; "
    "400 batches of 24 trees. Errors are shares of the mean answer's, which is the same for all methods. The authors "
    "test with two more hubs a tree than they train with; here both tests are judged."
)
LOOKUP_DIFFER = (
    "The authors' data for over-squashing, with fresh trees in every batch, networks of two layers of width 32 and "
    "800 batches of 32. Errors are shares of blind guessing's. k edges are drawn into every node."
)
SENTENCES_DIFFER = (
    "Sentences are sums of two random entity vectors instead of text, nine a question, all of one passage. The margin "
    "in F1 is half of that in recall, as one of two sentences is the second one."
)

benchmark = Benchmark(
    field="graphs",
    tuning=Tuning(trials=6, seeds=3),
    variants=(SHALLOW,),
    ablations=(RELEASED, ONE_HOP),
    edges={
        "deep_gin.lr": "at depth 3 it is at chance at every rate, and makes no error at depth 2",
        "gin.lr": "two layers can't reach the leaves at depth 3: all rates are alike",
        "independent_scorer.lr": "alike at every rate, 0.12 to 0.13",
        "random_rewiring.lr": "at chance at every rate, 0.997 to 1.007",
        "virtual_node.lr": "near chance at every rate, 0.977 to 1.006",
    },
    only={
        HUBS: ("cognn", RELEASED, "soft_gates", *STANDARD),
        LOOKUP: ("gin", "deep_gin", "pr_mpnn", "random_rewiring", "virtual_node", "attention_all"),
        SHALLOW: ("gin", "deep_gin"),
        SENTENCES: ("propagate_selector", ONE_HOP, "independent_scorer", "pooled_context", "attention_all"),
    },
    claims=(
        Claim(
            paper="finkelshtein2023cooperative",
            says="Where the answer is the mean of some neighbours only, nodes that choose to listen or to "
            "broadcast err less than standard message passing, also with more such neighbours than in training.",
            differs=f"{HUBS_DIFFER} Less is read as 0.15 of the mean answer's error, and 0.08 with more hubs, about "
            "half of what a pilot of the task showed. The mean is over those that are heard, the paper's definition "
            "from memory; the released code divides otherwise, see the next claim.",
            expected="supported",
            conditions=tuple(
                Better(task=HUBS, method="cognn", than=other, metric=metric, margin=margin)
                for metric, margin in (("error", 0.15), ("error_shifted", 0.08))
                for other in STANDARD
            ),
        ),
        Claim(
            paper="finkelshtein2023cooperative",
            says="So they do where neighbours that aren't heard count in the mean's divisor.",
            differs=f"{HUBS_DIFFER} The released code divides so, which the definition of the paper doesn't say. "
            "The learning rate is the one that was tuned for the other divisor.",
            note="Errors 0.494, and 0.570 with more hubs, against 0.793 and 0.673 of the network of means, and "
            "0.210 and 0.221 with the other divisor (32 seeds). It is ahead of all standard networks, but that it is "
            "so by 0.08 with more hubs, 0.103 measured, isn't sure.",
            expected="inconclusive",
            conditions=tuple(
                Better(task=HUBS, method=RELEASED, than=other, metric=metric, margin=margin)
                for metric, margin in (("error", 0.15), ("error_shifted", 0.08))
                for other in STANDARD
            ),
        ),
        Claim(
            paper="finkelshtein2023cooperative",
            says="It takes choices: nodes that weigh their messages by the chances of their actions err more.",
            differs=f"{HUBS_DIFFER} The paper doesn't have this control, a plain gate without noise.",
            note="Soft gates come out ahead: errors 0.130 against 0.210, and 0.143 against 0.221 with more hubs "
            "(32 seeds). One seed of the choices ends at 0.94, and 20 at 0.06 to 0.18.",
            expected="inconclusive",
            conditions=tuple(
                Better(task=HUBS, method="cognn", than="soft_gates", metric=metric)
                for metric in ("error", "error_shifted")
            ),
        ),
        Claim(
            paper="qian2023probabilistically",
            says="With learnt new edges a network of two layers answers from the leaves of a tree of depth 3, "
            "where the same network without them, or with as many random ones, hardly can.",
            differs=f"{LOOKUP_DIFFER} Hardly is read as 0.4 of blind guessing's error more. Two layers can't reach "
            "the leaves without new edges.",
            note="Errors 0.535 against 0.999 and 1.000 without and with random edges: the lead is sure, that it is "
            "0.4 isn't (16 seeds). Four seeds make no error; the others end at 0.09 to 0.94. More draws a step or "
            "more steps would tell whether that is for want of training.",
            toy="undertrained",
            expected="supported",
            conditions=tuple(
                Better(task=LOOKUP, method="pr_mpnn", than=other, metric="error", margin=0.4)
                for other in ("gin", "random_rewiring")
            ),
        ),
        Claim(
            paper="qian2023probabilistically",
            says="A network of two layers falls behind where trees are deeper than it.",
            differs=f"{LOOKUP_DIFFER} From depth 2 to depth 3; at depth 3 and more its error is that of guessing by "
            "construction, so that the finding is what it learns at depth 2.",
            expected="supported",
            conditions=(
                Trend(tasks=(SHALLOW, LOOKUP), methods=("gin",), direction="grows", metric="error", margin=0.3),
            ),
        ),
        Claim(
            paper="qian2023probabilistically",
            says="A network of as many layers as the tree is deep, which reaches all leaves, errs more at depth 3 "
            "than at depth 2 after the same number of steps.",
            differs=f"{LOOKUP_DIFFER} At depth 4 rewiring learns nothing in 800 steps either, and takes more than a "
            "minute for 16 seeds, so that depths end at 3. Many thousand epochs, as Alon and Yahav take, aren't "
            "tried: that messages are squashed, and not for want of steps, isn't shown.",
            expected="supported",
            conditions=(
                Trend(tasks=(SHALLOW, LOOKUP), methods=("deep_gin",), direction="grows", metric="error", margin=0.3),
            ),
        ),
        Claim(
            paper="qian2023probabilistically",
            says="It takes learnt edges: a network as deep as the tree, one more node that is linked to all, and "
            "attention among all nodes err more.",
            differs=f"{LOOKUP_DIFFER} These controls reach all leaves without a distribution over edges; the "
            "authors compare with deeper networks.",
            note="Attention among all nodes makes no error in any of 16 seeds, so that nothing can beat it; "
            "rewiring 0.535. It is ahead of the deep network, 0.992, and of one more node, 0.965, both near guessing "
            "after 800 steps.",
            expected="refuted",
            conditions=tuple(
                Better(task=LOOKUP, method="pr_mpnn", than=other, metric="error")
                for other in ("deep_gin", "virtual_node", "attention_all")
            ),
        ),
        Claim(
            paper="yoon2019propagateselector",
            says="Where a sentence is linked to the question by another one alone, attention among sentences finds "
            "it more often than scores of single sentences do, or with the mean of all as context.",
            differs=f"{SENTENCES_DIFFER} More often is read as 0.2 of the questions.",
            note="Recall 0.347 against 0.129 and 0.147, F1 0.603 against 0.530 and 0.543: ahead, but by 0.06 in F1 "
            "(32 seeds). Recall rose from 0.254 over the last two fifths of the steps; 1500 steps would tell.",
            toy="undertrained",
            expected="supported",
            conditions=tuple(
                Better(task=SENTENCES, method="propagate_selector", than=other, metric=metric, margin=margin)
                for metric, margin in (("bridge_recall", 0.2), ("support_f1", 0.1))
                for other in ("independent_scorer", "pooled_context")
            ),
        ),
        Claim(
            paper="yoon2019propagateselector",
            says="It takes several hops of its kind: one hop finds fewer, and so does a transformer.",
            differs=f"{SENTENCES_DIFFER} Four hops, as in the authors' script; 0.05 of the questions more than with "
            "one hop at the same learning rate. The paper doesn't have the transformer, of two layers: four came out "
            "lower on tuning seeds.",
            note="Several hops matter, against what was expected: one hop finds 0.144, four 0.347. The transformer "
            "finds 0.443 (32 seeds). 1500 steps would tell, as for the last claim; the flag was set after the "
            "numbers.",
            toy="undertrained",
            expected="refuted",
            conditions=(
                Better(task=SENTENCES, method="propagate_selector", than=ONE_HOP, metric="bridge_recall", margin=0.05),
                Better(task=SENTENCES, method="propagate_selector", than="attention_all", metric="bridge_recall"),
            ),
        ),
    ),
)
