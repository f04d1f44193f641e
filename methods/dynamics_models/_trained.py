"""What networks of a next state share: inputs, training by Adam, and the loss of the paper.

Shapes: b contexts, c states in a context.
"""

import abc
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import optim
from toybench.tasks.dynamics_models import Contexts, Moves

RATES = (0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512)  # learning rates
WIDTHS = (48, 48)  # units of the hidden layers


class State(NamedTuple):
    """Parameters and Adam's moments."""

    params: Any
    opt: Any


class Trained(Method):
    """Parameters trained by Adam on `loss`; its rate falls to 0 by a cosine."""

    lr: float = 0.01  # Adam's first learning rate, above 0

    @abc.abstractmethod
    def start(self, key: jax.Array) -> Any:
        """Parameters before training."""

    @abc.abstractmethod
    def loss(self, params: Any, moves: Moves, key: jax.Array) -> jax.Array:
        """What is minimised."""

    def init(self, key: jax.Array) -> State:
        params = self.start(key)
        return State(params=params, opt=self.optimizer.init(params))

    @property
    def optimizer(self) -> optax.GradientTransformation:
        return optim.adam(self.lr, self.steps)

    def update(self, state: State, batch: Moves, key: jax.Array) -> State:
        gradients = jax.grad(self.loss)(state.params, batch, key)
        params, opt = optim.descend(self.optimizer, gradients, state.opt, state.params)
        return State(params=params, opt=opt)


def flat(contexts: Contexts) -> jax.Array:
    """Contexts as vectors [b, 2 c]."""
    return contexts.states.reshape(len(contexts.states), -1)


def blank(states: int, size: int) -> jax.Array:
    """An input of the right shape, [1, size * states]."""
    return jnp.zeros((1, states * size))


def smooth_l1(answer: jax.Array, truth: jax.Array) -> jax.Array:
    """The mean over contexts of half the squared error of a coordinate, linear beyond 1, as in the authors' code."""
    return optax.huber_loss(answer, truth).mean()
