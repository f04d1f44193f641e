"""Schedule-free AdamW: an average of the iterates in place of a falling rate.

**Source**: Defazio, Yang, Mehta, Mishchenko, Khaled, Cutkosky: The Road Less Scheduled, 2024,
https://arxiv.org/abs/2405.15682, Algorithm 1; optax.contrib.schedule_free (_schedule_free.py read).

    y = (1 - b1) z + b1 x        the gradient is taken here
    z <- z - rate (g / (sqrt(v / (1 - b2^t)) + eps) + decay y)
    x <- (1 - c) x + c z        c = rate^2 / sum of rate^2; x is judged

**Differs from the paper**: (1) the weight of an iterate is the square of the largest rate so far, as in the library.

**Shapes**: those of the task's weights.
"""

import jax
import jax.numpy as jnp
import optax
import optax.contrib

from toybench.blocks.descent import Batch, Descent, Now, Slots, Weights, transformed
from toybench.methods.optimizers._parts import rates


class ScheduleFreeAdamW(Descent):
    """The weights that move are y, those that are judged x."""

    lr: float = 0.003  # peak learning rate, above 0
    decay: float = 0.01  # weight decay, 0 or more
    schedule: str = "constant"  # after the warm-up
    b1: float = 0.9  # share of the average in y, above 0 to 1
    b2: float = 0.999  # forgetting of the square, 0 to 1

    unit = 0.003
    space = {"lr": rates(0.00056)}

    def averaging(self, rate: jax.Array, decay: jax.Array) -> optax.GradientTransformationExtraArgs:
        """The library's transformation at one update's rate and decay; its memory doesn't depend on them."""
        square = optax.scale_by_rms(decay=self.b2, eps=1e-8, eps_in_sqrt=False, bias_correction=True)
        base = optax.chain(square, optax.add_decayed_weights(decay), optax.scale(-rate))
        return optax.contrib.schedule_free(base, learning_rate=rate, b1=self.b1)

    def start(self, weights: Weights) -> Slots:
        return self.averaging(jnp.ones(()), jnp.zeros(())).init(weights)

    def step(self, now: Now, weights: Weights, slots: Slots, batch: Batch, key: jax.Array) -> tuple[Weights, Slots]:
        gradient = jax.grad(self.spec.loss)(weights, batch)
        change, slots = transformed(self.averaging(now.rate, now.decay), gradient, slots, weights)
        return optax.apply_updates(weights, change), slots

    def judged(self, weights: Weights, slots: Slots) -> Weights:
        return optax.contrib.schedule_free_eval_params(slots, weights)
