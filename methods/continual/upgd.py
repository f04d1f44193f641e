"""Utility-based perturbed gradient descent: useful weights move little, useless ones move and are perturbed.

**Source**: Elsayed and Mahmood, "Utility-based Perturbed Gradient Descent: An Optimizer for Continual Learning", 2023,
https://arxiv.org/abs/2302.03281 (weight-wise UPGD with first-order utility and global normalisation).

    U <- beta U + (1 - beta) (-g w)                               loss that zeroing a weight would cost
    w <- w (1 - lr decay) - 2 lr (g + sigma xi) (1 - sigmoid(U / (1 - beta^t) / max U))

**Differs from the paper**: 1. the factor 2, from the authors' published optimiser, so that utility 0 is plain gradient
descent. 2. max U, over all weights and without bias correction as in the authors' code, is kept from falling to 0 or
below, where the gate would turn round.

**Shapes**: b examples, d inputs, c classes.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench.methods.continual._plasticity import OnlineNetwork, State, descend, normal_like
from toybench.tasks.continual import Shown


class Utility(NamedTuple):
    """Trace of -g w for each weight, and steps so far, int32 []."""

    trace: Any
    steps: jax.Array


class UPGD(OnlineNetwork):
    """Global first-order utility."""

    paper = "elsayed2023utilitybased"

    lr: float = 0.2  # step size
    decay: float = 0.01  # weight decay per unit of step size
    sigma: float = 0.01  # standard deviation of the noise per unit of step size
    beta: float = 0.999  # decay of the utility trace; 0.999 in the authors' code

    space = {"lr": (0.1, 0.2, 0.3), "decay": (0.0, 0.01)}

    def remember(self, params: Any) -> Utility:
        return Utility(trace=jax.tree.map(jnp.zeros_like, params), steps=jnp.zeros((), jnp.int32))

    def learn(self, state: State, grads: Any, hidden: tuple, batch: Shown, key: jax.Array) -> State:
        old, steps = state.memory.trace, state.memory.steps + 1
        trace = jax.tree.map(lambda u, g, w: self.beta * u - (1 - self.beta) * g * w, old, grads, state.params)
        noise = normal_like(key, grads)
        gates = gate(trace, 1 - self.beta ** steps.astype(jnp.float32))
        step = jax.tree.map(
            lambda g, n, q, w: 2 * (g + self.sigma * n) * q + self.decay * w, grads, noise, gates, state.params
        )
        return State(params=descend(state.params, step, self.lr), memory=Utility(trace=trace, steps=steps))


def gate(trace: Any, correction: jax.Array) -> Any:
    """1 - sigmoid(trace / correction / largest trace): 1/2 for a weight without utility, less for a useful one."""
    largest = jnp.maximum(jnp.stack([u.max() for u in jax.tree.leaves(trace)]).max(), 1e-12)
    return jax.tree.map(lambda u: 1 - jax.nn.sigmoid(u / correction / largest), trace)
