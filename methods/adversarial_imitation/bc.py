"""Behavioural cloning: regression of the expert's actions on its states; nothing is tried out.

**Source**: a control for Blondé, Strasser and Kalousis, "Lipschitzness Is All You Need To Tame Off-policy Generative
Adversarial Imitation Learning", 2022, https://arxiv.org/abs/2006.16785; Pomerleau, "Efficient Training of Artificial
Neural Networks for Autonomous Navigation", 1991 (from memory).

    pi descends  mean_expert |pi(x) - u|^2

**Differs from the paper**: 1. AdamW, full batches, the actor's network of the adversarial methods.

**Shapes**: n states, m demonstrated pairs.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import optim
from toybench.blocks.nn import init
from toybench.methods.adversarial_imitation._adversary import ACTOR, action_of
from toybench.tasks.adversarial_imitation import Transitions


class State(NamedTuple):
    """The actor's parameters and the optimiser's state."""

    params: Any
    adam: optax.OptState


class BC(Method):
    """Takes as many updates as the others' critics."""

    lr: float = 0.001  # learning rate
    decay: float = 1.0  # weight decay, 0 or more

    space = {"lr": (0.0003, 0.001, 0.003), "decay": (0.0, 1.0, 4.0)}

    def optimizer(self) -> optax.GradientTransformation:
        return optim.lenient(optax.adamw(self.lr, weight_decay=self.decay))

    def init(self, key: jax.Array) -> State:
        params = init(ACTOR, key, jnp.zeros(2))
        return State(params=params, adam=self.optimizer().init(params))

    def update(self, state: State, batch: Transitions, key: jax.Array) -> State:
        def loss(params: Any) -> jax.Array:
            return ((action_of(params, self.given.x) - self.given.u) ** 2).sum(-1).mean()

        def step(state: State, _: None) -> tuple[State, None]:
            gradient = jax.grad(loss)(state.params)
            params, adam = optim.descend(self.optimizer(), gradient, state.adam, state.params)
            return State(params=params, adam=adam), None

        return jax.lax.scan(step, state, None, length=self.spec.updates)[0]

    def act(self, state: State, x: jax.Array) -> jax.Array:
        return action_of(state.params, x)

    def explore(self, state: State, x: jax.Array, noise: jax.Array) -> jax.Array:
        return self.act(state, x)

    def reward(self, state: State, x: jax.Array, u: jax.Array) -> jax.Array:
        return jnp.zeros(len(x))

    def value(self, state: State, x: jax.Array, u: jax.Array) -> jax.Array:
        return jnp.zeros(len(x))
