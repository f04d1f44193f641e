"""Simple paths of three edges, counted through the graphlets that they run in.

Isolates what walks can see of orbits. A simple path from i to j over two other nodes is a Hamiltonian path of the
graphlet that its four nodes induce. So its count is a fixed combination of orbit counts. The weight is 1 for the ends
of a path, a paw's pendant with one of its two low nodes, linked corners of a square, a low and a high node of a
diamond. It is 2 for a diamond's two low nodes and for any two of a clique, and else 0, for a claw's above all.

A graph has 24 nodes and edges at rate 0.3, so that every graphlet occurs. Simple paths are counted one by one.
"""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.tasks.node_embeddings import ORBITS, OrbitCounts, Orbits

PATHS = {
    Orbits(graphlet="path", first=1, second=1, linked=False): 1,
    Orbits(graphlet="paw", first=1, second=2, linked=False): 1,
    Orbits(graphlet="square", first=2, second=2, linked=True): 1,
    Orbits(graphlet="diamond", first=2, second=3, linked=True): 1,
    Orbits(graphlet="diamond", first=2, second=2, linked=False): 2,
    Orbits(graphlet="clique", first=3, second=3, linked=True): 2,
}  # Hamiltonian paths from one node of the pair to the other


@dataclass(frozen=True)
class Spec:
    """Nodes of the graph."""

    nodes: int


def simple_paths(edges: jax.Array) -> jax.Array:
    """How many paths i, k, l, j of four different nodes there are, [n, n], one by one."""
    apart = 1 - jnp.eye(edges.shape[0])
    paths = edges[:, :, None, None] * edges[None, :, :, None] * edges[None, None, :, :]
    paths = paths * apart[:, None, :, None] * apart[None, :, None, :] * apart[:, None, None, :]
    return paths.sum((1, 2))


class PathOrbits(Task):
    """One random graph."""

    nodes: int = 24
    rate: float = 0.3  # of edges

    interface = OrbitCounts
    steps = 0
    metrics = {
        "path_identity": Metric("zero", "largest difference between simple paths and the combination of orbit counts")
    }

    @property
    def spec(self) -> Spec:
        return Spec(nodes=self.nodes)

    def sample(self, key: jax.Array) -> jax.Array:
        """Edges [n, n]."""
        drawn = (jax.random.uniform(key, (self.nodes, self.nodes)) < self.rate).astype(jnp.float32)
        upper = jnp.triu(drawn, 1)
        return upper + upper.T

    def evaluate(self, world: jax.Array, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        weights = jnp.array([float(PATHS.get(pair, 0)) for pair in ORBITS])
        combined = jnp.tensordot(weights, learner.orbit_counts(world), axes=1)
        apart = 1 - jnp.eye(self.nodes)
        return {"path_identity": jnp.abs((combined - simple_paths(world)) * apart).max()}

    def floor(self, world: jax.Array) -> Any:
        """Counts of 0."""
        return SimpleNamespace(orbit_counts=lambda edges: jnp.zeros((len(ORBITS), self.nodes, self.nodes)))
