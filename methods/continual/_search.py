"""Neural weight search: hidden weights are segments of a frozen pool, chosen by the nearest of trained temporary ones.

Shapes: k codewords, s length of a segment.
"""

import math
from typing import Any

import jax

from toybench.methods.continual._nets import TaskNets, per_task, straight_through
from toybench.tasks.continual import CODEWORDS, SEGMENT, Net


def nearest(weights: jax.Array, pool: jax.Array) -> tuple[jax.Array, jax.Array]:
    """(weights [in, out] made of the pool's nearest segments, their indices [in out / s])."""
    segments = weights.T.reshape(-1, SEGMENT)
    index = ((pool**2).sum(-1)[None, :] - 2 * segments @ pool.T).argmin(-1)
    return pool[index].reshape(weights.T.shape).T, index


class WeightSearch(TaskNets):
    """Base of the searches: a subclass says which pools it searches."""

    commitment: float = 0.01  # weight of the squared distance to the chosen segments; the paper leaves it small

    space = {"lr": (0.003, 0.01, 0.03), "commitment": (0.0, 0.01)}

    def pools(self) -> tuple[jax.Array, jax.Array]:
        """Pools [k, s] of both hidden layers."""
        return self.given.pool1, self.given.pool2

    def build(self, params: Any) -> Net:
        one, two = self.pools()
        chosen = (nearest(params.w1, one)[0], nearest(params.w2, two)[0])
        return params._replace(w1=straight_through(params.w1, chosen[0]), w2=straight_through(params.w2, chosen[1]))

    def penalty(self, params: Any) -> jax.Array:
        pairs = zip((params.w1, params.w2), self.pools(), strict=True)
        return self.commitment * sum(
            ((w - jax.lax.stop_gradient(nearest(w, pool)[0])) ** 2).mean() for w, pool in pairs
        )

    def stored_bits(self, state: Any) -> float:
        rows = self.spec.weights / SEGMENT
        return per_task(self.spec, rows * math.log2(CODEWORDS)) + 32 * 2 * CODEWORDS * SEGMENT
