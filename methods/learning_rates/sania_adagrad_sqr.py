"""SANIA with AdaGrad's preconditioner without the root: a Polyak step that is invariant to the scale of the data.

**Source**: Abdukhakimov, Xiang, Kamzolov, Gower, Takac: SANIA: Polyak-type Optimization Framework Leads to Scale
Invariant Stochastic Algorithms, 2023, https://arxiv.org/abs/2312.17369 (abstract), and the authors' code,
fxrshed/SANIA, `SANIA/sania_adagrad_sqr.py` and `experiments/methods.py`.

    B <- B + g^2        v = 2 f / |g|^2_{B^-1}
    w <- w - lam B^-1 g        lam = 1 - sqrt(1 - v) where v < 1, else 1

**Differs from the paper**: (1) entries of B below eps count as eps, which is 0 here, as the invariance asks; in the
package it is 0.1, and the code of the experiments adds 1e-8 to every entry instead. (2) lam is
v / (1 + sqrt(1 - v)), the same without cancellation.

**Shapes**: those of the task's weights.
"""

import jax
import jax.numpy as jnp

from toybench.blocks.curvature import inner
from toybench.blocks.descent import Batch, Descent, Now, Slots, Weights

TINY = 1e-37  # keeps a column without gradient so far from dividing 0 by 0


class SANIAAdaGradSQR(Descent):
    """Polyak's step of second order along the gradient over its summed square."""

    lr: float = 1.0  # multiple of the rule's own step, above 0
    schedule: str = "constant"  # cosine, linear, constant, inverse_sqrt or wsd
    warmup: float = 0.0  # share of the updates in which the multiple rises linearly, 0 to 1
    eps: float = 0.0  # least entry of the preconditioner, 0 or more

    paper = "abdukhakimov2023sania"
    unit = 1.0

    def start(self, weights: Weights) -> Slots:
        return jax.tree.map(jnp.zeros_like, weights)

    def step(self, now: Now, weights: Weights, slots: Slots, batch: Batch, key: jax.Array) -> tuple[Weights, Slots]:
        loss, gradient = jax.value_and_grad(self.spec.loss)(weights, batch)
        squares = jax.tree.map(lambda b, g: b + g**2, slots, gradient)
        scaled = jax.tree.map(lambda g, b: g / jnp.maximum(jnp.maximum(b, self.eps), TINY), gradient, squares)
        v = jnp.minimum(2 * loss / jnp.maximum(inner(gradient, scaled), TINY), 1.0)
        lam = v / (1 + jnp.sqrt(1 - v))
        return jax.tree.map(lambda w, d: w - now.rate * lam * d, weights, scaled), squares
