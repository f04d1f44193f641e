"""What learned vectors of this study share: pairwise ranking, its optimiser, and smoothing of a table of likes.

The loss is the mean of softplus(score of another item - score of a liked one). To it comes decay / 2 times the mean
squared norm of the first vectors in the batch: the user's, the liked item's and the other's. Adam goes down on it, its
rate by a cosine to 0. Vectors start as N(0, 0.01).
Shapes: u users, i items, p pairs a user, d numbers of a vector, l layers.
"""

import abc
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import optim
from toybench.blocks.random import normals
from toybench.tasks.recommendation import Pairs, Spec

START = 0.1  # standard deviation of first vectors; that of LightGCN's and Sheaf4Rec's authors
UNIFORM = 1 / 3  # variance of a uniform number between -1 and 1, from which torch's linear layers start
RATES = (0.01, 0.03, 0.1, 0.3, 1.0)  # of every method that descends
PENALTIES = (0.003, 0.006, 0.01, 0.02, 0.03, 0.06, 0.1, 0.12, 0.15, 0.2, 0.25, 0.3)  # of methods without layers
SHEAF_PENALTIES = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)  # of methods with weights, which aren't penalised

Sides = tuple[jax.Array, jax.Array]  # one array for the users, one for the items


class Vectors(NamedTuple):
    """First vectors of users, [u, ..., d], and items, [i, d]."""

    users: jax.Array
    items: jax.Array


class State(NamedTuple):
    """Vectors with whatever else is learned, and the optimiser's state."""

    params: tuple[Vectors, Any]
    adam: optax.OptState


def pairwise_loss(scores: jax.Array, vectors: Vectors, batch: Pairs, decay: Any) -> jax.Array:
    """Ranking loss of scores [u, i] with the penalty on first vectors: []."""
    gap = jnp.take_along_axis(scores, batch.others, axis=1) - jnp.take_along_axis(scores, batch.liked, axis=1)
    user = (vectors.users**2).sum() / len(vectors.users)
    item = (vectors.items**2).sum(1)
    return jax.nn.softplus(gap).mean() + decay / 2 * (user + item[batch.liked].mean() + item[batch.others].mean())


def drawn(key: jax.Array, spec: Spec, **more: tuple[int, ...]) -> dict[str, jax.Array]:
    """Standard normal `users` [u, d], `items` [i, d], and further arrays of these shapes."""
    return normals(key, users=(spec.users, spec.width), items=(spec.items, spec.width), **more)


def vectors_of(noise: dict[str, jax.Array]) -> Vectors:
    """First vectors from standard normal numbers."""
    return Vectors(users=START * noise["users"], items=START * noise["items"])


class PairwiseRanker(Method):
    """Descent on the ranking loss; a method says what it learns, and what the scores are."""

    lr: float = 0.03  # learning rate, above 0; decays to 0 by a cosine
    decay: float = 0.01  # penalty on first vectors, 0 and above; 1e-4 in He et al., 1 in Sheaf4Rec's code

    @abc.abstractmethod
    def start(self, key: jax.Array) -> tuple[Vectors, Any]:
        """First vectors and other parameters, before the first step."""

    @abc.abstractmethod
    def scores(self, vectors: Vectors, more: Any) -> jax.Array:
        """Scores [u, i]."""

    def rule(self) -> optax.GradientTransformation:
        """Adam."""
        return optim.adam(self.lr, self.steps)

    def init(self, key: jax.Array) -> State:
        params = self.start(key)
        return State(params=params, adam=self.rule().init(params))

    def update(self, state: State, batch: Pairs, key: jax.Array) -> State:
        def loss(params: tuple[Vectors, Any]) -> jax.Array:
            vectors, more = params
            return pairwise_loss(self.scores(vectors, more), vectors, batch, self.decay)

        params, adam = optim.descend(self.rule(), jax.grad(loss)(state.params), state.adam, state.params)
        return State(params=params, adam=adam)

    def item_scores(self, state: State) -> jax.Array:
        return self.scores(*state.params)


def inverse_root(degrees: jax.Array) -> jax.Array:
    """Degrees to the power -1/2, 0 where there are none."""
    return jnp.where(degrees > 0, jnp.where(degrees > 0, degrees, 1.0) ** -0.5, 0.0)


def normalised(likes: jax.Array) -> jax.Array:
    """Likes [u, i] over the roots of the user's and the item's number of likes."""
    return inverse_root(likes.sum(1))[:, None] * likes * inverse_root(likes.sum(0))[None, :]


class SheafWeights(NamedTuple):
    """Of every sheaf layer: weights [l, d, d], biases [l, d], and weights of its maps [l, 2, d, s s], or ()."""

    weights: jax.Array
    biases: jax.Array
    maps: Any


def sheaf_layers(noise: dict[str, jax.Array], layers: int, width: int) -> SheafWeights:
    """Weights before the first step: the variances of torch's linear layers, 1 / 3 over the number of inputs."""
    maps = (UNIFORM / (2 * width)) ** 0.5 * noise["maps"] if "maps" in noise else ()
    weights = (UNIFORM / width) ** 0.5 * noise["weights"]
    return SheafWeights(weights=weights, biases=jnp.zeros((layers, width)), maps=maps)


def mixed(layers: SheafWeights, at: int, x: jax.Array) -> jax.Array:
    """x W + c, [n, d], of one layer."""
    return x @ layers.weights[at] + layers.biases[at][None, :]


def diffused(maps: Sides, values: Sides) -> Sides:
    """The normalised sheaf Laplacian of scalar maps [u, i], 0 where there is no edge, times values [u, d] and [i, d].

    L = (D + 1)^-1/2 (D - F G) (D + 1)^-1/2, where D sums the squares of the maps of a node.
    """
    user_maps, item_maps = maps
    users, items = values
    user_squares = (user_maps**2).sum(1)
    item_squares = (item_maps**2).sum(0)
    user_root = jax.lax.rsqrt(user_squares + 1)
    item_root = jax.lax.rsqrt(item_squares + 1)
    across = user_root[:, None] * user_maps * item_maps * item_root[None, :]
    kept = (user_squares * user_root**2)[:, None] * users
    return kept - across @ items, (item_squares * item_root**2)[:, None] * items - across.T @ users
