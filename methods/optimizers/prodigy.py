"""Prodigy: Adam that finds its own learning rate from the distance travelled.

**Source**: Mishchenko, Defazio: Prodigy: An Expeditiously Adaptive Parameter-Free Learner, 2024,
https://arxiv.org/abs/2306.06101, Algorithm 4; optax.contrib.prodigy (_prodigy.py read).

    d <- max(d, r / |s|_1)        r <- sqrt(b2) r + d^2 rate <g, w_0 - w>        s <- sqrt(b2) s + d^2 g
    w <- w - d rate (m / (sqrt(v) + d eps) + decay w)        m and v of d g, as in Adam

**Differs from the paper**: (1) warm-up and cosine decay of `rate`, which the authors recommend, with the library's
safeguard for warm-up. (2) The rate stays at 1 and is not tuned, as the paper promises.

**Shapes**: those of the task's weights.
"""

import jax
import jax.numpy as jnp
import optax
import optax.contrib

from toybench.blocks.descent import Batch, Descent, Now, Slots, Weights, transformed


class Prodigy(Descent):
    """A rate in units of the distance to the solution, estimated on the way."""

    lr: float = 1.0  # multiple of the estimated rate, above 0
    decay: float = 0.01  # weight decay, 0 or more
    b1: float = 0.9  # forgetting of the mean, 0 to 1
    b2: float = 0.999  # forgetting of the square, 0 to 1
    first: float = 1e-6  # the estimate at the start, above 0; the paper's

    unit = 1.0

    def travelling(self, rate: jax.Array, decay: jax.Array) -> optax.GradientTransformationExtraArgs:
        """The library's transformation at one update's rate and decay; its memory doesn't depend on them."""
        return optax.contrib.prodigy(
            learning_rate=rate,
            betas=(self.b1, self.b2),
            estim_lr0=self.first,
            weight_decay=decay,
            safeguard_warmup=True,
        )

    def start(self, weights: Weights) -> Slots:
        return self.travelling(jnp.ones(()), jnp.zeros(())).init(weights)

    def step(self, now: Now, weights: Weights, slots: Slots, batch: Batch, key: jax.Array) -> tuple[Weights, Slots]:
        gradient = jax.grad(self.spec.loss)(weights, batch)
        change, slots = transformed(self.travelling(now.rate, now.decay), gradient, slots, weights)
        return optax.apply_updates(weights, change), slots
