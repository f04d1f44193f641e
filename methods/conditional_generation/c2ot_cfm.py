"""Flow matching on pairs of a minibatch assignment that is charged for crossing conditions.

**Source**: Cheng and Schwing, "The Curse of Conditions", 2025, https://arxiv.org/abs/2503.10636: the authors' code,
`c2ot/ot.py` (`search_for_w`, `sample_plan_with_labels`) and `moons.py` of https://github.com/hkchengrex/C2OT.

    cost of (x0_j, x1_i) = |x0_j - x1_i|^2 + w f(c_j, c_i)        a source point has the condition of its first partner
    labels: f = 2 [c_j != c_i], w = infinity;   values: f = (c_j - c_i)^2, w such that
    a share r of all costs is at most the cost of the same target's first pair

**Differs from the paper**: 1. batches of 64 instead of 1024 for the assignment. 2. partners are swapped in three sweeps
over all pairs instead of the Hungarian method. 3. w is searched anew in each batch, by 24 bisections of its logarithm;
theirs starts from the last batch's and takes at most 10 doublings and 10 bisections. 4. infinity is 1e4, theirs 1e6.

**Shapes**: b pairs, n points.
"""

from typing import Any

import flax.linen
import jax
import jax.numpy as jnp

from toybench.blocks.distances import squared_distances
from toybench.methods.conditional_generation._parts import (
    RATES,
    State,
    Trained,
    concatenated,
    matched,
    matching_loss,
    moved,
)
from toybench.tasks.conditional_generation import Batch, encode

INFINITE = 1e4  # weight of labels: a hundred times any squared distance
LEAST = 1e-3  # weight that is searched
MOST = 1e8  # the authors' bound
BISECTIONS = 24


class C2OTCFM(Trained):
    """Velocity of straight lines between pairs of conditional optimal transport."""

    share: float = 0.05  # r, of the pairs that stay possible, 0 to 1; the authors' 0.05

    paper = "cheng2025curse"
    space = {"lr": RATES}

    @property
    def network(self) -> flax.linen.Module:
        return concatenated(self.spec.width)

    def penalty(self, batch: Batch) -> jax.Array:
        """w f(c_i, c_j) [b, b]."""
        if self.spec.labels:
            crossing = batch.condition[:, None] != batch.condition[None, :]
            return INFINITE * jnp.where(crossing, 2.0, 0.0)
        gap = (batch.condition[:, None] - batch.condition[None, :]) ** 2
        return weight(squared_distances(batch.target, batch.start), gap, self.share) * gap

    def loss(self, params: Any, batch: Batch, key: jax.Array) -> jax.Array:
        pairs = matched(batch, self.penalty(batch))
        return matching_loss(self.network, params, pairs, encode(self.spec, batch.condition))

    def sample(self, state: State, start: jax.Array, condition: jax.Array, calls: int) -> jax.Array:
        return moved(self, state, start, condition, calls)


def possible(cost: jax.Array, gap: jax.Array, w: jax.Array) -> jax.Array:
    """Share of the pairs [b, b] whose cost with weight w is at most that of the row's first pair."""
    return (cost + w * gap <= jnp.diagonal(cost)[:, None]).mean(dtype=cost.dtype)


def weight(cost: jax.Array, gap: jax.Array, share: float | jax.Array) -> jax.Array:
    """The weight w [] that leaves this share of the pairs possible; 0 where fewer are without any weight."""

    def halve(_: int, ends: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        low, high = ends
        middle = 0.5 * (low + high)
        enough = possible(cost, gap, jnp.exp(middle)) >= share
        return jnp.where(enough, middle, low), jnp.where(enough, high, middle)

    ends = (jnp.log(jnp.asarray(LEAST)), jnp.log(jnp.asarray(MOST)))
    low, _ = jax.lax.fori_loop(0, BISECTIONS, halve, ends)
    return jnp.where(possible(cost, gap, jnp.zeros(())) < share, 0.0, jnp.exp(low))
