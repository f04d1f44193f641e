"""A five-qubit classifier of two noisy classes: how far does an optimiser get with the circuits that it may run?

Isolates the optimiser: circuit, data, starting angles and the number of circuits are the same for all. Two classes of
three Gaussian clusters each, five features in about [0, pi], 64 training points of which a tenth has the wrong label,
512 test points with clean ones. EfficientSU2: three layers of Y and Z rotations with two chains of CNOTs between them,
30 angles. The label is the majority vote of the qubits. 100 updates of 61 circuit evaluations, each on all training
points.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks import random
from toybench.errors import UsageError
from toybench.tasks.quantum_circuits import CircuitSpec, CircuitTrainer, Data, encode, expectations, losses

LOSSES = ("linear", "cross_entropy")
CLUSTERS = 3  # a class
SPREAD = 0.4  # standard deviation of a feature within its cluster
FLIPPED = 0.1  # share of training points with the wrong label
EDGE = 0.5  # how far the clusters' centres stay away from 0 and pi


class World(NamedTuple):
    """Training data, encoded test points [m, s] with clean labels [m], and the true log odds of both, [n] and [m]."""

    data: Data
    states: jax.Array
    labels: jax.Array
    train: jax.Array
    test: jax.Array


class Scores(NamedTuple):
    """A reference that isn't a circuit: its scores [n] of the training points and [m] of the test points."""

    train: jax.Array
    test: jax.Array


class QuantumClassifier(Task):
    """Noise-free by default; a number of shots a point makes every loss a sample."""

    shots: int = 0  # measurements of every point in every evaluation; 0: exact expectations
    loss: str = "linear"  # linear: mean probability of the wrong label; cross_entropy: the library's

    qubits: int = 5
    layers: int = 3  # of rotations
    points: int = 64
    tests: int = 512
    steps: int = 100  # type: ignore[misc]  # updates

    interface = CircuitTrainer
    checkpoints = 5
    metrics = {
        "test_accuracy": Metric("max", "share of test points with the right clean label, without shot noise"),
        "train_loss": Metric("min", "mean probability of the wrong label on the training points, without shot noise"),
    }

    @property
    def spec(self) -> CircuitSpec:
        if self.loss not in LOSSES:
            raise UsageError(f"loss is {self.loss!r}; use one of {', '.join(LOSSES)}.")
        return CircuitSpec(qubits=self.qubits, layers=self.layers, loss=self.loss, shots=self.shots)

    def sample(self, key: jax.Array) -> World:
        uniform, normal = jax.random.split(key)
        size = self.points + self.tests
        drawn = random.uniforms(uniform, centres=(2, CLUSTERS, self.qubits), cluster=(size,), flip=(self.points,))
        noise = random.normals(normal, x=(size, self.qubits), start=(self.spec.angles,))
        centres = EDGE + (jnp.pi - 2 * EDGE) * drawn["centres"]
        label = jnp.arange(size) % 2
        cluster = jnp.floor(CLUSTERS * drawn["cluster"]).astype(jnp.int32)
        features = centres[label, cluster] + SPREAD * noise["x"]
        sign = 1.0 - 2 * label.astype(features.dtype)
        states = encode(features)
        odds = evidence(features, centres)
        given = jnp.where(drawn["flip"] < FLIPPED, -1.0, 1.0) * sign[: self.points]
        return World(
            data=Data(states=states[: self.points], labels=given, start=noise["start"]),
            states=states[self.points :],
            labels=sign[self.points :],
            train=odds[: self.points],
            test=odds[self.points :],
        )

    def given(self, world: World) -> Data:
        return world.data

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        if isinstance(learner, Scores):
            wrong = 1 - accuracy(learner.train, world.data.labels)
            return {"test_accuracy": accuracy(learner.test, world.labels), "train_loss": wrong}
        spec = CircuitSpec(qubits=self.qubits, layers=self.layers, loss="linear", shots=0)
        angles = learner.angles()[None]
        scores = expectations(spec, world.states, angles)[0]
        return {
            "test_accuracy": accuracy(scores, world.labels),
            "train_loss": losses(spec, world.data, angles, key)[0],
        }

    def floor(self, world: World) -> Scores:
        """Label 1 for every point."""
        return Scores(train=jnp.ones(self.points), test=jnp.ones(self.tests))

    def oracle(self, world: World) -> Scores:
        """The clusters' true densities."""
        return Scores(train=world.train, test=world.test)


def accuracy(scores: jax.Array, labels: jax.Array) -> jax.Array:
    """Share of scores of the labels' sign; half of it for a score of 0."""
    return (1 + (jnp.sign(scores) * labels).mean()) / 2


def evidence(features: jax.Array, centres: jax.Array) -> jax.Array:
    """Log odds [n] of label 1 for features [n, q], given the centres [2, c, q] of the classes' clusters."""
    squares = ((features[:, None, None] - centres[None]) ** 2).sum(-1)
    logs = jax.nn.logsumexp(-squares / (2 * SPREAD**2), axis=-1)
    return logs[:, 0] - logs[:, 1]
