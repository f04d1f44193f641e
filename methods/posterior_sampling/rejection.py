"""Rejection sampling: draw from the prior until the classifier agrees, as often as the calls allow.

**Source**: textbook; the control that needs neither a translator nor a gradient.

    z_1, z_2, ... ~ N(0, I);  the first whose u_i < p(wanted | G(z_i)), else the last

Of mass m, a share 1 - (1 - m)^calls of the samples is exact.

**Differs from the paper**: nothing.

**Shapes**: n samples, t tries, d dimensions, c classes.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.posterior_sampling import Calls, log_classes


class Rejection(Method):
    """The first draw that is accepted."""

    deterministic = True

    def latents(self, state: Any, wanted: jax.Array, key: jax.Array, count: int) -> jax.Array:
        a, b = jax.random.split(key)
        tries = self.spec.calls
        z = jax.random.normal(a, (count, tries, self.spec.dims))
        chance = jnp.exp(log_classes(self.spec, self.given, self.given.generate(z)) @ wanted)
        accepted = (jax.random.uniform(b, (count, tries)) < chance).at[:, -1].set(True)
        first = jnp.argmax(accepted, axis=1)
        return z[jnp.arange(count), first]

    def calls(self, state: Any) -> Calls:
        return Calls(network=jnp.asarray(float(self.spec.calls)), vjp=jnp.zeros(()))
