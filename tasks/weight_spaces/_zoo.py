"""What the study's tasks share: training many small networks at once, and judging what is told of them.

Shapes: b networks, p inputs, s steps.
"""

import abc
from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench import Metric, Task
from toybench.blocks import optim, probes
from toybench.tasks.weight_spaces import Examples, Nets, Property, Spec, relabel, respond

TESTED = 1024  # inputs on which a network's share of right answers is measured
BATCH = 16  # networks that a learner is shown a step
SHARE = 0.01  # shares are clipped to this and one minus it, where their logit is still told from chance

METRICS = {
    "kendall_tau": Metric("max", "rank correlation (tau-b) of predictions and shares of right answers"),
    "r2": Metric("max", "explained share of the variance of the logits of these shares"),
    "invariance_gap": Metric("info", "RMS change under relabelled hidden units over the predictions' deviation"),
}


class Labelled(NamedTuple):
    """Inputs x [..., p, inputs] and the signs that are right, y [..., p]."""

    x: jax.Array
    y: jax.Array


class Course(NamedTuple):
    """How each network is trained: its learning rate [b], and how many updates it gets [b]."""

    rate: jax.Array
    updates: jax.Array


class World(NamedTuple):
    """Networks in three parts, a second test sample, and mean and deviation of the logits of the training zoo.

    Attributes:
      wider: networks of more units than any that is trained on, or ().
    """

    train: Examples
    test: Examples
    wider: Any
    second: Labelled
    centre: jax.Array
    spread: jax.Array


def take(tree: Any, which: Any) -> Any:
    """Some of the networks, with all that belongs to them."""
    return jax.tree.map(lambda leaf: leaf[which], tree)


def along(values: jax.Array, like: jax.Array) -> jax.Array:
    """Values [b] with axes for `like` [b, ...]."""
    return values.reshape(-1, *(1,) * (like.ndim - 1))


def train(spec: Spec, nets: Nets, course: Course, stream: Labelled) -> Nets:
    """All networks by Adam on the logistic loss over the same batches x [s, p, inputs], each at its own rate."""
    adam = optim.lenient(optax.scale_by_adam())

    def loss(weights: dict[str, jax.Array], batch: Labelled) -> jax.Array:
        answers = respond(spec, nets._replace(weights=weights), batch.x)
        return jax.nn.softplus(-answers * batch.y[None, :]).mean(1).sum()

    def step(carry: Any, each: tuple[Labelled, jax.Array]) -> tuple[Any, None]:
        weights, memory = carry
        batch, now = each
        updates, memory = adam.update(jax.grad(loss)(weights, batch), memory, weights)
        rate = course.rate * (now < course.updates).astype(course.rate.dtype)
        moved = {n: w - along(rate, w) * updates[n] * nets.mask[n] for n, w in weights.items()}
        return (moved, memory), None

    start = (nets.weights, adam.init(nets.weights))
    end, _ = jax.lax.scan(step, start, (stream, jnp.arange(len(stream.y), dtype=jnp.float32)))
    return nets._replace(weights=end[0])


def logits(spec: Spec, nets: Nets, asked: Labelled) -> jax.Array:
    """Logits [b] of the shares of right answers."""
    right = (respond(spec, nets, asked.x) * asked.y[None, :] > 0).mean(1)
    return jax.scipy.special.logit(jnp.clip(right, SHARE, 1 - SHARE))


class ZooTask(Task):
    """Networks trained at once, in `sample`; a task says which, and on what."""

    interface = Property
    checkpoints = 1

    @property
    @abc.abstractmethod
    def counts(self) -> tuple[int, int, int]:
        """Networks to train on, to test on, and wider ones."""

    @property
    @abc.abstractmethod
    def course_length(self) -> tuple[int, int]:
        """Updates of a network, at most, and inputs of a batch."""

    @abc.abstractmethod
    def population(self, key: jax.Array) -> tuple[Nets, Course]:
        """Networks before training."""

    @abc.abstractmethod
    def label(self, key: jax.Array, count: int) -> Labelled:
        """Inputs with their right signs."""

    def sample(self, key: jax.Array) -> World:
        born, taught, asked, again = jax.random.split(key, 4)
        nets, course = self.population(born)
        updates, inputs = self.course_length
        stream = self.label(taught, updates * inputs)
        batches = jax.tree.map(lambda leaf: leaf.reshape(updates, inputs, *leaf.shape[1:]), stream)
        trained = train(self.spec, nets, course, batches)  # type: ignore[arg-type]
        values = logits(self.spec, trained, self.label(asked, TESTED))  # type: ignore[arg-type]
        first, second, _ = self.counts
        centre = values[:first].mean()
        spread = values[:first].std()
        zoo = Examples(nets=trained, target=(values - centre) / spread)
        return World(
            train=self.trim(take(zoo, slice(first))),
            test=self.trim(take(zoo, slice(first, first + second))),
            wider=take(zoo, slice(first + second, None)),
            second=self.label(again, TESTED),
            centre=centre,
            spread=spread,
        )

    @abc.abstractmethod
    def trim(self, zoo: Examples) -> Examples:
        """The same networks without units that none of them has."""

    def given(self, world: World) -> Nets:
        """The networks to train on, without their targets."""
        return world.train.nets

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Examples]:
        return world, take(world.train, jax.random.randint(key, (BATCH,), 0, self.counts[0]))

    def judge(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        """The metrics that all tasks have."""
        told = learner.predict(world.test.nets)
        turned = learner.predict(relabel(self.spec, world.test.nets, key))  # type: ignore[arg-type]
        spread = told.std()
        gap = jnp.sqrt(((turned - told) ** 2).mean()) / jnp.where(spread > 0, spread, 1.0)
        return {
            "kendall_tau": probes.kendall_tau(told, world.test.target),
            "r2": explained(world, told, world.test.target),
            "invariance_gap": gap,
        }

    def floor(self, world: World) -> Any:
        """The mean of the training zoo."""
        return SimpleNamespace(predict=lambda nets: jnp.zeros(len(nets.residual)))

    def oracle(self, world: World) -> Any:
        """Runs the networks on a second test sample."""
        return SimpleNamespace(
            predict=lambda nets: (logits(self.spec, nets, world.second) - world.centre) / world.spread  # type: ignore[arg-type]
        )


def explained(world: World, told: jax.Array, target: jax.Array) -> jax.Array:
    """Explained share of the variance; predictions are clipped to what a target can be."""
    ends = (jax.scipy.special.logit(jnp.array([SHARE, 1 - SHARE])) - world.centre) / world.spread
    return probes.r_squared(jnp.clip(told, ends[0], ends[1]), target)
