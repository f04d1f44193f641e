"""A gated cell that makes a parent of two children, and how networks that compose with it are trained.

Shapes: b expressions, t tokens, d width, v values.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench.blocks import optim
from toybench.blocks.attention import Norm
from toybench.blocks.nn import MLP
from toybench.blocks.nn import init as initialise
from toybench.tasks.tree_composition import TreeSpec

WIDTH = 16  # of an item; 128 in the authors' code
HIDDEN = 32  # of the cell's layer; 4 widths in the authors' code
RATES = (3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)


class State(NamedTuple):
    """The network's parameters and Adam's moments."""

    params: Any
    moments: Any


class Parts(nn.Module):
    """What all trees are made of: items of tokens, parents, their scores, and scores of values."""

    symbols: int
    answers: int

    def setup(self) -> None:
        self.embed = nn.Embed(self.symbols, WIDTH)
        self.enter = nn.Dense(WIDTH)
        self.enter_norm = Norm()
        self.hidden = nn.Dense(HIDDEN)
        self.contents = nn.Dense(4 * WIDTH)
        self.parent_norm = Norm()
        self.decide = nn.Dense(1)
        self.read = MLP(widths=(WIDTH, self.answers))

    def leaves(self, tokens: jax.Array) -> jax.Array:
        """Items [..., t, d] of tokens."""
        return self.enter_norm(self.enter(self.embed(tokens)))

    def compose(self, left: jax.Array, right: jax.Array) -> jax.Array:
        """Parents [..., d]: norm(f l + g r + i p), with three gates."""
        contents = self.contents(nn.gelu(self.hidden(jnp.concatenate([left, right], axis=-1))))
        first, second, third, parent = jnp.split(contents, 4, axis=-1)
        return self.parent_norm(nn.sigmoid(first) * left + nn.sigmoid(second) * right + nn.sigmoid(third) * parent)

    def score(self, parents: jax.Array) -> jax.Array:
        """How good it is to make these, [...]."""
        return self.decide(parents)[..., 0]

    def answer(self, root: jax.Array) -> jax.Array:
        """Scores of the values, [..., v]."""
        return self.read(root)

    def __call__(self, tokens: jax.Array) -> jax.Array:
        """Everything once, for the parameters' shapes."""
        h = self.leaves(tokens)
        parents = self.compose(h, h)
        return self.answer(parents) + self.score(parents)[..., None]


def parts(spec: TreeSpec) -> Parts:
    return Parts(symbols=spec.symbols, answers=spec.values)


def begin(module: nn.Module, key: jax.Array, lr: Any, steps: int) -> State:
    """Random parameters, and Adam's moments 0."""
    params = initialise(module, key, jnp.zeros((1, 2), jnp.int32))
    return State(params=params, moments=optim.adam(lr, steps).init(params))


def fit(logits: Callable[[Any], jax.Array], state: State, value: jax.Array, lr: Any, steps: int) -> State:
    """One step of Adam, whose rate decays to 0 by a cosine, on the mean -log p of the values."""

    def loss(params: Any) -> jax.Array:
        return -jnp.take_along_axis(jax.nn.log_softmax(logits(params)), value[:, None], axis=1).mean()

    params, moments = optim.descend(optim.adam(lr, steps), jax.grad(loss)(state.params), state.moments, state.params)
    return State(params=params, moments=moments)


def merged(items: jax.Array, place: jax.Array, parent: jax.Array) -> jax.Array:
    """Items [t, d] after the one at a place and the next have become their parent [d]; the last one stays twice."""
    index = jnp.arange(len(items))[:, None]
    onward = jnp.concatenate([items[1:], items[-1:]])
    return jnp.where(index < place, items, jnp.where(index == place, parent[None], onward))
