"""Flow matching on pairs that a minibatch assignment brings together, whatever their conditions.

**Source**: Tong et al., "Improving and Generalizing Flow-Based Generative Models with Minibatch Optimal Transport",
2024, https://arxiv.org/abs/2302.00482, as the authors of C2OT compare with it: `moons.py` and `c2ot/ot.py` of
https://github.com/hkchengrex/C2OT.

    (x0, x1) <- the pairing of the batch with the least sum of |x0 - x1|^2, then flow matching

**Differs from the paper**: 1. batches of 64 instead of 1024 for the assignment. 2. partners are swapped in three sweeps
over all pairs instead of the Hungarian method.

**Shapes**: b pairs, n points.
"""

from typing import Any

import flax.linen
import jax
import jax.numpy as jnp

from toybench.methods.conditional_generation._parts import (
    State,
    Trained,
    concatenated,
    matched,
    matching_loss,
    moved,
)
from toybench.tasks.conditional_generation import Batch, encode

SLOWER = (0.0005, 0.001, 0.002, 0.004, 0.008, 0.016)  # as many as others try: the more it learns, the more it is skewed


class OTCFM(Trained):
    """Velocity of straight lines between pairs of minibatch optimal transport."""

    space = {"lr": SLOWER}

    @property
    def network(self) -> flax.linen.Module:
        return concatenated(self.spec.width)

    def loss(self, params: Any, batch: Batch, key: jax.Array) -> jax.Array:
        pairs = matched(batch, jnp.zeros((len(batch.time), len(batch.time))))
        return matching_loss(self.network, params, pairs, encode(self.spec, batch.condition))

    def sample(self, state: State, start: jax.Array, condition: jax.Array, calls: int) -> jax.Array:
        return moved(self, state, start, condition, calls)
