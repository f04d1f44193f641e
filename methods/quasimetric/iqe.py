"""Interval quasimetric embedding: the distance is made of lengths of unions of intervals.

**Source**: Wang and Isola, "Improved Representation of Asymmetrical Distances with Interval Quasimetric
Embeddings", 2022, https://arxiv.org/abs/2211.15120 (IQE, maxmean reduction), and the authors' code,
`torchqmet/iqe.py` and `torchqmet/reductions.py`.

    d_k(u, v) = | union_j [u_kj, max(u_kj, v_kj)] |        component k: length of a union of intervals
    d(u, v)   = a * max_k d_k + (1 - a) * mean_k d_k       a in (0, 1) learned

**Differs from the paper**: 1. the encoder is a small MLP on random node features, trained on discounted distances. 2. 4
intervals a component; the authors' code asks for 8 and more.

**Shapes**: b pairs, k components, j intervals a component; latents [b, k * j].
"""

import jax
import jax.numpy as jnp

from toybench.methods.quasimetric._embedding import DECAYS, LatentDistance, greatest, maxmean


class IQE(LatentDistance):
    """Maxmean of the lengths of unions of intervals between latents."""

    intervals: int = 4  # j; the paper uses components of 8 to 16 intervals at larger latents

    guaranteed_quasimetric = True
    space = {"lr": (0.01, 0.03, 0.1, 0.3), "decay": DECAYS}

    def head(self, key: jax.Array) -> jax.Array:
        return -jnp.ones(())  # logit of a, as in the authors' code: a starts at 0.27

    def between(self, head: jax.Array, u: jax.Array, v: jax.Array) -> jax.Array:
        shape = (len(u), -1, self.intervals)
        return maxmean(head, union_length(u.reshape(shape), v.reshape(shape)))


def union_length(u: jax.Array, v: jax.Array) -> jax.Array:
    """Length of the union over j of [u_j, max(u_j, v_j)]: [..., j] to [...].

    An interval adds what lies beyond the furthest end of those that start before it; pairs beat sorting at small j.
    """
    end = jnp.maximum(u, v)
    j = jnp.arange(u.shape[-1])
    lower = jnp.broadcast_to(j[None, :] < j[:, None], (*u.shape, u.shape[-1]))  # a tie goes to the lower index
    earlier = (u[..., None, :] < u[..., :, None]) | ((u[..., None, :] == u[..., :, None]) & lower)
    reach = greatest(jnp.where(earlier, end[..., None, :], u[..., :, None]))  # of interval i, over those before it
    return jnp.maximum(0.0, end - jnp.maximum(u, reach)).sum(-1)
