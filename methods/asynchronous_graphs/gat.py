"""Deep graph attention network: a node weighs its neighbours by states of both.

**Source**: Velickovic, Cucurull, Casanova, Romero, Lio and Bengio, "Graph Attention Networks", 2018,
https://arxiv.org/abs/1710.10903, equations 1 to 4 (from memory); a baseline of Solodova et al. (2024).

    h_i <- h_i + relu(sum_j softmax_j(leaky(a_l . W_l h_i + c_l . W_l h_j)) W_l h_j + b_l),    j the neighbours and i

`waits` is that of `gcn`.

**Differs from the paper**: 1. one head. 2. Relu in place of elu. 3. Residuals, and as many layers as nodes, as `gcn`
here. 4. A linear layer in, one hidden layer out, no dropout.

**Shapes**: b graphs, n nodes, k neighbours, w numbers of a node's state, l layers.
"""

import flax.linen as linen
import jax
import jax.numpy as jnp

from toybench.methods.asynchronous_graphs._network import (
    DEEP_RATES,
    Cell,
    GraphNetwork,
    State,
    Table,
    by_layer,
    read_out,
    scheduled,
    state_itself,
    synchronous,
    waiting,
)
from toybench.tasks.asynchronous_graphs import Batch, Dynamics, Graphs, Schedule

LEAK = 0.2  # slope of scores below 0, the paper's
FAR = -1e9  # a score that no softmax keeps


class AttentionCell(Cell):
    """Layers of attention over neighbours and the node itself; a node counts its layers, as in `DeepCell`."""

    width: int
    layers: int

    def setup(self) -> None:
        self.first = linen.Dense(self.width)
        self.values = Table(rows=self.width, columns=self.layers * self.width)
        self.scores = Table(rows=self.width, columns=self.layers * 2)  # of a receiver, and of a sender
        self.out = read_out(self.width)

    def dynamics(self, graphs: Graphs) -> Dynamics:
        kernels, biases = by_layer(self.values(), self.layers)
        scorers, _ = by_layer(self.scores(), self.layers)
        loops = jnp.ones((*graphs.linked.shape[:2], 1), bool)
        reads = jnp.concatenate([loops, graphs.linked], axis=-1)

        def step(h: jax.Array, heard: jax.Array, done: jax.Array) -> jax.Array:
            layer = jnp.minimum(done, self.layers - 1)
            known = jnp.concatenate([h[:, :, None], heard], axis=2)
            values = jnp.einsum("bnkw,nwv->bnkv", known, kernels[layer])
            scores = jnp.einsum("bnkv,nvs->bnks", values, scorers[layer])
            scores = linen.leaky_relu(scores[:, :, :1, 0] + scores[..., 1], LEAK)
            weights = linen.softmax(jnp.where(reads, scores, FAR), axis=-1)
            told = (weights[..., None] * values).sum(2)
            moved = h + linen.relu(told + biases[layer][None])
            return jnp.where((done < self.layers)[None, :, None], moved, h)

        return Dynamics(start=linen.relu(self.first(graphs.x)), send=state_itself, step=step)

    def read(self, h: jax.Array) -> jax.Array:
        return self.out(h)[..., 0]


class GAT(GraphNetwork):
    """A layer a tick in training, and a layer an update at most where it is judged."""

    waits: bool = True  # whether nodes wait for their neighbours where the network is judged; the paper's don't

    space = {"lr": DEEP_RATES}

    @property
    def cell(self) -> AttentionCell:
        return AttentionCell(width=self.spec.width, layers=self.spec.nodes)

    def update(self, state: State, batch: Batch, key: jax.Array) -> State:
        return self.learn(state, batch, synchronous(self.spec.nodes))

    def predict(self, state: State, graphs: Graphs, schedule: Schedule) -> jax.Array:
        runner = waiting(schedule, self.spec.nodes) if self.waits else scheduled(schedule)
        return self.answers(state.params, graphs, runner)
