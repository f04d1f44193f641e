"""Labels spread along each client's edges: the control without features, models or rounds.

**Source**: Zhou, Bousquet, Lal, Weston and Schoelkopf, "Learning with Local and Global Consistency", 2004 (from
memory).

    F = (1 - a) (I - a D^-1/2 A D^-1/2)^-1 Y

**Differs from the paper**: nothing.

**Shapes**: k clients, n nodes, c classes.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.graphs import symmetric_normalised


class LabelPropagation(Method):
    """A closed form."""

    deterministic = True

    alpha: float = 0.9  # how far labels go, 0 to 1

    space = {"alpha": (0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99)}

    def node_scores(self, state: Any) -> jax.Array:
        known = jax.nn.one_hot(self.given.y, self.spec.classes)  # 0 where hidden
        reads = symmetric_normalised(self.given.edges, loops=False)
        system = jnp.eye(self.spec.nodes)[None] - self.alpha * reads
        return (1 - self.alpha) * jnp.linalg.solve(system, known)

    def shares(self, state: Any) -> jax.Array:
        return jnp.eye(self.spec.clients)
