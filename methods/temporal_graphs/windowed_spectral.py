"""Communities of each window on its own, joined over time by clustering.

**Source**: Newman, "Modularity and community structure in networks", 2006, https://arxiv.org/abs/physics/0602124,
equation 3, for one graph (from memory); the control that looks at one window at a time.

    two communities of every window: signs of the leading eigenvector of W - d d^T / sum(d)
    k-means over the communities of all windows; a centre is a group, active where a community is its

**Differs from the paper**: 1. Memberships are the eigenvector's positive and negative parts, at unit length. 2. The
clustering over time is ours.

**Shapes**: t windows, n units, g groups.
"""

import jax

from toybench import Method
from toybench.methods.temporal_graphs._communities import pairs_only, recurring


class WindowedSpectral(Method):
    """One window at a time."""

    count: int = 4  # of groups

    space = {"count": (2, 3, 4, 5, 6, 7)}

    def init(self, key: jax.Array) -> tuple[jax.Array, jax.Array]:
        return recurring(key, pairs_only(self.given.mean(1)), self.count)

    def groups(self, state: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        return state
