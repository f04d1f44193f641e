"""Classes made of many Gaussian clusters, and the network, losses and gradient that learners and metrics share.

Shapes: b batch, d features, c classes, h hidden units, m clusters; n_l units of layer l (n_0 = d, n_L = c).
"""

import itertools
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, ClassVar, NamedTuple, Protocol

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

from toybench import Metric, Task


class Classifier(Protocol):
    """What every learner of labelled points answers."""

    def predict(self, state: Any, x: jax.Array) -> jax.Array:
        """Scores of the classes, higher is better: points [b, d] to [b, c]."""


class Rule(Classifier, Protocol):
    """A rule that proposes a weight change for the study's network."""

    def forward_weights(self, state: Any) -> Any:
        """The network now: a tuple of `Layer`, input side first."""

    def direction(self, state: Any, batch: Any, key: jax.Array) -> Any:
        """What the rule uses in place of the loss gradient, before any optimiser: same structure as the weights."""


class Modulated(Rule, Protocol):
    """A rule that sends output errors to the input through fixed random weights."""

    def feedback(self, state: Any) -> Any:
        """(F [c, d], the first layer's initial weights [d, h])."""


class Estimator(Protocol):
    """A random estimate of the gradient from forward evaluations."""

    def forward_weights(self, state: Any) -> Any:
        """The network: a tuple of `Layer`, input side first."""

    def estimate(self, state: Any, batch: Any, key: jax.Array) -> Any:
        """One estimate, with the key's randomness: same structure as the weights."""


@dataclass(frozen=True)
class Spec:
    """What a method may know: sizes, and the set-up that every rule shares.

    Attributes:
      activation: of the hidden layers, `tanh` or `relu`.
      loss: `cross_entropy` of a softmax, or `squared`: half the squared distance to the one-hot label.
      optimizer: `adam`, `momentum` (0.9) or `sgd` (plain, constant rate); the first two decay to 0 by a cosine.
    """

    features: int
    classes: int
    hidden: tuple[int, ...]
    activation: str = "tanh"
    loss: str = "cross_entropy"
    optimizer: str = "adam"

    @property
    def sizes(self) -> tuple[int, ...]:
        """Units of every layer, from the input to the classes."""
        return (self.features, *self.hidden, self.classes)


class Layer(NamedTuple):
    """w [n_in, n_out] and b [n_out]."""

    w: jax.Array
    b: jax.Array


class Examples(NamedTuple):
    """A batch: points [b, d] and labels int32 [b]."""

    x: jax.Array
    y: jax.Array


class World(NamedTuple):
    """Cluster centres [m, d] (cluster i belongs to class i mod c) and the test set."""

    centres: jax.Array
    test: Examples


def squash(activation: str, a: jax.Array) -> jax.Array:
    """The hidden nonlinearity, elementwise."""
    return jnp.tanh(a) if activation == "tanh" else jax.nn.relu(a)


def slope(activation: str, h: jax.Array) -> jax.Array:
    """Its derivative, from its value h."""
    return 1 - h**2 if activation == "tanh" else (h > 0).astype(h.dtype)


def forward(activation: str, weights: tuple[Layer, ...], x: jax.Array) -> tuple[list[jax.Array], jax.Array]:
    """([x, h_1, ..., h_{L-1}], outputs [b, c]): what enters every layer, and what leaves the last."""
    hs = [x]
    for layer in weights[:-1]:
        hs.append(squash(activation, hs[-1] @ layer.w + layer.b[None, :]))
    return hs, hs[-1] @ weights[-1].w + weights[-1].b[None, :]


def output_error(kind: str, z: jax.Array, y: jax.Array) -> jax.Array:
    """Derivative of one point's loss by its outputs: softmax(z) - onehot(y), or z - onehot(y); [b, c]."""
    return (jax.nn.softmax(z) if kind == "cross_entropy" else z) - jax.nn.one_hot(y, z.shape[-1])


def pointwise_loss(kind: str, z: jax.Array, y: jax.Array) -> jax.Array:
    """Loss [b] of outputs z [b, c] for labels y [b]."""
    target = jax.nn.one_hot(y, z.shape[-1])
    return -(jax.nn.log_softmax(z) * target).sum(-1) if kind == "cross_entropy" else 0.5 * ((z - target) ** 2).sum(-1)


def loss(spec: Spec, weights: tuple[Layer, ...], batch: Examples) -> jax.Array:
    """Mean loss of a batch."""
    return pointwise_loss(spec.loss, forward(spec.activation, weights, batch.x)[1], batch.y).mean()


def assemble(hs: list[jax.Array], deltas: list[jax.Array]) -> tuple[Layer, ...]:
    """Weight changes from what enters the layers, [b, n_{l-1}], and the errors at their outputs, [b, n_l]."""
    return tuple(Layer(h.T @ d / len(d), d.mean(0)) for h, d in zip(hs, deltas, strict=True))


def transposed(spec: Spec, hs: list[jax.Array], error: jax.Array, backs: list[jax.Array]) -> list[jax.Array]:
    """Errors of all layers, the last one's given: d_{l-1} = (d_l B_l) f'(h_{l-1}), B_l [n_l, n_{l-1}] for l = 2...L."""
    deltas = [error]
    for h, back in zip(reversed(hs[1:]), reversed(backs), strict=True):
        deltas.insert(0, (deltas[0] @ back) * slope(spec.activation, h))
    return deltas


def through_input(spec: Spec, hs: list[jax.Array], error: jax.Array, f: jax.Array, w: jax.Array) -> tuple[Layer, ...]:
    """Feedback alignment of one hidden layer through f w, f [c, d] and w [d, h]: weight changes of both layers."""
    return assemble(hs, transposed(spec, hs, error, [f @ w]))


def zeros(spec: Spec, **answers: Any) -> Any:
    """A floor for rules: a network of zeros that never changes, and what else it is to answer."""
    still = tuple(Layer(w=jnp.zeros(pair), b=jnp.zeros(pair[1])) for pair in itertools.pairwise(spec.sizes))
    return SimpleNamespace(
        predict=lambda x: jnp.zeros((len(x), spec.classes)),
        forward_weights=lambda: still,
        direction=lambda batch, key: still,
        **answers,
    )


def gradient(spec: Spec, weights: tuple[Layer, ...], batch: Examples) -> tuple[Layer, ...]:
    """The gradient of the mean loss, by back-propagation."""
    hs, z = forward(spec.activation, weights, batch.x)
    error = output_error(spec.loss, z, batch.y)
    return assemble(hs, transposed(spec, hs, error, [layer.w.T for layer in weights[1:]]))


def cosine(u: jax.Array, v: jax.Array) -> jax.Array:
    """Cosine of the angle between two arrays of one shape; 0 where one of them vanishes."""
    size = jnp.linalg.norm(u) * jnp.linalg.norm(v)
    return jnp.where(size > 0, jnp.vdot(u, v) / jnp.where(size > 0, size, 1.0), 0.0)


def hidden_cosine(ours: tuple[Layer, ...], theirs: tuple[Layer, ...]) -> jax.Array:
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
        hidden = (self.width,) * self.depth
        return Spec(self.features, self.classes, hidden, self.activation, self.loss, self.optimizer)

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


def proximal_point(spec: Spec, weights: tuple[Layer, ...], batch: Examples, lr: Any, rounds: int = 30) -> Any:
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
