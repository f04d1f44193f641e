"""A node's class depends on its community and on the sign of one of its own features, jointly.

Labels are (community + 2 sign) mod 4: no linear readout of gathered features can tell them, since the sign shifts the
class within every community. Isolates whether hidden graph layers learn: the same network with untrained hidden layers
falls far behind. One graph of 320 nodes in four communities, 16 features, half of the labels; three graph layers of
32 units that see a node next to its neighbours' mean, 300 steps on the whole graph.
"""

import jax
import jax.numpy as jnp

from toybench.tasks.local_learning._nodes import Nodes, unit


class ShiftedNodes(Nodes):
    """x = own * sign * u + signal * v_community + noise; the label is (community + 2 [sign > 0]) mod 4."""

    within: float = 0.06  # probability of an edge inside a community
    between: float = 0.01  # probability of an edge between two
    labelled: float = 0.5  # share of nodes whose label is known, the same in every community
    own: float = 3.0  # size of the sign's feature, in standard deviations of the noise
    signal: float = 1.5  # length of a community's mean

    nodes: int = 320
    conv: str = "sage"  # gcn or sage

    def features_and_labels(self, noise: jax.Array, community: jax.Array) -> tuple[jax.Array, jax.Array]:
        n = len(community)
        positive = noise[:n, -1] > 0
        means = unit(noise[n:, :-1])
        sign = jnp.where(positive, 1.0, -1.0)
        x = self.own * sign[:, None] * means[-1:] + self.signal * means[community] + noise[:n, :-1]
        return x, ((community + 2 * positive.astype(jnp.int32)) % self.classes).astype(jnp.int32)
