"""Manifold-preserving guidance: the denoised point is moved, and the network is not differentiated.

**Source**: He, Murata, Lai, Takida, Uesaka, Kim, Liao, Mitsufuji, Kolter, Salakhutdinov and Ermon, "Manifold Preserving
Guided Diffusion", 2024, https://arxiv.org/abs/2311.16424, algorithm 1, and the authors' code,
`nonlinear/Face-GD/functions/faceid_denoising.py` (the function without projection).

    x1 <- x1 - scale grad_x1 1/2 |y - f(x1)|^2
    x <- alpha' x1 + sigma' (eta noise + sqrt(1 - eta^2) eps)      eta = 1/2, eps the noise predicted before x1 moved

**Differs from the paper**: 1. an exact denoiser. 2. a constant step of the squared distance; the code's normalises the
gradient. 3. guided at every level, no repeats. 4. no autoencoder: there is no manifold to project on.

**Shapes**: n samples, d dimensions, m numbers of a measurement.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.posterior_sampling._ladder import Rung, denoise, distance, ladder, noises
from toybench.tasks.posterior_sampling import Calls

ETA = 0.5  # the authors' share of fresh noise


class MPGD(Method):
    """Gradient at the denoised point."""

    scale: float = 0.2  # step, above 0; 1 goes to the nearest point that agrees with a linear measurement

    deterministic = True
    space = {"scale": (0.1, 0.2, 0.4, 0.8, 1.6, 3.2)}

    def sample(self, state: Any, y: jax.Array, key: jax.Array, count: int) -> jax.Array:
        def half_square(x1: jax.Array) -> jax.Array:
            return 0.5 * (distance(self.given, self.spec.operator, x1, y) ** 2).sum()

        def step(x: jax.Array, now: tuple[Rung, jax.Array]) -> tuple[jax.Array, None]:
            rung, noise = now
            x1 = denoise(self.given, x, rung)
            predicted = (x - rung.alpha * x1) / rung.sigma
            x1 = x1 - self.scale * jax.grad(half_square)(x1)
            kept = (1 - ETA**2) ** 0.5 * predicted
            return rung.next_alpha * x1 + rung.next_sigma * (ETA * noise + kept), None

        start, draws = noises(key, self.spec.calls, count, self.spec.dims)
        x, _ = jax.lax.scan(step, start, (ladder(self.spec.calls), draws))
        return x

    def calls(self, state: Any) -> Calls:
        return Calls(network=jnp.asarray(float(self.spec.calls)), vjp=jnp.zeros(()))
