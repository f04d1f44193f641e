"""EqMotion: equivariant channels of vectors, moved by factors of inferred kinds of interaction, beside invariants.

**Source**: Xu, Tan, Tan, Chen, Wang, Wang and Wang, "EqMotion: Equivariant Multi-agent Motion Prediction with Invariant
Interaction Reasoning", 2023, https://arxiv.org/abs/2303.10876, in the authors' code, `n_body_system/model_t.py`,
`n_body_system/gcl_t.py` and `main_nbody.py`.

    G_i = W_G x_i (channels, over time)    V_i = W_V v_i    h_i from speeds and turning angles
    c_ij = softmax phi_c(h'_i, h'_j, |[G, V]_i - [G, V]_j|)                kinds of interaction, once
    G_i <- G_i + phi_a(h_i) (G_i - mean G)
    G_i <- G_i + sum_j phi_f(sum_k c_ijk phi_k(h_i, h_j, |G_i - G_j|)) (G_i - G_j) + W V_i
    G_i <- q if q . k >= 0 else q - (q . k / |k|^2) k                      q, k = W_q G_i, W_k G_i
    h_i <- h_i + phi_h(h_i, sum_j phi_e(h_i, h_j, |G_i - G_j|))            a_i = W_o G_i

**Differs from the paper**: 1. two layers of 16 features and 8 channels instead of four of 64 and 64. 2. Time is mixed
from position, velocity and accelerations instead of by a cosine transform; both are invertible linear maps. 3. The
network adds accelerations to constant velocity. 4. Means are taken over particles alone; angles are atan2 of cross and
dot product, whose gradient is finite. 5. Kinds end in a linear layer; the authors' logits are positive.

**Shapes**: b scenes, t past frames, f future frames, n particles, c channels, k kinds.
"""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench.methods.particle_motion._training import (
    ROUNDS,
    WIDTH,
    Messages,
    Nodes,
    Pairs,
    State,
    Trained,
    pair_distances,
)
from toybench.tasks.particle_motion import Scenes, inputs, moved, norm

CHANNELS = 8  # vectors of a particle
SMALL = 1e-4  # added to |k|^2; the authors' value


class Mix(nn.Module):
    """A linear map over channels of vectors, [b, c, n, 3] to [b, count, n, 3]; without bias, so that it turns along."""

    count: int

    @nn.compact
    def __call__(self, vectors: jax.Array) -> jax.Array:
        return jnp.moveaxis(nn.Dense(self.count, use_bias=False)(jnp.moveaxis(vectors, 1, -1)), -1, 1)


class Factors(nn.Module):
    """Factors [b, n, n, c] of pairs: one network a kind, weighted by the kinds' probabilities [b, n, n, k]."""

    kinds: int

    @nn.compact
    def __call__(self, h: jax.Array, pairs: jax.Array, kind: jax.Array) -> jax.Array:
        each = [nn.silu(nn.Dense(CHANNELS)(Pairs()(h, pairs))) for _ in range(self.kinds)]
        mixed = sum(kind[..., k : k + 1] * one for k, one in enumerate(each))
        mixed = nn.silu(nn.Dense(CHANNELS)(mixed))
        return nn.silu(nn.Dense(CHANNELS)(mixed))


class Layers(nn.Module):
    """Inputs [b, t, n, 3] to accelerations [b, f, n, 3]."""

    future: int
    kinds: int
    interval: float

    @nn.compact
    def __call__(self, seen: jax.Array) -> jax.Array:
        g = Mix(CHANNELS)(seen)
        v = Mix(CHANNELS)(seen[:, 1:])
        h = jnp.concatenate([nn.Dense(WIDTH // 2)(part) for part in patterns(seen, self.interval)], -1)
        kind = self.reason(h, pair_distances(jnp.concatenate([g, v], 1)))
        for _ in range(ROUNDS):
            pairs = pair_distances(g)
            apart = g[:, :, :, None] - g[:, :, None]
            attention = jnp.moveaxis(nn.silu(nn.Dense(CHANNELS)(h)), 2, 1)[..., None]
            factors = Factors(self.kinds)(h, pairs, kind)
            g = g + attention * (g - g.mean(2, keepdims=True)) + jnp.einsum("bijc,bcijx->bcix", factors, apart)
            g = g + Mix(CHANNELS)(v)
            g = gated(Mix(CHANNELS)(g), Mix(CHANNELS)(g))
            h = Nodes()(h, Messages()(h, pairs))
        return Mix(self.future, name="out")(g)

    def reason(self, h: jax.Array, pairs: jax.Array) -> jax.Array:
        """Probabilities [b, n, n, k] of the kinds of interaction, from invariants."""
        pairs = nn.silu(nn.Dense(WIDTH)(pairs))
        pairs = nn.silu(nn.Dense(2 * CHANNELS)(pairs))
        after = Nodes()(h, Messages()(h, pairs))
        return jax.nn.softmax(nn.Dense(self.kinds)(Pairs()(after, pairs)), -1)


class EqMotion(Trained):
    """Equivariant and invariant features, and kinds of interaction."""

    kinds: int = 2  # of interaction, 1 or more; 1 is without reasoning, and 2 the paper's value

    def network(self) -> nn.Module:
        return Layers(self.spec.future, self.kinds, self.spec.interval)

    def answer(self, params: Any, past: jax.Array, key: jax.Array) -> jax.Array:
        return moved(past, self.network().apply(params, inputs(past, self.spec)), self.spec)

    def update(self, state: State, batch: Scenes, key: jax.Array) -> State:
        return self.descend(state, batch, key)


def gated(q: jax.Array, k: jax.Array) -> jax.Array:
    """Vectors q, less their part along k where it points against k, [b, c, n, 3]."""
    product = (q * k).sum(-1, keepdims=True)
    along = product / ((k**2).sum(-1, keepdims=True) + SMALL) * k
    return jnp.where(product >= 0, q, q - along)


def patterns(seen: jax.Array, interval: float) -> tuple[jax.Array, jax.Array]:
    """Speeds [b, n, t - 1] and turning angles [b, n, t - 2] in the past frames, from inputs [b, t, n, 3]."""
    last = seen[:, 1:2]
    gained = interval * jnp.cumsum(seen[:, :1:-1], 1)[:, ::-1]
    velocities = jnp.concatenate([last - gained, last], 1)
    cross = norm(jnp.cross(velocities[:, 1:], velocities[:, :-1]))
    dot = (velocities[:, 1:] * velocities[:, :-1]).sum(-1)
    return jnp.moveaxis(norm(velocities), 1, 2), jnp.moveaxis(jnp.arctan2(cross, dot), 1, 2)
