"""Online subspace descent: Adam on a subspace that follows the gradient by online PCA.

**Source**: Liang, Liu, Chen, Liu: Memory-Efficient LLM Training with Online Subspace Descent, 2024,
https://arxiv.org/abs/2408.12857; read: `galore_torch/galore_projector.py` and `adamw.py`
(kyleliang919/Online-Subspace-Descent), type `continuous`.

    P = the first r left singular vectors of the first gradient G [a, c], a <= c; then after every update
    P <- P - rate_p (adam(gradient of |N - P P^T N|_F^2) + 0.01 P)        N = G / |G|_F, rate_p = factor / every
    R = P^T G        W <- W - rate (scale P adam(R) + decay W)

**Differs from the paper**: (1) as in the code and unlike the paper's equations, nothing keeps P orthonormal.
(2) Singular vectors from the eigenvectors of G G^T.

**Shapes**: a shorter side of a matrix, c longer side, r rank.
"""

import jax
import jax.numpy as jnp

from toybench.blocks.descent import Now
from toybench.methods.optimizers._low_rank import LowRank, Projectors, leading
from toybench.methods.optimizers._parts import Moments, adam, blank, rates, remember

PULL = 0.01  # weight decay of P: the default of the library's AdamW, which the authors use
TINY = 1e-30  # keeps the norm of a vanished gradient away from 0


class OnlineSubspaceDescent(LowRank):
    """Projectors that take a step of PCA at every update."""

    every: int = 200  # one over the rate of P, 1 or more; the authors' default

    paper = "liang2024memoryefficient"
    unit = 0.01
    space = {"lr": rates(0.0018)}

    def remembered(self, projectors: Projectors) -> Moments:
        return blank(projectors)

    def turn(
        self, now: Now, projectors: Projectors, memory: Moments, gradients: Projectors, key: jax.Array
    ) -> tuple[Projectors, Projectors, Moments]:
        def begin() -> tuple[Projectors, Projectors, Moments]:
            first = [leading(g, self.rank) for g in gradients]
            return first, first, memory

        def follow() -> tuple[Projectors, Projectors, Moments]:
            errors = [jax.grad(missing)(p, g) for p, g in zip(projectors, gradients, strict=True)]
            moments = remember(memory, errors, self.b1, self.b2)
            rate = now.factor / self.every
            steps = adam(moments, self.b1, self.b2)
            turned = [p - rate * (d + PULL * p) for p, d in zip(projectors, steps, strict=True)]
            return projectors, turned, moments

        return jax.lax.cond(now.done == 0, begin, follow)


def missing(projector: jax.Array, gradient: jax.Array) -> jax.Array:
    """The squared share of a gradient [a, c] that P P^T misses, as N = G / |G|_F has length 1."""
    unit = gradient / jnp.maximum(jnp.linalg.norm(gradient), TINY)
    return ((unit - projector @ (projector.T @ unit)) ** 2).sum()
