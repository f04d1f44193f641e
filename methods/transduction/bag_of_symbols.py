"""Logistic regression on how often each symbol stands in the source.

**Source**: none; the cheap control for questions about counts.

    p(yes | source) = sigmoid(w . counts + c),    descended by Adam

**Differs from the paper**: nothing.

**Shapes**: b texts, s places of a source, v symbols.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks.optim import adam, descend
from toybench.tasks.transduction import Pairs, Spec


class State(NamedTuple):
    """Weights [v + 1], the constant last, and the optimiser's state."""

    params: jax.Array
    opt: Any


class BagOfSymbols(Method):
    """It is blind to order."""

    lr: float = 0.1  # of Adam, decaying to 0 by a cosine

    deterministic = True
    space = {"lr": (0.01, 0.03, 0.1, 0.3, 1.0)}

    def fits(self, spec: Spec) -> str | None:
        return None if (spec.target_length, spec.target_symbols) == (1, 2) else "it answers yes or no, once"

    def optimizer(self) -> optax.GradientTransformation:
        return adam(self.lr, self.steps)

    def init(self, key: jax.Array) -> State:
        params = jnp.zeros(self.spec.source_symbols + 1)
        return State(params=params, opt=self.optimizer().init(params))

    def score(self, params: jax.Array, source: jax.Array) -> jax.Array:
        """Log-odds [b] of yes."""
        counts = jax.nn.one_hot(source, self.spec.source_symbols).sum(1)
        return counts @ params[:-1] + params[-1]

    def update(self, state: State, batch: Pairs, key: jax.Array) -> State:
        grads = jax.grad(lambda params: -self.judge(params, batch.source, batch.target).mean())(state.params)
        params, opt = descend(self.optimizer(), grads, state.opt, state.params)
        return State(params=params, opt=opt)

    def judge(self, params: jax.Array, source: jax.Array, target: jax.Array) -> jax.Array:
        """Log-probability [b, 1] of answers [b, 1]."""
        return jax.nn.log_sigmoid(jnp.where(target == 1, 1.0, -1.0) * self.score(params, source)[:, None])

    def log_prob(self, state: State, source: jax.Array, target: jax.Array) -> jax.Array:
        return self.judge(state.params, source, target)

    def decode(self, state: State, source: jax.Array) -> jax.Array:
        return (self.score(state.params, source) > 0).astype(jnp.int32)[:, None]
