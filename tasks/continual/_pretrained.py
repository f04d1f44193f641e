"""Class-incremental learning on a frozen backbone: interface, batches, metrics and the stream's clockwork.

Shapes: b batch, n examples of a phase, d inputs, h hidden units, f features, e expanded features, c classes, p phases,
g groups of classes that arrive together.
"""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, ClassVar, Literal, NamedTuple, Protocol

import jax
import jax.numpy as jnp
import numpy as np

from toybench import Metric, Task

OFFSET = 0.5  # added to the backbone's codes before their ReLU


class ClassScores(Protocol):
    """What a class-incremental learner answers."""

    def class_scores(self, state: Any, x: jax.Array) -> jax.Array:
        """Scores [b, c] of inputs [b, d]; the highest among the classes seen so far is the answer."""


class Analytic(Protocol):
    """What a learner in closed form answers: a ridge regression on the expanded features."""

    def solution(self, state: Any) -> jax.Array:
        """Weights [e, c] from expanded features to one-hot labels."""

    def ridge(self, state: Any) -> jax.Array:
        """The penalty [] on the squared weights."""


@dataclass(frozen=True)
class PhaseSpec:
    """What a method may know: sizes, the number of phases, and how many shots a class has (0: many)."""

    inputs: int
    hidden: int
    features: int
    expanded: int
    classes: int
    phases: int
    base: int = 0  # classes of the first session where it is a large one
    shots: int = 0


class Backbone(NamedTuple):
    """The pretrained network: first [d, h], bias [h], second [h, f]; and a public random layer, expand [f, e]."""

    first: jax.Array
    bias: jax.Array
    second: jax.Array
    expand: jax.Array


class Examples(NamedTuple):
    """Training set of a phase in random order: x [n, d], y int32 [n], weight [n] (1, then 0 for padding)."""

    x: jax.Array
    y: jax.Array
    weight: jax.Array


class PhaseStep(NamedTuple):
    """One step: a mini-batch x [b, d], y int32 [b] of the phase's data; where in the phase it lies; and the data.

    `position` counts steps from 0 to `length` - 1 within phase number `phase`; `seen` bool [c] marks classes met so
    far, this phase included.
    """

    x: jax.Array
    y: jax.Array
    phase: jax.Array
    position: jax.Array
    length: jax.Array
    seen: jax.Array
    data: Examples


class World(NamedTuple):
    """The stream [p, n, ...] with its test set, the backbone, and what the learner has scored so far.

    `history` [p, c] is the accuracy on each class after each finished phase; `seen` bool [p, c]; `latent` and
    `clusters` are what the oracle looks into: codes of the test points, and codes of the clusters [c, k, z].
    """

    step: jax.Array
    history: jax.Array
    data: Examples
    seen: jax.Array
    test: jax.Array
    latent: jax.Array
    clusters: jax.Array
    backbone: Backbone


def hidden(backbone: Backbone, x: jax.Array) -> jax.Array:
    """The backbone's first layer: [..., d] to [..., h], non-negative."""
    return jax.nn.relu(x @ backbone.first + along(backbone.bias, x))


def features(backbone: Backbone, x: jax.Array) -> jax.Array:
    """The backbone's features: [..., d] to [..., f], non-negative."""
    return jax.nn.relu(hidden(backbone, x) @ backbone.second + OFFSET)


def expansion(backbone: Backbone, z: jax.Array) -> jax.Array:
    """Random ReLU features of the backbone's features: [..., f] to [..., e]."""
    return jax.nn.relu(z @ backbone.expand)


def along(row: jax.Array, x: jax.Array) -> jax.Array:
    """`row` [k] with the leading axes of x added, so that it broadcasts under strict rank promotion."""
    return row.reshape((1,) * (x.ndim - 1) + row.shape)


class ClassStream(Task):
    """Base of the class-incremental tasks: a subclass samples the world and says which classes form a group."""

    batch: int = 64  # examples a step

    kind: ClassVar[Literal["stationary", "stream", "interactive"]] = (
        "interactive"  # `draw` writes down the learner's accuracy at the end of each phase
    )
    interface: ClassVar[type] = ClassScores
    checkpoints = 5
    metrics = {
        "final_accuracy": Metric("max", "accuracy over the classes seen, after the last phase"),
        "average_incremental_accuracy": Metric("max", "accuracy over the classes seen, mean over phases"),
        "forgetting": Metric("min", "best earlier accuracy on a group of classes minus the last, mean over groups"),
        "new_task_accuracy": Metric("max", "accuracy on a group of classes right after its first phase, mean"),
    }

    @property
    def groups(self) -> np.ndarray:
        """Which group each class belongs to, int [c]."""
        raise TypeError(f"{self.name} doesn't say which classes come together; give it a property `groups`.")

    @property
    def spec(self) -> Any:
        raise TypeError(f"{self.name} has no spec; give the task a property `spec`.")

    @property
    def length(self) -> int:
        """Steps of a phase."""
        return self.steps // self.spec.phases

    def given(self, world: Any) -> Any:
        """The pretrained backbone and the public random layer."""
        return world.backbone

    def draw(self, world: Any, key: jax.Array, learner: Any) -> tuple[Any, PhaseStep]:
        """A mini-batch of the current phase, drawn uniformly with replacement; a finished phase is scored before it."""
        phase = jnp.minimum(world.step // self.length, self.spec.phases - 1)
        position = world.step - phase * self.length
        history = self.keep_score(world, learner, phase, position)
        data = jax.tree.map(lambda leaf: leaf[phase], world.data)
        at = (jax.random.uniform(key, (self.batch,)) * data.weight.sum()).astype(jnp.int32)
        length = jnp.asarray(self.length, jnp.int32)
        shown = PhaseStep(data.x[at], data.y[at], phase, position, length, world.seen[phase], data)
        return world._replace(step=world.step + 1, history=history), shown

    def keep_score(self, world: Any, learner: Any, phase: jax.Array, position: jax.Array) -> jax.Array:
        """The history with the phase before this one in it, where this is a phase's first step."""
        return jax.lax.cond(
            (position == 0) & (phase > 0),
            lambda: world.history.at[phase - 1].set(self.accuracies(world, learner, phase - 1)),
            lambda: world.history,
        )

    def accuracies(self, world: Any, learner: Any, phase: jax.Array) -> jax.Array:
        """Accuracy on the test points of each class [c]; classes that are still unseen can't be answered."""
        c = self.spec.classes
        scores = jnp.where(world.seen[phase][None, :], learner.class_scores(world.test), -jnp.inf)
        right = scores.argmax(-1).reshape(c, -1) == jnp.arange(c)[:, None]
        return right.astype(jnp.float32).mean(-1)

    def table(self, world: Any, learner: Any) -> tuple[jax.Array, jax.Array]:
        """(current phase, accuracies [p, c] after each phase up to it).

        Before the first step, and so for references: as if the stream were over and the learner had always been this.
        """
        last = self.spec.phases - 1
        phase = jnp.where(world.step == 0, last, jnp.minimum((world.step - 1) // self.length, last))
        now = self.accuracies(world, learner, phase)
        history = jnp.where(world.step == 0, jnp.broadcast_to(now[None, :], world.history.shape), world.history)
        return phase, history.at[phase].set(now)

    def evaluate(self, world: Any, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        phase, table = self.table(world, learner)
        return summary(table, world.seen, phase, self.groups)

    def floor(self, world: Any) -> Any:
        """One class for every input."""
        return SimpleNamespace(class_scores=lambda x: jnp.zeros((len(x), self.spec.classes)))

    def oracle(self, world: Any) -> Any:
        """The class of the cluster nearest to a test point's latent code."""
        apart = ((world.latent[:, None, None, :] - world.clusters[None]) ** 2).sum(-1).min(-1)
        return SimpleNamespace(class_scores=lambda x: -apart)


def summary(table: jax.Array, seen: jax.Array, phase: jax.Array, groups: np.ndarray) -> dict[str, jax.Array]:
    """The field's metrics of accuracies [p, c] by phase and class, of which `seen` bool [p, c] count."""
    met = seen.astype(jnp.float32)
    mean = (table * met).sum(-1) / met.sum(-1)  # [p], over the classes seen
    member = jnp.asarray(groups[:, None] == np.arange(groups.max() + 1), jnp.float32)  # [c, g]
    known = met @ member
    by_group = (table * met) @ member / jnp.maximum(known, 1.0)  # [p, g]
    past = jnp.arange(len(table)) < phase
    earlier = (known > 0) & past[:, None]
    best = jnp.where(earlier, by_group, -jnp.inf).max(0)
    had = earlier.any(0)
    lost = jnp.where(had, best - by_group[phase], 0.0)
    first = jnp.argmax(known > 0, 0)  # the phase in which a group is met
    fresh = jnp.take_along_axis(by_group, first[None, :], 0)[0]
    done = first <= phase
    until = jnp.arange(len(table)) <= phase
    return {
        "final_accuracy": mean[phase],
        "average_incremental_accuracy": average(mean, until),
        "forgetting": average(lost, had),
        "new_task_accuracy": average(fresh, done),
    }


def average(x: jax.Array, where: jax.Array) -> jax.Array:
    """Mean of x over the places that `where` marks; 0 if there is none."""
    return jnp.where(where, x, 0.0).sum() / jnp.maximum(where.sum(), 1).astype(x.dtype)


def cut(flat: jax.Array, **shapes: tuple[int, ...]) -> dict[str, jax.Array]:
    """Arrays by name, cut from one flat draw."""
    ends = np.cumsum([int(np.prod(s)) for s in shapes.values()])
    pieces = jnp.split(flat[: ends[-1]], ends[:-1].tolist())
    return {name: piece.reshape(shape) for piece, (name, shape) in zip(pieces, shapes.items(), strict=True)}


def count(**shapes: tuple[int, ...]) -> int:
    """How many numbers `cut` needs for these shapes."""
    return sum(int(np.prod(s)) for s in shapes.values())


def shuffled(data: Examples, noise: jax.Array) -> Examples:
    """Each phase in random order, padding last; `noise` [p, n] decides the order."""
    order = jnp.argsort(jnp.where(data.weight > 0, noise, jnp.inf), axis=-1)
    return Examples(*(jax.vmap(lambda leaf, at: leaf[at])(leaf, order) for leaf in data))
