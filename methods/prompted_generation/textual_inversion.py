"""A new word for a new identity: its token is fitted to photos, and all else stays.

**Source**: Gal, Alaluf, Atzmon, Patashnik, Bermano, Chechik and Cohen-Or, "An Image is Worth One Word: Personalizing
Text-to-Image Generation using Textual Inversion", 2023, https://arxiv.org/abs/2208.01618 (from memory).

    token <- argmin E |scene - D(x_t, t, [token])|^2        over the photos

**Differs from the paper**: 1. scenes are predicted instead of noise. 2. one neutral prompt, the word alone, instead of
many ("a photo of S"). The token starts at the word of anyone, as in the paper.

**Shapes**: n scenes.
"""

import jax

from toybench.methods.prompted_generation._customise import Inversion, State, tokens
from toybench.tasks.prompted_generation import attend_words, render


class TextualInversion(Inversion):
    """The token at the identity's place in the prompt."""

    space = {"lr": (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)}

    def portray(self, state: State, start: jax.Array, place: jax.Array, style: jax.Array) -> jax.Array:
        base = self.given.base
        return render(base, start, attend_words(base, tokens(base, state.params, place, style)))
