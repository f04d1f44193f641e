"""What the hypernetworks of this study share: the layers of h, their start, the optimiser, and a diary of training.

h has two hidden layers of 32 leaky relu units. They start by He's rule with fan-out, which keeps the length of a
vector, biases at 0. The last layer starts such that the weights that it generates have `scale` times the standard
deviation of He's start of a main network, for inputs of typical length.

Shapes: b hyperparameter vectors, m points for each, w weights of a main network, z inputs of h.
"""

import abc
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import optim
from toybench.blocks.random import normals
from toybench.tasks.hypernetworks import (
    SLOPE,
    History,
    Points,
    count_weights,
    is_kernel,
    kernel_std,
    main_network,
)

UNITS = 32  # of each hidden layer
RATES = (0.001, 0.003, 0.01, 0.03, 0.1)  # learning rates tried; three times as much for gradient descent
SCALES = (0.03, 0.1, 0.3, 1.0)  # tried; 1 is a network's usual start, the library's 0.13 to 0.22 for hidden kernels
MOMENTUM = 0.9  # of gradient descent
SQUARE = 2 / 3  # mean squared length of gamma in the unit square


class Net(NamedTuple):
    """Kernels and biases of h; the last bias [w] is what a residual form calls theta_0."""

    kernels: tuple[jax.Array, jax.Array, jax.Array]
    biases: tuple[jax.Array, jax.Array, jax.Array]


class State(NamedTuple):
    """Parameters now and before the first step, the optimiser's state, and sums over updates.

    Attributes:
      seen: updates taken.
      early: sum of losses of the early ones.
      norm, square: sums of the gradient's norm and of its square.
    """

    params: Net
    first: Net
    slots: optax.OptState
    seen: jax.Array
    early: jax.Array
    norm: jax.Array
    square: jax.Array


class Hypernet(Method):
    """A method says how gamma becomes weights, and where h starts."""

    lr: float = 0.003  # learning rate, constant; above 0
    scale: float = 0.1  # of h's part of the weights at the start, in units of a main network's own; above 0
    start: str = "network"  # `network`, or `library`: the last layer has the variance 1 / w, whatever the scale

    space = {"lr": RATES, "scale": SCALES}

    @abc.abstractmethod
    def begin(self, key: jax.Array) -> Net:
        """Parameters before the first step."""

    @abc.abstractmethod
    def generate(self, params: Net, gamma: jax.Array) -> jax.Array:
        """Weights [b, w] for gamma [b, 2]."""

    def init(self, key: jax.Array) -> State:
        params = self.begin(key)
        nothing = jnp.zeros(())
        return State(
            params=params,
            first=params,
            slots=self.optimiser().init(params),
            seen=jnp.zeros((), jnp.int32),
            early=nothing,
            norm=nothing,
            square=nothing,
        )

    def update(self, state: State, batch: Points, key: jax.Array) -> State:
        def error(params: Net) -> jax.Array:
            return ((main_network(self.generate(params, batch.gamma), batch.x) - batch.y) ** 2).mean()

        loss, gradient = jax.value_and_grad(error)(state.params)
        norm = optax.tree.norm(gradient)
        params, slots = optim.descend(self.optimiser(), gradient, state.slots, state.params)
        start, end = self.spec.early
        counts = (state.seen >= start) & (state.seen < end)
        return State(
            params=params,
            first=state.first,
            slots=slots,
            seen=state.seen + 1,
            early=state.early + jnp.where(counts, loss, 0.0),
            norm=state.norm + norm,
            square=state.square + norm**2,
        )

    def optimiser(self) -> optax.GradientTransformation:
        """Adam, or gradient descent with momentum at three times the rate."""
        if self.spec.optimizer == "sgd":
            return optim.lenient(optax.sgd(3 * self.lr, momentum=MOMENTUM))
        return optim.adam(self.lr)

    def respond(self, state: State, gamma: jax.Array, x: jax.Array) -> jax.Array:
        return main_network(self.generate(state.params, gamma), x)

    def first_weights(self, state: State, gamma: jax.Array) -> jax.Array:
        return self.generate(state.first, gamma)

    def history(self, state: State) -> History:
        start, end = self.spec.early
        seen = state.seen.astype(jnp.float32)
        taken = jnp.clip(seen - start, 1.0, end - start)
        count = jnp.maximum(seen, 1.0)
        mean = state.norm / count
        return History(
            early_loss=state.early / taken,
            norm_mean=mean,
            norm_std=jnp.sqrt(jnp.maximum(state.square / count - mean**2, 0.0)),
        )


def start_net(method: Hypernet, key: jax.Array, inputs: int, square: float, residual: bool) -> Net:
    """h with so many inputs, whose last hidden layer has the mean squared length `square`.

    With `residual` the last bias is a main network's own start, else 0.
    """
    count = count_weights()
    noise = normals(key, a=(inputs, UNITS), b=(UNITS, UNITS), c=(UNITS, count), own=(count,))
    std = (2 / (1 + SLOPE**2) / UNITS) ** 0.5
    last = method.scale * square**-0.5 * kernel_std()
    if method.start == "library":
        last = jnp.full(count, count**-0.5)
    own = noise["own"] * kernel_std() * is_kernel()
    return Net(
        kernels=(std * noise["a"], std * noise["b"], last[None, :] * noise["c"]),
        biases=(jnp.zeros(UNITS), jnp.zeros(UNITS), own if residual else jnp.zeros(count)),
    )


def run_net(params: Net, z: jax.Array, normalised: bool = False) -> jax.Array:
    """Outputs [b, w] of h at z [b, inputs]; with `normalised`, units of a layer are normalised before they act."""
    h = z
    for kernel, bias in zip(params.kernels[:2], params.biases[:2], strict=True):
        h = h @ kernel + bias[None, :]
        h = jax.nn.leaky_relu(layer_norm(h) if normalised else h, SLOPE)
    return h @ params.kernels[2] + params.biases[2][None, :]


def layer_norm(h: jax.Array) -> jax.Array:
    """Units [b, u] with mean 0 and variance 1 in each row."""
    return jax.nn.standardize(h, axis=-1, epsilon=1e-5)


def encode(gamma: jax.Array) -> jax.Array:
    """[cos(pi gamma / 2), sin(pi gamma / 2)], [b, 4]: of squared length 2 whatever gamma is."""
    angle = 0.5 * jnp.pi * gamma
    return jnp.concatenate([jnp.cos(angle), jnp.sin(angle)], -1)
