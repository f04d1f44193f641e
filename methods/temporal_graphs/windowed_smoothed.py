"""Communities of each window after the affinities are averaged over the windows around it.

**Source**: the control that has the smoothing which factors over time bring along, and no factors; otherwise as
`windowed_spectral` (Newman, 2006, https://arxiv.org/abs/physics/0602124, equation 3, from memory).

    W_t <- mean of W_s over |s - t| <= reach;  then as for one window at a time

**Differs from the paper**: 1. Memberships are the eigenvector's positive and negative parts, at unit length. 2. The
clustering over time is ours.

**Shapes**: t windows, n units, g groups.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.temporal_graphs._communities import pairs_only, recurring


class WindowedSmoothed(Method):
    """A moving average first."""

    count: int = 4  # of groups
    reach: int = 5  # windows on either side, 0 for none

    space = {"count": (3, 4, 5, 6), "reach": (1, 2, 5, 10)}

    def init(self, key: jax.Array) -> tuple[jax.Array, jax.Array]:
        graphs = pairs_only(self.given.mean(1))
        place = jnp.arange(graphs.shape[0])
        near = (jnp.abs(place[:, None] - place[None, :]) <= self.reach).astype(graphs.dtype)
        mean = near / near.sum(1, keepdims=True)
        return recurring(key, jnp.einsum("ts,snm->tnm", mean, graphs), self.count)

    def groups(self, state: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        return state
