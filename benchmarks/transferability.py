"""The transferability benchmark: what its paper claims, and what runs beside the default cells."""

from toybench import Benchmark, Better, Bound, Claim, Tuning

TASK = "graphon_mixtures"
MIXED = "graphon_mixtures[concentration=0.5]"
W2P = "w2pgnn"
SOURCES = "w2pgnn[mixture=sources]"
MEAN = "w2pgnn[mixture=mean]"
ORDER = "w2pgnn[distance=order]"
POOLED = ("graph_statistics", "embedding_distance", "degree_mmd")
SEARCHED = tuple(f"{rival}[mixture=best]" for rival in POOLED)

FIRM = 0.3  # a correlation that is worth a look
NEAR = 0.1  # of a correlation, to that of the true distance
SHARE = 0.05  # of the range from floor to oracle, which is 1

TOY = (
    "15 corpora of two out of six graphons, 12 graphs of 32 nodes each, and 8 downstream sets that are random mixtures "
    "of five of the six, instead of public data. Pre-training is linear contrast of structural features in closed "
    "form, and the gain that of a few-shot probe on two directions; nothing is fine-tuned. The paper's experiments "
    "were not read: that Pearson's correlation over corpora, for every downstream set, is judged, is ours; Spearman's "
    "over all pairs is in the table. "
)

benchmark = Benchmark(
    field="graphs",
    tuning=Tuning(trials=3, seeds=8),
    edges={
        "cells": "4, 8 and 16 are within 0.002 of each other on tuning seeds; 2, hardly a graphon any more, has "
        "0.005 more, 0.02 where sets are mixed; 4 divides 32 nodes and is next to the authors' 5",
    },
    variants=(MIXED,),
    ablations=(SOURCES, MEAN, ORDER, *SEARCHED),
    only={MIXED: (W2P, SOURCES, MEAN)},
    claims=(
        Claim(
            paper="cao2023pretrain",
            says="How near a mixture of a corpus' graphons comes to the downstream one tells what pre-training gains: "
            "its correlation with measured gains is above 0.3, not far from that of the true distance, and above "
            "those of graph statistics and of embeddings by an untrained network.",
            differs=f"{TOY}Rivals are means over a corpus, ours, and are to be exceeded by 0.05 of the range from a "
            "random score to the gains themselves. On tuning seeds halves of the test graphs agree by 0.94, stepped up "
            "to all of them, and the true distance has a correlation of 0.43 with the gain; to lack less than 0.1 of "
            "it is asked, so that a failure of the bound can be told from one of the toy.",
            note="0.409 at 64 seeds (0.373 to 0.445), more than the true distance has, 0.375: nothing is lost by "
            "estimating it. But graph statistics have 0.403; what it is ahead, 0.006 (-0.012 to 0.026), isn't the "
            "margin. Embeddings have 0.311. `reliability` is 0.94: the distance is what limits the score, not noise "
            "of the gains.",
            expected="inconclusive",
            conditions=(
                Bound(task=TASK, method=W2P, metric="correlation", above=FIRM),
                Bound(task=TASK, method=W2P, metric="behind", below=NEAR),
                *(
                    Better(task=TASK, method=W2P, than=other, metric="correlation", margin=SHARE)
                    for other in ("graph_statistics", "embedding_distance")
                ),
            ),
        ),
        Claim(
            paper="cao2023pretrain",
            says="It takes graphons: graph statistics, embeddings and degrees tell less, though they may search the "
            "same mixtures, and so does the spread of a corpus' degrees.",
            differs=f"{TOY}All four controls are ours, with a margin of 0.",
            note="0.409 against 0.387 for graph statistics with mixtures, a difference of 0.007 to 0.039 at 64 seeds; "
            "about 128 would tell. The other three are beaten: 0.326, 0.289 and 0.259. A rule that knew what a corpus "
            "gains elsewhere, `blind`, would have 0.48 and never look at the downstream set.",
            expected="inconclusive",
            conditions=tuple(
                Better(task=TASK, method=W2P, than=other, metric="correlation")
                for other in (*SEARCHED, "degree_spread")
            ),
        ),
        Claim(
            paper="cao2023pretrain",
            says="It takes the search over mixtures: the mean of a corpus' two graphons, and the nearer of them, tell "
            "less.",
            differs=f"{TOY}The mean is the authors' score without weights, the nearer graphon is ours; with a margin "
            "of 0. It is asked of downstream sets that are nearly pure, and of those that are mixed.",
            note="At 64 seeds the search is behind the mean of both graphons by 0.006 to 0.030 (0.409 against "
            "0.427). Where sets are mixed it is 0.001 ahead to 0.018 behind (0.363, 0.372). The nearer source alone "
            "is beaten: 0.378 and 0.298. The encoder is trained on half of each source, so that the mean presumably "
            "describes what it learned.",
            expected="inconclusive",
            conditions=tuple(
                Better(task=task, method=W2P, than=other, metric="correlation")
                for task in (TASK, MIXED)
                for other in (MEAN, SOURCES)
            ),
        ),
        Claim(
            paper="cao2023pretrain",
            says="It selects corpora: the one of the highest score gains more than a random one, and more than those "
            "that graph statistics select, with and without mixtures.",
            differs=f"{TOY}By 0.05 of the way from a random corpus to the best one, and by 0 over graph statistics. "
            "The paper's own comparison was not read.",
            note="It goes 0.41 of the way to the best corpus at 64 seeds, 0.35 to 0.47, so that it beats chance. Graph "
            "statistics go 0.54 of it, 0.07 to 0.20 more, and 0.46 with mixtures. The mean of both graphons goes 0.55.",
            expected="inconclusive",
            conditions=(
                Bound(task=TASK, method=W2P, metric="selected", above=SHARE),
                *(
                    Better(task=TASK, method=W2P, than=other, metric="selected")
                    for other in ("graph_statistics", "graph_statistics[mixture=best]")
                ),
            ),
        ),
    ),
)
