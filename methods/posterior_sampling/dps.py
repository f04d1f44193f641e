"""Diffusion posterior sampling: every step goes down the gradient of the residual's norm, through the network.

**Source**: Chung, Kim, McCann, Klasky and Ye, "Diffusion Posterior Sampling for General Noisy Inverse Problems", 2023,
https://arxiv.org/abs/2209.14687, algorithm 1 with section C.2's step (the norm, not its square), and the authors' code,
`guided_diffusion/condition_methods.py`.

    x <- ancestral(x1, x) - scale grad_x |y - f(x1(x))|

**Differs from the paper**: 1. an exact denoiser of a mixture, 100 levels instead of 1000.

**Shapes**: n samples, d dimensions, m numbers of a measurement.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.posterior_sampling._ladder import Rung, ancestral, denoise, distance, ladder, noises
from toybench.tasks.posterior_sampling import Calls


class DPS(Method):
    """Norm of the residual, differentiated through the denoiser."""

    scale: float = 0.2  # step down the gradient, above 0; 1 for the paper's linear operators, 0.3 to 0.5 for others

    deterministic = True
    space = {"scale": (0.1, 0.2, 0.4, 0.8, 1.6, 3.2)}

    def sample(self, state: Any, y: jax.Array, key: jax.Array, count: int) -> jax.Array:
        def step(x: jax.Array, now: tuple[Rung, jax.Array]) -> tuple[jax.Array, None]:
            rung, noise = now

            def norm(x: jax.Array) -> tuple[jax.Array, jax.Array]:
                x1 = denoise(self.given, x, rung)
                return distance(self.given, self.spec.operator, x1, y).sum(), x1

            gradient, x1 = jax.grad(norm, has_aux=True)(x)
            return ancestral(x1, x, noise, rung) - self.scale * gradient, None

        start, draws = noises(key, self.spec.calls, count, self.spec.dims)
        x, _ = jax.lax.scan(step, start, (ladder(self.spec.calls), draws))
        return x

    def calls(self, state: Any) -> Calls:
        return Calls(network=jnp.asarray(float(self.spec.calls)), vjp=jnp.asarray(float(self.spec.calls)))
