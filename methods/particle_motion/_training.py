"""What the trained networks of this study share: one optimiser, two backbones, and averages over matrices.

Shapes: b scenes, t past and f future frames, n particles, w width, g matrices, e features of a pair.
"""

import abc
import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import nn as networks
from toybench.blocks import optim, rotations
from toybench.tasks.particle_motion import Scenes, mean_distance, norm

RATES = (0.003, 0.01, 0.02, 0.04, 0.1)  # learning rates tried, of every network
HIDDEN = 48  # units of a layer of the MLP
WIDTH = 16  # features of a particle in the graph network
ROUNDS = 2  # of messages
SIGNS = tuple(itertools.product((1.0, -1.0), repeat=3))  # of the axes of a frame
COPIES = 8  # matrices that a scene is turned by where a method turns it: as many as a frame has


class State(NamedTuple):
    """Weights, and the optimiser's state."""

    params: Any
    adam: optax.OptState


class Trained(Method):
    """A network that is trained by AdamW on the mean distance to the true positions."""

    lr: float = 0.01  # learning rate, decays to 0 by a cosine
    decay: float = 0.1  # decoupled weight decay, in units of the rate; 0.01 to 1 made no difference in a pilot

    space = {"lr": RATES}

    @abc.abstractmethod
    def network(self) -> nn.Module:
        """From inputs [b, t, n, 3] to accelerations [b, f, n, 3]."""

    @abc.abstractmethod
    def answer(self, params: Any, past: jax.Array, key: jax.Array) -> jax.Array:
        """Positions [b, f, n, 3] after past frames [b, t, n, 3]."""

    @abc.abstractmethod
    def update(self, state: State, batch: Scenes, key: jax.Array) -> State:
        """One step, on the batch or on what is made of it."""

    def init(self, key: jax.Array) -> State:
        """Random weights; those of the last layer are 0, which is constant velocity."""
        spec = self.spec
        params = silenced(networks.init(self.network(), key, jnp.zeros((1, spec.past, spec.particles, 3))))
        return State(params=params, adam=self.optimiser().init(params))

    def optimiser(self) -> optax.GradientTransformation:
        rate = optax.cosine_decay_schedule(self.lr, self.steps) if self.steps else self.lr
        return optim.lenient(optax.adamw(rate, weight_decay=self.decay))

    def descend(self, state: State, scenes: Scenes, key: jax.Array) -> State:
        """One step down the gradient of the mean distance."""

        def loss(params: Any) -> jax.Array:
            return mean_distance(self.answer(params, scenes.past, key), scenes.future)

        gradient = jax.grad(loss)(state.params)
        params, adam = optim.descend(self.optimiser(), gradient, state.adam, state.params)
        return State(params=params, adam=adam)

    def predict(self, state: State, past: jax.Array, key: jax.Array) -> jax.Array:
        return self.answer(state.params, past, key)


def silenced(params: Any) -> Any:
    """The parameters with 0 for the layers whose names end in `out`."""

    def one(path: Any, leaf: jax.Array) -> jax.Array:
        return jnp.zeros_like(leaf) if any(getattr(part, "key", "").endswith("out") for part in path) else leaf

    return jax.tree_util.tree_map_with_path(one, params)


def averaged(network: Callable[[jax.Array], jax.Array], seen: jax.Array, matrices: jax.Array) -> jax.Array:
    """Mean over matrices R [b, g, 3, 3] of network(x R) R^T, of inputs x [b, t, n, 3]."""
    count = matrices.shape[1]
    turned = jnp.einsum("btni,bgij->bgtnj", seen, matrices)
    answers = network(turned.reshape(-1, *seen.shape[1:]))
    answers = answers.reshape(seen.shape[0], count, *answers.shape[1:])
    return jnp.einsum("bgfnj,bgij->bfni", answers, matrices) / count


class Flat(nn.Module):
    """An MLP on all coordinates of a scene: [b, t, n, 3] to [b, future, n, 3]."""

    future: int

    @nn.compact
    def __call__(self, seen: jax.Array) -> jax.Array:
        scenes, _, particles, _ = seen.shape
        x = seen.reshape(scenes, -1)
        x = nn.silu(nn.Dense(HIDDEN)(x))
        x = nn.silu(nn.Dense(HIDDEN)(x))
        x = nn.Dense(self.future * particles * 3, name="out")(x)
        return x.reshape(scenes, self.future, particles, 3)


class Pairs(nn.Module):
    """One layer on h_i, h_j [b, n, d] and features of pairs [b, n, n, e], to [b, n, n, w]."""

    @nn.compact
    def __call__(self, h: jax.Array, pairs: jax.Array) -> jax.Array:
        own = nn.Dense(WIDTH)(h)[:, :, None]
        other = nn.Dense(WIDTH, use_bias=False)(h)[:, None]
        return nn.silu(own + other + nn.Dense(WIDTH, use_bias=False)(pairs))


class Messages(nn.Module):
    """Messages [b, n, n, w] from each other particle j to each i: two layers on h_i, h_j and features of the pair."""

    @nn.compact
    def __call__(self, h: jax.Array, pairs: jax.Array) -> jax.Array:
        x = nn.silu(nn.Dense(WIDTH)(Pairs()(h, pairs)))
        return x * (1 - jnp.eye(h.shape[1]))[None, :, :, None]


class Nodes(nn.Module):
    """Features [b, n, w] after a round: h + two layers on h and the sum of the messages [b, n, n, w]."""

    @nn.compact
    def __call__(self, h: jax.Array, messages: jax.Array) -> jax.Array:
        x = jnp.concatenate([h, messages.sum(2)], -1)
        x = nn.silu(nn.Dense(WIDTH)(x))
        return h + nn.Dense(WIDTH)(x)


class Graph(nn.Module):
    """A message passing network on coordinates, and on distances between particles: [b, t, n, 3] to [b, f, n, 3]."""

    future: int

    @nn.compact
    def __call__(self, seen: jax.Array) -> jax.Array:
        scenes, _, particles, _ = seen.shape
        pairs = pair_distances(seen)
        h = nn.Dense(WIDTH)(jnp.moveaxis(seen, 1, 2).reshape(scenes, particles, -1))
        for _ in range(ROUNDS):
            h = Nodes()(h, Messages()(h, pairs))
        x = nn.silu(nn.Dense(WIDTH)(h))
        x = nn.Dense(self.future * 3, name="out")(x)
        return jnp.moveaxis(x.reshape(scenes, particles, self.future, 3), 2, 1)


def pair_distances(seen: jax.Array) -> jax.Array:
    """Lengths [b, n, n, t] of the differences between two particles' inputs [b, t, n, 3]."""
    return jnp.moveaxis(norm(seen[:, :, :, None] - seen[:, :, None]), 1, 3)


def axes_frames(past: jax.Array) -> jax.Array:
    """The eight frames [b, 8, 3, 3] of scenes [b, t, n, 3]: principal axes of their positions, with all signs."""
    cloud = past.reshape(past.shape[0], -1, 3)
    axes, _ = rotations.principal_axes(jax.lax.stop_gradient(cloud))
    return axes[:, None] * jnp.asarray(SIGNS)[None, :, None, :]


def random_frames(key: jax.Array, scenes: int) -> jax.Array:
    """As many random rotations and reflections [b, 8, 3, 3] for each scene."""
    return rotations.orthogonal(jax.random.normal(key, (scenes, COPIES, 5)))


def turned_copies(scenes: Scenes, matrices: jax.Array) -> Scenes:
    """Scenes [b g, t, n, 3], each turned by its matrices [b, g, 3, 3]."""
    past = jnp.einsum("btni,bgij->bgtnj", scenes.past, matrices)
    future = jnp.einsum("btni,bgij->bgtnj", scenes.future, matrices)
    return Scenes(past=past.reshape(-1, *past.shape[2:]), future=future.reshape(-1, *future.shape[2:]))
