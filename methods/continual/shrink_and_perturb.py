"""Weights shrink towards zero and are perturbed a little, at every step.

**Source**: Ash and Adams, "On Warm-Starting Neural Network Training", 2020, https://arxiv.org/abs/1910.08475, in the
form of every step used by Dohare et al., "Loss of Plasticity in Deep Continual Learning", 2023,
https://arxiv.org/abs/2306.13812.

    w <- w (1 - lr decay) - lr (g + sigma xi),   xi ~ N(0, 1)

**Differs from the paper**: 1. at every step with a small strength, as in the second source; the first one shrinks once,
before data are added. 2. the noise is scaled by the step size, as in UPGD's experiments.

**Shapes**: b examples, d inputs, c classes.
"""

from typing import Any

import jax

from toybench.methods.continual._plasticity import OnlineNetwork, State, descend, normal_like
from toybench.tasks.continual import Shown


class ShrinkAndPerturb(OnlineNetwork):
    """With sigma = 0 it is `l2`."""

    lr: float = 0.2  # step size
    decay: float = 0.01  # weight decay per unit of step size
    sigma: float = 0.01  # standard deviation of the noise per unit of step size

    space = {"lr": (0.1, 0.2, 0.3), "decay": (0.0, 0.01)}

    def learn(self, state: State, grads: Any, hidden: tuple, batch: Shown, key: jax.Array) -> State:
        noise = normal_like(key, grads)
        step = jax.tree.map(lambda g, w, n: g + self.decay * w + self.sigma * n, grads, state.params, noise)
        return State(params=descend(state.params, step, self.lr), memory=())
