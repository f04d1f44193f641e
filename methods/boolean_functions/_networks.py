"""Small ReLU networks of one output, and how the parity learners train them.

Shapes: n points, d bits.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench.blocks import optim, random
from toybench.tasks.boolean_functions import CubeSpec, Points

PARITY_WIDTHS = (64, 64, 1)
BATCH = 64  # the authors' batch
Layers = tuple[dict[str, jax.Array], ...]


def initial_layers(key: jax.Array, dims: int, widths: tuple[int, ...]) -> Layers:
    """Weights and biases uniform within 1 / sqrt(fan-in), PyTorch's default."""
    sizes = list(zip((dims, *widths[:-1]), widths, strict=True))
    drawn = random.uniforms(key, **{str(i): (fan_in + 1, fan_out) for i, (fan_in, fan_out) in enumerate(sizes)})
    layers = []
    for i, (fan_in, _) in enumerate(sizes):
        both = (2 * drawn[str(i)] - 1) / fan_in**0.5
        layers.append({"weights": both[:-1], "biases": both[-1]})
    return tuple(layers)


def forward(layers: Layers, x: jax.Array) -> jax.Array:
    """Outputs [n] at the points [n, d]."""
    for layer in layers[:-1]:
        x = jax.nn.relu(x @ layer["weights"] + layer["biases"][None])
    last = layers[-1]
    return (x @ last["weights"] + last["biases"][None])[:, 0]


def mean_square(layers: Layers, x: jax.Array, y: jax.Array) -> jax.Array:
    """Mean square error []."""
    return ((forward(layers, x) - y) ** 2).mean()


class ParityState(NamedTuple):
    """Network and its optimiser, the number of updates so far, and a random rank of each training point, [n]."""

    params: Layers
    moments: Any
    step: jax.Array
    rank: jax.Array


def start_parity(key: jax.Array, spec: CubeSpec) -> ParityState:
    """A network of two hidden layers, and Adam's moments 0."""
    network, shuffle = jax.random.split(key)
    params = initial_layers(network, spec.dims, PARITY_WIDTHS)
    rank = jax.random.permutation(shuffle, spec.points)
    moments = optim.adam(0.0).init(params)
    return ParityState(params=params, moments=moments, step=jnp.zeros(()), rank=rank)


def train_on(state: ParityState, given: Points, allowed: jax.Array, lr: Any, key: jax.Array) -> ParityState:
    """One step of Adam on a batch of the training points that are allowed, bool [n]."""
    first = jnp.argsort(~allowed, stable=True)  # the allowed ones first, in their order
    uniform = jax.random.uniform(key, (BATCH,))
    rows = first[jnp.floor(uniform * allowed.sum().astype(uniform.dtype)).astype(jnp.int32)]
    gradients = jax.grad(mean_square)(state.params, given.x[rows], given.y[rows])
    params, moments = optim.descend(optim.adam(lr), gradients, state.moments, state.params)
    return state._replace(params=params, moments=moments, step=state.step + 1)


def minus_ones(x: jax.Array) -> jax.Array:
    """How many bits of each point are -1, [n]."""
    return (x < 0).sum(1)


def radius(step: jax.Array, length: Any, leap: int, dims: int) -> jax.Array:
    """How many bits may be -1 at this step: from `leap` to all of them, in equal stages over `length` steps."""
    stages = -(-dims // leap)
    done = jnp.floor(step * stages / jnp.maximum(length, 1.0)).astype(jnp.int32)
    return leap * jnp.where(step < length, jnp.minimum(done + 1, stages), stages)
