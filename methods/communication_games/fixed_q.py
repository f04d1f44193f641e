"""Values of all moves by networks with fixed inputs and outputs, trained on all hands at once.

**Source**: Sudhakar, Nekoei, Reymond, Liu, Rajendran and Chandar, "A Generalist Hanabi Agent", 2025,
https://arxiv.org/abs/2503.14555, in its abstract, and the authors' code, `pyhanabi/q_net.py` (`LSTMNet`): the
baseline R2D2.

    Q(o, .) = mlp(one-hot places, colours, ranks, marks)        0 where a place is empty

**Differs from the paper**: 1. no recurrence, replay, target network or auxiliary loss, as in `relevance_q`. 2. hands of
every size are padded to one input, so that one network can play them all; the paper's plays one size.

**Shapes**: p populations, b games, n places, w words.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.blocks import nn
from toybench.methods.communication_games._q import Players, State, padded_hint, padded_play
from toybench.tasks.communication_games import HintView, PlayView


class FixedQ(Players):
    """One network for speakers and one for listeners."""

    width: int = 40  # units: about as many weights as `relevance_q` has; 512 in the paper's code

    def speaker(self) -> nn.MLP:
        """The network of words."""
        return nn.MLP((self.width, self.width, self.spec.words))

    def listener(self) -> nn.MLP:
        """The network of places."""
        return nn.MLP((self.width, self.width, self.spec.places))

    def start(self, key: jax.Array) -> Any:
        one, two = jax.random.split(key)
        places = jnp.zeros((1, self.spec.places))
        none = jnp.zeros((1, self.spec.places), jnp.int32)
        hint = padded_hint(self.spec, HintView(present=places, colour=none, rank=none, target=places))
        play = padded_play(self.spec, PlayView(present=places, marked=places, word=jnp.zeros(1, jnp.int32)))
        return {"say": nn.init(self.speaker(), one, hint), "play": nn.init(self.listener(), two, play)}

    def rate_words(self, params: Any, view: HintView) -> jax.Array:
        return self.speaker().apply(params["say"], padded_hint(self.spec, view))

    def rate_places(self, params: Any, view: PlayView) -> jax.Array:
        return self.listener().apply(params["play"], padded_play(self.spec, view))

    def say(self, state: State, view: HintView) -> jax.Array:
        return jax.vmap(self.rate_words)(state.params, view)

    def play(self, state: State, view: PlayView) -> jax.Array:
        return jax.vmap(self.rate_places)(state.params, view)
