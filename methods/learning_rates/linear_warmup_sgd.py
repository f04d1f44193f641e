"""Momentum whose rate rises linearly over the first steps, so that sharp curvature is left before it is at its peak.

**Source**: Gilmer, Ghorbani, Garg, Kudugunta, Neyshabur, Cardoze, Dahl, Nado, Firat: A Loss Curvature Perspective on
Training Instability in Deep Learning, 2021, https://arxiv.org/abs/2110.04369 (abstract), and the authors' code,
google/init2winit, `init2winit/schedules.py`, `prepend_linear_warmup` on a constant schedule.

    v <- beta v + g        w <- w - rate min(1, (t + 1) / (share T)) v

**Differs from the paper**: (1) the first factor is 1 / (share T), not 0. (2) the peak is held, without a decay.

**Shapes**: those of the task's weights.
"""

import jax
import jax.numpy as jnp

from toybench.blocks.descent import Batch, Descent, Now, Slots, Weights


class LinearWarmupSGD(Descent):
    """Momentum under a rising, then constant rate."""

    lr: float = 0.1  # peak learning rate, above 0
    schedule: str = "constant"  # what the rise multiplies: cosine, linear, constant, inverse_sqrt or wsd
    warmup: float = 0.0  # a further rise of the base's, 0 to 1; share is this rule's own
    share: float = 0.2  # share of the updates in which the rate rises, 0 to 1
    beta: float = 0.9  # share of the velocity that is kept, 0 to 1

    paper = "gilmer2021loss"
    unit = 0.1

    def start(self, weights: Weights) -> Slots:
        return jax.tree.map(jnp.zeros_like, weights)

    def rise(self, done: jax.Array) -> jax.Array:
        """The factor of the rate after so many updates."""
        return jnp.minimum(1.0, (done + 1).astype(jnp.float32) / jnp.maximum(self.share * self.updates, 1.0))

    def step(self, now: Now, weights: Weights, slots: Slots, batch: Batch, key: jax.Array) -> tuple[Weights, Slots]:
        gradient = jax.grad(self.spec.loss)(weights, batch)
        velocity = jax.tree.map(lambda v, g: self.beta * v + g, slots, gradient)
        rate = now.rate * self.rise(now.done)
        return jax.tree.map(lambda w, v: w - rate * v, weights, velocity), velocity
