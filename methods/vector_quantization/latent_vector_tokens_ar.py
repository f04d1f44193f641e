"""Autoregression over a latent vector: features projected on the axes, coupled, and quantised as one short sequence.

**Source**: Qian, Wang, Luo, Zhang, Tai, Zhang, Wang, Xue, Zhao, Huang, Wu and Fu, "Pushing Auto-regressive Models
for 3D Shape Generation at Capacity and Scalability", 2024, https://arxiv.org/abs/2402.12225 (projection, coupling,
vector quantisation, autoregression).

    row_i    = mean over j of f(neighbourhood of cell ij),   column_j = mean over i of the same       projections
    z        = coupling([row; column]),   token_i = nearest code of z_i                               latent vector
    cell ij  = g(row'_i + column'_j),     [row'; column'] = coupling'(codes)                          decoder
    p(tokens) = prod_n p(token_n | tokens before it)

**Differs from the paper**: 1. 8 x 8 shapes and two axes instead of point clouds and three planes, so a vector of 8
tokens; 2. small MLPs on windows instead of deep convolutions; 3. codebook by running means with restarts; 4. no
conditioning.

**Shapes**: b shapes, r side, t = r tokens, p width of a code, h hidden.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.blocks import nn
from toybench.methods.vector_quantization._shapes import TokenisedShapes, windows


class LatentVectorTokensAR(TokenisedShapes):
    """Position i of the vector couples what the rows and the columns around i show."""

    @property
    def tokens(self) -> int:
        return self.spec.side

    @property
    def parts(self) -> dict[str, tuple[nn.MLP, int]]:
        """Networks with their input widths."""
        h, r = self.hidden, self.spec.side
        return {
            "cell": (nn.MLP((h, h)), 9 + 2 * r),  # a cell's neighbourhood, and where it is
            "couple": (nn.MLP((h, self.width)), 3 * 2 * h),  # three positions of both profiles to one token
            "decouple": (nn.MLP((h, 2 * h)), 3 * self.width + r),  # three tokens to a position of both profiles
            "occupy": (nn.MLP((h, 1)), h),
        }

    def networks(self, key: jax.Array) -> Any:
        keys = jax.random.split(key, len(self.parts))
        return {n: nn.init(m, k, jnp.zeros((1, w))) for k, (n, (m, w)) in zip(keys, self.parts.items(), strict=True)}

    def apply(self, params: Any, part: str, x: jax.Array) -> jax.Array:
        return self.parts[part][0].apply(params[part], x)

    def features(self, params: Any, shape: jax.Array) -> jax.Array:
        b, r = len(shape), self.spec.side
        at = jnp.eye(r)
        row = jnp.broadcast_to(at[None, :, None, :], (b, r, r, r))
        column = jnp.broadcast_to(at[None, None, :, :], (b, r, r, r))
        cell = self.apply(params, "cell", jnp.concatenate([windows(shape[..., None], 3, 1, 1), row, column], axis=-1))
        return self.apply(params, "couple", threes(jnp.concatenate([cell.mean(2), cell.mean(1)], axis=-1)))

    def logits(self, params: Any, z: jax.Array) -> jax.Array:
        b, r = len(z), self.spec.side
        near = jnp.concatenate([threes(z), jnp.broadcast_to(jnp.eye(r)[None], (b, r, r))], axis=-1)
        row, column = jnp.split(self.apply(params, "decouple", near), 2, axis=-1)
        return self.apply(params, "occupy", jax.nn.relu(row[:, :, None, :] + column[:, None, :, :]))[..., 0]


def threes(x: jax.Array) -> jax.Array:
    """Each position with its two neighbours, zero-padded: [b, t, c] to [b, t, 3 c]."""
    padded = jnp.pad(x, ((0, 0), (1, 1), (0, 0)))
    return jnp.concatenate([padded[:, :-2], padded[:, 1:-1], padded[:, 2:]], axis=-1)
