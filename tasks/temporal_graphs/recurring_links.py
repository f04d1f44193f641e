"""Predict who meets next in a stream of meetings that recur and close triangles.

Isolates what it takes to see both ends of a pair at once: a meeting is likelier between two who met lately or who
share a partner, which no history tells without the other. There are 64 nodes and 2,000 events:

    0.5  an earlier pair meets again, chosen by its age with mean 60
    0.3  a of an earlier pair (a, b), chosen likewise, meets another partner of b, chosen by age likewise
    0.2  any two meet

Learners are trained on events 100 to 1,499 with four other pairs each, which keep one end. They are judged on the last
500 events, as they come, against two kinds of negatives. A random one keeps one end of the pair; a historical one is
any other pair that met before. As those met before, whoever only remembers pairs takes them for likely.

The oracle ranks by the ratio of the law that generates to the law of the negatives.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks import probes
from toybench.blocks.random import normals, uniforms
from toybench.tasks.temporal_graphs import NOBODY, OTHERS, LinkPrediction, Links, LinkSpec, Queries, Rows

WARM = 100  # events before the first that is learned from
HISTORICAL = OTHERS + 1  # its place among an event's pairs: first the one that met, then the others
BATCH = 32  # events a step


class Memory(NamedTuple):
    """What the stream has been so far.

    Attributes:
      weight: chance that a pair meets again, if one does, [n, n], symmetric.
      last: when two met last, [n, n]; minus infinity if never.
      partners, times: each node's latest, [n, k].
      pairs: all events, int32 [e, 2].
    """

    weight: jax.Array
    last: jax.Array
    partners: jax.Array
    times: jax.Array
    pairs: jax.Array


class World(NamedTuple):
    """Features of the nodes, pairs of every event [e, 6], and their likelihood ratios, [e, 4]."""

    features: jax.Array
    queries: Queries
    ratios: jax.Array


class RecurringLinks(Task):
    """Two thousand meetings of 64 nodes."""

    nodes: int = 64
    events: int = 2000
    tested: int = 500  # events at the end
    places: int = 15  # of a history
    age: float = 60.0  # mean age of what recurs, in events
    repeat: float = 0.5  # share of meetings that recur
    close: float = 0.3  # share of meetings that close a triangle

    interface = LinkPrediction
    steps = 400
    checkpoints = 1
    metrics = {
        "ap_historical": Metric("max", "average precision against pairs that met before"),
        "ap_random": Metric("max", "average precision against pairs with one end replaced"),
    }

    @property
    def spec(self) -> LinkSpec:
        return LinkSpec(nodes=self.nodes, places=self.places, features=8)

    @property
    def keep(self) -> jax.Array:
        """What is left of a weight after one event."""
        return jnp.exp(jnp.asarray(-1 / self.age))

    def sample(self, key: jax.Array) -> World:
        """The stream, event by event."""
        features, stream = jax.random.split(key)
        drawn = uniforms(stream, event=(self.events, 8 + OTHERS))["event"]
        memory = Memory(
            weight=jnp.zeros((self.nodes, self.nodes)),
            last=jnp.full((self.nodes, self.nodes), -jnp.inf),
            partners=jnp.full((self.nodes, self.places), NOBODY, jnp.int32),
            times=jnp.zeros((self.nodes, self.places)),
            pairs=jnp.zeros((self.events, 2), jnp.int32),
        )

        def step(memory: Memory, now: tuple[jax.Array, jax.Array]) -> tuple[Memory, tuple[Queries, jax.Array]]:
            time, u = now
            pair = self.meeting(memory, time, u)
            asked = jnp.concatenate([pair[None, :], self.others(memory, pair, u)])
            shown = self.queries(memory, time, asked)
            return self.remember(memory, time, pair), (shown, self.ratios(memory, asked))

        _, told = jax.lax.scan(step, memory, (jnp.arange(self.events), drawn))
        named = normals(features, features=(self.nodes, self.spec.features))
        return World(features=named["features"], queries=told[0], ratios=told[1])

    def meeting(self, memory: Memory, time: jax.Array, u: jax.Array) -> jax.Array:
        """Who meets, int32 [2], in either order."""
        first = (u[0] * self.nodes).astype(jnp.int32)
        anyone = jnp.stack([first, (first + 1 + (u[1] * (self.nodes - 1)).astype(jnp.int32)) % self.nodes])
        place = time - 1 - jnp.floor(-self.age * jnp.log(1 - u[2])).astype(time.dtype)
        earlier = memory.pairs[jnp.maximum(place, 0)]
        earlier = jnp.where(u[3] < 0.5, earlier, earlier[::-1])
        others = memory.weight[earlier[1]].at[earlier[0]].set(0.0)
        ends = jnp.cumsum(others)
        third = jnp.minimum(jnp.searchsorted(ends, u[4] * ends[-1], side="right"), self.nodes - 1)
        triangle = jnp.stack([earlier[0], third.astype(jnp.int32)])
        known = place >= 0
        recurs = known & (u[5] < self.repeat)
        closes = known & (u[5] >= self.repeat) & (u[5] < self.repeat + self.close) & (ends[-1] > 0)
        pair = jnp.where(recurs, earlier, jnp.where(closes, triangle, anyone))
        return jnp.where(u[6] < 0.5, pair, pair[::-1])

    def others(self, memory: Memory, pair: jax.Array, u: jax.Array) -> jax.Array:
        """Pairs that don't meet, int32 [OTHERS + 1, 2]: four random ones, and one that met before."""
        taken = (pair[1] - pair[0]) % self.nodes
        shift = 1 + (u[8:] * (self.nodes - 2)).astype(jnp.int32)
        shift = shift + (shift >= taken).astype(jnp.int32)
        random = jnp.stack([jnp.broadcast_to(pair[0], (OTHERS,)), (pair[0] + shift) % self.nodes], axis=1)
        index = jnp.arange(self.nodes)
        upper = (memory.last > -jnp.inf) & (index[:, None] < index[None, :])
        ends = jnp.cumsum(upper.at[pair.min(), pair.max()].set(False).reshape(-1))
        rank = jnp.floor(u[7] * ends[-1].astype(u.dtype)).astype(ends.dtype)
        place = jnp.minimum(jnp.searchsorted(ends, rank, side="right"), self.nodes**2 - 1)
        before = jnp.stack([place // self.nodes, place % self.nodes]).astype(jnp.int32)
        return jnp.concatenate([random, jnp.where(ends[-1] > 0, before, random[0])[None, :]])

    def queries(self, memory: Memory, time: jax.Array, pairs: jax.Array) -> Queries:
        """What is known of pairs int32 [p, 2] before this event."""
        now = time.astype(memory.times.dtype)
        partners = memory.partners[pairs]
        return Queries(
            nodes=pairs,
            neighbours=partners,
            ages=jnp.where(partners == NOBODY, 0.0, now - memory.times[pairs]),
            met=now - memory.last[pairs[:, 0], pairs[:, 1]],
        )

    def remember(self, memory: Memory, time: jax.Array, pair: jax.Array) -> Memory:
        """The memory after a meeting."""
        now = time.astype(memory.times.dtype)
        there = (pair, pair[::-1])
        partners = jnp.concatenate([pair[::-1][:, None], memory.partners[pair][:, :-1]], axis=1)
        times = jnp.concatenate([jnp.full((2, 1), now), memory.times[pair][:, :-1]], axis=1)
        return Memory(
            weight=(self.keep * memory.weight).at[there].add(1 - self.keep),
            last=memory.last.at[there].set(now),
            partners=memory.partners.at[pair].set(partners),
            times=memory.times.at[pair].set(times),
            pairs=memory.pairs.at[time].set(pair),
        )

    def law(self, memory: Memory, node: jax.Array) -> jax.Array:
        """Chance that the next meeting is of this node and each other, [n].

        An earlier pair (a, b) is chosen with its weight, either end first; then v with its weight among b's others.
        """
        own = memory.weight[node]
        through = _shares(memory.weight.sum(1), own)  # by b: the weight of (node, b) over that of b's others
        back = _shares(memory.weight.sum(1)[None, :], memory.weight)  # [v, b]: likewise for (v, b)
        triangles = (through @ memory.weight + back @ own) / 2
        pairs = self.nodes * (self.nodes - 1) / 2
        rest = 1 - self.repeat - self.close
        chances = self.repeat * own + self.close * triangles + rest / pairs
        return chances.at[node].set(0.0)

    def ratios(self, memory: Memory, pairs: jax.Array) -> jax.Array:
        """Likelihood ratio of the pair that meets and of a random one, each against random ones, and of the
        historical one against historical ones; then of the pair that meets against those, [4]."""
        rows = jax.vmap(lambda node: self.law(memory, node))(pairs[jnp.array([0, HISTORICAL]), 0])
        random = rows[0] / rows[0].sum()
        met = memory.last[pairs[0, 0], pairs[0, 1]] > -jnp.inf
        count = (memory.last > -jnp.inf).sum().astype(rows.dtype)
        return jnp.stack(
            [
                random[pairs[0, 1]],
                random[pairs[1, 1]],
                count * rows[1, pairs[HISTORICAL, 1]],
                jnp.where(met, count * rows[0, pairs[0, 1]], jnp.inf),
            ]
        )

    def given(self, world: World) -> Links:
        """The nodes' features, and events with pairs that did not meet."""
        seen = slice(WARM, self.events - self.tested)
        return Links(features=world.features, pairs=jax.tree.map(lambda x: x[seen, :HISTORICAL], world.queries))

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Rows]:
        drawn = uniforms(key, event=(BATCH,), other=(BATCH,))
        learned = self.events - self.tested - WARM
        event = (drawn["event"] * learned).astype(jnp.int32)
        return world, Rows(event=event, other=(drawn["other"] * OTHERS).astype(jnp.int32))

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        meets = jnp.repeat(jnp.array([1.0, 0.0]), self.tested)
        historical = learner.link_scores(self.asked(world, HISTORICAL))
        random = learner.link_scores(self.asked(world, 1))
        return {
            "ap_historical": probes.average_precision(historical, meets),
            "ap_random": probes.average_precision(random, meets),
        }

    def asked(self, world: World, place: int) -> Queries:
        """The last events' pairs, and then as many negatives of one kind."""

        def both(x: jax.Array) -> jax.Array:
            return jnp.concatenate([x[-self.tested :, 0], x[-self.tested :, place]])

        return jax.tree.map(both, world.queries)

    def floor(self, world: World) -> Any:
        """All pairs alike."""
        return SimpleNamespace(link_scores=lambda queries: jnp.zeros(queries.met.shape))

    def oracle(self, world: World) -> Any:
        """The likelihood ratio of a meeting against the kind of negatives that is asked about."""
        ratios = world.ratios[-self.tested :]

        def link_scores(queries: Queries) -> jax.Array:
            historical = (queries.nodes == self.asked(world, HISTORICAL).nodes).all()
            against_random = jnp.concatenate([ratios[:, 0], ratios[:, 1]])
            against_historical = jnp.concatenate([ratios[:, 3], ratios[:, 2]])
            return jnp.where(historical, against_historical, against_random)

        return SimpleNamespace(link_scores=link_scores)


def _shares(total: jax.Array, own: jax.Array) -> jax.Array:
    """own / (total - own), and 0 where nothing is left."""
    others = total - own
    return jnp.where(others > 0, own / jnp.where(others > 0, others, 1.0), 0.0)
