"""Implicit graph network: a node's state is the fixed point of a contraction, so that the order of updates is free.

**Source**: Gu, Chang, Zhu, Sojoudi and El Ghaoui, "Implicit Graph Neural Networks", 2020,
https://arxiv.org/abs/2009.06211, the authors' code: `layers.py`, `functions.py` and `models_chains.py` of
`nodeclassification` in github.com/SwiftieH/IGNN; a baseline of Solodova et al. (2024), https://arxiv.org/abs/2407.00494.

    h_i <- relu(sum_j s_ij h_j W + sum_j s_ij x_j V + b),    s = D^-1/2 (A + I) D^-1/2, of spectral radius 1
    every column of W has absolute values that sum to kappa < 1 at most

**Differs from the paper**: 1. a column of W whose sum is larger is scaled; the authors project it onto the ball. 2. The
gradient runs through a fixed number of rounds from 0, where the authors differentiate the fixed point. 3. One hidden
layer out in place of a linear one on normalised states; no dropout.

**Shapes**: b graphs, n nodes, k neighbours, w numbers of a node's state.
"""

import flax.linen as linen
import jax
import jax.numpy as jnp

from toybench.methods.asynchronous_graphs._network import (
    RATES,
    Cell,
    GraphNetwork,
    State,
    Table,
    normalised,
    read_out,
    scheduled,
    state_itself,
    synchronous,
)
from toybench.tasks.asynchronous_graphs import Batch, Dynamics, Graphs, Schedule, hear


def contracted(kernel: jax.Array, kappa: float) -> jax.Array:
    """The matrix [w, w] with every column's absolute sum at most `kappa`."""
    return kernel * jnp.minimum(1.0, kappa / jnp.abs(kernel).sum(0, keepdims=True))


class FixedPointCell(Cell):
    """A step that is a contraction in a weighted maximum norm."""

    width: int
    kappa: float

    def setup(self) -> None:
        self.table = Table(rows=self.width, columns=self.width)
        self.drive = linen.Dense(self.width, use_bias=False)
        self.out = read_out(self.width)

    def dynamics(self, graphs: Graphs) -> Dynamics:
        kernel, bias = self.table()
        weights = contracted(kernel, self.kappa)
        own, others = normalised(graphs)
        told = own * graphs.x + (others * hear(graphs.x, graphs.neighbours)).sum(2)
        drive = self.drive(told) + bias[None, None]

        def step(h: jax.Array, heard: jax.Array, done: jax.Array) -> jax.Array:
            return linen.relu((own * h + (others * heard).sum(2)) @ weights + drive)

        start = jnp.zeros((*graphs.x.shape[:2], self.width))
        return Dynamics(start=start, send=state_itself, step=step)

    def read(self, h: jax.Array) -> jax.Array:
        return self.out(h)[..., 0]


class FixedPointGNN(GraphNetwork):
    """The same layer at every update."""

    kappa: float = 0.9  # the largest column sum of W, above 0 and below 1; the authors' 0.9 on chains
    rounds: int = 40  # updates of a node in training, 1 or more; the authors go on to convergence

    space = {"lr": RATES, "kappa": (0.8, 0.9, 0.95, 0.98)}

    @property
    def cell(self) -> FixedPointCell:
        return FixedPointCell(width=self.spec.width, kappa=self.kappa)

    def update(self, state: State, batch: Batch, key: jax.Array) -> State:
        return self.learn(state, batch, synchronous(self.rounds))

    def predict(self, state: State, graphs: Graphs, schedule: Schedule) -> jax.Array:
        return self.answers(state.params, graphs, scheduled(schedule))
