"""Sophia: momentum over a running estimate of the Hessian's diagonal, clipped.

**Source**: Liu, Li, Hall, Liang, Ma: Sophia: A Scalable Stochastic Second-order Optimizer for Language Model
Pre-training, 2024, https://arxiv.org/abs/2305.14342, Algorithm 3 with the Hutchinson estimator; optax.contrib.sophia
(_sophia.py read).

    m <- b1 m + (1 - b1) g        every 10 updates: h <- b2 h + (1 - b2) z * (H z), z random signs
    w <- w - rate (clip(m / (1 - b1^t) / max(gamma h, eps), -1, 1) + decay w)

**Differs from the paper**: (1) signs instead of normal probes, as in the library. (2) The mean is corrected for its
start, as in the library. (3) A first step meets h = 0 and is clipped to signs.

**Shapes**: those of the task's weights.
"""

from typing import Any

import jax
import optax
import optax.contrib

from toybench.blocks import curvature
from toybench.blocks.descent import Batch, Descent, Now, Slots, Weights, transformed, walk
from toybench.methods.optimizers._parts import rates


class Sophia(Descent):
    """A clipped diagonal Newton step."""

    lr: float = 0.001  # peak learning rate, above 0
    decay: float = 0.01  # weight decay, 0 or more
    gamma: float = 0.01  # how soon a coordinate is clipped, above 0; the paper's for this estimator
    every: int = 10  # updates between two estimates, 1 or more

    unit = 0.001
    space = {"lr": rates(0.0001)}

    def clipped(self, key: jax.Array) -> optax.GradientTransformationExtraArgs:
        """The library's direction, with a probe from this update's key."""

        def estimate(_: Weights, state: Any, params: Weights, *, obj_fn: Any, **others: Any) -> tuple[Weights, Any]:
            return curvature.diagonal(obj_fn, params, key), state

        probe = optax.GradientTransformationExtraArgs(lambda _: optax.EmptyState(), estimate)
        return optax.contrib.sophia(
            learning_rate=-1.0,  # the library turns the sign, and this turns it back
            weight_decay=0.0,
            gamma=self.gamma,
            update_interval=self.every,
            hessian_diagonal_fn=probe,
        )

    def start(self, weights: Weights) -> Slots:
        return self.clipped(jax.random.key(0)).init(weights)

    def step(self, now: Now, weights: Weights, slots: Slots, batch: Batch, key: jax.Array) -> tuple[Weights, Slots]:
        def loss(at: Weights) -> jax.Array:
            return self.spec.loss(at, batch)

        gradient = jax.grad(loss)(weights)
        direction, slots = transformed(self.clipped(key), gradient, slots, weights, obj_fn=loss)
        return walk(weights, direction, now), slots
