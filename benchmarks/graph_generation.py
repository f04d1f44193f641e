"""The graph_generation benchmark: what its paper claims, and what runs beside the default cells."""

from toybench import Benchmark, Better, Bound, Claim, Equivalent, Tuning

COMMUNITIES = "small_graphs"
LADDERS = "small_graphs[family=ladders]"

EDGES = "edge_rnn"
APART = "edge_rnn[coupled=false]"
QUANTITIES = ("clustering_kl", "degree_kl", "betweenness_kl")
TRIANGLES = ("clustering_kl", "betweenness_kl")  # what an exchange of ends doesn't keep
LENGTHS = ("degree_kl", "betweenness_kl")  # on ladders; clustering coefficients are exactly 0 there

STEP = 0.02  # nats: about 6 % of the way from coins to a second draw, in clustering and degrees of communities
NEW = 0.7  # of the drawn graphs; a second draw has 0.95 on communities

TOY = (
    "200 given graphs of 8 to 12 nodes, 400 steps on 16 of them, one layer of 32 units. The authors have graphs of up "
    "to 40 nodes, and larger networks for 1000 epochs and more. All is tuned by the mean of three divergences. Judged "
    "are three of the authors' five quantities, those of degrees, clustering coefficients and betweenness, on two of "
    "their families. Their other network over adjacency matrices isn't run. Of every generator's graph the largest "
    "connected part is judged. "
)

benchmark = Benchmark(
    field="graphs",
    tuning=Tuning(trials=16, seeds=4),
    variants=(LADDERS,),
    ablations=(APART,),
    only={
        COMMUNITIES: (
            EDGES,
            APART,
            "graphrnn_lite",
            "erdos_renyi",
            "barabasi_albert",
            "fitted_sbm",
            "rewired_graphs",
            "given_graphs",
        ),
        LADDERS: (EDGES, "graphrnn_lite", "erdos_renyi", "barabasi_albert", "rewired_graphs", "given_graphs"),
    },
    claims=(
        Claim(
            paper="bacciu2020edgebased",
            says="Degrees, clustering and betweenness of its graphs are nearer to true ones than those of fitted "
            "Erdos-Renyi graphs, on communities and ladders, and on communities nearer than those of Barabasi-Albert "
            "graphs.",
            differs=f"{TOY}By 0.02 nats, some 6 % of the way from coins to a second draw of true communities, and 1 % "
            "on ladders. Barabasi-Albert graphs have few nodes below their number of links.",
            expected="supported",
            conditions=(
                *(
                    Better(task=task, method=EDGES, than="erdos_renyi", metric=metric, margin=STEP)
                    for task in (COMMUNITIES, LADDERS)
                    for metric in QUANTITIES
                ),
                *(
                    Better(task=COMMUNITIES, method=EDGES, than="barabasi_albert", metric=metric, margin=STEP)
                    for metric in QUANTITIES
                ),
            ),
        ),
        Claim(
            paper="bacciu2020edgebased",
            says="On communities they are nearer than those of a block model that is told of two blocks.",
            differs=f"{TOY}The block model is our control: it knows how communities are made, and fits two chances.",
            note="0.163 against 0.041 by clustering (16 seeds), 0.010 against 0.009 by degrees, 0.117 against "
            "0.114 by betweenness. Second ends are drawn independently of each other, so that triangles are "
            "left to luck. More steps hardly help: on four tuning seeds clustering had 0.22 after 300 steps "
            "and 0.21 after 1000, at a rate of 0.03.",
            expected="refuted",
            conditions=tuple(
                Better(task=COMMUNITIES, method=EDGES, than="fitted_sbm", metric=metric) for metric in QUANTITIES
            ),
        ),
        Claim(
            paper="bacciu2020edgebased",
            says="On communities, clustering and betweenness are nearer to true ones than those of given graphs in "
            "which two edges exchanged their ends.",
            differs=f"{TOY}This control is ours, too: its graphs are new without any training. Their degrees are the "
            "given ones by construction, so that degrees aren't judged.",
            note="0.171 against 0.173 by clustering, where seeds differ too much; 0.116 against 0.357 by "
            "betweenness (32 seeds). One exchange spoils triangles about as much as the networks do.",
            expected="supported",
            conditions=tuple(
                Better(task=COMMUNITIES, method=EDGES, than="rewired_graphs", metric=metric) for metric in TRIANGLES
            ),
        ),
        Claim(
            paper="bacciu2020edgebased",
            says="On both families they are as near as the given graphs themselves.",
            differs=f"{TOY}Within 0.02 nats. The paper doesn't say this; given graphs are a sample of the true ones.",
            note="On communities 0.171 against 0.038 by clustering, 0.009 against 0.003 by degrees, 0.116 against "
            "0.088 by betweenness; on ladders 0.013 against 0.009 by betweenness (32 seeds). Triangles are "
            "left to luck, as second ends don't see each other.",
            expected="refuted",
            conditions=(
                *(
                    Equivalent(task=COMMUNITIES, method=EDGES, to="given_graphs", metric=metric, margin=STEP)
                    for metric in QUANTITIES
                ),
                *(
                    Equivalent(task=LADDERS, method=EDGES, to="given_graphs", metric=metric, margin=STEP)
                    for metric in LENGTHS
                ),
            ),
        ),
        Claim(
            paper="bacciu2020edgebased",
            says="On both families they are as near as those of GraphRNN.",
            differs=f"{TOY}Within 0.02 nats. GraphRNN has the same steps, grid and width, a second network of 16 "
            "units, and one fixed order.",
            note="On communities 0.171 against 0.069 by clustering; degrees are the same, 0.009, and betweenness "
            "nearly, 0.116 against 0.113; on ladders 0.013 against 0.021 by betweenness (32 seeds). "
            "GraphRNN's second network sees the edges of a node before the one it writes.",
            expected="inconclusive",
            conditions=(
                *(
                    Equivalent(task=COMMUNITIES, method=EDGES, to="graphrnn_lite", metric=metric, margin=STEP)
                    for metric in QUANTITIES
                ),
                *(
                    Equivalent(task=LADDERS, method=EDGES, to="graphrnn_lite", metric=metric, margin=STEP)
                    for metric in LENGTHS
                ),
            ),
        ),
        Claim(
            paper="bacciu2020edgebased",
            says="It takes both networks together: where the second one starts from zeros, so that it doesn't know "
            "later first ends, clustering and betweenness of communities are farther from true ones.",
            differs=f"{TOY}By 0.02 nats. The paper has no such ablation; it runs with the values tuned for the whole.",
            note="0.163 against 0.198 by clustering, 0.117 against 0.124 by betweenness (16 seeds): if later first "
            "ends matter, then by less than the seeds differ.",
            expected="supported",
            conditions=tuple(
                Better(task=COMMUNITIES, method=EDGES, than=APART, metric=metric, margin=STEP) for metric in TRIANGLES
            ),
        ),
        Claim(
            paper="bacciu2020edgebased",
            says="On communities more than 0.7 of its graphs are neither given nor drawn before.",
            differs=f"{TOY}Graphs that six rounds of colour refinement can't tell apart count as one; the authors "
            "compare lists of edges for their method. Coins have 1.00 here, so that the share says little by itself.",
            expected="inconclusive",
            conditions=(Bound(task=COMMUNITIES, method=EDGES, metric="novel_unique", above=NEW),),
        ),
    ),
)
