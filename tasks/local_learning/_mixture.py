"""Classes made of many Gaussian clusters, and what the tasks on them measure weight changes against.

Shapes: b batch, d features, c classes, h hidden units, m clusters.
"""

import itertools
from types import SimpleNamespace
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

from toybench import Metric, Task
from toybench.tasks.local_learning import Classifier, Examples, Layer, Spec, Weights, forward


class World(NamedTuple):
    """Cluster centres [m, d] (cluster i belongs to class i mod c) and the test set."""

    centres: jax.Array
    test: Examples


def zeros(spec: Spec, **answers: Any) -> Any:
    """A floor for rules: a network of zeros that never changes, and what else it is to answer."""
    still = tuple(Layer(w=jnp.zeros(pair), b=jnp.zeros(pair[1])) for pair in itertools.pairwise(spec.sizes))
    return SimpleNamespace(
        predict=lambda x: jnp.zeros((len(x), spec.classes)),
        forward_weights=lambda: still,
        direction=lambda batch, key: still,
        **answers,
    )


def cosine(u: jax.Array, v: jax.Array) -> jax.Array:
    """Cosine of the angle between two arrays of one shape; 0 where one of them vanishes."""
    size = jnp.linalg.norm(u) * jnp.linalg.norm(v)
    return jnp.where(size > 0, jnp.vdot(u, v) / jnp.where(size > 0, size, 1.0), 0.0)


def hidden_cosine(ours: Weights, theirs: Weights) -> jax.Array:
    """Cosine between two weight changes, layer by layer, averaged over hidden layers.

    The readout is left out: its change is exact under most rules, and would hide the rest.
    """
    return jnp.stack([cosine(a.w, b.w) for a, b in zip(ours[:-1], theirs[:-1], strict=True)]).mean()


class Mixture(Task):
    """Base of the study's tasks on labelled points: data, network and set-up; a subclass says what is measured."""

    prototypes: int = 16  # clusters a class; with 4 the classes are nearly linearly separable
    sigma: float = 0.5  # noise around a centre; centres have unit variance a coordinate
    features: int = 16  # input dimensions
    classes: int = 4
    depth: int = 3  # hidden layers
    width: int = 64  # units of each
    batch: int = 64  # fresh points a step
    activation: str = "tanh"  # of hidden units: tanh or relu
    loss: str = "cross_entropy"  # or squared
    optimizer: str = "adam"  # or momentum, or sgd

    interface: ClassVar[type] = Classifier
    steps = 1500
    metrics = {"test_error": Metric("min", "share of fresh points put in a wrong class")}
    test_size = 4000

    @property
    def spec(self) -> Spec:
        return Spec(
            features=self.features,
            classes=self.classes,
            hidden=(self.width,) * self.depth,
            activation=self.activation,
            loss=self.loss,
            optimizer=self.optimizer,
        )

    def points(self, centres: jax.Array, key: jax.Array, count: int) -> Examples:
        """Fresh points: a uniform cluster, its centre and noise."""
        a, b = jax.random.split(key)
        cluster = jax.random.randint(a, (count,), 0, len(centres))
        x = centres[cluster] + self.sigma * jax.random.normal(b, (count, self.features))
        return Examples(x=x, y=cluster % self.classes)

    def sample(self, key: jax.Array) -> World:
        a, b = jax.random.split(key)
        centres = jax.random.normal(a, (self.classes * self.prototypes, self.features))
        return World(centres=centres, test=self.points(centres, b, self.test_size))

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Examples]:
        """A fresh batch."""
        return world, self.points(world.centres, key, self.batch)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        wrong = learner.predict(world.test.x).argmax(-1) != world.test.y
        return {"test_error": wrong.astype(jnp.float32).mean()}

    def floor(self, world: World) -> Any:
        """Always the first class."""
        return SimpleNamespace(predict=lambda x: jnp.zeros((len(x), self.classes)))

    def oracle(self, world: World) -> Any:
        """Log-probabilities of the classes under the mixture itself."""

        def predict(x: jax.Array) -> jax.Array:
            square = ((x[:, None, :] - world.centres[None, :, :]) ** 2).sum(-1)  # [b, m]
            logits = (-square / (2 * self.sigma**2)).reshape(len(x), self.prototypes, self.classes)
            return jax.nn.logsumexp(logits, axis=1)

        return SimpleNamespace(predict=predict)


def proximal_point(spec: Spec, weights: Weights, batch: Examples, lr: Any, rounds: int = 30) -> Any:
    """The minimiser W' of L(W') + |W' - W|^2 / (2 lr) for the squared loss L, by halved Gauss-Newton steps.

    With outputs z ~ z_k + J (W' - W_k), a full step leads to
    W' - W = -lr J^T (I + lr J J^T)^-1 (z_k - y - J (W_k - W)): as many equations as outputs. Where it stands still,
    W' - W = -lr grad L(W') holds exactly.
    """
    start, unravel = ravel_pytree(weights)
    scale = len(batch.y) ** -0.5  # the loss is a mean over points
    target = jax.nn.one_hot(batch.y, spec.classes).reshape(-1) * scale

    def outputs(flat: jax.Array) -> jax.Array:
        return forward(spec.activation, unravel(flat), batch.x)[1].reshape(-1) * scale

    def step(_: jax.Array, now: jax.Array) -> jax.Array:
        z, back = jax.vjp(outputs, now)
        jacobian = jax.vmap(back)(jnp.eye(len(z)))[0]  # [outputs, weights]
        system = jnp.eye(len(z)) + lr * jacobian @ jacobian.T
        there = start - lr * jnp.linalg.solve(system, z - target - jacobian @ (now - start)) @ jacobian
        return 0.5 * (now + there)

    return unravel(jax.lax.fori_loop(0, rounds, step, start))
