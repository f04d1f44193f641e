"""Linear-beta path: the variance-preserving diffusion of DDPM.

**Source**: Ho, Jain and Abbeel, "Denoising Diffusion Probabilistic Models", NeurIPS 2020,
https://arxiv.org/abs/2006.11239, section 4 (betas); in continuous time Song et al. (2021),
https://arxiv.org/abs/2011.13456, appendix C. The solver `ddim` is Song, Meng and Ermon (2021),
https://arxiv.org/abs/2010.02502, equation 12 with eta = 0.

    alpha = exp(-u (0.1 + 9.95 u) / 2),  u = 1 - t,        alpha^2 + sigma^2 = 1

**Differs from the paper**: 1. the field is exact, not a network's.

**Shapes**: n points, d coordinates.
"""

import jax

from toybench import Method
from toybench.blocks.diffusion import Level, level
from toybench.methods.probability_paths._path import advance
from toybench.tasks.probability_paths import Parts


class VPLinear(Method):
    """Betas that rise linearly from the data to the noise."""

    solver: str = "euler"  # euler: along the field; ddim: to the next level with the same data and noise

    deterministic = True

    def level(self, state: tuple, t: jax.Array) -> Level:
        return level("vp", t)

    def advance(
        self, state: tuple, x: jax.Array, parts: Parts, here: Level, there: Level, step: jax.Array
    ) -> jax.Array:
        return advance(self.solver, x, parts, here, there, step)
