"""A network on a node's own features, trained on the known labels of each new graph.

**Source**: standard; the control that doesn't see the graph.

    scores = relu(x W_1) W_2

**Differs from the paper**: nothing.

**Shapes**: n nodes, d features, c classes.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.nn import MLP, init
from toybench.methods.graph_transfer._training import FEW_RATES, fit
from toybench.tasks.graph_transfer import Graph, cross_entropy, one_hot_labels


class State(NamedTuple):
    """Parameters before a new graph is seen."""

    params: Any


class NodeMLP(Method):
    """Features alone."""

    lr: float = 0.03  # learning rate, above 0
    decay: float = 0.0005  # weight decay, 0 or more

    space = {"lr": FEW_RATES, "decay": (0.0005, 0.05, 0.5, 1.5, 5.0)}

    def network(self) -> MLP:
        return MLP((self.spec.width, self.spec.classes))

    def init(self, key: jax.Array) -> State:
        return State(params=init(self.network(), key, jnp.zeros((self.spec.nodes, self.spec.features))))

    def node_scores(self, state: State, graph: Graph) -> jax.Array:
        targets = one_hot_labels(graph, self.spec.classes)

        def loss(params: Any) -> jax.Array:
            return cross_entropy(self.network().apply(params, graph.x), targets)

        return self.network().apply(fit(loss, state.params, self.lr, self.decay), graph.x)
