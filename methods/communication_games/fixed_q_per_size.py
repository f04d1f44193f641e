"""Values of all moves by networks with fixed inputs and outputs, one for each size of hand.

**Source**: Sudhakar, Nekoei, Reymond, Liu, Rajendran and Chandar, "A Generalist Hanabi Agent", 2025,
https://arxiv.org/abs/2503.14555, in its abstract, and the authors' code, `pyhanabi/q_net.py` (`LSTMNet`): the
baseline R2D2, which is trained for one setting.

    Q(o, .) = mlp_k(one-hot places, colours, ranks, marks)        k: cards, or the nearest number that was trained

**Differs from the paper**: 1. no recurrence, replay, target network or auxiliary loss, as in `relevance_q`. 2. the
games are shared, so that each network sees about half of them. 3. two networks have twice the weights of `relevance_q`.

**Shapes**: p populations, b games, n places, w words, k sizes.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.blocks import nn
from toybench.methods.communication_games._q import Players, State, padded_hint, padded_play
from toybench.tasks.communication_games import HintView, PlayView


class FixedQPerSize(Players):
    """The specialists."""

    width: int = 40  # units, as `fixed_q`; 512 in the paper's code

    def speaker(self) -> nn.MLP:
        """The network of words."""
        return nn.MLP((self.width, self.width, self.spec.words))

    def listener(self) -> nn.MLP:
        """The network of places."""
        return nn.MLP((self.width, self.width, self.spec.places))

    def start(self, key: jax.Array) -> Any:
        places = jnp.zeros((1, self.spec.places))
        none = jnp.zeros((1, self.spec.places), jnp.int32)
        hint = padded_hint(self.spec, HintView(present=places, colour=none, rank=none, target=places))
        play = padded_play(self.spec, PlayView(present=places, marked=places, word=jnp.zeros(1, jnp.int32)))
        keys = jax.random.split(key, (2, len(self.spec.hands)))
        return {
            "say": jax.vmap(lambda k: nn.init(self.speaker(), k, hint))(keys[0]),
            "play": jax.vmap(lambda k: nn.init(self.listener(), k, play))(keys[1]),
        }

    def own(self, values: jax.Array, present: jax.Array) -> jax.Array:
        """Of values [k, b, m] by every network, those [b, m] of the one for each hand."""
        away = jnp.abs(present.sum(-1)[None] - jnp.array(self.spec.hands, jnp.float32)[:, None])
        mine = jax.nn.one_hot(away.argmin(0), len(self.spec.hands), axis=0)
        return (values * mine[..., None]).sum(0)

    def rate_words(self, params: Any, view: HintView) -> jax.Array:
        x = padded_hint(self.spec, view)
        return self.own(jax.vmap(lambda p: self.speaker().apply(p, x))(params["say"]), view.present)

    def rate_places(self, params: Any, view: PlayView) -> jax.Array:
        x = padded_play(self.spec, view)
        return self.own(jax.vmap(lambda p: self.listener().apply(p, x))(params["play"]), view.present)

    def say(self, state: State, view: HintView) -> jax.Array:
        return jax.vmap(self.rate_words)(state.params, view)

    def play(self, state: State, view: PlayView) -> jax.Array:
        return jax.vmap(self.rate_places)(state.params, view)
