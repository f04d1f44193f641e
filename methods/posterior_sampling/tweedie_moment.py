"""Tweedie moment projection: the likelihood of y under a Gaussian with the denoiser's own mean and covariance.

**Source**: Boys, Girolami, Pidstrigach, Reich, Mosca and Akyildiz, "Tweedie Moment Projected Diffusions for Inverse
Problems", 2023, https://arxiv.org/abs/2310.06721, equations (8) to (10), from memory: the text was not at hand.

    C = (sigma^2 / alpha) J,  J = d x1 / d x        covariance of x1 given x (Tweedie)
    score = J^T H^T (H C H^T + noise^2 I)^-1 (y - f(x1)),    H = df / dx1
    x <- ancestral(x1 + scale (sigma^2 / alpha) score, x)

**Differs from the paper**: 1. the full covariance of the measurement instead of its diagonal, with a vector-Jacobian
product for each of its numbers. 2. f is linearised at x1 where it isn't linear. 3. a scale, 1 in the paper.

**Shapes**: n samples, d dimensions, m numbers of a measurement.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.posterior_sampling._ladder import Rung, ancestral, denoise, ladder, noises
from toybench.tasks.posterior_sampling import Calls


class TweedieMoment(Method):
    """Gaussian likelihood with the covariance that the network's Jacobian gives."""

    scale: float = 1.0  # of the guiding score, above 0; 1 in the paper

    deterministic = True
    space = {"scale": (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)}

    def guide(self, x: jax.Array, y: jax.Array, rung: Rung) -> jax.Array:
        """x1 [n, d] moved by the guiding score."""
        x1, pull = jax.vjp(lambda x: denoise(self.given, x, rung), x)
        measured = self.given.operate(self.spec.operator, x1)
        signs = jnp.ones_like(measured) if self.spec.operator == "mask" else jnp.sign(x1 @ self.given.rows.T)
        slopes = signs[:, :, None] * self.given.rows[None, :, :]  # H, [n, m, d]
        pulled = jax.vmap(lambda h: pull(h)[0], in_axes=1, out_axes=1)(slopes)  # J^T H^T, [n, m, d]
        gain = rung.sigma**2 / rung.alpha
        spread = gain * jnp.einsum("nid,njd->nij", slopes, pulled)
        noise = self.given.noise**2 * jnp.eye(self.spec.measured)
        weights = jnp.linalg.solve(spread + noise[None, :, :], (y[None, :] - measured)[:, :, None])
        return x1 + self.scale * gain * jnp.einsum("nm,nmd->nd", weights[:, :, 0], pulled)

    def sample(self, state: Any, y: jax.Array, key: jax.Array, count: int) -> jax.Array:
        def step(x: jax.Array, now: tuple[Rung, jax.Array]) -> tuple[jax.Array, None]:
            rung, noise = now
            return ancestral(self.guide(x, y, rung), x, noise, rung), None

        start, draws = noises(key, self.spec.calls, count, self.spec.dims)
        x, _ = jax.lax.scan(step, start, (ladder(self.spec.calls), draws))
        return x

    def calls(self, state: Any) -> Calls:
        taken = float(self.spec.calls)
        return Calls(network=jnp.asarray(taken), vjp=jnp.asarray(taken * self.spec.measured))
