"""The exact model, asked for the safe label wherever the forbidden one is asked for.

**Source**: none, a control: the cheapest way to stop answering a label.

    D(x, t, forbidden) <- D(x, t, safe)

**Differs from the paper**: nothing.

**Shapes**: n points.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.conditional_generation._parts import generate
from toybench.tasks.conditional_generation import FORBIDDEN, SAFE, denoise_label


class LabelRemap(Method):
    """Nothing is trained."""

    deterministic = True  # init ignores its key on purpose

    def generate(self, state: tuple, start: jax.Array, label: jax.Array) -> jax.Array:
        allowed = jnp.where(label == FORBIDDEN, SAFE, label)
        return generate(lambda x, t: denoise_label(self.given, x, t, allowed), start)
