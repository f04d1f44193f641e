"""Draws of the prior, of which one is chosen by the classifier: sampling, importance, resampling.

**Source**: Rubin, "Using the SIR Algorithm to Simulate Posterior Distributions", 1988; the control that makes the best
of as many draws as the calls allow, without a translator or a gradient.

    z_1 .. z_m ~ N(0, I);  z_i with probability in proportion to p(wanted | G(z_i))

**Differs from the paper**: 1. every sample has draws of its own, so that samples are independent.

**Shapes**: n samples, t draws, d dimensions, c classes.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.posterior_sampling import Calls, log_classes


class BestOfDraws(Method):
    """One of many draws, by its chance."""

    deterministic = True

    def latents(self, state: Any, wanted: jax.Array, key: jax.Array, count: int) -> jax.Array:
        a, b = jax.random.split(key)
        z = jax.random.normal(a, (count, self.spec.calls, self.spec.dims))
        logs = log_classes(self.spec, self.given, self.given.generate(z)) @ wanted
        ends = jnp.cumsum(jax.nn.softmax(logs, axis=1), axis=1)
        uniform = jax.random.uniform(b, (count, 1)) * ends[:, -1:]
        chosen = jnp.argmax(ends > uniform, axis=1)
        return z[jnp.arange(count), chosen]

    def calls(self, state: Any) -> Calls:
        return Calls(network=jnp.asarray(float(self.spec.calls)), vjp=jnp.zeros(()))
