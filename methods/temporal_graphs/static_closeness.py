"""Closeness by paths over the edges of all events, whatever their times.

**Source**: Beauchamp, "An Improved Index of Centrality", 1965, https://doi.org/10.1002/bs.3830100205, as cited in
pathpyG's `algorithms/centrality.py`; the control that learns nothing and forgets time.

    score_v = sum over u of (n - 1) / d(u, v), d in the graph of all edges that are used

**Differs from the paper**: nothing.

**Shapes**: n nodes, m edges, e events.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.temporal_graphs._nodes import uses
from toybench.tasks.temporal_graphs import Events, closeness, hops


class StaticCloseness(Method):
    """Every edge is an event that any other edge may follow."""

    deterministic = True

    def centrality(self, state: Any, events: Events) -> jax.Array:
        network = self.given.network
        used = (uses(events, self.spec.edges) > 0).astype(events.real.dtype)
        once = Events(edge=jnp.arange(self.spec.edges), time=jnp.zeros(self.spec.edges), real=used)
        meets = (network.target[:, None] == network.source[None, :]).astype(used.dtype)
        goes_on = meets * used[:, None] * used[None, :]
        return closeness(hops(network, once, goes_on, self.spec.nodes))
