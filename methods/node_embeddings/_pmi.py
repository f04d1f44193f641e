"""What embeddings by counts share: positive pointwise mutual information, its factors, and the choice between several.

Shapes: m count matrices, n nodes, h numbers, c classes.
"""

import jax
import jax.numpy as jnp

from toybench.tasks.node_embeddings import Graph, held_out_error, probe_scores

RANKS = (8, 16, 32, 64)  # of every factorisation


def positive_pmi(counts: jax.Array) -> jax.Array:
    """log of counts [n, n] over what their row and column sums let expect, where that is above 0; else 0."""
    expected = counts.sum(1, keepdims=True) * counts.sum(0, keepdims=True)
    ratio = counts * counts.sum() / jnp.where(expected > 0, expected, 1.0)
    return jnp.log(jnp.maximum(ratio, 1.0))


def factors(matrix: jax.Array, rank: int) -> jax.Array:
    """U sqrt(|L|) [n, rank] of a symmetric matrix U L U^T [n, n], for the largest |L|: the halves of its best SVD."""
    values, vectors = jnp.linalg.eigh(matrix)
    first = jnp.argsort(-jnp.abs(values))[:rank]
    return vectors[:, first] * jnp.sqrt(jnp.abs(values[first]))[None, :]


def scores_by_folds(counts: jax.Array, graph: Graph, rank: int, classes: int) -> jax.Array:
    """Scores [n, c] of the probe on that one of count matrices [m, n, n] whose embedding errs least on held-out nodes.

    Only known nodes are held out.
    """
    embeddings = jax.lax.map(lambda one: factors(positive_pmi(one), rank), counts)
    errors = jax.vmap(lambda x: held_out_error(x, graph, classes))(embeddings)
    return probe_scores(embeddings[errors.argmin()], graph, classes)
