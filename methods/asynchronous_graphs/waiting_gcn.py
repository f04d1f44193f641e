"""Deep graph convolutional network whose nodes wait until their neighbours have come as far as they have.

**Source**: Awerbuch, "Complexity of Network Synchronization", 1985, https://doi.org/10.1145/4221.4227 (from memory): a
synchroniser; a control of Solodova et al. (2024), https://arxiv.org/abs/2407.00494.

    node i computes layer c_i + 1 once it has heard of layer c_i from all of its neighbours, else it does nothing

A message names its layer and is kept until it is used, so that a node computes what it would in a synchronous run.

**Differs from the paper**: Awerbuch's nodes acknowledge messages; here every state that was sent arrives, and a node
that has heard of a later layer has heard of all before.

**Shapes**: b graphs, n nodes, w numbers of a node's state, l layers.
"""

import jax
import jax.numpy as jnp

from toybench.methods.asynchronous_graphs._network import (
    DEEP_RATES,
    DeepCell,
    GraphNetwork,
    Runner,
    State,
    state_itself,
    synchronous,
)
from toybench.tasks.asynchronous_graphs import Batch, Dynamics, Graphs, Schedule, run, settle


def layers_done(graphs: Graphs, schedule: Schedule, layers: int) -> jax.Array:
    """How many layers nodes have computed after the schedule, int32 [b, n]."""

    def count(own: jax.Array, heard: jax.Array, done: jax.Array) -> jax.Array:
        arrived = (heard >= own[:, :, None]) | ~graphs.linked[..., None]
        return jnp.minimum(own + arrived.all(2).astype(own.dtype), layers)

    start = jnp.zeros((*graphs.x.shape[:2], 1), jnp.int32)
    return run(Dynamics(start=start, send=state_itself, step=count), graphs, schedule)[..., 0]


def waiting(schedule: Schedule, layers: int) -> Runner:
    """States of the synchronous run at the layer to which a node has come."""

    def states(dynamics: Dynamics, graphs: Graphs) -> jax.Array:
        depth = layers_done(graphs, schedule, layers)
        return jnp.take_along_axis(settle(dynamics, graphs, layers), depth[None, :, :, None], axis=0)[0]

    return states


class WaitingGCN(GraphNetwork):
    """The network of `gcn` with a synchroniser where it is judged."""

    space = {"lr": DEEP_RATES}

    @property
    def cell(self) -> DeepCell:
        return DeepCell(width=self.spec.width, layers=self.spec.nodes)

    def update(self, state: State, batch: Batch, key: jax.Array) -> State:
        return self.learn(state, batch, synchronous(self.spec.nodes))

    def predict(self, state: State, graphs: Graphs, schedule: Schedule) -> jax.Array:
        return self.answers(state.params, graphs, waiting(schedule, self.spec.nodes))
