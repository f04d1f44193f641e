"""Cloning that is told which gate an episode passes, and asked for two of them at test time.

**Source**: the baseline of Ajay, Du, Gupta, Tenenbaum, Jaakkola and Agrawal, "Is Conditional Generative Modeling all
you need for Decision-Making?", 2022, https://arxiv.org/abs/2211.15657 (cloning given the constraints; from memory).

    min  mean |u - tanh f(x, label)|^2;  act by f(x, sum of the wanted labels), or by one label after the other

**Differs from the paper**: 1. two hidden layers of 64 units, 2000 updates. 2. Asking for the wanted gates in turn, an
equal share of the episode each, is our control.

**Shapes**: b transitions, k numbers of an action, n episodes, c numbers of a label.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import optim, pointmass
from toybench.methods.offline_control._critics import Params, State, fresh, output
from toybench.tasks.offline_control import Batch, Spec, transitions


class Mind(NamedTuple):
    """Steps so far [], and what is wanted [n, c]."""

    step: jax.Array
    wanted: jax.Array


class ConditionalBC(Method):
    """A policy of the place and of a label."""

    lr: float = 0.003  # Adam's learning rate, above 0, decays to 0 by a cosine
    in_turn: bool = False  # whether it is asked for one gate after the other, not for all of them at once

    space = {"lr": (0.003, 0.0003, 0.001, 0.002, 0.005, 0.01, 0.03, 0.0001)}  # 0.003 comes first: ties are common

    def init(self, key: jax.Array) -> State:
        params = {"policy": fresh(key, self.spec.labels, self.spec.actions)}
        return State(params=params, target=(), opt=optim.adam(self.lr, self.steps).init(params))  # type: ignore[arg-type]

    def update(self, state: State, batch: Batch, key: jax.Array) -> State:
        known = transitions(self.given, batch)

        def loss(params: Params) -> jax.Array:
            return ((self.policy(params, known.x, known.label) - known.u) ** 2).mean()

        params, opt = optim.descend(
            optim.adam(self.lr, self.steps), jax.grad(loss)(state.params), state.opt, state.params
        )
        return state._replace(params=params, opt=opt)

    def policy(self, params: Params, x: jax.Array, label: jax.Array) -> jax.Array:
        """Actions [b, k] for labels [b, c]."""
        return jnp.tanh(output(params["policy"], self.spec.actions, x, label))

    def begin(self, state: State, wanted: jax.Array) -> Mind:
        return Mind(step=jnp.zeros(()), wanted=wanted)

    def act(self, state: State, mind: Mind, x: jax.Array, key: jax.Array) -> tuple[Mind, jax.Array]:
        label = mind.wanted
        if self.in_turn:
            rank = jnp.cumsum(mind.wanted, axis=-1)  # 1 for the first wanted gate, 2 for the second
            turn = jnp.floor(mind.step / pointmass.LENGTH * mind.wanted.sum(-1, keepdims=True)) + 1
            label = mind.wanted * (rank == turn).astype(rank.dtype)
        return mind._replace(step=mind.step + 1), self.policy(state.params, x, label)

    def fits(self, spec: Spec) -> str | None:
        return None if spec.labels > 1 else "it asks for several labels at once"
