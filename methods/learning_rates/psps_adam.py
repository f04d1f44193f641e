"""Polyak's step in the norm of Adam's preconditioner.

**Source**: Abdukhakimov, Xiang, Kamzolov, Takac: Stochastic Gradient Descent with Preconditioned Polyak Step-size,
2023, https://arxiv.org/abs/2310.02093 (abstract: the preconditioner is named), and the authors' code of the step,
fxrshed/ScaledSPS, `optimizers.py`, `PSPS` without slack.

    v <- b2 v + (1 - b2) g^2        D = sqrt(v / (1 - b2^t)) + eps
    w <- w - min(f / (c |g|^2_{D^-1}), cap) D^-1 g

**Differs from the paper**: (1) no mean of gradients: the step is along this batch's. (2) a cap; the code has none.

**Shapes**: those of the task's weights.
"""

import jax
import jax.numpy as jnp

from toybench.blocks.descent import Batch, Descent, Now, Slots, Weights
from toybench.methods.learning_rates._polyak import polyak_step


class PSPSAdam(Descent):
    """Polyak's step along the gradient over the root of its mean square."""

    lr: float = 1.0  # multiple of the rule's own step, above 0
    schedule: str = "constant"  # cosine, linear, constant, inverse_sqrt or wsd
    warmup: float = 0.0  # share of the updates in which the multiple rises linearly, 0 to 1
    c: float = 1.0  # divisor of the step, above 0
    cap: float = 1e6  # largest step length, above 0
    b2: float = 0.999  # forgetting of the square, 0 to 1
    eps: float = 1e-8  # added to the root, 0 or more

    paper = "abdukhakimov2023stochastic"
    unit = 1.0
    space = {"c": (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0), "cap": (1.0, 1e6)}

    def start(self, weights: Weights) -> Slots:
        return jax.tree.map(jnp.zeros_like, weights)

    def step(self, now: Now, weights: Weights, slots: Slots, batch: Batch, key: jax.Array) -> tuple[Weights, Slots]:
        loss, gradient = jax.value_and_grad(self.spec.loss)(weights, batch)
        square = jax.tree.map(lambda v, g: self.b2 * v + (1 - self.b2) * g**2, slots, gradient)
        seen = 1 - self.b2 ** (now.done + 1).astype(jnp.float32)
        diagonal = jax.tree.map(lambda v: jnp.sqrt(v / seen) + self.eps, square)
        step = polyak_step(loss, gradient, diagonal, self.c, self.cap)
        return jax.tree.map(lambda w, s: w - now.rate * s, weights, step), square
