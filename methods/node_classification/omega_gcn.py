"""omegaGCN: a learned weight a channel and layer decides how much is smoothed, or sharpened.

**Source**: Eliasof, Ruthotto and Treister, "Improving Graph Neural Networks with Learnable Propagation Operators",
2022, https://arxiv.org/abs/2210.17224, in the authors' code `src/wgnn_network.py` (`run_function`, `singleLayer`) and
`src/wgnn_semi.py`.

    h <- relu((h - (I - S) h diag(omega_l)) W_l)

omega is free in sign: 1 smooths as a GCN does, 0 leaves a node alone, below 0 sharpens.

**Differs from the paper**: 1. W_l = I + V_l with V_l = 0 at first, where the code adds noise of size 1e-4; weight decay
pulls V to 0, where the code's 1e-5 pulls W. 2. Dense layers have biases, and there is no dropout. 3. omega and W have
rates in a tuned proportion; the code has one for both.

**Shapes**: n nodes, d features, w hidden units, c classes, l layers.
"""

import flax.linen as nn
import jax

from toybench.blocks import graphs
from toybench.methods.node_classification._nodes import (
    RATES,
    Inputs,
    Supervised,
    encode,
    stacked,
    through,
)
from toybench.tasks.node_classification import Graph, NodeSpec


class Network(nn.Module):
    """Layers that start as a GCN's."""

    spec: NodeSpec
    speed: jax.Array

    @nn.compact
    def __call__(self, smooth: jax.Array, x: jax.Array) -> jax.Array:
        h = encode(self.spec, x)
        moved = self.param("moved", nn.initializers.zeros, (self.spec.depth, self.spec.width))
        omega = 1 + self.speed * moved

        def layer(h: jax.Array, weights: tuple[jax.Array, jax.Array]) -> jax.Array:
            w, v = weights
            mixed = h - (h - smooth @ h) * w[None, :]
            return nn.relu(mixed + mixed @ v)

        h = through(layer, h, (omega, stacked(self, self.spec, "shift")))
        return nn.Dense(self.spec.classes)(h)


class OmegaGCN(Supervised):
    """One omega a channel and layer."""

    speed: float = 1.0  # how much faster omega moves than the weights, above 0; 1 in the paper

    space = {"lr": RATES, "speed": (0.3, 1.0, 3.0, 10.0)}

    def network(self) -> Network:
        return Network(spec=self.spec, speed=self.speed)

    def read(self, graph: Graph) -> Inputs:
        return graphs.symmetric_normalised(graph.reads), graph.x
