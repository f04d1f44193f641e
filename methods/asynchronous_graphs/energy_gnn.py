"""Energy graph network: nodes' states minimise a convex energy of the graph, each by its own gradient.

**Source**: Solodova, Richardson, Oktay and Adams, "Graph Neural Networks Gone Hogwild", 2024,
https://arxiv.org/abs/2407.00494: the abstract, figure 1 and public reviews, which tell of energies by partially
input-convex networks, a squared penalty and local gradients. The paper's own section on the method was not read.

    E(h) = sum_i [p(x_i) . h_i + u(h_i, x_i) + (mu / 2) |h_i|^2] + sum_(i, j) psi(h_i, h_j, x_i, x_j)
    psi = sum_m a_m softplus(v_m . h_i + w_m . h_j + c_m(x_i, x_j)),    a > 0, c a network; u alike, of h_i alone
    h_i <- h_i - s dE/dh_i / bound_i,    bound_i = mu + row sums of |second derivatives| at softplus'' = 1/4

A pair is summed in both orders. A node's gradient asks for its own state and its neighbours' states alone. As row sums
bound the Hessian, s = 1 never raises the energy where all nodes update together.

**Differs from the paper**: 1. one hidden layer and one energy a pair, by which curvature has a bound; the paper's
networks have two, and variants with attention. 2. The step is a share of this bound; the theorem on late messages asks
for a step that shrinks with the delay. 3. The gradient of training runs through a fixed number of rounds from 0; the
paper differentiates the minimiser.

**Shapes**: b graphs, n nodes, k neighbours, w numbers of a node's state, m hidden units.
"""

from typing import NamedTuple

import flax.linen as linen
import jax
import jax.numpy as jnp

from toybench.blocks.nn import MLP
from toybench.methods.asynchronous_graphs._network import (
    RATES,
    Cell,
    GraphNetwork,
    State,
    Table,
    read_out,
    scheduled,
    synchronous,
)
from toybench.tasks.asynchronous_graphs import Batch, Dynamics, Graphs, Schedule, hear

CURVATURE = 1 / 4  # of softplus at most


class Energy(NamedTuple):
    """Parts of the energy of given graphs.

    Attributes:
      first, second: weights [w, m] of both states of a pair; `pair` [m] their units' weights.
      biases: [b, n, k, 2 m], of the pairs (i, j) and (j, i).
      lone, alone, offset: weights [w, m], units' weights [m] and biases [b, n, m] of a node's own energy.
      pull: linear part [b, n, w].
      ridge: mu.
      linked: 1 or 0, [b, n, k, 1].
    """

    first: jax.Array
    second: jax.Array
    pair: jax.Array
    biases: jax.Array
    lone: jax.Array
    alone: jax.Array
    offset: jax.Array
    pull: jax.Array
    ridge: jax.Array
    linked: jax.Array


def gradient(energy: Energy, h: jax.Array, heard: jax.Array) -> jax.Array:
    """dE/dh_i [b, n, w] as nodes see it: `heard` [b, n, k, 2 m] are neighbours' parts of both orders of a pair."""
    both = jnp.concatenate([energy.first, energy.second], axis=1)
    weights = energy.linked * jnp.tile(energy.pair, 2)[None, None, None]
    pairs = (weights * jax.nn.sigmoid((h @ both)[:, :, None] + heard + energy.biases)).sum(2)
    own = energy.alone[None, None] * jax.nn.sigmoid(h @ energy.lone + energy.offset)
    return pairs @ both.T + own @ energy.lone.T + energy.pull + energy.ridge * h


def message(energy: Energy, h: jax.Array) -> jax.Array:
    """What a neighbour adds to the arguments of both orders of a pair: [b, n, 2 m]."""
    return h @ jnp.concatenate([energy.second, energy.first], axis=1)


def curvature_bound(energy: Energy) -> jax.Array:
    """No row of second derivatives has absolute values that sum to more: [b, n, w]."""
    sizes = jnp.abs(energy.first) + jnp.abs(energy.second)
    pair = (sizes * energy.pair[None]) @ sizes.sum(0)
    lone = jnp.abs(energy.lone)
    own = (lone * energy.alone[None]) @ lone.sum(0)
    return energy.ridge + CURVATURE * (energy.linked.sum(2) * pair[None, None] + own[None, None])


class EnergyCell(Cell):
    """A step of gradient descent at every update."""

    width: int
    hidden: int
    ridge: float
    stride: float

    def setup(self) -> None:
        self.first = Table(rows=self.width, columns=self.hidden)
        self.second = Table(rows=self.width, columns=self.hidden)
        self.lone = Table(rows=self.width, columns=self.hidden)
        self.biases = MLP((self.hidden, self.hidden))
        self.drive = MLP((self.hidden, self.width + self.hidden))
        self.out = read_out(self.width)

    def energy(self, graphs: Graphs) -> Energy:
        first, pair = self.first()
        second, _ = self.second()
        lone, alone = self.lone()
        theirs = hear(graphs.x, graphs.neighbours)
        mine = jnp.broadcast_to(graphs.x[:, :, None], theirs.shape)
        forth = jnp.concatenate([mine, theirs], axis=-1)
        back = jnp.concatenate([theirs, mine], axis=-1)
        drive = self.drive(graphs.x)
        return Energy(
            first=first,
            second=second,
            pair=linen.softplus(pair) / self.hidden,
            biases=jnp.concatenate([self.biases(forth), self.biases(back)], axis=-1),
            lone=lone,
            alone=linen.softplus(alone) / self.hidden,
            offset=drive[..., self.width :],
            pull=drive[..., : self.width],
            ridge=jnp.asarray(self.ridge),
            linked=graphs.linked[..., None].astype(graphs.x.dtype),
        )

    def dynamics(self, graphs: Graphs) -> Dynamics:
        energy = self.energy(graphs)
        length = self.stride / curvature_bound(energy)

        def step(h: jax.Array, heard: jax.Array, done: jax.Array) -> jax.Array:
            return h - length * gradient(energy, h, heard)

        start = jnp.zeros((*graphs.x.shape[:2], self.width))
        return Dynamics(start=start, send=lambda h: message(energy, h), step=step)

    def read(self, h: jax.Array) -> jax.Array:
        return self.out(h)[..., 0]


class EnergyGNN(GraphNetwork):
    """States are where gradient descent ends, by whatever schedule."""

    ridge: float = 1.0  # mu, above 0
    stride: float = 1.0  # s, above 0 and at most 1
    rounds: int = 40  # updates of a node in training, 1 or more; the paper goes on to convergence
    hidden: int = 4  # units of an energy; the paper's layers have 4, a reviewer tells

    space = {"lr": RATES, "ridge": (0.1, 0.3, 1.0, 3.0)}
    paper = "solodova2024graph"

    @property
    def cell(self) -> EnergyCell:
        return EnergyCell(width=self.spec.width, hidden=self.hidden, ridge=self.ridge, stride=self.stride)

    def update(self, state: State, batch: Batch, key: jax.Array) -> State:
        return self.learn(state, batch, synchronous(self.rounds))

    def predict(self, state: State, graphs: Graphs, schedule: Schedule) -> jax.Array:
        return self.answers(state.params, graphs, scheduled(schedule))
