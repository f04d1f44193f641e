"""Train networks that are deeper than is good for them: what architecture, initialisation or guidance makes of depth.

A learner answers the class scores of points (`Classifier`), of one column of itself too (`Extractable`), or shows its
untrained layers to be differentiated (`Stack`). The method owns architecture and initialisation; data, loss, optimiser
and parameter budget are the task's, the same for all.

Shapes: b batch, d features, k classes, w width, l layers, n units and points of a square stack.
"""

import abc
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, ClassVar, Literal, NamedTuple, Protocol, cast, get_args

import jax
import jax.numpy as jnp
import optax

from toybench import Metric, Task
from toybench.blocks import optim
from toybench.blocks.random import normals
from toybench.errors import UsageError

Activation = Literal["relu", "tanh"]
Optimizer = Literal["momentum", "adam"]

MOMENTUM = 0.9  # of plain descent
ADAM_UNIT = 0.1  # Adam's rate for a rate of 1: its useful rates are about ten times lower than those of momentum
HIDDEN = 32  # units of the teacher's hidden layer
CALIBRATION = 4096  # points over which the teacher's logits are standardised, so that classes are about as frequent
TESTED = 2048  # points of the test set
TINY = 1e-6  # keeps the log of a frequency finite
CERTAIN = 50.0  # the oracle's highest logit, the others being 0: a loss of 0 in float32


class Classifier(Protocol):
    """What a trained network answers."""

    def predict(self, state: Any, x: jax.Array) -> jax.Array:
        """Logits [b, k] of points [b, d]."""


class Extractable(Classifier, Protocol):
    """A network of columns, each of which is a network too; a network of one column answers with itself."""

    def predict_column(self, state: Any, x: jax.Array) -> jax.Array:
        """Logits [b, k] of the deepest column alone."""


class Stack(Protocol):
    """Square layers, untrained, that the task differentiates."""

    def layers(self, state: Any) -> jax.Array:
        """Weights [l, n, n], input side first."""

    def apply(self, state: Any, layers: jax.Array, x: jax.Array) -> jax.Array:
        """Outputs [b, n] of these layers for inputs [b, n]."""


@dataclass(frozen=True)
class Spec:
    """What a classifier may know.

    Attributes:
      depth: layers on the longest path between the first and the last layer.
      parameters: the budget, from which a method solves its width.
      batch: points a step.
      guided: whether `given` holds a trained guide.
      optimizer: of every student, with a rate that falls to 0 linearly.
    """

    features: int
    classes: int
    depth: int
    parameters: int
    batch: int
    activation: Activation
    guided: bool = False
    optimizer: Optimizer = "momentum"


@dataclass(frozen=True)
class StackSpec:
    """What a stack may know: its layers, and units of a layer, as many as points in the batch."""

    depth: int
    width: int


class Layer(NamedTuple):
    """w [..., in, out] and b [..., out]; leading axes count layers."""

    w: jax.Array
    b: jax.Array


class Network(NamedTuple):
    """First layer [d, w], stacked layers of one shape [l, w, w], last layer [w, k]."""

    first: Layer
    stack: Layer
    last: Layer


class Examples(NamedTuple):
    """Points [b, d] and labels int32 [b]."""

    x: jax.Array
    y: jax.Array


class Given(NamedTuple):
    """Public constants: one batch [b, d] of points without labels, and a trained guide, or ()."""

    batch: jax.Array
    guide: Any


class Teacher(NamedTuple):
    """Weights of a network of one hidden layer, and mean and spread [k] of its logits."""

    first: jax.Array
    last: jax.Array
    mean: jax.Array
    spread: jax.Array


class World(NamedTuple):
    """The teacher, a test set, and what is given to every learner."""

    teacher: Teacher
    test: Examples
    given: Given


def activate(kind: Activation, z: jax.Array) -> jax.Array:
    """The students' nonlinearity, elementwise."""
    return jnp.tanh(z) if kind == "tanh" else jax.nn.relu(z)


def dense(layer: Layer, x: jax.Array) -> jax.Array:
    """x w + b: [b, in] to [b, out]."""
    return x @ layer.w + layer.b[None, :]


def cross_entropy(logits: jax.Array, y: jax.Array) -> jax.Array:
    """Mean cross-entropy, in nats, of logits [b, k] for labels [b]."""
    return -jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], axis=1).mean()


def error_rate(logits: jax.Array, y: jax.Array) -> jax.Array:
    """Share of the labels [b] that aren't the highest logit's."""
    return (logits.argmax(-1) != y).astype(jnp.float32).mean()


def optimizer(kind: Optimizer, lr: Any, steps: int) -> optax.GradientTransformation:
    """What classifiers descend with; the rate falls to 0 linearly. Adam's is ADAM_UNIT times `lr`."""
    if kind == "adam":
        return optim.lenient(optax.adam(optax.linear_schedule(ADAM_UNIT * lr, 0.0, steps)))
    return optim.lenient(optax.sgd(optax.linear_schedule(lr, 0.0, steps), momentum=MOMENTUM))


def residual(kind: Activation, net: Network, x: jax.Array) -> tuple[jax.Array, jax.Array]:
    """(representations [l, b, w], logits [b, k]) of a residual network, the architecture of the guide.

    h <- h + (activate(h) w + b) / sqrt(l)
    """
    share = len(net.stack.w) ** -0.5

    def block(h: jax.Array, layer: Layer) -> tuple[jax.Array, jax.Array]:
        after = h + share * dense(layer, activate(kind, h))
        return after, after

    h, every = jax.lax.scan(block, dense(net.first, x), net.stack)
    return every, dense(net.last, activate(kind, h))


def teach(teacher: Teacher, x: jax.Array) -> jax.Array:
    """The teacher's standardised logits [b, k] of points [b, d], the same for x and -x."""
    return (jnp.abs(x @ teacher.first) @ teacher.last - teacher.mean[None, :]) / teacher.spread[None, :]


class TeacherTask(Task):
    """Points from N(0, I), labelled by a random network of one hidden layer: fresh ones in every batch.

    Hidden units are absolute values, so that x and -x have one label: what a linear map could tell is nothing.
    """

    depth: int = 24  # layers of a student between its first and its last
    activation: str = "relu"  # the students': relu or tanh
    parameters: int = 25_000  # budget of a student
    features: int = 8  # dimensions of a point
    classes: int = 10  # outputs of the teacher
    batch: int = 64  # points a step

    interface = Classifier
    steps = 500
    metrics = {
        "train_loss": Metric(direction="min", about="cross-entropy, nats, on fresh points as all training points are"),
        "test_error": Metric(direction="min", about="share of fresh points that are classified otherwise"),
    }

    guided: ClassVar[bool] = False
    optimizer: ClassVar[Optimizer] = "momentum"

    @property
    def spec(self) -> Spec:
        if self.activation not in get_args(Activation):
            known = " or ".join(get_args(Activation))
            raise UsageError(f"{self.name} has no activation '{self.activation}'; use {known}.")
        return Spec(
            features=self.features,
            classes=self.classes,
            depth=self.depth,
            parameters=self.parameters,
            batch=self.batch,
            activation=cast(Activation, self.activation),
            guided=self.guided,
            optimizer=self.optimizer,
        )

    @abc.abstractmethod
    def guide(self, teacher: Teacher, key: jax.Array) -> Any:
        """What is given beside a batch: a trained network, or ()."""

    def sample(self, key: jax.Array) -> World:
        """A teacher with its calibration, a test set, one batch to look at, and a guide where there is one."""
        for_world, for_guide = jax.random.split(key)
        drawn = normals(
            for_world,
            first=(self.features, HIDDEN),
            last=(HIDDEN, self.classes),
            calibration=(CALIBRATION, self.features),
            test=(TESTED, self.features),
            batch=(self.batch, self.features),
        )
        raw = Teacher(
            first=drawn["first"] / self.features**0.5,
            last=drawn["last"] / HIDDEN**0.5,
            mean=jnp.zeros(self.classes),
            spread=jnp.ones(self.classes),
        )
        logits = teach(raw, drawn["calibration"])
        teacher = raw._replace(mean=logits.mean(0), spread=logits.std(0))
        return World(
            teacher=teacher,
            test=Examples(x=drawn["test"], y=teach(teacher, drawn["test"]).argmax(-1)),
            given=Given(batch=drawn["batch"], guide=self.guide(teacher, for_guide)),
        )

    def given(self, world: World) -> Given:
        """One batch without labels, and the guide."""
        return world.given

    def examples(self, teacher: Teacher, key: jax.Array) -> Examples:
        """A batch of fresh points with the teacher's labels."""
        x = jax.random.normal(key, (self.batch, self.features))
        return Examples(x=x, y=teach(teacher, x).argmax(-1))

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Examples]:
        """Fresh points and their labels."""
        return world, self.examples(world.teacher, key)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        logits = learner.predict(world.test.x)
        return {
            "train_loss": cross_entropy(logits, world.test.y),
            "test_error": error_rate(logits, world.test.y),
        }

    def floor(self, world: World) -> Any:
        """How frequent the classes are: as labels are even, it is also the best softmax of a linear map."""
        counts = jax.nn.one_hot(world.test.y, self.classes).mean(0)
        frequent = lambda x: jnp.broadcast_to(jnp.log(counts + TINY), (len(x), self.classes))  # noqa: E731
        return SimpleNamespace(predict=frequent, predict_column=frequent)

    def chance(self, world: World) -> Any:
        """No preference."""
        even = lambda x: jnp.zeros((len(x), self.classes))  # noqa: E731
        return SimpleNamespace(predict=even, predict_column=even)

    def oracle(self, world: World) -> Any:
        """The teacher, sure of itself."""
        sure = lambda x: CERTAIN * jax.nn.one_hot(teach(world.teacher, x).argmax(-1), self.classes)  # noqa: E731
        return SimpleNamespace(predict=sure, predict_column=sure)
