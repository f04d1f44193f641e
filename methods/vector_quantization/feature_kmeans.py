"""K-means on raw frames: acoustic units without a network.

**Source**: Lloyd, "Least squares quantization in PCM", 1982, https://doi.org/10.1109/TIT.1982.1056489, started by
Arthur and Vassilvitskii, "k-means++: The Advantages of Careful Seeding", 2007.

    minimise sum_t min_c | x_t - m_c |^2

**Differs from the paper**: 1. the best of four restarts, on the last 64 sequences seen.

**Shapes**: b sequences, t frames, d features, c codes.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.vector_quantization._sequence_coder import Recent, distances, empty, kmeans, remember


class FeatureKMeans(Method):
    """Knows nothing of time."""

    sequences: int = 64  # how many sequences it clusters
    restarts: int = 4  # of which the one with the least error counts

    def init(self, key: jax.Array) -> Recent:
        return empty(self.spec, key, self.sequences, self.restarts)

    def update(self, state: Recent, batch: jax.Array, key: jax.Array) -> Recent:
        return remember(state, batch)

    def sequence_codes(self, state: Recent, frames: jax.Array) -> jax.Array:
        d = self.spec.features
        centres = kmeans(state.frames.reshape(-1, d), state.start)
        codes = distances(frames.reshape(-1, d), centres).argmin(1)
        return codes.reshape(frames.shape[:2]).astype(jnp.int32)
