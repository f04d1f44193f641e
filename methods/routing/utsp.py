"""Unsupervised heat maps: a soft assignment of cities to the places of a tour, trained on its expected length.

**Source**: Min, Bai and Gomes, "Unsupervised Learning for Solving the Travelling Salesman Problem", 2023,
https://arxiv.org/abs/2303.10538, in the authors' code: `train.py`, `models.py`, `diff_moduleS4p.py` and `utils.py`.

    H_ij = sum_t T_it T_j,t+1         T_it: chance that place t is city i, columns sum to 1
    loss = sum_ij D_ij H_ij + l1 sum_i (1 - sum_t T_it)^2 + l2 sum_i H_ii

The network mixes, city by city, two low-pass steps of a graph of weights exp(-D / tau) with absolute differences of
lazy random walks of 1, 2, 4, 8 and 16 steps.

**Differs from the paper**: 1. 4,800 or 9,600 instances seen once instead of 2,000 seen 300 times, 240 steps instead of
19,000. 2. Width 32 instead of 64; a cosine instead of a staircase. 3. The vector that mixes channels starts at
random, not at 0. 4. As a constructor it joins pairs greedily by their heat; the paper always searches.

**Shapes**: b instances, n cities and places, d width.
"""

import itertools
from typing import Any, NamedTuple

import flax.linen as linen
import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import nn, optim
from toybench.blocks.graphs import symmetric_normalised
from toybench.tasks.routing import Instances, distances, merge_edges, symmetric

LAYERS = 2
WIDTH = 32
TEMPERATURE = 3.5  # tau, the release's value for all sizes
SCALE = 2.0  # of centred coordinates, the release's value
CLIP = 1.0  # of the gradient's norm, the release's value
LOW_PASS = 2  # steps: the release computes a third one and leaves it out
DOUBLINGS = 4  # of a lazy walk's length, from 1 to 16 steps


class State(NamedTuple):
    """Parameters and the optimiser's state."""

    params: Any
    adam: optax.OptState


class ScatteringLayer(linen.Module):
    """Channels of a graph with walks [doublings + 1] x [b, n, n] and low pass [b, n, n], mixed by attention."""

    @linen.compact
    def __call__(self, h: jax.Array, low: jax.Array, walks: list[jax.Array]) -> jax.Array:
        channels = []
        smooth = h
        for _ in range(LOW_PASS):
            smooth = low @ smooth
            channels.append(linen.leaky_relu(smooth))
        walked = [walk @ h for walk in walks]
        channels += [jnp.abs(a - b) for a, b in itertools.pairwise(walked)]
        stacked = jnp.stack(channels)
        paired = jnp.concatenate([jnp.broadcast_to(h, stacked.shape), stacked], axis=-1)
        weights = jax.nn.softmax(linen.Dense(1, use_bias=False)(linen.relu(paired)), axis=0)
        mixed = (weights * stacked).mean(0)
        inner = linen.leaky_relu(linen.Dense(WIDTH)(mixed))
        return linen.leaky_relu(linen.Dense(WIDTH)(inner))


class Assignment(linen.Module):
    """T [b, n, n] for centred places [b, n, 2]."""

    @linen.compact
    def __call__(self, xy: jax.Array) -> jax.Array:
        count = xy.shape[-2]
        loops = jnp.eye(count)[None]
        weights = jnp.exp(-distances(xy) / TEMPERATURE) * (1 - loops)
        low = symmetric_normalised(weights)
        lazy = 0.5 * (loops + weights / weights.sum(-2, keepdims=True))
        walks = [lazy]
        for _ in range(DOUBLINGS):
            walks.append(walks[-1] @ walks[-1])
        h = linen.Dense(WIDTH)(xy)
        hidden = [h]
        for _ in range(LAYERS):
            hidden.append(ScatteringLayer()(hidden[-1], low, walks))
        read = linen.leaky_relu(linen.Dense(WIDTH)(jnp.concatenate(hidden, axis=-1)))
        return jax.nn.softmax(linen.Dense(count)(read), axis=-2)


def heat_map(assigned: jax.Array) -> jax.Array:
    """H [..., n, n] of an assignment T [..., n, n]: the chance that j follows i."""
    return assigned @ jnp.swapaxes(jnp.roll(assigned, -1, axis=-1), -1, -2)


def surrogate(way: jax.Array, assigned: jax.Array, rows: jax.Array | float, loops: jax.Array | float) -> jax.Array:
    """The loss [b] of assignments T [b, n, n] for distances [b, n, n]."""
    heat = heat_map(assigned)
    expected = (way * heat).sum((-1, -2))
    visited = ((1 - assigned.sum(-1)) ** 2).sum(-1)
    staying = jnp.trace(heat, axis1=-2, axis2=-1)
    return expected + rows * visited + loops * staying


class Utsp(Method):
    """Scattering attention network with the surrogate loss."""

    paper = "min2023unsupervised"

    lr: float = 0.01  # Adam's rate, above 0, decays to 0; 0.003 in the release
    l1: float = 10.0  # weight of visiting every city once, above 0; 10 and 20 in the release
    l2: float = 0.1  # weight of staying at home, above 0; 0.1 in the release

    space = {"lr": (0.001, 0.003, 0.01, 0.03), "l1": (10.0, 20.0)}

    def init(self, key: jax.Array) -> State:
        params = nn.init(Assignment(), key, jnp.zeros((1, self.spec.cities, 2)))
        return State(params=params, adam=self.optimiser().init(params))

    def optimiser(self) -> optax.GradientTransformation:
        return optax.chain(optim.lenient(optax.clip_by_global_norm(CLIP)), optim.adam(self.lr, self.steps))

    def update(self, state: State, batch: Instances, key: jax.Array) -> State:
        xy = centred(batch.xy)

        def loss(params: Any) -> jax.Array:
            return surrogate(distances(xy), Assignment().apply(params, xy), self.l1, self.l2).mean()

        params, adam = optim.descend(self.optimiser(), jax.grad(loss)(state.params), state.adam, state.params)
        return State(params=params, adam=adam)

    def heat(self, state: State, xy: jax.Array) -> jax.Array:
        return symmetric(heat_map(Assignment().apply(state.params, centred(xy))))

    def tour(self, state: State, xy: jax.Array) -> jax.Array:
        return jax.vmap(merge_edges)(self.heat(state, xy))

    def built(self, state: State) -> jax.Array:
        return jnp.zeros(())


def centred(xy: jax.Array) -> jax.Array:
    """Places as the network reads them."""
    return SCALE * (xy - xy.mean(-2, keepdims=True))
