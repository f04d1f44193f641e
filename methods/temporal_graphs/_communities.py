"""What finders of groups share: affinities as graphs, and two groups in one graph by modularity.

Shapes: t windows, a animals, n units, g groups, l pieces of a clustering.
"""

import jax
import jax.numpy as jnp

from toybench.blocks.probes import k_means

SMALL = 1e-9  # keeps divisions finite


def pairs_only(affinities: jax.Array) -> jax.Array:
    """The same [..., n, n] with nothing on the diagonal."""
    return affinities * (1 - jnp.eye(affinities.shape[-1]))[(None,) * (affinities.ndim - 2)]


def two_groups(graph: jax.Array) -> jax.Array:
    """Memberships [..., n, 2] of the two communities of weighted graphs [..., n, n].

    The leading eigenvector of the modularity matrix W - d d^T / sum(d); either sign is a group (Newman, 2006).
    """
    degree = graph.sum(-1)
    chance = degree[..., :, None] * degree[..., None, :] / (degree.sum(-1) + SMALL)[..., None, None]
    _, vectors = jnp.linalg.eigh(graph - chance)
    leading = vectors[..., -1]
    return jnp.stack([jax.nn.relu(leading), jax.nn.relu(-leading)], axis=-1)


def strengths(graphs: jax.Array, members: jax.Array) -> jax.Array:
    """Mean weight inside a group less the mean of all pairs, at least 0: [t, g] of graphs [t, n, n], members [n, g]."""
    share = members / (members.sum(0, keepdims=True) + SMALL)
    apart = 1 - jnp.eye(graphs.shape[-1])
    inside = jnp.einsum("ng,tnm,mg->tg", share, graphs, share)
    possible = jnp.einsum("ng,nm,mg->g", share, apart, share)
    overall = graphs.sum((1, 2)) / apart.sum()
    return jax.nn.relu(inside / (possible + SMALL)[None, :] - overall[:, None])


def recurring(key: jax.Array, graphs: jax.Array, count: int) -> tuple[jax.Array, jax.Array]:
    """(memberships [n, g], activity [t, g]) of `count` groups that recur among the communities of graphs [t, n, n].

    Every window has two communities; k-means joins those of all windows, and a cluster's centre is a group.
    """
    pieces = jnp.moveaxis(two_groups(graphs), -1, 1).reshape(-1, graphs.shape[-1])  # [2 t, n]
    pieces = pieces / (jnp.sqrt((pieces**2).sum(1, keepdims=True)) + SMALL)
    member = jax.nn.one_hot(k_means(key, pieces, count), count)
    sizes = member.sum(0)[None, :]
    return pieces.T @ member / jnp.maximum(sizes, 1.0), member.reshape(-1, 2, count).sum(1)
