"""Each end's history on its own: the mean over its encoded neighbours, next to the node itself.

**Source**: the baseline that treats both ends apart; in the manner of GraphMixer's node encoder, Cong, Zhang, Kang,
Yuan, Wu, Zhou, Tong and Mahdavi, "Do We Really Need Complicated Model Architectures For Temporal Networks?", 2023,
https://arxiv.org/abs/2302.11636 (from memory), with the read-out of DyGLib's `models/modules.py`.

    h_u = [features of u, mean over its history of relu(W (features, time))];  score = network(h_u, h_v)

**Differs from the paper**: 1. No mixing of places before the mean. 2. Times are encoded in the mean.

**Shapes**: q queries, k places of a history.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench.methods.temporal_graphs._links import WIDTH, Merge, Sequences, TrainedLinks
from toybench.tasks.temporal_graphs import NOBODY


class Network(nn.Module):
    """Scores [q] of sequences."""

    @nn.compact
    def __call__(self, told: Sequences) -> jax.Array:
        places = jnp.concatenate([told.features, told.times], axis=-1)[:, :, 1:]
        real = (told.nodes[:, :, 1:] != NOBODY).astype(places.dtype)[..., None]
        encoded = nn.relu(nn.Dense(2 * WIDTH)(places))
        mean = (real * encoded).sum(2) / jnp.maximum(real.sum(2), 1.0)
        ends = jnp.concatenate([told.features[:, :, 0], nn.Dense(WIDTH)(mean)], axis=-1)
        return Merge()(nn.relu(nn.Dense(2 * WIDTH)(ends)))


class MeanHistory(TrainedLinks):
    """Ends apart until the score."""

    def network(self) -> Network:
        return Network()
