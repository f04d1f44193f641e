"""Values of moves by relevance: the text of a view and the text of a move, encoded alike, are multiplied.

**Source**: Sudhakar, Nekoei, Reymond, Liu, Rajendran and Chandar, "A Generalist Hanabi Agent", 2025,
https://arxiv.org/abs/2503.14555, in its abstract, and the authors' code, `pyhanabi/q_net.py` (`TextLSTMNet`) and
`pyhanabi/r2d2.py`.

    Q(o, a) = v(x_o) + u . (x_o * x_a)        x = mlp(mean over phrases of phi(words))

**Differs from the paper**: 1. a small encoder of phrases, trained from scratch, in place of a pretrained transformer;
the mean over tokens is one over phrases. 2. one hint and one play, so that there is no recurrence, replay, target
network or auxiliary loss. 3. rewards are regressed on without a bootstrap, as nothing follows the play.

**Shapes**: p populations, b games, n places, w words, f phrases, v vocabulary, d width.
"""

from typing import Any

import flax.linen as linen
import jax
import jax.numpy as jnp

from toybench.blocks import nn
from toybench.methods.communication_games._q import (
    Encoder,
    Players,
    State,
    hint_text,
    place_texts,
    play_text,
    vocabulary,
    word_texts,
)
from toybench.tasks.communication_games import HintView, PlayView


class Relevance(linen.Module):
    """The two heads on texts of views and moves."""

    width: int

    def setup(self) -> None:
        self.encode = Encoder(self.width)
        self.value = linen.Dense(1)
        self.relevance = linen.Dense(1)

    def __call__(self, view: jax.Array, there: jax.Array, moves: jax.Array, ones: jax.Array) -> jax.Array:
        """Values [b, m] of m moves in b views."""
        x = self.encode(view, there)
        both = x[:, None, :] * self.encode(moves, ones)[None, :, :]
        return self.value(x) + self.relevance(both)[..., 0]


class RelevanceQ(Players):
    """One encoder for views and moves, of speakers and listeners."""

    width: int = 32  # units; 128 in the paper's code

    paper = "sudhakar2025generalist"

    @property
    def network(self) -> Relevance:
        return Relevance(self.width)

    def start(self, key: jax.Array) -> Any:
        moves = word_texts(self.spec)
        places = self.spec.places
        return nn.init(self.network, key, jnp.zeros((1, places, vocabulary(self.spec))), jnp.ones((1, places)), *moves)

    def rate_words(self, params: Any, view: HintView) -> jax.Array:
        return self.network.apply(params, *hint_text(self.spec, view), *word_texts(self.spec))

    def rate_places(self, params: Any, view: PlayView) -> jax.Array:
        return self.network.apply(params, *play_text(self.spec, view), *place_texts(self.spec))

    def say(self, state: State, view: HintView) -> jax.Array:
        return jax.vmap(self.rate_words)(state.params, view)

    def play(self, state: State, view: PlayView) -> jax.Array:
        return jax.vmap(self.rate_places)(state.params, view)
