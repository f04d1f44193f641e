"""Incremental learning: the same gated recurrent network, fitted anew to the latest hours at regular intervals.

**Source**: baseline of Ayoub et al., "Liquid Neural Network-based Adaptive Learning vs. Incremental Learning for Link
Load Prediction amid Concept Drift due to Network Failures", 2024, https://arxiv.org/abs/2404.05304.

    every W hours:  theta <- `updates` steps of Adam from theta on windows that end in the last W hours

**Differs from the paper**: 1. a gated recurrent network, with as many units as the liquid ones, instead
of a multilayer perceptron.

**Shapes**: b batch, w hours of a window, l links.
"""

import jax
import jax.numpy as jnp

from toybench.blocks import optim
from toybench.methods.continual._forecasters import GRU, State
from toybench.tasks.continual import Traffic


class GRUIncremental(GRU):
    """Waits up to W hours before it can react."""

    every: int = 24  # W, hours between refits, at most 96; the paper compares several
    updates: int = 100  # steps of Adam in a refit

    def adapt(self, state: State, batch: Traffic, key: jax.Array) -> State:
        due = batch.hour % self.every == self.every - 1
        return jax.lax.cond(due, lambda: self.refit(state, batch.recent, key), lambda: state)

    def refit(self, state: State, recent: jax.Array, key: jax.Array) -> State:
        """Fitted to the hours since the last refit, of all links [l, h]."""
        w, b = self.spec.window, 32
        draw = jax.random.uniform(key, (self.updates, b, 2))
        link = (draw[..., 0] * len(recent)).astype(jnp.int32)
        first = recent.shape[1] - self.every - w + (draw[..., 1] * self.every).astype(jnp.int32)
        tuner = optim.adam(self.lr, self.updates)

        def step(carry: tuple, place: tuple) -> tuple:
            params, opt = carry
            span = recent[place[0][:, None], place[1][:, None] + jnp.arange(w + 1)[None, :]]
            grads = jax.grad(lambda p: ((self.read(p, span[:, :-1]) - span[:, -1]) ** 2).mean())(params)
            return optim.descend(tuner, grads, opt, params), None

        (params, _), _ = jax.lax.scan(step, (state.params, tuner.init(state.params)), (link, first))
        return State(params=params, opt=state.opt)
