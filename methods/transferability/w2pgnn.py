"""Graphons of a corpus' sources, and how near a mixture of them comes to the graphon of the downstream graphs.

**Source**: Cao, Xu, Yang, Wang, Zhang, Wang, Chen and Yang, "When to Pre-Train Graph Neural Networks? From Data
Generation Perspective!", 2023, https://arxiv.org/abs/2303.16458; abstract, and the authors' code
(github.com/caoyxuan/W2PGNN), `node_classification/estimate_feasibility.py`, `node_classification/cal_distance.py`,
`utils/learner.py`, `utils/other_gw.py`, `utils/simulator.py`. The text of the paper was not read beyond its abstract.

    score = - min over a in the simplex of GW(sum_i a_i B_i, G),   B_i, G graphons of sources and downstream graphs
    GW(B, G)^2 = min over plans P of sum_ijkl (B_ik - G_jl)^2 P_ij P_kl

A graphon is the mean of adjacency matrices, nodes sorted by degree, in square cells. GW is the Gromov-Wasserstein
distance: it matches places anew, so that the order doesn't matter. Proximal steps, P <- balanced P exp(-cost / step),
lower it without a blur by entropy (Xu, Luo, Zha and Carin, 2019, from memory).

**Differs from the paper**: 1. Of three ways to choose graphons that of one a source, "domain". 2. Cell means without
the released smoothing by total variation, whose weight, the width of a cell, would leave little but the density, by
which these graphons don't differ. 3. Mixtures are searched on a grid, by the distance that scores them. The authors
descend along an entropic distance with square loss (weight 1e-5) and score by one without entropy and with relative
entropy for the loss; here both have the square loss. 4. Two sources a corpus. 5. `mixture=mean` is what the authors
call "without alpha", `mixture=sources` is ours. 6. `distance=order` compares cells in the order of degrees instead.

**Shapes**: m corpora, s = 2 sources, g graphs, n nodes, k cells, a mixtures.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.transferability import mixtures

COUPLINGS = 30  # proximal steps of the matching
BALANCINGS = 20  # of rows and columns in each
STEP = 0.01  # what a cost is divided by; squared differences of chances are 0.01 to 0.3


def step_function(graphs: jax.Array, cells: int) -> jax.Array:
    """Mean [k, k] of graphs [g, n, n] in cells, nodes by falling degree; n is a multiple of k."""
    order = jnp.argsort(-graphs.sum(2), axis=1)
    rows = jnp.take_along_axis(graphs, order[:, :, None], axis=1)
    both = jnp.take_along_axis(rows, order[:, None, :], axis=2).mean(0)
    wide = len(both) // cells
    return both.reshape(cells, wide, cells, wide).mean((1, 3))


def matching_cost(one: jax.Array, other: jax.Array, plan: jax.Array) -> jax.Array:
    """What it costs [k, k] to match a place of one to a place of the other, while all others follow the plan."""
    left = (one**2).mean(1)[:, None]
    right = (other**2).mean(1)[None, :]
    return left + right - 2 * one @ plan @ other


def matching(one: jax.Array, other: jax.Array) -> jax.Array:
    """The plan [k, k] between the places of two symmetric matrices [k, k], all places of one weight."""
    cells = len(one)
    tiny = jnp.finfo(one.dtype).tiny

    def balance(plan: jax.Array, _: None) -> tuple[jax.Array, None]:
        plan = plan / plan.sum(0, keepdims=True)
        return plan / plan.sum(1, keepdims=True), None

    def match(plan: jax.Array, _: None) -> tuple[jax.Array, None]:
        kernel = plan * jnp.exp(-matching_cost(one, other, plan) / STEP) + tiny
        plan, _ = jax.lax.scan(balance, kernel, length=BALANCINGS)
        return plan / cells, None

    plan, _ = jax.lax.scan(match, jnp.full((cells, cells), 1 / cells**2), length=COUPLINGS)
    return plan


def gromov_wasserstein(one: jax.Array, other: jax.Array) -> jax.Array:
    """Distance [] of two symmetric matrices [k, k]."""
    plan = matching(one, other)
    return jnp.sqrt(jnp.maximum((matching_cost(one, other, plan) * plan).sum(), 0.0))


class W2PGNN(Method):
    """Distance to the hull of a corpus' graphons."""

    cells: int = 4  # along either side of a graphon; the authors have n / (log2 n + 1), 5 here, and it must divide n
    mixture: str = "best"  # `best` as in the paper, or the `mean`, or the better of the `sources`
    distance: str = "matched"  # `matched` anew, as in the paper, or by the `order` of degrees

    paper = "cao2023pretrain"
    deterministic = True
    space = {"cells": (4, 8, 16)}

    def feasibility(self, state: Any, corpora: jax.Array, downstream: jax.Array) -> jax.Array:
        target = step_function(downstream, self.cells)
        bases = jax.vmap(jax.vmap(lambda graphs: step_function(graphs, self.cells)))(corpora)
        mixed = mixtures(bases, self.mixture)
        return -jax.vmap(jax.vmap(lambda one: self.apart(one, target)))(mixed).min(1)

    def apart(self, one: jax.Array, other: jax.Array) -> jax.Array:
        """Distance [] of two step functions [k, k]."""
        if self.distance == "order":
            return jnp.sqrt(((one - other) ** 2).mean())
        return gromov_wasserstein(one, other)
