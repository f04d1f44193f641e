"""Values of moves by a network on the texts of view and move side by side, without a product.

**Source**: none; the control for `relevance_q` without what it is named for. He, Chen, He, Gao, Li, Deng and Ostendorf,
"Deep Reinforcement Learning with a Natural Language Action Space", 2016, compare such a network (from memory).

    Q(o, a) = mlp[x_o, x_a]         x = mlp(mean over phrases of phi(words))

**Differs from the paper**: 1. the encoder and the game are those of `relevance_q`.

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


class Concatenated(linen.Module):
    """One head on both encodings."""

    width: int

    def setup(self) -> None:
        self.encode = Encoder(self.width)
        self.head = nn.MLP((self.width, 1))

    def __call__(self, view: jax.Array, there: jax.Array, moves: jax.Array, ones: jax.Array) -> jax.Array:
        """Values [b, m] of m moves in b views."""
        x = self.encode(view, there)[:, None, :]
        y = self.encode(moves, ones)[None, :, :]
        shape = (x.shape[0], y.shape[1], self.width)
        both = jnp.concatenate([jnp.broadcast_to(x, shape), jnp.broadcast_to(y, shape)], axis=-1)
        return self.head(both)[..., 0]


class ConcatenatedQ(Players):
    """Texts without relevance."""

    width: int = 32  # units, as `relevance_q`

    @property
    def network(self) -> Concatenated:
        return Concatenated(self.width)

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
