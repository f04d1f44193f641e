"""Find the communities of a graph from weak features and the labels of a sixth of its nodes.

Classes are communities, features point weakly to them, and neighbours are mostly of one class: gathering over the graph
does most of the work. Isolates whether a graph network can be trained layer by layer at all, since a rule that doesn't
pass label information along the graph ends near the accuracy that the features alone give. One graph of 240 nodes in
four communities, 16 features, 40 labels; three graph layers of 32 units, 300 steps on the whole graph.
"""

import jax
import jax.numpy as jnp

from toybench.tasks.local_learning._nodes import Nodes, unit


class NodeClassification(Nodes):
    """x = signal * u_community + noise; the label is the community."""

    signal: float = 0.8  # length of a community's mean, in standard deviations of the noise

    def features_and_labels(self, noise: jax.Array, community: jax.Array) -> tuple[jax.Array, jax.Array]:
        n = len(community)
        means = unit(noise[n : n + self.classes, :-1])
        return self.signal * means[community] + noise[:n, :-1], community.astype(jnp.int32)
