"""Pairs of graphs that colour refinement can't tell apart, seen by untrained networks.

Isolates expressive power: all nodes have the feature 1, weights are those of the start. A pair counts as separated
where the read-outs of its graphs differ by far more than read-outs of one graph under other numberings do. The five
`sparse` pairs are told apart by folklore 2-WL, the `strongly_regular` one isn't.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.errors import UsageError
from toybench.tasks.graph_classification import Graphs, Separator, Spec, _pairs

NUMBERINGS = 3  # of each graph, from which the rounding error is read
FACTOR = 100.0  # partners must differ by this many times the spread over numberings
ROUNDING = 1e-6  # least spread, as a share of the read-outs' size: ten times float32's resolution


class Renumbered(NamedTuple):
    """Every graph in several numberings, [NUMBERINGS, 2 p, ...]; partners follow one another."""

    graphs: Graphs


def separation(found: jax.Array) -> jax.Array:
    """Share of pairs told apart by read-outs [numberings, 2 p, h]."""
    centre = found.mean(0)
    apart = jnp.abs(centre[0::2] - centre[1::2]).max(-1)
    spread = jnp.abs(found - centre[None]).max((0, 2)).reshape(-1, 2).max(-1)
    size = jnp.abs(centre).max(-1).reshape(-1, 2).max(-1)
    return (apart > FACTOR * jnp.maximum(spread, ROUNDING * size)).astype(jnp.float32).mean()


class WlHardPairs(Task):
    """Share of the pairs that are told apart."""

    pairs: str = "sparse"  # sparse (five pairs) or strongly_regular (one)
    reach: int = 4  # layers of a network, edges of a path: what the paper's code has for strongly regular graphs

    interface = Separator
    steps = 0
    metrics = {
        "separated": Metric(direction="max", about="share of the pairs that are told apart, by far more than rounding")
    }

    @property
    def spec(self) -> Spec:
        if self.pairs not in _pairs.PAIRS:
            raise UsageError(f"{self.name} has no pairs '{self.pairs}'; use {' or '.join(_pairs.PAIRS)}.")
        nodes, degree = _pairs.sizes(self.pairs)
        return Spec(
            nodes=nodes,
            features=1,
            relations=1,
            degree=degree,
            classes=2 * len(_pairs.PAIRS[self.pairs]),
            coarse=0,
            train=0,
            known=0,
            batch=0,
            width=16,
            reach=self.reach,
            pooling="sum",
        )

    def sample(self, key: jax.Array) -> Renumbered:
        """Random numberings of every graph."""
        noise = jax.random.uniform(key, (NUMBERINGS, self.spec.classes, self.spec.nodes))
        return Renumbered(graphs=jax.vmap(lambda u: _pairs.shuffled(self.pairs, u))(noise))

    def evaluate(self, world: Renumbered, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        return {"separated": separation(jax.lax.map(learner.read_out, world.graphs))}

    def floor(self, world: Renumbered) -> Any:
        """Nodes and edges are counted: partners have as many."""
        return SimpleNamespace(read_out=lambda graphs: graphs.edges.sum((2, 3)))

    def oracle(self, world: Renumbered) -> Any:
        """Which graph it is."""
        return SimpleNamespace(read_out=lambda graphs: jnp.eye(len(graphs.mask)))
