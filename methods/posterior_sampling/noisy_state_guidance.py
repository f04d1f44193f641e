"""The same guidance with the energy of the noisy point: what an energy that doesn't know the noise level can do.

**Source**: baseline of Yu, Wang, Zhao, Ghanem and Zhang, "FreeDoM: Training-Free Energy-Guided Conditional Diffusion
Model", 2023, https://arxiv.org/abs/2303.09833, section 3.2 (an energy of the noisy point would have to be trained).

    x <- ancestral(x1, x) - rho grad_x |y - f(x / alpha)|       rho as for `freedom`

**Differs from the paper**: 1. no energy is trained for noisy points: the clean one is asked about the rescaled point.

**Shapes**: n samples, d dimensions, m numbers of a measurement.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.posterior_sampling._ladder import TINY, Rung, ancestral, denoise, distance, ladder, noises, rms
from toybench.tasks.posterior_sampling import Calls


class NoisyStateGuidance(Method):
    """Gradient at the noisy point, without the network."""

    scale: float = 0.2  # share of the predicted noise that a step may undo, above 0

    deterministic = True
    space = {"scale": (0.4, 0.8, 1.6, 3.2, 6.4, 12.8)}

    def sample(self, state: Any, y: jax.Array, key: jax.Array, count: int) -> jax.Array:
        def step(x: jax.Array, now: tuple[Rung, jax.Array]) -> tuple[jax.Array, None]:
            rung, noise = now
            x1 = denoise(self.given, x, rung)
            predicted = (x - rung.alpha * x1) / rung.sigma
            gradient = jax.grad(lambda x: distance(self.given, self.spec.operator, x / rung.alpha, y).sum())(x)
            size = rms(predicted) * rung.sigma / rung.alpha * rung.denoised
            rho = self.scale * size / (rms(gradient) + TINY)
            return ancestral(x1, x, noise, rung) - rho * gradient, None

        start, draws = noises(key, self.spec.calls, count, self.spec.dims)
        x, _ = jax.lax.scan(step, start, (ladder(self.spec.calls), draws))
        return x

    def calls(self, state: Any) -> Calls:
        return Calls(network=jnp.asarray(float(self.spec.calls)), vjp=jnp.zeros(()))
