"""Rank nodes by temporal closeness in the second half of events, made by walks that remember where they came from.

Isolates what a graph of graphs' edges knows beyond the graph. Each of 30 nodes has 4 successors. A walk takes 3 to 7
hops, each within 5 units of time after the last; with probability `memory` the next hop is fixed by the last one, else
it is any successor. Which paths exist in time then depends on pairs of edges, and not on edges alone. With memory 0
the pairs say nothing new. Past and future hold 75 walks each, one event a unit of time on average, so that an event
is also followed by one of another walk in about one case in six.

Closeness is the sum over the other nodes of (n - 1) / distance, by the fewest hops of a path from there that respects
time and waits 5 at most. A learner knows it for the past. When it is asked it may look at the future's events, without
their closeness, or with `shown=past` at those of the past again.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks import probes
from toybench.blocks.random import uniforms
from toybench.tasks.temporal_graphs import Centrality, CentralitySpec, Events, Network, Past, temporal_closeness

SHORTEST = 3  # hops of a walk
LONGEST = 7


class World(NamedTuple):
    """The past, events of the future, and the closeness in them, [n]."""

    past: Past
    future: Events
    closeness: jax.Array


class TemporalCentrality(Task):
    """Thirty nodes, two halves of 75 walks."""

    memory: float = 0.9  # probability that the last hop fixes the next one
    shown: str = "future"  # events at hand when asked: `future` or `past`
    nodes: int = 30
    successors: int = 4  # of a node
    walks: int = 75  # in either half
    patience: float = 5.0  # longest wait at a node

    interface = Centrality
    steps = 300
    checkpoints = 1
    metrics = {
        "kendall_tau": Metric("max", "rank correlation with the temporal closeness in the future, tau-b"),
        "spearman": Metric("info", "correlation of the ranks"),
    }

    @property
    def spec(self) -> CentralitySpec:
        return CentralitySpec(nodes=self.nodes, edges=self.nodes * self.successors, patience=self.patience)

    def sample(self, key: jax.Array) -> World:
        """Edges, preferred continuations, and walks of both halves."""
        edges = self.nodes * self.successors
        drawn = uniforms(
            key,
            successor=(self.nodes, self.nodes),
            preferred=(edges,),
            start=(2, self.walks, 3),
            hop=(2, self.walks, LONGEST, 3),
        )
        itself = jnp.eye(self.nodes, dtype=bool)
        _, successor = jax.lax.top_k(jnp.where(itself, -1.0, drawn["successor"]), self.successors)
        source = jnp.repeat(jnp.arange(self.nodes, dtype=jnp.int32), self.successors)
        network = Network(source=source, target=successor.reshape(-1).astype(jnp.int32))
        preferred = (drawn["preferred"] * self.successors).astype(jnp.int32)
        halves = [self.events(network, preferred, drawn["start"][i], drawn["hop"][i]) for i in range(2)]
        near = [temporal_closeness(network, half, self.patience, self.nodes) for half in halves]
        past = Past(network=network, events=halves[0], closeness=near[0])
        return World(past=past, future=halves[1], closeness=near[1])

    def events(self, network: Network, preferred: jax.Array, start: jax.Array, hop: jax.Array) -> Events:
        """Walks from uniform numbers: start [w, 3], hop [w, LONGEST, 3]."""

        def step(edge: jax.Array, now: jax.Array) -> tuple[jax.Array, jax.Array]:
            free = (now[:, 1] * self.successors).astype(jnp.int32)
            choice = jnp.where(now[:, 0] < self.memory, preferred[edge], free)
            return network.target[edge] * self.successors + choice, edge

        first = (start[:, 0] * self.nodes * self.successors).astype(jnp.int32)
        _, edge = jax.lax.scan(step, first, jnp.swapaxes(hop, 0, 1))
        length = SHORTEST + (start[:, 1] * (LONGEST + 1 - SHORTEST)).astype(jnp.int32)
        horizon = self.walks * (SHORTEST + LONGEST) / 2  # one event a unit of time
        waits = self.patience * (1 - hop[:, :, 2])  # above 0, and no tie
        time = horizon * start[:, 2][:, None] + jnp.cumsum(waits, axis=1)
        real = (jnp.arange(LONGEST)[None, :] < length[:, None]).astype(time.dtype)
        return Events(edge=edge.T.reshape(-1), time=time.reshape(-1), real=real.reshape(-1))

    def given(self, world: World) -> Past:
        """The past with its closeness."""
        return world.past

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        scores = learner.centrality(world.future if self.shown == "future" else world.past.events)
        return {
            "kendall_tau": probes.kendall_tau(scores, world.closeness),
            "spearman": probes.spearman(scores, world.closeness),
        }

    def floor(self, world: World) -> Any:
        """All nodes alike."""
        return SimpleNamespace(centrality=lambda events: jnp.zeros(self.nodes))

    def oracle(self, world: World) -> Any:
        """The future's closeness itself."""
        return SimpleNamespace(centrality=lambda events: world.closeness)
