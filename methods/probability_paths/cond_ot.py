"""Conditional optimal-transport path: data and noise are mixed on a straight line.

**Source**: Lipman, Chen, Ben-Hamu, Nickel and Le, "Flow Matching for Generative Modeling", ICLR 2023,
https://arxiv.org/abs/2210.02747, example II; it is equation 14 of Shaul et al. (2023), https://arxiv.org/abs/2306.06626.

    x_t = t x1 + (1 - t) x0        velocity E[x1 - x0 | x_t]

**Differs from the paper**: 1. the noise left at t = 1 is 0. 2. the field is exact, not a network's.

**Shapes**: n points, d coordinates.
"""

import jax

from toybench import Method
from toybench.blocks.diffusion import Level, level
from toybench.methods.probability_paths._path import advance
from toybench.tasks.probability_paths import Parts


class CondOT(Method):
    """The straight line. One Euler step is one DDIM step."""

    solver: str = "euler"  # euler: along the field; ddim: to the next level with the same data and noise

    deterministic = True

    def level(self, state: tuple, t: jax.Array) -> Level:
        return level("ot", t)

    def advance(
        self, state: tuple, x: jax.Array, parts: Parts, here: Level, there: Level, step: jax.Array
    ) -> jax.Array:
        return advance(self.solver, x, parts, here, there, step)
