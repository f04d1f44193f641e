"""An encoder of nodes that is pre-trained in closed form, and few-shot accuracies of what it gives.

Nodes have no features but those of their place in the graph. Linear contrast of two views of a corpus, each without a
quarter of the edges, has its optimum in canonical directions: x and x' are the features of one node in both views,

    maximise  tr W' S W  subject to  W' C W = I,   C = cov x,  S = cov(x, x'),   features scaled to unit variance

Shapes: n nodes, d features, k directions, g graphs, c classes.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench.blocks import probes

DROPPED = 0.25  # share of edges that a view lacks
ROUNDS = 6  # of the power method
RIDGE = 0.01  # added to the covariance of features of unit variance
TINY = 1e-6  # least spread that a feature is divided by
PENALTY = 1.0  # of the probe, on directions of about unit variance


class Encoder(NamedTuple):
    """A linear map of node features: what is subtracted [d], and directions [d, k]."""

    mean: jax.Array
    directions: jax.Array


def node_features(edges: jax.Array) -> jax.Array:
    """Features [n, d]: nine of a node, their means over neighbours and two steps, their spread over neighbours."""
    nodes = len(edges)
    degree = edges.sum(1)
    walk = edges / jnp.maximum(degree, 1.0)[:, None]
    two = edges @ edges
    triangles = (two * edges).sum(1)
    walk_two = walk @ walk
    central = jnp.ones(nodes) / nodes**0.5
    for _ in range(ROUNDS):
        central = edges @ central
        central = central / (jnp.linalg.norm(central) + jnp.finfo(edges.dtype).tiny)
    own = [
        degree / nodes,
        jnp.log1p(degree),
        triangles / nodes,
        triangles / jnp.maximum(degree * (degree - 1), 1.0),
        jnp.diag(walk_two),
        jnp.diag(walk_two @ walk),
        jnp.diag(walk_two @ walk_two),
        central,
        (two > 0).sum(1) / nodes,
    ]
    features = jnp.stack(own, axis=1)
    near = walk @ features
    spread = jnp.sqrt(jnp.maximum(walk @ features**2 - near**2, 0.0))
    return jnp.concatenate([features, near, walk @ near, spread], axis=1)


def pretrained(graphs: jax.Array, noise: jax.Array, directions: int) -> Encoder:
    """The encoder of a corpus [g, n, n], by uniform numbers [2, g, n, n]."""
    kept = jnp.triu(noise > DROPPED, 1).astype(graphs.dtype)
    views = graphs[None] * (kept + jnp.swapaxes(kept, -1, -2))
    x = jax.vmap(jax.vmap(node_features))(views)
    x = x.reshape(2, -1, x.shape[-1])
    mean = x.mean((0, 1))
    scale = x.std((0, 1)) + TINY
    x = (x - mean[None, None]) / scale[None, None]
    covariance = jnp.einsum("vid,vie->de", x, x) / (2 * x.shape[1]) + RIDGE * jnp.eye(x.shape[2])
    across = x[0].T @ x[1] / x.shape[1]
    values, vectors = jnp.linalg.eigh(covariance)
    whitened = vectors / jnp.sqrt(values)[None, :]
    _, best = jnp.linalg.eigh(whitened.T @ (across + across.T) @ whitened / 2)
    return Encoder(mean=mean, directions=(whitened @ best)[:, ::-1][:, :directions] / scale[:, None])


def untrained(x: jax.Array) -> Encoder:
    """All features with unit variance over the nodes [i, d] of the downstream set: what a start from scratch reads."""
    return Encoder(mean=x.mean(0), directions=jnp.diag(1 / (x.std(0) + TINY)))


def probe_accuracy(z: jax.Array, y: jax.Array, known: jax.Array, classes: int) -> jax.Array:
    """Share [] of the other labels that a ridge probe on vectors [n, k] with the `known` [n] ones gets right."""
    coefficients = probes.ridge(z, jax.nn.one_hot(y, classes), known, PENALTY)
    right = (probes.apply_ridge(coefficients, z).argmax(1) == y).astype(known.dtype)
    return (right * (1 - known)).sum() / (1 - known).sum()
