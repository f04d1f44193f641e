"""Polyak's step in the norm of the Hessian's diagonal, which is estimated from random signs.

**Source**: Abdukhakimov, Xiang, Kamzolov, Takac: Stochastic Gradient Descent with Preconditioned Polyak Step-size,
2023, https://arxiv.org/abs/2310.02093 (abstract), and the authors' code, fxrshed/ScaledSPS, `optimizers.py`, `PSPS`
without slack, and `utils.py`, `Hutch`.

    D <- beta D + (1 - beta) z * (H z)        D_hat = max(|D|, floor)
    w <- w - min(f / (c |g|^2_{D_hat^-1}), cap) D_hat^-1 g

**Differs from the paper**: (1) D starts as the mean of 10 probes on the first batch, which aren't charged; the code
has 100. (2) the floor is 1e-8; in the code, 0.1, it is as large as the loss's curvature in a column of size 1, and
hides the scale of smaller ones. (3) a cap; the code has none.

**Shapes**: those of the task's weights; k probes.
"""

import jax
import jax.numpy as jnp

from toybench.blocks.descent import Batch, Descent, Now, Slots, Weights
from toybench.methods.learning_rates._hutchinson import follow_diagonal, truncated
from toybench.methods.learning_rates._polyak import polyak_step


class PSPSHutchinson(Descent):
    """Polyak's step along the gradient over the Hessian's diagonal."""

    lr: float = 1.0  # multiple of the rule's own step, above 0
    schedule: str = "constant"  # cosine, linear, constant, inverse_sqrt or wsd
    warmup: float = 0.0  # share of the updates in which the multiple rises linearly, 0 to 1
    c: float = 1.0  # divisor of the step, above 0; the authors' value
    cap: float = 1e6  # largest step length, above 0
    beta: float = 0.999  # forgetting of the diagonal, 0 to 1; the authors' value
    floor: float = 1e-8  # least entry of the diagonal, above 0

    paper = "abdukhakimov2023stochastic"
    cost = 2
    unit = 1.0
    space = {"c": (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0), "cap": (1.0, 1e6)}

    def start(self, weights: Weights) -> Slots:
        return jax.tree.map(jnp.zeros_like, weights)

    def step(self, now: Now, weights: Weights, slots: Slots, batch: Batch, key: jax.Array) -> tuple[Weights, Slots]:
        loss, gradient = jax.value_and_grad(self.spec.loss)(weights, batch)
        diagonal = follow_diagonal(lambda w: self.spec.loss(w, batch), weights, slots, self.beta, now.done, key)
        step = polyak_step(loss, gradient, truncated(diagonal, self.floor), self.c, self.cap)
        return jax.tree.map(lambda w, s: w - now.rate * s, weights, step), diagonal
