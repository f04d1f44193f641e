"""Control: the fitted token, drawn back towards the word of anyone.

**Source**: ours. If the new token harms the prompt because it lies far from all words, it may be enough to go less far.

    (1 - share) [anyone] + share [token]

**Differs from the paper**: there is none.

**Shapes**: n scenes.
"""

import jax

from toybench.methods.prompted_generation._customise import Inversion, State, tokens, word
from toybench.tasks.prompted_generation import attend_words, render


class MixedEmbedding(Inversion):
    """Textual inversion, a part of the way."""

    share: float = 0.5  # of the fitted token, 0 to 1; 1 is textual inversion

    space = {"lr": (0.01, 0.03, 0.1), "share": (0.5, 0.75, 0.9)}

    def portray(self, state: State, start: jax.Array, place: jax.Array, style: jax.Array) -> jax.Array:
        base = self.given.base
        mixed = word(base) + self.share * (state.params - word(base))
        return render(base, start, attend_words(base, tokens(base, mixed, place, style)))
