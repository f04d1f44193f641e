"""Adam in a low-rank view of every linear map's gradient; embedding, head and vectors have Adam as it is.

Shapes: a shorter side of a matrix, c longer side, r rank. A square matrix is projected on its input side.
"""

import abc
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench.blocks.descent import Batch, Descent, Now, Weights, walk
from toybench.methods.optimizers._parts import Moments, adam, blank, remember, roles

Projectors = list[jax.Array]  # [a, r], one for each linear map, in jax.tree's order


class View(NamedTuple):
    """Adam's averages of the projected gradients, the projectors, and what their rule remembers."""

    moments: Moments
    projectors: Projectors
    memory: Any


class LowRank(Descent):
    """Adam's memory holds r numbers for every a of a linear map; subclasses say how the projectors turn."""

    lr: float = 0.01  # peak learning rate, above 0
    decay: float = 0.01  # weight decay, 0 or more
    rank: int = 4  # r
    scale: float = 0.25  # length of a projected step over that of Adam's, above 0; GaLore's alpha
    b1: float = 0.9  # forgetting of the mean, 0 to 1
    b2: float = 0.999  # forgetting of the square, 0 to 1

    @abc.abstractmethod
    def remembered(self, projectors: Projectors) -> Any:
        """The memory of the projectors' rule before the first update."""

    @abc.abstractmethod
    def turn(
        self, now: Now, projectors: Projectors, memory: Any, gradients: Projectors, key: jax.Array
    ) -> tuple[Projectors, Projectors, Any]:
        """(projectors of this update, those to keep, memory), given the linear maps' gradients [a, c]."""

    def start(self, weights: Weights) -> View:
        matrices = [upright(leaf) for leaf, linear in self.marked(weights) if linear]
        projectors = [jnp.zeros((len(matrix), self.rank)) for matrix in matrices]
        low = self.project(projectors, weights)
        return View(moments=blank(low), projectors=projectors, memory=self.remembered(projectors))

    def step(self, now: Now, weights: Weights, slots: View, batch: Batch, key: jax.Array) -> tuple[Weights, View]:
        gradient = jax.grad(self.spec.loss)(weights, batch)
        matrices = [upright(leaf) for leaf, linear in self.marked(gradient) if linear]
        used, kept, memory = self.turn(now, slots.projectors, slots.memory, matrices, key)
        moments = remember(slots.moments, self.project(used, gradient), self.b1, self.b2)
        direction = self.back(used, adam(moments, self.b1, self.b2), weights)
        return walk(weights, direction, now), View(moments=moments, projectors=kept, memory=memory)

    def marked(self, weights: Weights) -> list[tuple[jax.Array, bool]]:
        """Every leaf, and whether it is a linear map."""
        leaves = jax.tree.leaves(weights)
        return [(leaf, role == "linear") for leaf, role in zip(leaves, roles(self.spec, weights), strict=True)]

    def project(self, projectors: Projectors, gradient: Weights) -> list[jax.Array]:
        """Linear maps as [r, c], other leaves as they are."""
        ready = iter(projectors)
        return [next(ready).T @ upright(leaf) if linear else leaf for leaf, linear in self.marked(gradient)]

    def back(self, projectors: Projectors, low: list[jax.Array], weights: Weights) -> Weights:
        """A direction of the weights' shapes."""
        ready = iter(projectors)
        full = [
            self.scale * like(next(ready) @ step, leaf) if linear else step
            for step, (leaf, linear) in zip(low, self.marked(weights), strict=True)
        ]
        return jax.tree.unflatten(jax.tree.structure(weights), full)


def upright(matrix: jax.Array) -> jax.Array:
    """A matrix with its shorter side first."""
    return matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T


def like(step: jax.Array, matrix: jax.Array) -> jax.Array:
    """A step [a, c] the way round that the matrix is."""
    return step if step.shape == matrix.shape else step.T


def leading(matrix: jax.Array, rank: int) -> jax.Array:
    """The first left singular vectors [a, r] of a matrix [a, c]."""
    vectors = jnp.linalg.eigh(matrix @ matrix.T)[1]
    return vectors[:, ::-1][:, :rank]
