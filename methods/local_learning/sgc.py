"""Simplified graph convolution: a softmax classifier on features averaged over the graph.

**Source**: Wu, Zhang, de Souza, Fifty, Yu and Weinberger, "Simplifying Graph Convolutional Networks", 2019,
https://arxiv.org/abs/1902.07153 (section 2).

    z = S^L x W + b,   S = D^-1/2 (A + I) D^-1/2

**Differs from the paper**: 1. as many powers as the task's network has hidden layers.

**Shapes**: n nodes, d features, c classes; S [n, n], z [n, c].
"""

import jax
import jax.numpy as jnp

from toybench.blocks.random import normals
from toybench.methods.local_learning._graph import GraphNetwork, State, changes, propagation
from toybench.tasks.local_learning import Layer, Weights


class SGC(GraphNetwork):
    """No hidden features at all."""

    def init(self, key: jax.Array) -> State:
        w = normals(key, w=(self.spec.features, self.spec.classes))["w"]
        params = (Layer(w=w / len(w) ** 0.5, b=jnp.zeros(self.spec.classes)),)
        x = self.given.x
        reads = propagation("gcn", self.given.edges)
        for _ in self.spec.hidden:
            x = reads @ x
        return State(params=params, fixed=x, opt=self.optimizer.init(params))

    def direction(self, state: State) -> Weights:
        return changes([state.fixed], [self.error(self.node_scores(state))])

    def node_scores(self, state: State) -> jax.Array:
        return state.fixed @ state.params[0].w + state.params[0].b[None, :]
