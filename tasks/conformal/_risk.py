"""Control a risk: choose the smallest prediction set whose expected loss stays below a target.

A point comes as its losses over a grid of set sizes, falling from at most 1 to 0 as the set grows; the model behind it
is fixed. Guarantees are in expectation over calibration and test, so a world holds many independent replicates, and
each is scored with the population's risk. A single calibration set is the case of one replicate.
Shapes: r replicates, n points, k labels, g sizes on the grid.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp

from toybench.blocks.random import normals

GRID = 201  # sizes lambda = 0, 1/200, ..., 1: a step changes the risk by less than the margins of claims
LABELS = 10  # as in the synthetic data of Farinhas et al.
BIAS = -0.7  # of a label's logit: about a third of the labels is true, as there
SPREAD = 1.5  # of the logits between labels
SHARED = 0.7  # of the logits between points: labels of a point go together
CLIP = 1e-6  # keeps a uniform number inside (0, 1)


class RiskControl(Protocol):
    """What a learner of this family answers."""

    def size_index(self, state: Any) -> jax.Array:
        """The size of the next prediction set, an index into the grid: int32 [r]."""


@dataclass(frozen=True)
class RiskSpec:
    """What a method may know: replicates, sizes on the grid, and points in the batch (0: a stream, one at a time)."""

    replicates: int
    grid: int
    points: int


class Losses(NamedTuple):
    """A batch: losses of newly labelled points, in their order of arrival, float [r, n, g] in [0, 1]."""

    loss: jax.Array


class Points(NamedTuple):
    """Scored multi-label points: scores [..., k] in (0, 1), and which labels are true, bool [..., k]."""

    score: jax.Array
    true: jax.Array


def points(key: jax.Array, shape: tuple[int, ...], one: bool) -> Points:
    """Points of the multi-label law.

    z_k ~ N(-0.7, 1.5^2) + N(0, 0.7^2), the second shared by a point's labels; label k is true with probability
    sigmoid(z_k), or, with `one`, a single label is drawn from softmax(z); the score is sigmoid(z_k + N(0, 1)).
    """
    each = (*shape, LABELS)
    normal = normals(key, logit=each, shared=(*shape, 1), chance=each, noise=each)
    z = BIAS + SPREAD * normal["logit"] + SHARED * normal["shared"]
    u = jnp.clip(jax.scipy.special.ndtr(normal["chance"]), CLIP, 1 - CLIP)
    if one:
        true = jax.nn.one_hot(jnp.argmax(z - jnp.log(-jnp.log(u)), -1), LABELS, dtype=bool)
    else:
        true = u < jax.nn.sigmoid(z)
    return Points(score=jax.nn.sigmoid(z + normal["noise"]), true=true)


def sets(score: jax.Array) -> jax.Array:
    """Which labels {k: score_k >= 1 - lambda} are in the set of every size: bool [..., k, g]."""
    cut = 1.0 - jnp.arange(float(GRID)) / (GRID - 1)
    return score[..., None] >= cut.reshape((1,) * score.ndim + (GRID,))


def losses(p: Points) -> jax.Array:
    """The share of a point's true labels that its set misses, 0 where there are none: [..., g]."""
    caught = jnp.sum(sets(p.score) & p.true[..., None], -2, dtype=jnp.float32)
    count = p.true.sum(-1, dtype=jnp.float32)[..., None]
    return jnp.where(count > 0, 1.0 - caught / jnp.maximum(count, 1.0), 0.0)


def sizes(p: Points) -> jax.Array:
    """Labels in the set: [..., g]."""
    return jnp.sum(sets(p.score), -2, dtype=jnp.float32)
