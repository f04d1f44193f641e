"""What the networks of this study share: training by Adam, and the layers of a deep convolutional network.

Shapes: b graphs, n nodes, k neighbours at most, d features, w numbers of a node's state, l layers.
"""

import abc
from collections.abc import Callable
from typing import Any, NamedTuple

import flax.linen as linen
import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import nn, optim
from toybench.tasks.asynchronous_graphs import Batch, Dynamics, Graphs, Schedule, hear, mean_loss, run, settle

RATES = (0.01, 0.03, 0.1)  # of a network with a second field to tune, 4 values of that
DEEP_RATES = (0.001, 0.002, 0.003, 0.004, 0.006, 0.008, 0.01, 0.014, 0.02, 0.03, 0.06, 0.1)  # as many trials
Runner = Callable[[Dynamics, Graphs], jax.Array]


class State(NamedTuple):
    """Parameters of a network, and Adam's moments."""

    params: Any
    adam: optax.OptState


class Cell(linen.Module):
    """What a node starts from and computes (`dynamics`), and what it answers (`read`)."""

    @abc.abstractmethod
    def dynamics(self, graphs: Graphs) -> Dynamics:
        """What nodes of these graphs do."""

    @abc.abstractmethod
    def read(self, h: jax.Array) -> jax.Array:
        """Answers [b, n] from states."""

    def __call__(self, *leaves: jax.Array) -> jax.Array:
        """Touches all parameters; it is given the graphs' arrays one by one."""
        return self.read(self.dynamics(Graphs(*leaves)).start)


class GraphNetwork(Method):
    """A cell in every node, trained by Adam on the task's loss; a method says by which run."""

    lr: float = 0.01  # Adam's learning rate, decays to 0 by a cosine

    @property
    @abc.abstractmethod
    def cell(self) -> Cell:
        """The module."""

    def init(self, key: jax.Array) -> State:
        lists = (1, self.spec.nodes, self.spec.neighbours)
        x = jnp.zeros((1, self.spec.nodes, self.spec.features))
        params = nn.init(self.cell, key, x, jnp.zeros(lists, jnp.int32), jnp.ones(lists, bool))
        return State(params=params, adam=optim.adam(self.lr, self.steps).init(params))

    def learn(self, state: State, batch: Batch, runner: Runner) -> State:
        """One step of Adam on the loss of the states that `runner` leaves."""

        def loss(params: Any) -> jax.Array:
            return mean_loss(self.spec.loss, self.answers(params, batch.graphs, runner), batch.answers)

        adam = optim.adam(self.lr, self.steps)
        params, moments = optim.descend(adam, jax.grad(loss)(state.params), state.adam, state.params)
        return State(params=params, adam=moments)

    def answers(self, params: Any, graphs: Graphs, runner: Runner) -> jax.Array:
        """Answers [b, n] from the states that `runner` leaves."""
        dynamics: Any = self.cell.apply(params, graphs, method="dynamics")
        answers: Any = self.cell.apply(params, runner(dynamics, graphs), method="read")
        return jnp.asarray(answers)


def synchronous(rounds: int) -> Runner:
    """All nodes update together, so many times."""
    return lambda dynamics, graphs: settle(dynamics, graphs, rounds)[-1]


def scheduled(schedule: Schedule) -> Runner:
    """Nodes update when the schedule says so."""
    return lambda dynamics, graphs: run(dynamics, graphs, schedule)


def layers_done(graphs: Graphs, schedule: Schedule, layers: int) -> jax.Array:
    """How many layers nodes compute by the schedule where each waits for its neighbours, int32 [b, n].

    A node computes layer c + 1 if all neighbours, as it hears of them at this tick, have computed layer c.
    """

    def count(own: jax.Array, heard: jax.Array, done: jax.Array) -> jax.Array:
        arrived = (heard >= own[:, :, None]) | ~graphs.linked[..., None]
        return jnp.minimum(own + arrived.all(2).astype(own.dtype), layers)

    start = jnp.zeros((*graphs.x.shape[:2], 1), jnp.int32)
    return run(Dynamics(start=start, send=state_itself, step=count), graphs, schedule)[..., 0]


def waiting(schedule: Schedule, layers: int) -> Runner:
    """A node that waits computes what it would in a synchronous run, as far as it comes."""

    def states(dynamics: Dynamics, graphs: Graphs) -> jax.Array:
        depth = layers_done(graphs, schedule, layers)
        return jnp.take_along_axis(settle(dynamics, graphs, layers), depth[None, :, :, None], axis=0)[0]

    return states


class Table(linen.Module):
    """Weights and biases as they are: [rows, columns] and [columns]."""

    rows: int
    columns: int

    @linen.compact
    def __call__(self) -> tuple[jax.Array, jax.Array]:
        zeros = linen.initializers.zeros_init()  # only shapes matter, as `nn.init` draws all kernels
        kernel = self.param("kernel", zeros, (self.rows, self.columns))
        return kernel, self.param("bias", zeros, (self.columns,))


def read_out(width: int) -> nn.MLP:
    """One hidden layer on a node's own state, to [b, n, 1]."""
    return nn.MLP((2 * width, 1))


def state_itself(h: jax.Array) -> jax.Array:
    """Neighbours hear of a state as it is."""
    return h


def normalised(graphs: Graphs) -> tuple[jax.Array, jax.Array]:
    """D^-1/2 (A + I) D^-1/2 as weights of a node itself, [b, n, 1], and of its neighbours, [b, n, k, 1]."""
    linked = graphs.linked.astype(graphs.x.dtype)
    root = (1 + linked.sum(-1, keepdims=True)) ** -0.5
    return root**2, (root[:, :, None] * hear(root, graphs.neighbours)) * linked[..., None]


def by_layer(table: tuple[jax.Array, jax.Array], layers: int) -> tuple[jax.Array, jax.Array]:
    """Kernels [l, w, c] and biases [l, c] from a table of [w, l c]."""
    kernel, bias = table
    return jnp.moveaxis(kernel.reshape(len(kernel), layers, -1), 1, 0), bias.reshape(layers, -1)


class DeepCell(Cell):
    """Graph convolutions with residuals and weights of their own in every layer; a node counts its layers.

    A node that updates computes the layer after the last one that it has computed, from whatever it has heard, as in a
    synchronous run it would from its neighbours' layer before. After the last layer it rests.
    """

    width: int
    layers: int

    def setup(self) -> None:
        self.first = linen.Dense(self.width)
        self.table = Table(rows=self.width, columns=self.layers * self.width)
        self.out = read_out(self.width)

    def dynamics(self, graphs: Graphs) -> Dynamics:
        kernels, biases = by_layer(self.table(), self.layers)
        own, others = normalised(graphs)

        def step(h: jax.Array, heard: jax.Array, done: jax.Array) -> jax.Array:
            layer = jnp.minimum(done, self.layers - 1)
            told = own * h + (others * heard).sum(2)
            moved = h + linen.relu(jnp.einsum("bnw,nwv->bnv", told, kernels[layer]) + biases[layer][None])
            return jnp.where((done < self.layers)[None, :, None], moved, h)

        return Dynamics(start=linen.relu(self.first(graphs.x)), send=state_itself, step=step)

    def read(self, h: jax.Array) -> jax.Array:
        return self.out(h)[..., 0]
