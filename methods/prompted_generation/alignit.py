"""Keys and values of the new identity's word alone; all other words keep those of the pretrained model.

**Source**: Agarwal, Karanam and Srinivasan, "AlignIT: Enhancing Prompt Alignment in Customization of Text-to-Image
Models", 2024, https://arxiv.org/abs/2406.18893, read in its abstract and in the summary at
sciencestack.ai/paper/2406.18893: keys and values of the concept are copied from a dummy prompt.

    keys, values of the identity's word: from [token, nowhere, plain]; of place and style: from [anyone, place, style]

**Differs from the paper**: 1. on top of textual inversion only. 2. the prompt that the identity's keys and values come
from is the one that the token was fitted in, the word alone; `dummy=False` takes the whole customised prompt.

**Shapes**: n scenes, l layers, t tokens, h hidden units.
"""

import jax

from toybench.methods.prompted_generation._customise import Inversion, State, tokens, word
from toybench.tasks.prompted_generation import attend_words, render, wordless


class AlignIT(Inversion):
    """A prompt of anyone, with the identity's keys and values put in."""

    dummy: bool = True  # whether keys and values come from the word alone, as in the paper, or from the whole prompt

    space = {"lr": (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)}

    def portray(self, state: State, start: jax.Array, place: jax.Array, style: jax.Array) -> jax.Array:
        base = self.given.base
        nothing = wordless(len(place))
        said = nothing if self.dummy else nothing._replace(place=place, style=style)
        customised = attend_words(base, tokens(base, state.params, said.place, said.style))
        others = attend_words(base, tokens(base, word(base), place, style))
        return render(base, start, others.at[:, :, 0].set(customised[:, :, 0]))
