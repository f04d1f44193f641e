"""Optimal transport between samples, class by class, which new points follow by their nearest neighbour.

**Source**: a control: entropic plans of Cuturi, "Sinkhorn Distances", 2013 (from memory), within classes, as in domain
adaptation by Courty et al., "Optimal Transport for Domain Adaptation", 2017 (from memory); a discrete baseline of
Asadulaev, Korotin, Egiazarian, Mokrov and Burnaev, 2022, is of this kind.

    plan_c = argmin <plan, |x_i - y_j|^2> - eps entropy(plan),  x of class c, y of class c
    T(x_i) = sum_j plan_ij y_j / sum_j plan_ij;    T(x) = T(x_i) + x - x_i,  x_i the nearest source point

With `spread` a class has the unlabelled targets, too, that lie nearest to its labelled ones, in its share of them.

**Differs from the paper**: 1. costs are between points less the means of their classes, which leaves the best plan as
it is and keeps exponents small.

**Shapes**: c classes, m source and l target points of a class, n points, d coordinates.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.coupling import sinkhorn
from toybench.blocks.distances import squared_distances

ITERATIONS = 100  # of Sinkhorn's scalings


class Pairs(NamedTuple):
    """Source points [n, d] and where they go [n, d]."""

    source: jax.Array
    images: jax.Array


class DiscreteClassOT(Method):
    """A plan for every class."""

    eps: float = 0.003  # weight of the entropy, in squared distances, above 0
    spread: bool = True  # whether unlabelled targets count to the class that they are nearest to

    deterministic = True
    space = {"eps": (0.0003, 0.001, 0.003, 0.01), "spread": (False, True)}

    def targets(self) -> jax.Array:
        """Target points [c, l, d] of every class."""
        if not self.spread:
            return self.given.target
        share = len(self.given.unlabelled) // self.spec.classes

        def nearest(labelled: jax.Array) -> jax.Array:
            away = squared_distances(labelled, self.given.unlabelled).min(0)
            return self.given.unlabelled[jnp.argsort(away)[:share]]

        return jnp.concatenate([self.given.target, jax.vmap(nearest)(self.given.target)], axis=1)

    def init(self, key: jax.Array) -> Pairs:
        def carried(x: jax.Array, y: jax.Array) -> jax.Array:
            cost = squared_distances(x - x.mean(0)[None, :], y - y.mean(0)[None, :])
            plan = sinkhorn(cost, self.eps, ITERATIONS)
            return plan @ y / plan.sum(1, keepdims=True)

        images = jax.vmap(carried)(self.given.source, self.targets())
        dims = images.shape[-1]
        return Pairs(source=self.given.source.reshape(-1, dims), images=images.reshape(-1, dims))

    def transport(self, state: Pairs, x: jax.Array, key: jax.Array) -> jax.Array:
        nearest = squared_distances(x, state.source).argmin(1)
        return state.images[nearest] + x - state.source[nearest]
