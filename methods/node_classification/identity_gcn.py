"""A graph convolutional network whose square layers start at the identity: omegaGCN without its omegas.

**Source**: the start of the authors' code of Eliasof, Ruthotto and Treister, "Improving Graph Neural Networks with
Learnable Propagation Operators", 2022, https://arxiv.org/abs/2210.17224, `src/wgnn_network.py` (`identityInit`), on the
layer of Kipf and Welling, 2017. Our control: what the start alone does for a deep network.

    h <- relu(S h (I + V_l)),    V_l = 0 at first

**Differs from the paper**: 1. Weight decay pulls V to 0, so W to the identity. 2. No noise of size 1e-4 on the start:
the first layer is random.

**Shapes**: n nodes, d features, w hidden units, c classes.
"""

import flax.linen as nn
import jax

from toybench.blocks import graphs
from toybench.methods.node_classification._nodes import (
    DECAYS,
    RATES,
    Inputs,
    Supervised,
    encode,
    stacked,
    through,
)
from toybench.tasks.node_classification import Graph, NodeSpec


class Network(nn.Module):
    """Graph layers that at first do nothing but smooth."""

    spec: NodeSpec

    @nn.compact
    def __call__(self, smooth: jax.Array, x: jax.Array) -> jax.Array:
        h = encode(self.spec, x)
        h = through(lambda h, v: nn.relu(smooth @ (h + h @ v)), h, stacked(self, self.spec, "shift"))
        return nn.Dense(self.spec.classes)(h)


class IdentityGCN(Supervised):
    """The plain network, started at the identity."""

    space = {"lr": RATES, "decay": DECAYS}

    def network(self) -> Network:
        return Network(self.spec)

    def read(self, graph: Graph) -> Inputs:
        return graphs.symmetric_normalised(graph.reads), graph.x
