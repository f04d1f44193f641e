"""Shampoo with forgetting, its step as long as Adam's: the form that is used in practice.

**Source**: the Shampoo that Vyas et al. compare SOAP with (SOAP: Improving and Stabilizing Shampoo using Adam, 2024,
https://arxiv.org/abs/2409.11321, abstract), after Gupta, Koren, Singer 2018 and Anil et al. 2020 (grafting).

    L <- b L + (1 - b) G G^T        R <- b R + (1 - b) G^T G        P = L^(-1/p) M R^(-1/p)
    W <- W - rate (|A| P / |P| + decay W)          A is Adam's direction; vectors go along A

**Differs from the paper**: 1. p = 4 as in Shampoo; `shampoo_grafted[power=2.0]` is the root of SOAP's theory.
2. eigenvalues below a millionth of the largest count as that much. 3. roots are taken every 10 updates.

**Shapes**: d a side's length; norms are Frobenius, of one leaf.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench.blocks.descent import Batch, Descent, Now, Problem, Weights, transformed, walk
from toybench.blocks.matrices import inverse_root
from toybench.methods.optimizers._kronecker import Sides, multiply, outer, refuse_sweeps
from toybench.methods.optimizers._parts import rates

FLOOR = 1e-6  # of the largest eigenvalue
TINY = 1e-30  # keeps the length of a vanished direction above 0


class Memory(NamedTuple):
    """Adam's memory, which holds the mean gradient, and for each leaf the averages L, R and their inverse roots."""

    adam: optax.ScaleByAdamState
    averages: Weights
    roots: Weights


class ShampooGrafted(Descent):
    """Shampoo's direction at Adam's length."""

    lr: float = 0.003  # peak learning rate, above 0
    decay: float = 0.0  # weight decay, 0 or more
    b1: float = 0.9  # forgetting of the mean gradient, 0 to 1
    b2: float = 0.95  # forgetting of L, R and of Adam's square, 0 to 1
    power: float = 4.0  # p: the inverse p-th root of either side
    every: int = 10  # updates between two inverse roots, 1 or more

    unit = 0.003
    space = {"lr": rates(0.00056)}

    def start(self, weights: Weights) -> Memory:
        averages = jax.tree.map(outer, jax.tree.map(jnp.zeros_like, weights))
        return Memory(adam=self.adam().init(weights), averages=averages, roots=averages)

    def adam(self) -> optax.GradientTransformation:
        """Adam's direction."""
        return optax.scale_by_adam(b1=self.b1, b2=self.b2)

    def step(self, now: Now, weights: Weights, slots: Memory, batch: Batch, key: jax.Array) -> tuple[Weights, Memory]:
        gradient = jax.grad(self.spec.loss)(weights, batch)
        lengths, adam = transformed(self.adam(), gradient, slots.adam, weights)
        averages = jax.tree.map(
            lambda a, s: self.b2 * a + (1 - self.b2) * s, slots.averages, jax.tree.map(outer, gradient)
        )
        due = now.done % self.every == 0
        roots = jax.lax.cond(due, lambda: self.inverse_roots(averages), lambda: slots.roots)
        direction = jax.tree.map(graft, lengths, adam.mu, roots)
        return walk(weights, direction, now), Memory(adam=adam, averages=averages, roots=roots)

    def inverse_roots(self, averages: Weights) -> Weights:
        """Each side to the power -1 / p."""
        return jax.tree.map(lambda side: inverse_root(side, self.power, FLOOR), averages)

    def fits(self, spec: Problem) -> str | None:
        return refuse_sweeps(spec.swept)


def graft(length: jax.Array, mean: jax.Array, roots: Sides) -> jax.Array:
    """The mean gradient between its roots, as long as the other direction; a vector goes along that one."""
    if mean.ndim == 1:
        return length
    direction = multiply(mean, roots)
    return direction * (jnp.linalg.norm(length) / jnp.maximum(jnp.linalg.norm(direction), TINY))
