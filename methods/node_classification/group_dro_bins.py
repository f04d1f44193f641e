"""The worst of four groups counts most; groups are quarters of the labelled nodes by their neighbours' distance.

**Source**: Sagawa, Koh, Hashimoto and Liang, "Distributionally Robust Neural Networks for Group Shifts", 2020,
https://arxiv.org/abs/1911.08731, from memory; our control for HEI, with the same observable and no inference.

    log mean_g exp(sharpness r_g) / sharpness,    r_g the mean loss of the labelled nodes of group g

**Differs from the paper**: 1. A smooth maximum at every step instead of weights that follow an exponentiated gradient.
2. H2GCN is the classifier.

**Shapes**: n nodes, g groups.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench.blocks.graphs import HIDDEN
from toybench.methods.node_classification._nodes import (
    RATES,
    EgoNeighbours,
    Inputs,
    NodeTrainer,
    Params,
    losses,
    neighbour_distance,
    rings,
)
from toybench.tasks.node_classification import Graph, NodeSpec

GROUPS = 4  # as many as HEI has environments


class Network(nn.Module):
    """H2GCN's; groups are for the loss alone."""

    spec: NodeSpec

    @nn.compact
    def __call__(self, near: jax.Array, far: jax.Array, x: jax.Array, groups: jax.Array) -> jax.Array:
        return EgoNeighbours(self.spec)(near, far, x)


class GroupDROBins(NodeTrainer):
    """Robust to which group is frequent."""

    sharpness: float = 3.0  # how much the worst group leads, above 0

    space = {"lr": RATES, "sharpness": (0.3, 1.0, 3.0, 10.0)}

    def network(self) -> Network:
        return Network(self.spec)

    def read(self, graph: Graph) -> Inputs:
        z = neighbour_distance(graph)
        known = graph.y != HIDDEN
        below = (known[None, :] & (z[None, :] < z[:, None])).sum(1) * GROUPS // jnp.maximum(known.sum(), 1)
        return *rings(graph), jax.nn.one_hot(jnp.minimum(below, GROUPS - 1), GROUPS) * known[:, None].astype(z.dtype)

    def loss(self, params: Params, inputs: Inputs, taken: jax.Array, key: jax.Array) -> jax.Array:
        each = losses(self.network().apply(params, *inputs), self.given.y)
        groups = inputs[-1]
        risks = each @ groups / jnp.maximum(groups.sum(0), 1.0)
        return (jax.nn.logsumexp(self.sharpness * risks) - jnp.log(float(GROUPS))) / self.sharpness
