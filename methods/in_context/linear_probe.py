"""Multinomial logistic regression on the pool: uses the labels directly, no demonstrations.

**Source**: Cox, "The Regression Analysis of Binary Sequences", 1958,
https://doi.org/10.1111/j.2517-6161.1958.tb00292.x; the linear probe of frozen features.

    minimises the mean cross-entropy of  softmax(W x + b)  on the pool

**Differs from the paper**: 1. several classes, fitted by Adam.

**Shapes**: b items, q queries, d features, c classes.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import nn, optim
from toybench.tasks.in_context._retrieval import Pool


class State(NamedTuple):
    """Weights and Adam's moments."""

    params: Any
    opt: Any


class LinearProbe(Method):
    """An upper reference for retrieval: it replaces the frozen predictor instead of serving it."""

    lr: float = 0.01  # Adam's learning rate, decayed to 0 by a cosine

    space = {"lr": (0.003, 0.01, 0.03)}

    @property
    def net(self) -> nn.MLP:
        return nn.MLP((self.spec.classes,))

    @property
    def optimizer(self) -> optax.GradientTransformation:
        return optim.adam(self.lr, self.steps)

    def init(self, key: jax.Array) -> State:
        params = nn.init(self.net, key, jnp.zeros((1, self.spec.features)))
        return State(params=params, opt=self.optimizer.init(params))

    def update(self, state: State, batch: Pool, key: jax.Array) -> State:
        def loss(params: Any) -> jax.Array:
            return optax.softmax_cross_entropy_with_integer_labels(self.net.apply(params, batch.x), batch.y).mean()

        params, opt = optim.descend(self.optimizer, jax.grad(loss)(state.params), state.opt, state.params)
        return State(params=params, opt=opt)

    def answer(self, state: State, query: jax.Array) -> jax.Array:
        return self.net.apply(state.params, query)
