"""E(n)-equivariant graph network: particles move along their differences, by weights that see distances alone.

**Source**: Satorras, Hoogeboom and Welling, "E(n) Equivariant Graph Neural Networks", 2021,
https://arxiv.org/abs/2102.09844, in the authors' code github.com/vgsatorras/egnn, `E_GCL` in
`models/egnn_clean/egnn_clean.py` and `EGNN_vel` in `n_body_system/model.py`; the velocity term from memory.

    m_ij = phi_e(h_i, h_j, |x_i - x_j|^2)        x_i <- x_i + mean_j (x_i - x_j) phi_x(m_ij) + phi_v(h_i) v_i
    h_i <- h_i + phi_h(h_i, sum_j m_ij)

**Differs from the paper**: 1. two rounds of width 16 instead of four of 64. 2. It is shown a past: h starts from the
lengths of velocity and accelerations, and messages see the pairs' distances in them. 3. The last round has a phi_x
and a phi_v for each future frame, whose sums are accelerations that are added to constant velocity. 4. The last layers
of phi_x and phi_v start at 0; that of phi_x starts near 0 in the authors' code.

**Shapes**: b scenes, t past frames, f future frames, n particles.
"""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench.methods.particle_motion._training import ROUNDS, WIDTH, Messages, Nodes, State, Trained, pair_distances
from toybench.tasks.particle_motion import Scenes, inputs, moved, norm


class Rounds(nn.Module):
    """Equivariant rounds: inputs [b, t, n, 3] to accelerations [b, f, n, 3]."""

    future: int

    @nn.compact
    def __call__(self, seen: jax.Array) -> jax.Array:
        x = seen[:, 0]
        v = seen[:, 1]
        pairs = pair_distances(seen)
        h = nn.Dense(WIDTH)(jnp.moveaxis(norm(seen[:, 1:]), 1, 2))
        for _ in range(ROUNDS - 1):
            apart = x[:, :, None] - x[:, None]
            messages = Messages()(h, jnp.concatenate([pairs, (apart**2).sum(-1, keepdims=True)], -1))
            x = x + self.shift(apart, v, h, messages, last=False)[:, 0]
            h = Nodes()(h, messages)
        apart = x[:, :, None] - x[:, None]
        messages = Messages()(h, jnp.concatenate([pairs, (apart**2).sum(-1, keepdims=True)], -1))
        return self.shift(apart, v, h, messages, last=True)

    def shift(self, apart: jax.Array, v: jax.Array, h: jax.Array, messages: jax.Array, last: bool) -> jax.Array:
        """mean_j (x_i - x_j) phi_x(m_ij) + phi_v(h_i) v_i, [b, 1, n, 3], or [b, f, n, 3] in the last round."""
        frames = self.future if last else 1
        toward = nn.silu(nn.Dense(WIDTH)(messages))
        toward = nn.Dense(frames, use_bias=False, name="last_out" if last else "toward_out")(toward)
        along = nn.silu(nn.Dense(WIDTH)(h))
        along = nn.Dense(frames, name="last_velocity_out" if last else "velocity_out")(along)
        pulls = jnp.einsum("bijk,bijf->bfik", apart, toward) / (h.shape[1] - 1)
        return pulls + jnp.moveaxis(along, 2, 1)[..., None] * v[:, None]


class EGNN(Trained):
    """Equivariant by construction."""

    def network(self) -> nn.Module:
        return Rounds(self.spec.future)

    def answer(self, params: Any, past: jax.Array, key: jax.Array) -> jax.Array:
        return moved(past, self.network().apply(params, inputs(past, self.spec)), self.spec)

    def update(self, state: State, batch: Scenes, key: jax.Array) -> State:
        return self.descend(state, batch, key)
