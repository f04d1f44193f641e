"""SOAP: Adam in the slowly turning eigenbasis of Shampoo's factors.

**Source**: Vyas, Morwani, Zhao, Shapira, Brandfonbrener, Janson, Kakade: SOAP: Improving and Stabilizing Shampoo using
Adam, ICLR 2025, https://arxiv.org/abs/2409.11321; the authors' code, nikhilvyas/SOAP `soap.py`.

    L <- b2 L + (1 - b2) G G^T        R <- b2 R + (1 - b2) G^T G
    M <- b1 M + (1 - b1) G            V <- b2 V + (1 - b2) (Ql^T G Qr)^2
    W <- W - rate (Ql [(Ql^T M Qr) / (1 - b1^t) / (sqrt(V / (1 - b2^t)) + eps)] Qr^T + decay W)
    every few updates: Ql <- qr(L Ql), its columns sorted by q^T L q beforehand, and V with them; Qr likewise

The first batch only sets L, R and their exact eigenvectors. Vectors are left to Adam.

**Differs from the paper**: 1. eps stands beside the root of the corrected square, as in Adam. 2. L and R forget at b2
from the first batch on; the code's first average after that batch holds the second batch alone.

**Shapes**: d a side's length.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench.blocks.descent import Batch, Descent, Now, Problem, Weights, walk
from toybench.methods.optimizers._kronecker import Sides, outer, refuse_sweeps
from toybench.methods.optimizers._parts import rates

EPS = 1e-8  # the paper's


class Leaf(NamedTuple):
    """What is kept for one leaf: mean gradient, mean square in the basis, averages L, R and bases [d, d]."""

    mean: jax.Array
    square: jax.Array
    averages: Sides
    bases: Sides


class SOAP(Descent):
    """Adam in a turning basis."""

    lr: float = 0.003  # peak learning rate, above 0
    decay: float = 0.0  # weight decay, 0 or more
    b1: float = 0.95  # forgetting of the mean gradient, 0 to 1; the paper's
    b2: float = 0.95  # forgetting of L, R and the square, 0 to 1; the paper's
    every: int = 10  # updates between two turns of the basis, 1 or more

    paper = "vyas2024soap"
    unit = 0.003
    space = {"lr": rates(0.00056)}

    def start(self, weights: Weights) -> list[Leaf]:
        """One entry a leaf, in jax.tree's order."""
        return [self.blank(leaf) for leaf in jax.tree.leaves(weights)]

    def blank(self, leaf: jax.Array) -> Leaf:
        """Nothing seen yet; vectors have no basis."""
        averages = outer(jnp.zeros_like(leaf)) if leaf.ndim == 2 else ()
        zero = jnp.zeros_like(leaf)
        return Leaf(mean=zero, square=zero, averages=averages, bases=tuple(jnp.eye(len(side)) for side in averages))

    def step(
        self, now: Now, weights: Weights, slots: list[Leaf], batch: Batch, key: jax.Array
    ) -> tuple[Weights, list[Leaf]]:
        gradient = jax.grad(self.spec.loss)(weights, batch)
        gradients, tree = jax.tree.flatten(gradient)
        first = now.done == 0
        steps = [self.adam(leaf, g, now.done) for leaf, g in zip(slots, gradients, strict=True)]
        direction = jax.tree.unflatten(tree, [d for d, _ in steps])
        walked = walk(weights, direction, now)
        moved = jax.tree.map(lambda old, new: jnp.where(first, old, new), weights, walked)
        turned = [self.turn(leaf, g, now.done) for (_, leaf), g in zip(steps, gradients, strict=True)]
        return moved, turned

    def adam(self, leaf: Leaf, gradient: jax.Array, count: jax.Array) -> tuple[jax.Array, Leaf]:
        """(direction, memory) at update `count`; the first batch counts for nothing."""
        seen = jnp.where(count == 0, 0.0, 1.0)
        mean = seen * (self.b1 * leaf.mean + (1 - self.b1) * gradient)
        square = seen * (self.b2 * leaf.square + (1 - self.b2) * into(gradient, leaf.bases) ** 2)
        times = jnp.maximum(count, 1).astype(jnp.float32)
        corrected = jnp.sqrt(square / (1 - self.b2**times)) + EPS
        inside = into(mean, leaf.bases) / (1 - self.b1**times) / corrected
        return back(inside, leaf.bases), leaf._replace(mean=mean, square=square)

    def turn(self, leaf: Leaf, gradient: jax.Array, count: jax.Array) -> Leaf:
        """The averages with this gradient in them, and from time to time the bases after them."""
        if not leaf.averages:
            return leaf
        keep = jnp.where(count == 0, 0.0, self.b2)
        averages = tuple(keep * a + (1 - keep) * s for a, s in zip(leaf.averages, outer(gradient), strict=True))
        leaf = leaf._replace(averages=averages)
        choice = jnp.where(count == 0, 2, jnp.where(count % self.every == 0, 1, 0))
        return jax.lax.switch(choice, (lambda same: same, turned, begun), leaf)

    def fits(self, spec: Problem) -> str | None:
        return refuse_sweeps(spec.swept)


def into(matrix: jax.Array, bases: Sides) -> jax.Array:
    """Ql^T G Qr."""
    return bases[0].T @ matrix @ bases[1] if bases else matrix


def back(matrix: jax.Array, bases: Sides) -> jax.Array:
    """Ql N Qr^T."""
    return bases[0] @ matrix @ bases[1].T if bases else matrix


def begun(leaf: Leaf) -> Leaf:
    """With the exact eigenvectors, largest eigenvalue first."""
    return leaf._replace(bases=tuple(jnp.linalg.eigh(average)[1][:, ::-1] for average in leaf.averages))


def turned(leaf: Leaf) -> Leaf:
    """After one power step a side; rows and columns of the square follow the sorting."""
    bases = []
    square = leaf.square
    for axis, (average, basis) in enumerate(zip(leaf.averages, leaf.bases, strict=True)):
        grown = average @ basis
        order = jnp.argsort((basis * grown).sum(0), descending=True)
        square = jnp.take(square, order, axis=axis)
        bases.append(jnp.linalg.qr(grown[:, order])[0])
    return leaf._replace(square=square, bases=tuple(bases))
