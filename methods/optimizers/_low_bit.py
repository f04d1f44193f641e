"""What the three Shampoos of the 4-bit paper share: the step, the quantiser, and the repair of eigenvectors.

They differ in how they keep the average of a side, and how they take its root.

    L <- b L + (1 - b) G G^T        R <- b R + (1 - b) G^T G        P = L^(-1/4) G R^(-1/4)
    M <- 0.9 M + P |G| / |P|        W <- W - rate (M + decay W)

Shapes: d a side's length.
"""

import abc
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench.blocks.descent import Batch, Descent, Now, Problem, State, Weights, walk
from toybench.methods.optimizers._kronecker import Sides, multiply, outer, refuse_sweeps

RIDGE = 1e-6  # of the largest eigenvalue, added before a root is taken; the authors'
BLOCK = 64  # entries of a row that share a scale; the authors'
TINY = 1e-30  # keeps the length of a vanished direction above 0


class Memory(NamedTuple):
    """Momentum, and in jax.tree's order for each leaf: how its sides' averages are kept, and the roots in use."""

    momentum: Weights
    kept: list[tuple[Any, ...]]
    roots: list[Sides]


class GraftedShampoo(Descent):
    """Shampoo at the gradient's length, with momentum; matrices only."""

    lr: float = 0.003  # peak learning rate, above 0
    decay: float = 0.0  # weight decay, 0 or more
    momentum: float = 0.9  # of the preconditioned gradient, 0 to 1; the authors'
    beta: float = 0.95  # forgetting of L and R, 0 to 1; the authors'
    every: int = 10  # updates between two inverse roots, 1 or more

    unit = 0.003
    space = {"lr": (0.0001, 0.00018, 0.00032, 0.00056, 0.001, 0.0018, 0.0032, 0.0056, 0.01, 0.018, 0.032, 0.056)}

    @abc.abstractmethod
    def keep(self, average: jax.Array, before: Any) -> Any:
        """How an average [d, d] is stored; `before` is how the one before it was, None at the start."""

    @abc.abstractmethod
    def recall(self, kept: Any) -> jax.Array:
        """The average [d, d] as it was stored."""

    @abc.abstractmethod
    def root(self, kept: Any) -> jax.Array:
        """The inverse fourth root [d, d] of a stored average, as it is stored itself."""

    def start(self, weights: Weights) -> Memory:
        sizes = [leaf.shape for leaf in jax.tree.leaves(weights)]
        return Memory(
            momentum=jax.tree.map(jnp.zeros_like, weights),
            kept=[tuple(self.keep(RIDGE * jnp.eye(d), None) for d in shape) for shape in sizes],
            roots=[tuple(jnp.eye(d) for d in shape) for shape in sizes],
        )

    def step(self, now: Now, weights: Weights, slots: Memory, batch: Batch, key: jax.Array) -> tuple[Weights, Memory]:
        gradients, tree = jax.tree.flatten(jax.grad(self.spec.loss)(weights, batch))
        kept = [self.absorb(sides, g) for sides, g in zip(slots.kept, gradients, strict=True)]
        due = (now.done + 1) % self.every == 0
        roots = jax.lax.cond(due, self.take_roots, lambda _: slots.roots, kept)
        steps = jax.tree.unflatten(tree, [graft(g, sides) for g, sides in zip(gradients, roots, strict=True)])
        momentum = jax.tree.map(lambda m, s: self.momentum * m + s, slots.momentum, steps)
        return walk(weights, momentum, now), Memory(momentum=momentum, kept=kept, roots=roots)

    def absorb(self, sides: tuple[Any, ...], gradient: jax.Array) -> tuple[Any, ...]:
        """The stored averages of a leaf's sides with a gradient in them."""
        statistics = outer(gradient)
        return tuple(
            self.keep(self.beta * self.recall(kept) + (1 - self.beta) * statistic, kept)
            for kept, statistic in zip(sides, statistics, strict=True)
        )

    def take_roots(self, kept: list[tuple[Any, ...]]) -> list[Sides]:
        """The roots of every leaf's sides."""
        return [tuple(self.root(side) for side in sides) for sides in kept]

    def roots(self, state: State) -> Sides:
        """The roots that the first leaf's gradient stands between."""
        return state.slots.roots[0]

    def fits(self, spec: Problem) -> str | None:
        if "vector" in spec.roles:
            return "it is for matrices only, and some weights are vectors"
        return refuse_sweeps(spec.swept)


def graft(gradient: jax.Array, roots: Sides) -> jax.Array:
    """The gradient between its roots, at its own length."""
    direction = multiply(gradient, roots)
    return direction * (jnp.linalg.norm(gradient) / jnp.maximum(jnp.linalg.norm(direction), TINY))


def levels(bits: int) -> jax.Array:
    """The linear square code: sign(l) l^2 of equally spaced l from -1 to 1, the last below the middle moved to 0."""
    count = 2**bits
    spaced = jnp.linspace(-1.0, 1.0, count).at[count // 2 - 1].set(0.0)
    return jnp.sign(spaced) * spaced**2


def quantise(matrix: jax.Array, bits: int) -> jax.Array:
    """The nearest storable matrix [d, d]: levels times the largest magnitude of each block of a row."""
    blocks = matrix.reshape(-1, min(BLOCK, matrix.shape[1]))
    largest = jnp.abs(blocks).max(1, keepdims=True)
    scale = jnp.where(largest > 0, largest, 1.0)
    code = levels(bits)
    place = jnp.searchsorted((code[1:] + code[:-1]) / 2, blocks / scale)
    return (code[place] * scale).reshape(matrix.shape)


def quantise_off_diagonal(matrix: jax.Array, bits: int) -> jax.Array:
    """The same, with the diagonal in 32 bits and out of the scales."""
    diagonal = jnp.diag(jnp.diagonal(matrix))
    return quantise(matrix - diagonal, bits) * (1 - jnp.eye(len(matrix))) + diagonal


def orthonormalise(vectors: jax.Array, times: int) -> jax.Array:
    """Bjorck's iteration V <- 1.5 V - 0.5 V V^T V, which makes nearly orthonormal vectors [d, d] more so."""
    for _ in range(times):
        vectors = 1.5 * vectors - 0.5 * vectors @ vectors.T @ vectors
    return vectors


def fourth_root(values: jax.Array, vectors: jax.Array) -> jax.Array:
    """V^T (values + ridge)^(-1/4) V, for eigenvectors as rows; the ridge is a share of the largest value."""
    lifted = jnp.maximum(values, 0.0) + RIDGE * values.max()
    return (vectors.T * lifted[None] ** -0.25) @ vectors
