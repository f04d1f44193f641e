"""What both Poisson quasimetric embeddings share: deep linear parametrisation and the weights of the mixtures.

Shapes: k quasipartitions, j Poisson processes each.
"""

import math
from itertools import pairwise
from typing import ClassVar

import jax
import jax.numpy as jnp

from toybench.methods.quasimetric._latent import LatentDistance, normals
from toybench.tasks.quasimetric import DISCOUNT

WIDTH = 64  # of the deep linear networks' three hidden layers


class Poisson(LatentDistance):
    """Weighted sum of expected quasipartitions; a subclass gives `partition(head, u, v)`."""

    processes: int = 4  # j; the authors' default

    guaranteed_quasimetric: ClassVar[bool] = True

    @property
    def partitions(self) -> int:
        """k."""
        return self.latent // self.processes

    def head(self, key: jax.Array) -> dict:
        """Weights that discount to between 0.5 and 0.75 when every quasipartition is 1/2."""
        net, spread = deep_linear(key, 1, self.partitions), jnp.linspace(0.0, 1.0, self.partitions)
        low, high = (-math.log(out ** (-2 / self.partitions) - 1) for out in (0.5, 0.75))
        before = collapse(net[:-1])[0]
        gap = low + (high - low) * spread - before @ net[-1]
        return {"weights": [*net[:-1], net[-1] + before[:, None] * gap[None, :] / (before @ before)]}

    def partition(self, head: dict, u: jax.Array, v: jax.Array) -> jax.Array:
        """Expected quasipartitions of latents u, v [b, k, j]: [b, k] in [0, 1]."""
        raise TypeError(f"{self.name} has no quasipartition; give it a method `partition`.")

    def between(self, head: dict, u: jax.Array, v: jax.Array) -> jax.Array:
        parts = self.partition(head, *(z.reshape(len(z), -1, self.processes) for z in (u, v)))
        return parts @ jax.nn.softplus(-collapse(head["weights"])[0]) / -math.log(DISCOUNT)


def deep_linear(key: jax.Array, inputs: int, outputs: int) -> list[jax.Array]:
    """Factors of a matrix [inputs, outputs] whose product keeps the scale of what it is applied to."""
    sizes = (inputs, WIDTH, WIDTH, WIDTH, outputs)
    shapes = {str(i): shape for i, shape in enumerate(pairwise(sizes))}
    return [w / w.shape[0] ** 0.5 for w in normals(key, **shapes).values()]


def collapse(factors: list[jax.Array]) -> jax.Array:
    """Their product."""
    product = factors[0]
    for factor in factors[1:]:
        product = product @ factor
    return product
