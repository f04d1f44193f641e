"""Flow matching whose condition scales and shifts the hidden units: adaptive normalisation without the normalisation.

**Source**: Perez et al., "FiLM: Visual Reasoning with a General Conditioning Layer", 2018,
https://arxiv.org/abs/1709.07871 (from memory), with the start at zero of Peebles and Xie, "Scalable Diffusion Models
with Transformers", 2023, https://arxiv.org/abs/2212.09748.

    h <- silu((1 + s_l(e)) (W_l h + a_l) + b_l(e))        e an embedding of time and condition

**Differs from the paper**: 1. no normalisation, as hidden layers have 24 units. 2. s_l and b_l are linear in e.

**Shapes**: n points, e features, h hidden units.
"""

from typing import Any

import flax.linen
import jax
import jax.numpy as jnp

from toybench.methods.conditional_generation._parts import (
    AT_ZERO,
    LAYERS,
    RATES,
    Embedded,
    State,
    Trained,
    matching_loss,
    moved,
)
from toybench.tasks.conditional_generation import Batch, encode


class Modulated(flax.linen.Module):
    """A network whose hidden units are scaled and shifted by an embedding of time and condition."""

    width: int

    @flax.linen.compact
    def __call__(self, x: jax.Array, t: jax.Array, condition: jax.Array) -> jax.Array:
        e = Embedded(self.width)(t, condition)
        h = x
        for layer in range(LAYERS):
            scale, shift = jnp.split(flax.linen.Dense(2 * self.width, name=f"{AT_ZERO}_{layer}")(e), 2, axis=-1)
            h = flax.linen.silu((1 + scale) * flax.linen.Dense(self.width)(h) + shift)
        return flax.linen.Dense(2)(h)


class FiLM(Trained):
    """Condition and time modulate every hidden layer."""

    width: int = 0  # hidden units of a layer; 0: the task's width

    space = {"lr": RATES}

    @property
    def network(self) -> flax.linen.Module:
        return Modulated(self.width or self.spec.width)

    def loss(self, params: Any, batch: Batch, key: jax.Array) -> jax.Array:
        return matching_loss(self.network, params, batch, encode(self.spec, batch.condition))

    def sample(self, state: State, start: jax.Array, condition: jax.Array, calls: int) -> jax.Array:
        return moved(self, state, start, condition, calls)
