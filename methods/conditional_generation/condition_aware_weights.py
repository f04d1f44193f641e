"""Flow matching by a network whose weights are a kept part plus a part that is generated from the condition.

**Source**: Cai et al., "Condition-Aware Neural Network for Controlled Image Generation", 2024,
https://arxiv.org/abs/2404.01143, abstract, introduction and summaries of its method; the sections on it weren't found.

    h <- silu((W_l + sum_r e_r U_lr) h + a_l + sum_r e_r u_lr)        e an embedding of time and condition

**Differs from the paper**: 1. flow matching with dense layers instead of denoising transformers; every layer is
condition-aware, theirs are a chosen few. 2. the generator's embedding has 8 numbers. 3. generated parts start at 0.

**Shapes**: n points, r numbers of an embedding, h hidden units.
"""

from typing import Any

import flax.linen
import jax

from toybench.methods.conditional_generation._parts import (
    AT_ZERO,
    LAYERS,
    RATES,
    Chosen,
    Embedded,
    State,
    Trained,
    matching_loss,
    moved,
)
from toybench.tasks.conditional_generation import Batch, encode


class ConditionAware(flax.linen.Module):
    """A network of layers whose weights depend on time and condition."""

    width: int
    rank: int

    @flax.linen.compact
    def __call__(self, x: jax.Array, t: jax.Array, condition: jax.Array) -> jax.Array:
        mix = flax.linen.Dense(self.rank)(Embedded(self.width)(t, condition))
        h = x
        for _ in range(LAYERS):
            h = flax.linen.silu(flax.linen.Dense(self.width)(h) + Chosen(self.width, AT_ZERO)(h, mix))
        return flax.linen.Dense(2)(h) + Chosen(2, AT_ZERO)(h, mix)


class ConditionAwareWeights(Trained):
    """Condition and time shift the weights of every layer."""

    rank: int = 8  # numbers of the embedding that weights are generated from, 1 and more

    paper = "cai2024conditionaware"
    space = {"lr": RATES}

    @property
    def network(self) -> flax.linen.Module:
        return ConditionAware(self.spec.width, self.rank)

    def loss(self, params: Any, batch: Batch, key: jax.Array) -> jax.Array:
        return matching_loss(self.network, params, batch, encode(self.spec, batch.condition))

    def sample(self, state: State, start: jax.Array, condition: jax.Array, calls: int) -> jax.Array:
        return moved(self, state, start, condition, calls)
