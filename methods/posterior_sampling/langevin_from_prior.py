"""Langevin steps on the classifier's energy from draws of the prior.

**Source**: baseline of Liu, Vouitsis, Gorti, Ba and Loaiza-Ganem, "TR0N: Translator Networks for 0-Shot Plug-and-Play
Conditional Generation", 2023, https://arxiv.org/abs/2304.13742 (the search that a translator's start shortens).

    z ~ N(0, I);      z <- z - step grad E(z) + sqrt(2 step / beta) noise

**Differs from the paper**: 1. the same generator, energy and number of steps as for `tr0n`.

**Shapes**: n samples, d dimensions, c classes.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.random import normals
from toybench.methods.posterior_sampling import _latent as latent
from toybench.tasks.posterior_sampling import Calls


class LangevinFromPrior(Method):
    """No translator."""

    step: float = 0.0125  # of Langevin, above 0
    beta: float = 1.0  # inverse temperature, above 0

    deterministic = True
    space = {"step": (0.003, 0.006, 0.0125, 0.025, 0.05, 0.1)}

    def latents(self, state: Any, wanted: jax.Array, key: jax.Array, count: int) -> jax.Array:
        a, b = jax.random.split(key)
        z = normals(a, start=(count, self.spec.dims))["start"]
        return latent.langevin(self.spec, self.given, wanted, z, self.step, self.beta, b)

    def calls(self, state: Any) -> Calls:
        taken = jnp.asarray(float(latent.steps(self.spec)))
        return Calls(network=taken, vjp=taken)
