"""An LSTM that reads a sentence, states a law for the next word, and may change its memory after each word.

A method says by `answer` what it states and what it carries on; whatever it does to its memory lies there.
Shapes: ... sentences, t words, w width, v words of the language.
"""

import abc
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import optim
from toybench.blocks.random import normals
from toybench.tasks.language_toys import Sentences, TextSpec, begun

WIDTH = 24  # of the memory; the thesis has two layers of 650
FORGET = 1.0  # the forget gates' first bias, as is usual
RATES = (0.01, 0.02, 0.04, 0.06, 0.08, 0.12, 0.16, 0.24, 0.4)  # where a method has one knob
FEW_RATES = (0.06, 0.12, 0.24)  # where it has two

Params = dict[str, jax.Array]


class Memory(NamedTuple):
    """What is carried from word to word: hidden state h and cell c, [..., w]."""

    h: jax.Array
    c: jax.Array


class Seen(NamedTuple):
    """What is at hand when a word comes: memory and output gate [..., w] before it, and the word, int32 [...]."""

    memory: Memory
    gate: jax.Array
    word: jax.Array


Answer = Callable[[Params, Seen], tuple[jax.Array, Memory]]


class State(NamedTuple):
    """Weights, and Adam's moments."""

    params: Params
    opt: Any


class TrainedLSTM(Method):
    """An LSTM fitted to the surprise of text."""

    lr: float = 0.1  # Adam's learning rate, above 0, decays to 0 by a cosine; the thesis has SGD at 20

    @abc.abstractmethod
    def answer(self, params: Params, seen: Seen, key: jax.Array) -> tuple[jax.Array, Memory]:
        """Logits [..., v] of the word that comes, and the memory to go on with, in training."""

    def init(self, key: jax.Array) -> State:
        params = fresh(key, self.spec)
        return State(params=params, opt=optim.adam(self.lr, self.steps).init(params))

    def update(self, state: State, batch: Sentences, key: jax.Array) -> State:
        def loss(params: Params) -> jax.Array:
            return -read_sentences(params, batch.tokens, lambda p, seen: self.answer(p, seen, key)).mean()

        gradient = jax.grad(loss)(state.params)
        params, opt = optim.descend(optim.adam(self.lr, self.steps), gradient, state.opt, state.params)
        return State(params=params, opt=opt)


def fresh(key: jax.Array, spec: TextSpec) -> Params:
    """Weights before the first update; a word's row of `word` is its embedding, times the gates' weights."""
    drawn = normals(key, word=(spec.words + 1, 4 * WIDTH), memory=(WIDTH, 4 * WIDTH), out=(WIDTH, spec.words))
    return {
        "word": drawn["word"] / 2,
        "memory": drawn["memory"] / WIDTH**0.5,
        "out": drawn["out"] / WIDTH**0.5,
        "offset": jnp.zeros(spec.words),
    }


def blank(shape: tuple[int, ...]) -> Memory:
    """The memory before the first word, [*shape, w]."""
    return Memory(h=jnp.zeros((*shape, WIDTH)), c=jnp.zeros((*shape, WIDTH)))


def step(params: Params, memory: Memory, word: jax.Array) -> tuple[Memory, jax.Array]:
    """The memory after a word int32 [...], and the output gate [..., w]."""
    i, f, g, o = jnp.split(params["word"][word] + memory.h @ params["memory"], 4, axis=-1)
    c = jax.nn.sigmoid(f + FORGET) * memory.c + jax.nn.sigmoid(i) * jnp.tanh(g)
    gate = jax.nn.sigmoid(o)
    return Memory(h=gate * jnp.tanh(c), c=c), gate


def decode(params: Params, h: jax.Array) -> jax.Array:
    """Logits [..., v] of the next word from hidden states [..., w]."""
    return h @ params["out"] + params["offset"].reshape((1,) * (h.ndim - 1) + (-1,))


def log_chance(logits: jax.Array, word: jax.Array) -> jax.Array:
    """Logarithms [...] of the probability of words int32 [...]."""
    return jnp.take_along_axis(jax.nn.log_softmax(logits, axis=-1), word[..., None], axis=-1)[..., 0]


def read_sentences(params: Params, tokens: jax.Array, answer: Answer) -> jax.Array:
    """Logarithms [b, t] of the probability of each word of sentences [b, t], given those before it."""

    def advance(memory: Memory, each: tuple[jax.Array, jax.Array]) -> tuple[Memory, jax.Array]:
        before, word = each
        memory, gate = step(params, memory, before)
        logits, memory = answer(params, Seen(memory=memory, gate=gate, word=word))
        return memory, log_chance(logits, word)

    words = begun(tokens, params["word"].shape[0] - 1).T
    _, found = jax.lax.scan(advance, blank(tokens.shape[:1]), (words[:-1], words[1:]))
    return found.T


def plain(params: Params, seen: Seen) -> tuple[jax.Array, Memory]:
    """The usual answer: nothing happens to the memory."""
    return decode(params, seen.memory.h), seen.memory


def recoded(seen: Seen, slope: jax.Array, alpha: jax.Array | float) -> Memory:
    """The memory one step down an error's slope [..., w] in h, which reaches c through h = gate tanh(c).

    The slopes are constants for training, as in the author's code: weights learn through h and c alone.
    """
    memory = seen.memory
    inner = slope * seen.gate * (1 - jnp.tanh(memory.c) ** 2)
    return Memory(
        h=memory.h - alpha * jax.lax.stop_gradient(slope),
        c=memory.c - alpha * jax.lax.stop_gradient(inner),
    )


def surprise_slope(params: Params, seen: Seen) -> jax.Array:
    """Slope [..., w] in h of -log p of the word that comes."""
    return jax.grad(lambda h: -log_chance(decode(params, h), seen.word).sum())(seen.memory.h)
