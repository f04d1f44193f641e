"""Baseline: the pretrained model, which is told the place and the style, and nothing of the identity.

**Source**: none; what customising begins with.

    D(x_t, t, [anyone, place, style])

**Differs from the paper**: there is none.

**Shapes**: n scenes.
"""

from typing import Any

import jax

from toybench import Method
from toybench.tasks.prompted_generation import Prompt, attend, render, wordless


class PromptOnly(Method):
    """Anyone, as the prompt says."""

    deterministic = True

    def portray(self, state: Any, start: jax.Array, place: jax.Array, style: jax.Array) -> jax.Array:
        prompt = Prompt(traits=wordless(len(place)).traits, place=place, style=style)
        return render(self.given.base, start, attend(self.given.base, prompt))
