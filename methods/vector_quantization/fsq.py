"""Finite scalar quantisation: each of a few latent dimensions is bounded and rounded; the codebook is the grid.

**Source**: Mentzer, Minnen, Agustsson and Tschannen, "Finite Scalar Quantization: VQ-VAE Made Simple", 2023,
https://arxiv.org/abs/2309.15505; `bound` as in the authors' notebook (google-research, `fsq/fsq.ipynb`).

    q_i = round(f(z_i)),   f(z) = h tanh(z + s) - o,   h = (1 - 1e-3) (L - 1)/2
    o = 1/2 and s = tan(o / h) for even L, both 0 for odd L

**Differs from the paper**: 1. The grid has about as many codes as the others' codebook: 240 of 256, 1000 of 1024.
2. MLPs instead of convolutions; one code an example.

**Shapes**: b examples, d latent dimensions with levels L_1 .. L_d, k codes.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from toybench.methods.vector_quantization._autoencoder import Autoencoder, State
from toybench.tasks.vector_quantization._autoencoder import Quantized

# levels a dimension, with a product near the number of codes; for 256, 1024 and 4096 as the paper recommends
LEVELS = {16: (5, 3), 64: (8, 8), 256: (8, 6, 5), 512: (8, 8, 8), 1024: (8, 5, 5, 5), 4096: (7, 5, 5, 5, 5)}
SHRINK = 1e-3  # how much narrower than its levels a dimension is: the notebook's eps


class FSQ(Autoencoder):
    """No codebook to collapse, and no auxiliary loss."""

    def fits(self, spec: Any) -> str | None:
        return None if spec.codes in LEVELS else f"no levels are given for {spec.codes} codes; there are {list(LEVELS)}"

    @property
    def levels(self) -> tuple[int, ...]:
        return LEVELS[self.spec.codes]

    @property
    def latent(self) -> int:
        return len(self.levels)

    def prepare(self, networks: Any, codes: jax.Array, key: jax.Array) -> tuple[Any, Any]:
        return {"networks": networks}, ()

    def quantized(self, params: Any, x: jax.Array) -> Quantized:
        """Bounded features of examples [b, i], rounded to the grid, both in [-1, 1]; no gradient through the code."""
        bounded = bound(self.encode(params, x), self.levels)
        level = jax.lax.stop_gradient(jnp.round(bounded))
        half = jnp.array([n // 2 for n in self.levels], jnp.float32)[None, :]
        index = ((level + half) @ jnp.array(places(self.levels), jnp.float32)).astype(jnp.int32)
        return Quantized(bounded / half, level / half, index)

    def forward(self, params: Any, memory: Any, x: jax.Array, key: jax.Array) -> tuple[jax.Array, Quantized]:
        seen = self.quantized(params, x)
        code = seen.feature + jax.lax.stop_gradient(seen.code - seen.feature)
        return ((self.reconstruct(params, code) - x) ** 2).mean(), seen

    def quantize(self, state: State, x: jax.Array) -> Quantized:
        return self.quantized(state.params, x)

    def codebook(self, state: State) -> jax.Array:
        return grid(self.levels)


def bound(z: jax.Array, levels: tuple[int, ...]) -> jax.Array:
    """Squash z [b, d] so that rounding gives exactly L_i integers in dimension i."""
    count = np.array(levels)
    height = (count - 1) / 2 * (1 - SHRINK)
    offset = np.where(count % 2 == 0, 0.5, 0.0)
    shift = np.tan(offset / height)
    h, o, s = (jnp.asarray(a, jnp.float32)[None, :] for a in (height, offset, shift))
    return jnp.tanh(z + s) * h - o


def places(levels: tuple[int, ...]) -> list[int]:
    """Value of one level in each dimension: 1, L_1, L_1 L_2, ..."""
    return [int(np.prod(levels[:i], dtype=int)) for i in range(len(levels))]


def grid(levels: tuple[int, ...]) -> jax.Array:
    """All codes in the order of their index, [k, d]."""
    index = np.arange(int(np.prod(levels)))
    digits = [index // place % n for place, n in zip(places(levels), levels, strict=True)]
    return jnp.array([(d - n // 2) / (n // 2) for d, n in zip(digits, levels, strict=True)], jnp.float32).T
