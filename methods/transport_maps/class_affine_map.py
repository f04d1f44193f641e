"""One affine map for every class, which carries the first two moments of the source class to its target class.

**Source**: a control, none: nearest centroids and moments.

    T(x) = mean_y + L_y L_x^-1 (x - mean_x) of the class with the nearest source centroid;    L L' = covariance

The target's moments are of its labelled points, or of the unlabelled ones, too, each of them counted to the class with
the nearest target mean, as in a round of k-means.

**Differs from the paper**: nothing; it is a control.

**Shapes**: c classes, m points of a class, n points, d coordinates.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.distances import squared_distances

RIDGE = 1e-6  # added to variances, whose scale is 0.02 and more


class Maps(NamedTuple):
    """Means [c, d] of both populations' classes, and matrices [c, d, d]."""

    source: jax.Array
    target: jax.Array
    slopes: jax.Array


def moments(x: jax.Array, weights: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Means [c, d] and roots of covariances [c, d, d] of points [n, d] with a weight [c, n] in every class."""
    share = weights / weights.sum(1, keepdims=True)
    means = share @ x
    away = x[None, :, :] - means[:, None, :]
    covariance = jnp.einsum("cn,cni,cnj->cij", share, away, away) + RIDGE * jnp.eye(x.shape[1])[None, :, :]
    return means, jnp.linalg.cholesky(covariance)


class ClassAffineMap(Method):
    """Mean and covariance, class by class."""

    rounds: int = 1  # of counting unlabelled targets to the nearest mean; 0 leaves them out

    deterministic = True
    space = {"rounds": (0, 1, 2)}

    def init(self, key: jax.Array) -> Maps:
        classes, _, dims = self.given.source.shape
        source, source_root = moments(self.given.source.reshape(-1, dims), members(self.given.source))
        labelled = self.given.target.reshape(-1, dims)
        target, target_root = moments(labelled, members(self.given.target))
        for _ in range(self.rounds):
            nearest = squared_distances(self.given.unlabelled, target).argmin(1)
            counted = (nearest[None, :] == jnp.arange(classes)[:, None]).astype(labelled.dtype)
            every = jnp.concatenate([labelled, self.given.unlabelled])
            target, target_root = moments(every, jnp.concatenate([members(self.given.target), counted], axis=1))
        slopes = jnp.swapaxes(jnp.linalg.solve(jnp.swapaxes(source_root, 1, 2), jnp.swapaxes(target_root, 1, 2)), 1, 2)
        return Maps(source=source, target=target, slopes=slopes)

    def transport(self, state: Maps, x: jax.Array, key: jax.Array) -> jax.Array:
        own = squared_distances(x, state.source).argmin(1)
        away = x - state.source[own]
        return state.target[own] + jnp.einsum("nij,nj->ni", state.slopes[own], away)


def members(points: jax.Array) -> jax.Array:
    """Which of the points [c, m, d] in one row belong to which class: [c, c m]."""
    classes, count, _ = points.shape
    return jnp.repeat(jnp.eye(classes), count, axis=1)
