"""Flow matching by a network of its own for every label: as many multiplications, nothing shared.

**Source**: none, a control: the weights depend on the label in the most direct way there is.

    v(x, t, c) = v_c(x, t)

**Differs from the paper**: nothing.

**Shapes**: n points, k labels.
"""

from typing import Any

import flax.linen
import jax
import jax.numpy as jnp

from toybench.blocks.diffusion import time_features
from toybench.methods.conditional_generation._parts import (
    LAYERS,
    RATES,
    Chosen,
    State,
    Trained,
    matching_loss,
    moved,
)
from toybench.tasks.conditional_generation import Batch, Spec, encode


class Apart(flax.linen.Module):
    """A network over points and times for each label."""

    width: int

    @flax.linen.compact
    def __call__(self, x: jax.Array, t: jax.Array, condition: jax.Array) -> jax.Array:
        h = jnp.concatenate([x, time_features(t)], -1)
        for _ in range(LAYERS):
            h = flax.linen.silu(Chosen(self.width)(h, condition))
        return Chosen(2)(h, condition)


class ClassNetworks(Trained):
    """A flow for every label."""

    space = {"lr": RATES}

    def fits(self, spec: Spec) -> str | None:
        return None if spec.labels else "it has a network for every label, and a value has no label"

    @property
    def network(self) -> flax.linen.Module:
        return Apart(self.spec.width)

    def loss(self, params: Any, batch: Batch, key: jax.Array) -> jax.Array:
        return matching_loss(self.network, params, batch, encode(self.spec, batch.condition))

    def sample(self, state: State, start: jax.Array, condition: jax.Array, calls: int) -> jax.Array:
        return moved(self, state, start, condition, calls)
