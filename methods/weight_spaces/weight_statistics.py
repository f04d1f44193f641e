"""Statistics of weights, tensor by tensor, and a network on top of them.

**Source**: Unterthiner, Keysers, Gelly, Bousquet and Tolstikhin, "Predicting Neural Network Accuracy from Weights",
2020, https://arxiv.org/abs/2002.11448, section 4, from memory: mean, variance and five quantiles of a layer's weights.

    head(mean, variance, quantiles at 0, 1/4, 1/2, 3/4, 1 of each tensor of each layer, residual)

**Differs from the paper**: 1. a small network in place of boosted trees and a tuned one. 2. Residual links, which are
no weights, are told beside the statistics.

**Shapes**: b networks, l layers, n weights of a tensor, f features.
"""

import jax
import jax.numpy as jnp

from toybench.methods.weight_spaces._regression import LR, OnFeatures
from toybench.tasks.weight_spaces import Nets

QUANTILES = (0.0, 0.25, 0.5, 0.75, 1.0)  # the paper's
ABSENT = 1e9  # stands for a weight that isn't there: sorted behind all others


class WeightStatistics(OnFeatures):
    """Seven numbers a tensor and layer."""

    space = {"lr": LR, "decay": (0.001, 0.01, 0.1)}

    def features(self, nets: Nets) -> jax.Array:
        found = [statistics(nets.weights[name], nets.mask[name]) for name, _ in self.spec.axes]
        return jnp.concatenate([*found, nets.residual], axis=1)


def statistics(weights: jax.Array, mask: jax.Array) -> jax.Array:
    """Statistics [b, l * 7] of a tensor [b, l, ...] of every layer; zeros where there is none."""
    values = weights.reshape(*weights.shape[:2], -1)
    there = mask.reshape(values.shape)
    count = there.sum(-1, keepdims=True)
    mean = (values * there).sum(-1, keepdims=True) / jnp.maximum(count, 1.0)
    variance = ((values - mean) ** 2 * there).sum(-1, keepdims=True) / jnp.maximum(count, 1.0)
    ordered = jnp.sort(jnp.where(there > 0, values, ABSENT), axis=-1)
    place = jnp.maximum(count - 1, 0.0) * jnp.array(QUANTILES)[None, None]
    low = jnp.floor(place)
    below = jnp.take_along_axis(ordered, low.astype(jnp.int32), axis=-1)
    above = jnp.take_along_axis(ordered, jnp.ceil(place).astype(jnp.int32), axis=-1)
    quantiles = jnp.where(count > 0, below + (place - low) * (above - below), 0.0)
    return jnp.concatenate([mean, variance, quantiles], axis=-1).reshape(len(values), -1)
