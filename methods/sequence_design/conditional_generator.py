"""Writes sequences letter by letter, told the value that they should have: one beyond what it was trained on.

**Source**: the baseline of Padmakumar, Pang, He and Parikh, "Extrapolative Controlled Sequence Generation via
Iterative Refinement", 2023, https://arxiv.org/abs/2303.04562 (abstract only: methods that generate the target
directly).

    max log p(x_i | x_1 .. x_(i-1), y);    design: x ~ p(. | y = largest value + a tenth of the range)

**Differs from the paper**: 1. two layers of 64 units instead of a transformer. 2. of several `draws` the scorer picks.

**Shapes**: b sequences, l letters, a kinds of letters.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import nn, optim, random
from toybench.methods.sequence_design import _search as search

BATCH = 256  # letters of an update


class State(NamedTuple):
    """The generator and its optimiser."""

    params: Any
    moments: Any


class ConditionalGenerator(Method):
    """One network for all places, which sees the letters before its place."""

    lr: float = 0.01  # Adam's rate
    heat: float = 0.7  # temperature of the draws
    draws: int = 1  # sequences that the scorer picks from

    space = {"lr": (0.003, 0.01, 0.03), "heat": (0.05, 0.1, 0.2, 0.4, 0.7)}

    def init(self, key: jax.Array) -> State:
        example = self.inputs(jnp.zeros((1, self.spec.length), jnp.int32), jnp.zeros(1, jnp.int32), jnp.zeros(1))
        params = nn.init(self.network(), key, example)
        return State(params=params, moments=optim.adam(0.0, 1).init(params))

    def network(self) -> nn.MLP:
        """Logits of the letter at a place."""
        return nn.MLP((64, 64, self.spec.letters))

    def inputs(self, x: jax.Array, place: jax.Array, y: jax.Array) -> jax.Array:
        """Letters before the place, the place, and the value in units of the range, from the largest one."""
        before = jnp.arange(self.spec.length)[None, :] < place[:, None]
        letters = jax.nn.one_hot(x, self.spec.letters) * before[:, :, None].astype(jnp.float32)
        level = (y - self.given.top()) / self.given.span()
        here = jax.nn.one_hot(place, self.spec.length)
        return jnp.concatenate([letters.reshape(len(x), -1), here, level[:, None]], axis=1)

    def update(self, state: State, batch: tuple, key: jax.Array) -> State:
        u = random.uniforms(key, row=(BATCH,), place=(BATCH,))
        rows = search.whole(u["row"], self.spec.given)
        place = search.whole(u["place"], self.spec.length)
        x = self.given.sequences[rows]
        target = jnp.take_along_axis(x, place[:, None], axis=1)[:, 0]
        inputs = self.inputs(x, place, self.given.values[rows])

        def loss(params: Any) -> jax.Array:
            logs = jax.nn.log_softmax(self.network().apply(params, inputs))
            return -jnp.take_along_axis(logs, target[:, None], axis=1).mean()

        transform = optim.adam(self.lr, max(self.steps, 1))
        params, moments = optim.descend(transform, jax.grad(loss)(state.params), state.moments, state.params)
        return State(params=params, moments=moments)

    def design(self, state: State, start: jax.Array, key: jax.Array) -> jax.Array:
        count = len(start) * self.draws
        wanted = jnp.broadcast_to(self.given.top() + self.given.span() / 10, (count,))
        noise = jax.random.gumbel(key, (self.spec.length, count, self.spec.letters))

        def write(x: jax.Array, step: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, None]:
            place, jitter = step
            here = jnp.broadcast_to(place, (count,))
            logits = self.network().apply(state.params, self.inputs(x, here, wanted))
            letter = (logits / self.heat + jitter).argmax(1).astype(jnp.int32)
            return x.at[:, place].set(letter), None

        places = jnp.arange(self.spec.length, dtype=jnp.int32)
        empty = jnp.zeros((count, self.spec.length), jnp.int32)
        written = jax.lax.scan(write, empty, (places, noise))[0].reshape(len(start), self.draws, -1)
        return search.best_of(self.given.scorer, written, self.spec.letters).x
