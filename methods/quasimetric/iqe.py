"""Interval quasimetric embedding: the distance is made of lengths of unions of intervals.

**Source**: Wang and Isola, "Improved Representation of Asymmetrical Distances with Interval Quasimetric
Embeddings", 2022, https://arxiv.org/abs/2211.15120 (IQE, and maxmean reduction).

    d_k(u, v) = | union_j [u_kj, max(u_kj, v_kj)] |        component k: length of a union of intervals
    d(u, v)   = a * max_k d_k + (1 - a) * mean_k d_k       a in (0, 1) learned

**Differs from the paper**: 1. the encoder is a small MLP on random node features, trained on discounted distances.

**Shapes**: b pairs, k components, j intervals a component; latents [b, k * j].
"""

import jax
import jax.numpy as jnp

from toybench.methods.quasimetric._latent import LatentDistance


class IQE(LatentDistance):
    """Guarantees a quasimetric, and is positively homogeneous in the latents."""

    intervals: int = 4  # j; the paper uses components of 8 to 16 intervals at larger latents

    guaranteed_quasimetric = True

    def head(self, key: jax.Array) -> jax.Array:
        return jnp.zeros(())  # logit of a

    def between(self, head: jax.Array, u: jax.Array, v: jax.Array) -> jax.Array:
        components = union_length(*(z.reshape(len(z), -1, self.intervals) for z in (u, v)))  # [b, k]
        a = jax.nn.sigmoid(head)
        return a * components.max(-1) + (1 - a) * components.mean(-1)


def union_length(u: jax.Array, v: jax.Array) -> jax.Array:
    """Length of the union over j of [u_j, max(u_j, v_j)]: [..., j] to [...].

    An interval adds what lies beyond the furthest end of those that start before it; pairs beat sorting at small j.
    """
    end, j = jnp.maximum(u, v), jnp.arange(u.shape[-1])
    first = jnp.broadcast_to(j[:, None] < j[None, :], (*u.shape, u.shape[-1]))  # a tie goes to the lower index
    earlier = (u[..., :, None] < u[..., None, :]) | ((u[..., :, None] == u[..., None, :]) & first)
    reach = jnp.where(earlier, end[..., :, None], -jnp.inf).max(-2)
    return jnp.maximum(0.0, end - jnp.maximum(u, reach)).sum(-1)
