"""Shampoo: the gradient between inverse fourth roots of its accumulated outer products.

**Source**: Gupta, Koren, Singer: Shampoo: Preconditioned Stochastic Tensor Optimization, ICML 2018,
https://arxiv.org/abs/1802.09568; its authors' code, google-research/google-research
`scalable_shampoo/pytorch/shampoo.py`, with beta2 = 1 and without grafting.

    L <- L + G G^T        R <- R + G^T G        M <- b M + (1 - b) G
    W <- W - rate L^(-1/4) M R^(-1/4)           a vector: w <- w - rate (sum g g^T)^(-1/2) m

**Differs from the paper**: 1. the gradient is averaged before it is preconditioned, b = 0.9, as Adam's is; the code has
Nesterov momentum after it. 2. L and R start at 0, and eigenvalues below a millionth of the largest count as that much,
instead of a start at a multiple of the identity. 3. roots are taken at each of the first 10 updates, and every 10 from
then on; `shampoo[every=1]` takes them at each.

**Shapes**: r rows, c columns, d a side's length.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench.blocks.descent import Batch, Descent, Now, Problem, Weights, walk
from toybench.blocks.matrices import inverse_root
from toybench.methods.optimizers._kronecker import multiply, outer, refuse_sweeps
from toybench.methods.optimizers._parts import rates

FLOOR = 1e-6  # of the largest eigenvalue


class Memory(NamedTuple):
    """Mean gradient, and for each leaf the sums L, R and their inverse roots."""

    mean: Weights
    sums: Weights
    roots: Weights


class Shampoo(Descent):
    """Two-sided AdaGrad of a matrix."""

    lr: float = 0.1  # peak learning rate, above 0
    b1: float = 0.9  # forgetting of the mean gradient, 0 to 1
    every: int = 10  # updates between two inverse roots, 1 or more

    paper = "gupta2018shampoo"
    unit = 0.1
    space = {"lr": rates(0.01)}

    def start(self, weights: Weights) -> Memory:
        zero = jax.tree.map(jnp.zeros_like, weights)
        sums = jax.tree.map(outer, zero)
        return Memory(mean=zero, sums=sums, roots=sums)

    def step(self, now: Now, weights: Weights, slots: Memory, batch: Batch, key: jax.Array) -> tuple[Weights, Memory]:
        gradient = jax.grad(self.spec.loss)(weights, batch)
        mean = jax.tree.map(lambda m, g: self.b1 * m + (1 - self.b1) * g, slots.mean, gradient)
        sums = jax.tree.map(jnp.add, slots.sums, jax.tree.map(outer, gradient))
        due = (now.done < self.every) | (now.done % self.every == 0)
        roots = jax.lax.cond(due, lambda: self.inverse_roots(weights, sums), lambda: slots.roots)
        direction = jax.tree.map(multiply, mean, roots)
        return walk(weights, direction, now), Memory(mean=mean, sums=sums, roots=roots)

    def inverse_roots(self, weights: Weights, sums: Weights) -> Weights:
        """Each side to the power -1 / (2 k), where a leaf has k sides."""
        return jax.tree.map(
            lambda _, sides: tuple(inverse_root(side, 2 * len(sides), FLOOR) for side in sides), weights, sums
        )

    def fits(self, spec: Problem) -> str | None:
        return refuse_sweeps(spec.swept)
