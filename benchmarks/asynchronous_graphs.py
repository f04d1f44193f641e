"""The asynchronous_graphs benchmark: what its paper claims, and what runs beside the default cells."""

from toybench import Benchmark, Better, Bound, Claim, Equivalent, Tuning

CHAIN = "asynchronous_inference"
SUM = "asynchronous_inference[target=sum]"
GCN = "gcn[waits=false]"
GAT = "gat[waits=false]"
PAPER = "solodova2024graph"

TOY = (
    "Paths, and trees with up to three more edges, of 8 nodes, where the paper's synthetic graphs are larger; a node "
    "updates at every second tick on average, and what it hears is up to 3 ticks old. On paths answers are chances "
    "of a label."
)
SECONDHAND = (
    "Of the paper the abstract, figure 1 and reviews were read, which quote its tables; how it draws schedules wasn't. "
    "So there is no verdict."
)
APART = "Apart is read as 0.1 of the answers' standard deviation, alike as 0.02."
PILOT = "That 120 updates are judged was chosen after a pilot, where gaps were 0.02 to 0.18 after 40."

benchmark = Benchmark(
    field="graphs",
    tuning=Tuning(trials=12, seeds=4),
    variants=(SUM,),
    ablations=(GCN, GAT),
    edges={
        "energy_gnn.ridge": "for sums 3 errs 0.30; 30, tried before at the same rates, 0.37 at best",
        "fixed_point_gnn.kappa": "below 1, and the nearer to 1 the more updates it takes to come as near to the limit",
    },
    claims=(
        Claim(
            paper=PAPER,
            says="A contraction's fixed point is the same by every schedule.",
            differs=f"{TOY} 600 updates of a node stand for the limit, and the same is read as 0.001 of the answers' "
            "standard deviation. That the limit is the same is Bertsekas' theorem.",
            expected="supported",
            kind="theorem",
            conditions=tuple(
                Bound(task=task, method="fixed_point_gnn", metric="limit_gap", below=0.001) for task in (CHAIN, SUM)
            ),
        ),
        Claim(
            paper=PAPER,
            says="So is an energy network's minimiser, though its steps don't shrink with the delay.",
            differs=f"{TOY} {SECONDHAND} 600 updates stand for the limit. The theorem on energies asks for steps that "
            "shrink with the delay; those here are bounded by curvature alone.",
            expected="supported",
            read="abstract",
            conditions=tuple(
                Bound(task=task, method="energy_gnn", metric="limit_gap", below=0.001) for task in (CHAIN, SUM)
            ),
        ),
        Claim(
            paper=PAPER,
            says="Random updates and late messages spoil the answers of a deep convolutional network and of one of "
            "attention, and after 120 updates leave those of a fixed-point network.",
            differs=f"{TOY} {SECONDHAND} {APART} {PILOT} The paper reports how much the error rises; spoilt is also "
            "read as 0.1 of blind guessing's error more, and left as less than 0.02 more or less, on sums. "
            "Convolutional networks have eight layers here, so that they can answer where nodes update together; the "
            "paper's have two. Their rates are those of the same networks with nodes that wait.",
            note="On sums 16 seeds are too skewed for a bound on the fixed-point network's gap, 0.009 on average and "
            "0.035 at most. Spoilt networks err 0.61 and 0.64 on paths, where they make no error in a regular run, and "
            "1.20 and 1.04 on sums, against 0.48 and 0.54.",
            expected="supported",
            read="abstract",
            conditions=(
                *(Bound(task=task, method="fixed_point_gnn", metric="gap", below=0.02) for task in (CHAIN, SUM)),
                Equivalent(task=SUM, method="fixed_point_gnn", to=0.0, metric="damage", margin=0.02),
                *(
                    Bound(task=task, method=method, metric=metric, above=0.1)
                    for task in (CHAIN, SUM)
                    for method in (GCN, GAT)
                    for metric in ("gap", "damage")
                ),
            ),
        ),
        Claim(
            paper=PAPER,
            says="After 120 updates they leave the answers of an energy network, too.",
            differs=f"{TOY} {SECONDHAND} {APART} {PILOT} The error is read to stay within 0.02 of guessing's, on "
            "sums. Its training ends after 40 updates, so that the regular run moves on from there as well.",
            expected="supported",
            read="abstract",
            conditions=(
                *(Bound(task=task, method="energy_gnn", metric="gap", below=0.02) for task in (CHAIN, SUM)),
                Equivalent(task=SUM, method="energy_gnn", to=0.0, metric="damage", margin=0.02),
            ),
        ),
        Claim(
            paper=PAPER,
            says="Where nodes tell their sum, forty updates a node are enough for that, as many as in training.",
            differs=f"{TOY} {SECONDHAND} {APART} The paper runs until nodes hardly move. On paths the gap hangs on "
            "which of several settings without an error is taken, so that sums are asked alone.",
            note="After 40 updates gaps are 0.079 and 0.176, after 120 they are 0.006 and 0.009, of the energy and the "
            "fixed-point network (16 seeds). It is a matter of updates alone: after 600 they are below 0.00001.",
            expected="refuted",
            read="abstract",
            conditions=tuple(
                Bound(task=SUM, method=method, metric="early_gap", below=0.02)
                for method in ("energy_gnn", "fixed_point_gnn")
            ),
        ),
        Claim(
            paper=PAPER,
            says="Where nodes update together and tell their sum, an energy network errs less than a fixed-point "
            "network.",
            differs=f"{TOY} {SECONDHAND} Less is read as 0.05 of blind guessing's error. Neither errs on paths in "
            "a pilot, which leaves no room there. Both are trained through 40 updates; the paper differentiates what "
            "they tend to.",
            note="Errors 0.304 against 0.313, a difference of 0.009 in [-0.024, 0.040] over 16 seeds, below 0.05. The "
            "reviews quote 6.0 % for the paper's energy network with attention on sums; this one has a single hidden "
            "layer of four units, and 300 steps.",
            expected="inconclusive",
            read="abstract",
            conditions=(
                Better(task=SUM, method="energy_gnn", than="fixed_point_gnn", metric="sync_error", margin=0.05),
            ),
        ),
        Claim(
            paper=PAPER,
            says="It takes implicit states: convolutional layers that are trained by random schedules err more when "
            "used so.",
            differs=f"{TOY} {SECONDHAND} The paper doesn't have this control.",
            expected="inconclusive",
            read="abstract",
            conditions=tuple(
                Better(task=task, method="energy_gnn", than="scheduled_gcn", metric="async_error")
                for task in (CHAIN, SUM)
            ),
        ),
        Claim(
            paper=PAPER,
            says="So do, where nodes tell their sum, convolutional layers whose nodes wait for their neighbours.",
            differs=f"{TOY} {SECONDHAND} The paper doesn't have this control, a synchroniser: every neighbour must go "
            "on answering. It answers as where nodes update together, and on paths neither erred in a pilot. Seen "
            "afterwards: it learns sums worse in 300 steps, and that its nodes wait costs it nothing.",
            expected="refuted",
            read="abstract",
            conditions=(Better(task=SUM, method="energy_gnn", than="gcn", metric="async_error"),),
        ),
    ),
)
