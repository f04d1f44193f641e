"""Neural optimal transport with the squared distance as its cost: no labels.

**Source**: Korotin, Selikhanovych and Burnaev, "Neural Optimal Transport", 2023, https://arxiv.org/abs/2201.12220 (from
memory); the game and its order of steps as in the code of Asadulaev et al., 2022, `notebooks/gaussian_toy.ipynb`.

    T: least  mean 1/2 |x - T(x)|^2 - mean f(T(x));    f: least  mean f(T(x)) - mean f(y)

**Differs from the paper**: 1. a map without noise, which is what the strong cost needs. 2. width, steps and decay as
for the class-guided method.

**Shapes**: c classes, m points of a class, d coordinates.
"""

import jax

from toybench.methods.transport_maps._saddle import SaddlePoint


class QuadraticNeuralOT(SaddlePoint):
    """Points go as short a way as they can."""

    def cost(self, source: jax.Array, moved: jax.Array) -> jax.Array:
        return 0.5 * ((source - moved) ** 2).sum(-1).mean()
