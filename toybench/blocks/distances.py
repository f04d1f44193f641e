"""Distances between samples. Shapes: n and m points, d coordinates, k directions, centres or cells."""

import jax
import jax.numpy as jnp


def squared_distances(x: jax.Array, y: jax.Array) -> jax.Array:
    """Squared Euclidean distances [n, m] between points [n, d] and [m, d], never below 0."""
    squares = (x**2).sum(-1)[:, None] + (y**2).sum(-1)[None, :]
    return jnp.maximum(squares - 2 * x @ y.T, 0.0)


def distances(x: jax.Array, y: jax.Array) -> jax.Array:
    """Euclidean distances [n, m] between points [n, d] and [m, d]; their gradient is 0 where points coincide."""
    squares = squared_distances(x, y)
    apart = squares > 0
    return jnp.where(apart, jnp.sqrt(jnp.where(apart, squares, 1.0)), 0.0)


def mean_distance(x: jax.Array, y: jax.Array) -> jax.Array:
    """Mean Euclidean distance between a point of x [n, d] and one of y [m, d]."""
    return distances(x, y).mean()


def self_distance(x: jax.Array) -> jax.Array:
    """Mean Euclidean distance between two different points of x [n, d]: without the diagonal, so without bias."""
    count = x.shape[0]
    others = jnp.where(jnp.eye(count, dtype=bool), 0.0, distances(x, x))
    return others.sum() / (count * (count - 1))


def energy_distance(x: jax.Array, y: jax.Array) -> jax.Array:
    """Squared energy distance 2 E|x - y| - E|x - x'| - E|y - y'| of two samples [n, d] and [m, d].

    Unbiased, so that it may fall below 0; its square root would be a metric (Szekely & Rizzo, 2013).
    """
    return 2 * mean_distance(x, y) - self_distance(x) - self_distance(y)


def directions(count: int) -> jax.Array:
    """Unit vectors [count, 2] at equal angles over half a turn."""
    angles = jnp.pi * (jnp.arange(count, dtype=jnp.float32) + 0.5) / count
    return jnp.stack([jnp.cos(angles), jnp.sin(angles)], -1)


def sliced_wasserstein(x: jax.Array, y: jax.Array, along: jax.Array) -> jax.Array:
    """Squared Wasserstein-2 distance of two samples [n, d] of one size, averaged over the directions [k, d]."""
    if x.shape != y.shape:
        raise ValueError(f"sliced_wasserstein needs samples of one size; it got {x.shape} and {y.shape}.")
    first = jnp.sort(x @ along.T, axis=0)
    second = jnp.sort(y @ along.T, axis=0)
    return ((first - second) ** 2).mean()


def nearest_counts(x: jax.Array, centres: jax.Array) -> jax.Array:
    """How many of the points [n, d] are nearest to each of the centres [k, d], [k]."""
    nearest = squared_distances(x, centres).argmin(-1)
    return (nearest[:, None] == jnp.arange(centres.shape[0])[None, :]).sum(0).astype(x.dtype)


def jensen_shannon(p: jax.Array, q: jax.Array) -> jax.Array:
    """Jensen-Shannon divergence in nats, 0 to log 2, of two distributions [..., k] (scaled here to 1 in all)."""
    p = p / p.sum(-1, keepdims=True)
    q = q / q.sum(-1, keepdims=True)
    middle = (p + q) / 2
    return 0.5 * (_relative_entropy(p, middle) + _relative_entropy(q, middle))


def _relative_entropy(p: jax.Array, q: jax.Array) -> jax.Array:
    inside = p > 0
    ratio = jnp.where(inside, p, 1.0) / jnp.where(inside, q, 1.0)
    return jnp.where(inside, p * jnp.log(ratio), 0.0).sum(-1)
