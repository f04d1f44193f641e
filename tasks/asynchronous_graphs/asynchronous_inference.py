"""Tell all nodes what one of them knows, or what all of them sum to, while nodes update at random times.

Isolates what asynchrony does to a trained network: the same graphs are answered by a run where all nodes update
together and by one where they update at random and hear late. `chain`: one end of a path knows a label. `sum`: every
node has a number, and graphs are random trees with a few more edges.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.random import uniforms
from toybench.tasks.asynchronous_graphs import (
    LATEST,
    Batch,
    Graphs,
    Schedule,
    ScheduledAnswers,
    Spec,
    mean_loss,
    speaks,
    together,
)

TESTED = 64  # graphs of the test set
WATCHED = 8  # of these, for the long run
LONG = 5  # times as many ticks in the long run
EARLY = 3  # the early gap is that after a third of the ticks
CHORDS = 3  # edges on top of a tree's, for sums; as far as the tree doesn't have them
SURE = 20.0  # a logit whose chance is 1 in float32
UNIFORM_SD = 12**-0.5  # of a uniform number
DEGREE = 4  # of a node in a tree with chords, at most: a parent, two children, a chord


class World(NamedTuple):
    """Test graphs and their answers [b, n], a random schedule, and a longer one."""

    graphs: Graphs
    answers: jax.Array
    schedule: Schedule
    long: Schedule


def path_edges(order: jax.Array) -> jax.Array:
    """Edges [b, n, n] of paths whose node i stands at place `order[i]`, int32 [b, n]."""
    return jnp.abs(order[:, :, None] - order[:, None, :]) == 1


def tree_edges(order: jax.Array, jumps: jax.Array, paired: jax.Array) -> jax.Array:
    """Edges [b, n, n] of random trees with chords.

    The node at place p > 0 is linked to the one at p - 1, or at p - 2 where it jumps, bool [b, n]. The first nodes of
    another order `paired`, int32 [b, n], are linked in pairs.
    """
    back = jnp.where(jumps & (order > 1), 2, 1)
    up = order[:, None, :] == (order - back)[:, :, None]
    pair = paired // 2
    chord = (pair[:, :, None] == pair[:, None, :]) & (pair < CHORDS)[:, :, None]
    edges = up | jnp.swapaxes(up, 1, 2) | chord
    return edges & ~jnp.eye(order.shape[1], dtype=bool)[None]


def listed(x: jax.Array, edges: jax.Array, most: int) -> Graphs:
    """Graphs as lists of at most `most` neighbours, from edges [b, n, n]."""
    linked, neighbours = jax.lax.top_k(edges.astype(jnp.int32), most)
    return Graphs(x=x, neighbours=neighbours, linked=linked > 0)


def ranks(noise: jax.Array) -> jax.Array:
    """Random orders, int32 [b, n], from noise [b, n]."""
    return (noise[:, :, None] > noise[:, None, :]).sum(-1)


class AsynchronousInference(Task):
    """Errors of the random run and of the synchronous one, and how far the two are apart."""

    target: str = "chain"  # chain: the label at one end of a path; sum: of the nodes' numbers
    nodes: int = 8  # of a graph
    sweeps: int = 120  # updates of a node in a run, on average
    every: int = 2  # ticks between two updates of a node in the random run, on average
    batch: int = 16  # graphs a step
    width: int = 8  # of a node's state

    steps = 300
    checkpoints = 1
    interface = ScheduledAnswers
    metrics = {
        "async_loss": Metric(direction="min", about="mean loss of the random run: nats, or squared deviations"),
        "async_error": Metric(direction="min", about="error of the random run, as a share of blind guessing's"),
        "sync_error": Metric(direction="min", about="the same of the synchronous run"),
        "damage": Metric(direction="info", about="error of the random run less that of the synchronous one"),
        "gap": Metric(direction="info", about="RMS difference of both runs' answers over the answers' sd"),
        "early_gap": Metric(direction="info", about="the same after a third of the updates"),
        "limit_gap": Metric(direction="info", about="the same after five times as many updates, on eight graphs"),
    }

    @property
    def ticks(self) -> int:
        """Of the random run: as many as a node needs for its updates, on average."""
        return self.sweeps * self.every

    @property
    def degree(self) -> int:
        """Neighbours of a node at most."""
        return 2 if self.target == "chain" else DEGREE

    @property
    def spec(self) -> Spec:
        return Spec(
            nodes=self.nodes,
            features=2 if self.target == "chain" else 1,
            neighbours=self.degree,
            width=self.width,
            loss="logistic" if self.target == "chain" else "squared",
        )

    def schedule(self, noise: jax.Array, late: jax.Array) -> Schedule:
        """From uniform numbers, [t, n] and [t, n, k]."""
        return Schedule(awake=noise < 1 / self.every, delay=jnp.floor(late * (LATEST + 1)).astype(jnp.int32))

    def make(self, key: jax.Array, count: int, ticks: int) -> Batch:
        """Graphs, their answers and a schedule."""
        node = (count, self.nodes)
        drawn = uniforms(
            key,
            order=node,
            jumps=node,
            paired=node,
            values=node,
            awake=(ticks, self.nodes),
            late=(ticks, self.nodes, self.degree),
        )
        order = ranks(drawn["order"])
        if self.target == "chain":
            edges = path_edges(order)
            told, answers = told_label(order, drawn["values"])
        else:
            edges = tree_edges(order, drawn["jumps"] < 1 / 2, ranks(drawn["paired"]))
            told, answers = told_sum(drawn["values"])
        return Batch(
            graphs=listed(told, edges, self.degree),
            answers=answers,
            schedule=self.schedule(drawn["awake"], drawn["late"]),
        )

    def sample(self, key: jax.Array) -> World:
        """Test graphs, and schedules that all learners meet."""
        a, b = jax.random.split(key)
        test = self.make(a, TESTED, self.ticks)
        long = self.make(b, 1, LONG * self.ticks).schedule
        return World(graphs=test.graphs, answers=test.answers, schedule=test.schedule, long=long)

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Batch]:
        """Fresh graphs and a fresh schedule, twice as long as a network of `nodes` layers needs."""
        return world, self.make(key, self.batch, 2 * self.nodes * self.every)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        few = jax.tree.map(lambda leaf: leaf[:WATCHED], world.graphs)
        third = jax.tree.map(lambda leaf: leaf[: self.ticks // EARLY], world.schedule)
        given = learner.predict(world.graphs, world.schedule)
        random = self.said(given)
        regular = self.said(learner.predict(world.graphs, together(self.sweeps, world.graphs)))
        early = self.both(learner, world.graphs, third, self.sweeps // EARLY)
        late = self.both(learner, few, world.long, LONG * self.sweeps)
        async_error = self.error(random, world.answers)
        sync_error = self.error(regular, world.answers)
        spread = world.answers.std()
        return {
            "async_loss": mean_loss(self.spec.loss, given, world.answers),
            "async_error": async_error,
            "sync_error": sync_error,
            "damage": async_error - sync_error,
            "gap": rms(random - regular) / spread,
            "early_gap": rms(early[0] - early[1]) / spread,
            "limit_gap": rms(late[0] - late[1]) / spread,
        }

    def both(self, learner: Any, graphs: Graphs, schedule: Schedule, sweeps: int) -> tuple[jax.Array, jax.Array]:
        """Answers after the schedule, and after as many updates of all nodes together."""
        random = learner.predict(graphs, schedule)
        return self.said(random), self.said(learner.predict(graphs, together(sweeps, graphs)))

    def said(self, given: jax.Array) -> jax.Array:
        """Answers in the targets' unit: chances of the label 1, or sums."""
        return jax.nn.sigmoid(given) if self.target == "chain" else given

    def error(self, said: jax.Array, answers: jax.Array) -> jax.Array:
        """Share of wrong labels over the half that guessing has, or RMS error over the sums' standard deviation."""
        if self.target == "chain":
            wrong = jnp.abs((said > 1 / 2).astype(jnp.float32) - answers)
            return wrong.mean() / (1 / 2)
        return rms(said - answers) / answers.std()

    def floor(self, world: World) -> Any:
        """The label 0 always, or the mean sum."""
        blind = jnp.full_like(world.answers, -1.0 if self.target == "chain" else 0.0)
        return speaks(lambda graphs: blind[: len(graphs.x)])

    def oracle(self, world: World) -> Any:
        """The answers, as sure logits where they are labels."""
        sure = jnp.where(world.answers > 1 / 2, SURE, -SURE) if self.target == "chain" else world.answers
        return speaks(lambda graphs: sure[: len(graphs.x)])


def told_label(order: jax.Array, uniform: jax.Array) -> tuple[jax.Array, jax.Array]:
    """(features [b, n, 2], answers [b, n]): a random label, one-hot at the first place of the path."""
    label = jnp.broadcast_to(uniform[:, :1] < 1 / 2, order.shape).astype(jnp.float32)
    first = (order == 0).astype(jnp.float32)
    return jnp.stack([first * (1 - label), first * label], axis=-1), label


def told_sum(uniform: jax.Array) -> tuple[jax.Array, jax.Array]:
    """(features [b, n, 1], answers [b, n]): uniform numbers and their sum, of mean 0 and variance 1 each."""
    values = (uniform - 1 / 2) / UNIFORM_SD
    total = values.sum(-1, keepdims=True) / values.shape[-1] ** 0.5
    return values[..., None], jnp.broadcast_to(total, values.shape)


def rms(x: jax.Array) -> jax.Array:
    """Root mean square."""
    return jnp.sqrt(jnp.square(x).mean())
