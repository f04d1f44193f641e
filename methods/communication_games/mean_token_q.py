"""Values of moves by relevance, where a text is the mean of its words and nothing says which words belong to one card.

**Source**: none; the control for `relevance_q` whose encoder can't bind a colour to a place.

    Q(o, a) = v(x_o) + u . (x_o * x_a)        x = mlp(mean of the words)

**Differs from the paper**: 1. the game is that of `relevance_q`.

**Shapes**: p populations, b games, n places, w words, f phrases, v vocabulary, d width.
"""

from typing import Any

import flax.linen as linen
import jax
import jax.numpy as jnp

from toybench.blocks import nn
from toybench.methods.communication_games._q import (
    Players,
    State,
    hint_text,
    mean_of_phrases,
    place_texts,
    play_text,
    vocabulary,
    word_texts,
)
from toybench.tasks.communication_games import HintView, PlayView


class MeanToken(linen.Module):
    """The two heads on encodings of mean words."""

    width: int

    def setup(self) -> None:
        self.encode = nn.MLP((2 * self.width, 2 * self.width, self.width))
        self.value = linen.Dense(1)
        self.relevance = linen.Dense(1)

    def __call__(self, view: jax.Array, there: jax.Array, moves: jax.Array, ones: jax.Array) -> jax.Array:
        """Values [b, m] of m moves in b views."""
        x = self.encode(mean_of_phrases(view, there))
        both = x[:, None, :] * self.encode(mean_of_phrases(moves, ones))[None, :, :]
        return self.value(x) + self.relevance(both)[..., 0]


class MeanTokenQ(Players):
    """Text without phrases."""

    width: int = 32  # units, as `relevance_q`

    @property
    def network(self) -> MeanToken:
        return MeanToken(self.width)

    def start(self, key: jax.Array) -> Any:
        places = self.spec.places
        view = jnp.zeros((1, places, vocabulary(self.spec)))
        return nn.init(self.network, key, view, jnp.ones((1, places)), *word_texts(self.spec))

    def rate_words(self, params: Any, view: HintView) -> jax.Array:
        return self.network.apply(params, *hint_text(self.spec, view), *word_texts(self.spec))

    def rate_places(self, params: Any, view: PlayView) -> jax.Array:
        return self.network.apply(params, *play_text(self.spec, view), *place_texts(self.spec))

    def say(self, state: State, view: HintView) -> jax.Array:
        return jax.vmap(self.rate_words)(state.params, view)

    def play(self, state: State, view: PlayView) -> jax.Array:
        return jax.vmap(self.rate_places)(state.params, view)
