"""Cosine path: variance preserving, a quarter turn at a steady rate.

**Source**: Nichol and Dhariwal, "Improved Denoising Diffusion Probabilistic Models", ICML 2021,
https://arxiv.org/abs/2102.09672, equation 17; as the interpolant of Albergo and Vanden-Eijnden (2023) it is
equation 13 of Shaul et al. (2023), https://arxiv.org/abs/2306.06626.

    x_t = sin(pi t / 2) x1 + cos(pi t / 2) x0

**Differs from the paper**: 1. without the offset of 0.008. 2. the field is exact, not a network's.

**Shapes**: n points, d coordinates.
"""

import jax

from toybench import Method
from toybench.blocks.diffusion import Level, level
from toybench.methods.probability_paths._path import advance
from toybench.tasks.probability_paths import Parts


class VPCosine(Method):
    """The quarter turn."""

    solver: str = "euler"  # euler: along the field; ddim: to the next level with the same data and noise

    deterministic = True

    def level(self, state: tuple, t: jax.Array) -> Level:
        return level("cosine", t)

    def advance(
        self, state: tuple, x: jax.Array, parts: Parts, here: Level, there: Level, step: jax.Array
    ) -> jax.Array:
        return advance(self.solver, x, parts, here, there, step)
