"""Label propagation: known labels spread along edges, features are not looked at.

**Source**: Zhou, Bousquet, Lal, Weston and Scholkopf, "Learning with Local and Global Consistency", 2004,
https://proceedings.neurips.cc/paper/2003/hash/87682805257e619d49b8e0dfdc14affa-Abstract.html, from memory.

    F = (1 - alpha) (I - alpha D^-1/2 A D^-1/2)^-1 Y

**Differs from the paper**: 1. The fixed point is solved for, not iterated. 2. Scores are log-shares, F over its sum in
a row, so that losses of other methods compare.

**Shapes**: n nodes, c classes.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import graphs

LEAST = 1e-6  # share of a class that no label reaches


class LabelPropagation(Method):
    """Takes no steps."""

    alpha: float = 0.9  # how far labels go, 0 to 1

    space = {"alpha": (0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999)}

    def node_scores(self, state: Any) -> jax.Array:
        graph = self.given
        smooth = graphs.symmetric_normalised(graph.reads, loops=False)
        known = jax.nn.one_hot(graph.y, self.spec.classes)
        system = jnp.eye(self.spec.nodes) - self.alpha * smooth
        spread = (1 - self.alpha) * jnp.linalg.solve(system, known) + LEAST
        return jnp.log(spread / spread.sum(1, keepdims=True))
