"""Graph networks without a nonlinearity, fitted to a graph's known labels in closed form.

Shapes: k channels, n nodes, d features, c classes.
"""

import jax
import jax.numpy as jnp

from toybench.blocks.graphs import row_normalised
from toybench.tasks.graph_transfer import Graph

CHANNELS = ("x", "l1", "l2", "h1", "h2")  # features, averages over 1 and 2 hops, differences to them
PREDICTORS = 3  # channels that scores are made of: the released setting leaves out the differences
PENALTY = 1e-4  # of the squared weights; GraphAny solves without, by a pseudo-inverse


def channel_features(graph: Graph) -> jax.Array:
    """Features [k, n, d] of the channels: x, A x, A^2 x, (I - A) x, (I - A)^2 x, A the mean over neighbours."""
    reads = row_normalised(graph.edges)
    near = reads @ graph.x
    apart = graph.x - near
    return jnp.stack([graph.x, near, reads @ near, apart, apart - reads @ apart])


def least_squares(features: jax.Array, targets: jax.Array, weights: jax.Array) -> jax.Array:
    """Scores [n, c] of the least-squares fit to rows of `targets` [n, c] of weight 1, from features [n, d]."""
    seen = features * weights[:, None]
    gram = seen.T @ features + PENALTY * jnp.eye(features.shape[1])
    return features @ jnp.linalg.solve(gram, seen.T @ targets)


def channel_scores(features: jax.Array, targets: jax.Array, weights: jax.Array) -> jax.Array:
    """Scores [k, n, c] of every channel's features [k, n, d]."""
    return jax.vmap(least_squares, (0, None, None))(features, targets, weights)


def held_out_error(features: jax.Array, targets: jax.Array, weights: jax.Array) -> jax.Array:
    """Sum of squared errors at the known nodes, each by the fit to the others, from features [n, d].

    With K = F F' + penalty I over the known nodes, the error at a node is (K^-1 y) / (K^-1 on the diagonal).
    """
    seen = features * weights[:, None]
    kernel = seen @ seen.T + PENALTY * jnp.eye(len(seen))
    inverse = jnp.linalg.inv(kernel)
    errors = inverse @ (targets * weights[:, None]) / jnp.diagonal(inverse)[:, None]
    return (weights[:, None] * errors**2).sum()
