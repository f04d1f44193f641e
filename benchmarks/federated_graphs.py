"""The federated_graphs benchmark: what its paper claims, and what runs beside the default cells."""

from toybench import Benchmark, Better, Bound, Claim, Tuning

CLIENTS = "subgraph_clients"
UNMASKED = "fed_pub[mask=false]"

DIFFERS = (
    "Nine clients of 40 nodes with 8 labels each, of three types that differ in the names of classes and in 4 of 16 "
    "directions, instead of parts of citation and shopping graphs with hundreds of nodes each. Width 16, 60 rounds of "
    "3 steps. Both penalties act, which they don't in the authors' code."
)

benchmark = Benchmark(
    field="graphs",
    tuning=Tuning(trials=9, seeds=3),
    ablations=(UNMASKED,),
    claims=(
        Claim(
            paper="baek2022personalized",
            says="Where clients are of different kinds, mixing models by how alike they do on random graphs, under "
            "masks, tells nodes better than one mean model and than learning alone.",
            differs=f"{DIFFERS} Better is read as 0.05 of the nodes; against the mean of all but the classifier, "
            "mixing by the weights' similarity, and labels spread along edges, controls, only the sign is claimed.",
            expected="inconclusive",
            conditions=(
                *(
                    Better(task=CLIENTS, method="fed_pub", than=other, metric="client_accuracy", margin=0.05)
                    for other in ("fedavg", "local_gcn")
                ),
                *(
                    Better(task=CLIENTS, method="fed_pub", than=other, metric="client_accuracy")
                    for other in ("fedper", "weight_similarity", "label_propagation")
                ),
            ),
        ),
        Claim(
            paper="baek2022personalized",
            says="Its shares tell which clients are of one kind.",
            differs=f"{DIFFERS} Read as a chance of 0.9 that a client of the own type has the larger share. The "
            "authors show the shares' pattern.",
            expected="supported",
            conditions=(Bound(task=CLIENTS, method="fed_pub", metric="type_auc", above=0.9),),
        ),
        Claim(
            paper="baek2022personalized",
            says="The masks add to that.",
            differs=f"{DIFFERS} 0.01 of the nodes, at the rate and sharpness tuned with masks.",
            expected="inconclusive",
            conditions=(Better(task=CLIENTS, method="fed_pub", than=UNMASKED, metric="client_accuracy", margin=0.01),),
        ),
    ),
)
