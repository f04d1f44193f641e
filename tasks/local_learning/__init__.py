"""Train a small network without sending errors backwards through its own weights, or evaluate one in few rounds.

Learners of labelled points answer scores of classes; some tasks also ask for the weight change that they would make,
and judge that. Learners on a graph label its nodes. Solvers answer the iterate of a triangular system of equations.

Shapes: b batch, d features, c classes, h hidden units, n_l units of layer l (n_0 = d, n_L = c); n nodes of a graph;
t states of a triangular system.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp
import optax

from toybench.blocks import optim

HIDDEN = -1  # the label of a node that a learner isn't to know


@dataclass(frozen=True)
class Spec:
    """What a learner of points may know: sizes, and the set-up that every rule shares.

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


Weights = tuple[Layer, ...]  # of a network, input side first


class Examples(NamedTuple):
    """A batch: points [b, d] and labels int32 [b]."""

    x: jax.Array
    y: jax.Array


class Classifier(Protocol):
    """What every learner of labelled points answers."""

    def predict(self, state: Any, x: jax.Array) -> jax.Array:
        """Scores of the classes, higher is better: points [b, d] to [b, c]."""


class Transparent(Classifier, Protocol):
    """A classifier that shows its hidden layers."""

    def activities(self, state: Any, x: jax.Array, y: jax.Array) -> tuple[jax.Array, ...]:
        """Hidden layers' outputs, each [b, h], on points x [b, d] of classes y [b], which some read."""


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
class GraphSpec:
    """What a learner on a graph may know: sizes, and the network that learners share.

    Attributes:
      conv: `gcn`: the normalised sum over a node and its neighbours; `sage`: its own features next to their mean.
      activation: `tanh` or `relu`, where the method leaves it free.
    """

    features: int
    classes: int
    hidden: tuple[int, ...]
    conv: str
    activation: str


class Graph(NamedTuple):
    """What is public: edges [n, n] (1: row receives from column), features [n, d], labels int32 [n], some HIDDEN."""

    edges: jax.Array
    x: jax.Array
    y: jax.Array


class NodeClassifier(Protocol):
    """What a learner on a graph answers."""

    def node_scores(self, state: Any) -> jax.Array:
        """Scores of the classes for every node of the graph, higher is better: [n, c]."""


@dataclass(frozen=True)
class System:
    """What a solver may know beforehand: the kind of equations (rnn, densenet, autoregressive), t, numbers a state."""

    system: str
    states: int
    width: int


class Cost(NamedTuple):
    """What a round takes, in evaluations of one f_t, scalars: one after another, and altogether."""

    depth: jax.Array
    work: jax.Array


class TriangularSolver(Protocol):
    """What a solver answers."""

    def solution(self, state: Any) -> jax.Array:
        """The iterate, [t, width]."""

    def cost(self, state: Any) -> Cost:
        """The price of one round."""


def squash(activation: str, a: jax.Array) -> jax.Array:
    """The hidden nonlinearity, elementwise."""
    return jnp.tanh(a) if activation == "tanh" else jax.nn.relu(a)


def slope(activation: str, h: jax.Array) -> jax.Array:
    """Its derivative, from its value h."""
    return 1 - h**2 if activation == "tanh" else (h > 0).astype(h.dtype)


def forward(activation: str, weights: Weights, x: jax.Array) -> tuple[list[jax.Array], jax.Array]:
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


def loss(spec: Spec, weights: Weights, batch: Examples) -> jax.Array:
    """Mean loss of a batch."""
    _, z = forward(spec.activation, weights, batch.x)
    return pointwise_loss(spec.loss, z, batch.y).mean()


def assemble(hs: list[jax.Array], deltas: list[jax.Array]) -> Weights:
    """Weight changes from what enters the layers, [b, n_{l-1}], and the errors at their outputs, [b, n_l]."""
    return tuple(Layer(w=h.T @ d / len(d), b=d.mean(0)) for h, d in zip(hs, deltas, strict=True))


def transposed(spec: Spec, hs: list[jax.Array], error: jax.Array, backs: list[jax.Array]) -> list[jax.Array]:
    """Errors of all layers, the last one's given: d_{l-1} = (d_l B_l) f'(h_{l-1}), B_l [n_l, n_{l-1}] for l = 2...L."""
    deltas = [error]
    for h, back in zip(reversed(hs[1:]), reversed(backs), strict=True):
        deltas.insert(0, (deltas[0] @ back) * slope(spec.activation, h))
    return deltas


def through_input(spec: Spec, hs: list[jax.Array], error: jax.Array, f: jax.Array, w: jax.Array) -> Weights:
    """Feedback alignment of one hidden layer through f w, f [c, d] and w [d, h]: weight changes of both layers."""
    return assemble(hs, transposed(spec, hs, error, [f @ w]))


def gradient(spec: Spec, weights: Weights, batch: Examples) -> Weights:
    """The gradient of the mean loss, by back-propagation."""
    hs, z = forward(spec.activation, weights, batch.x)
    error = output_error(spec.loss, z, batch.y)
    return assemble(hs, transposed(spec, hs, error, [layer.w.T for layer in weights[1:]]))


def normalised(h: jax.Array) -> jax.Array:
    """h [b, n] of mean square 1: the next layer sees which units are active, not how active they are."""
    return h * jax.lax.rsqrt((h**2).mean(1, keepdims=True) + 1e-8)


def optimizer(spec: Spec, lr: Any, steps: int, decay: Any = 0.0) -> optax.GradientTransformation:
    """The set-up's optimiser, with decoupled weight decay: adam, momentum (both fade out by a cosine) or plain sgd."""
    if spec.optimizer == "sgd":
        return optim.lenient(optax.chain(optax.add_decayed_weights(decay), optax.sgd(lr)))
    first = optax.scale_by_adam() if spec.optimizer == "adam" else optax.trace(0.9)
    rate = optax.cosine_decay_schedule(lr, steps) if steps else lr
    return optim.lenient(optax.chain(first, optax.add_decayed_weights(decay), optax.scale_by_learning_rate(rate)))
