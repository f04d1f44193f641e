"""A stream of equally hard tasks: does a network that has learned many of them still learn the next one as fast?

Ten classes of four binary prototypes each, whose bits flip with a small probability. A task shows the same prototypes
in a new order of the inputs (`permute=inputs`: nothing but the ability to learn carries over) or with a new map of the
labels (`permute=labels`: features stay useful, the read-out does not). Nobody says when a task begins, except to
learners that may know it. Accuracy is prequential: a batch is classified before it is learned. 40 tasks of 150 steps,
8 examples a step, 64 inputs.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.tasks.continual._plasticity import OnlineClassifier, Shown, StreamSpec, dead_share, effective_rank, hits

EARLY = (1, 6)  # the tasks, counted from 0, that say how fast a young network learns; the first has no predecessor
PROBE = 32  # batches of the latest task that units are probed with


class World(NamedTuple):
    """The stream: inputs bool [n, b, d] and labels int32 [n, b], permuted; prototypes [c * p, d] and labels [c * p] in
    the first task; steps taken int32 [] and right answers so far in each task, [t]."""

    x: jax.Array
    y: jax.Array
    prototypes: jax.Array
    labels: jax.Array
    step: jax.Array
    right: jax.Array


class PermutedStream(Task):
    """Classify a stream whose inputs or labels are permuted anew at every task."""

    flip: float = 0.1  # probability that a bit of the prototype is flipped
    density: float = 0.3  # share of ones in a prototype

    permute: str = "inputs"  # inputs or labels
    tasks: int = 40
    length: int = 150  # steps a task
    batch: int = 8  # examples a step
    inputs: int = 64
    classes: int = 10
    prototypes: int = 4  # a class

    interface = OnlineClassifier
    kind = "interactive"
    checkpoints = 5
    metrics = {
        "online_accuracy": Metric("max", "accuracy on every batch before it was learned, mean over the stream so far"),
        "late_accuracy": Metric("max", "the same over the latest fifth of the tasks so far"),
        "plasticity_loss": Metric("min", "online accuracy in tasks 2 to 6 less that in the latest fifth"),
        "dead_units": Metric("min", "share of hidden units that are zero for all examples of the latest task"),
        "effective_rank": Metric("max", "exp of the entropy of the hidden layers' singular values, mean over layers"),
    }

    @property
    def steps(self) -> int:  # type: ignore[override]
        return self.tasks * self.length

    @property
    def spec(self) -> StreamSpec:
        return StreamSpec(self.inputs, self.classes)

    def sample(self, key: jax.Array) -> World:
        """Prototypes, the order of inputs or labels in each task, and the whole stream."""
        a, b, c, d = jax.random.split(key, 4)
        kinds, shown, wide = self.classes * self.prototypes, self.length * self.batch, self.inputs
        bits = jax.random.uniform(a, (kinds, wide)) < self.density
        labels = jnp.arange(kinds) % self.classes
        chosen = jax.random.randint(b, (self.tasks, shown), 0, kinds)
        moved = wide if self.permute == "inputs" else self.classes
        order = jnp.argsort(jax.random.uniform(c, (self.tasks, moved)), axis=-1)
        noise = jax.random.uniform(d, (self.tasks, shown, wide)) < self.flip
        x, y = bits[chosen] ^ noise, labels[chosen]
        if self.permute == "inputs":
            x, bits = jnp.take_along_axis(x, order[:, None, :], axis=-1), bits[:, order[0]]
        else:
            y, labels = jnp.take_along_axis(order, y, axis=-1), order[0][labels]
        return World(
            x=x.reshape(-1, self.batch, wide),
            y=y.reshape(-1, self.batch).astype(jnp.int32),
            prototypes=bits,
            labels=labels,
            step=jnp.zeros((), jnp.int32),
            right=jnp.zeros(self.tasks),
        )

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Shown]:
        """Ask the learner about the next batch, then show it."""
        x, y = world.x[world.step].astype(jnp.float32), world.y[world.step]
        right = world.right.at[world.step // self.length].add(hits(learner.classify(x), y))
        shown = Shown(x=x, y=y, start=world.step % self.length == 0)
        return world._replace(step=world.step + 1, right=right), shown

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        """Before the first step, accuracies are those of the untrained learner on the first batches."""
        first = jnp.clip(world.step - PROBE, 0, None)
        x = jax.lax.dynamic_slice_in_dim(world.x, first, PROBE).astype(jnp.float32).reshape(-1, self.inputs)
        fresh = hits(learner.classify(x), world.y[:PROBE].reshape(-1)) / x.shape[0]
        task = jnp.arange(self.tasks)
        shown = jnp.clip(world.step - task * self.length, 0, self.length) * self.batch
        current = (world.step - 1) // self.length

        def accuracy(low: Any, high: Any) -> jax.Array:
            inside = ((task >= low) & (task < high)).astype(jnp.float32)
            count = (inside * shown.astype(jnp.float32)).sum()
            return jnp.where(count > 0, (inside * world.right).sum() / jnp.maximum(count, 1.0), fresh)

        late = accuracy(current + 1 - self.tasks // 5, current + 1)
        layers = learner.units(x)
        return {
            "online_accuracy": accuracy(0, self.tasks),
            "late_accuracy": late,
            "plasticity_loss": accuracy(*EARLY) - late,
            "dead_units": dead_share(layers),
            "effective_rank": effective_rank(layers),
        }

    def floor(self, world: World) -> Any:
        """The first class, always; no units."""
        return _reference(lambda x: jnp.tile(jnp.arange(self.classes) == 0, (x.shape[0], 1)).astype(jnp.float32))

    def oracle(self, world: World) -> Any:
        """The class of the nearest prototype of the first task, on which references are judged."""
        members = jax.nn.one_hot(world.labels, self.classes)
        sign = 2 * world.prototypes.astype(jnp.float32) - 1
        return _reference(lambda x: jnp.where(members[None] > 0, ((2 * x - 1) @ sign.T)[:, :, None], -jnp.inf).max(1))


def _reference(classify: Any) -> Any:
    return SimpleNamespace(classify=classify, units=lambda x: (jnp.zeros((x.shape[0], 1)),))
