"""Training a parameterised quantum circuit that can only be run: which angles does a learner end with?

A learner (`CircuitTrainer`) calls `losses` for the angles that it asks about, and knows nothing else of the circuit. An
update may ask for as many as one gradient by parameter shifts takes, 2 p + 1, and no more.

Shapes: q qubits, l layers of rotations, p = 2 l q angles, n points, e evaluations, s = 2^q amplitudes.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp
import numpy as np


@dataclass(frozen=True)
class CircuitSpec:
    """Sizes of the circuit, its loss (linear or cross_entropy), and the shots a point, 0 for exact expectations."""

    qubits: int
    layers: int
    loss: str
    shots: int

    @property
    def angles(self) -> int:
        """How many angles there are: a Y and a Z rotation for every qubit and layer."""
        return 2 * self.layers * self.qubits

    @property
    def evaluations(self) -> int:
        """Circuits that an update may evaluate, each on all training points."""
        return 2 * self.angles + 1


class Data(NamedTuple):
    """What is run and where training starts.

    Attributes:
      states: encoded points [n, s], real amplitudes.
      labels: -1 or 1, [n].
      start: angles [p], the same for every learner.
    """

    states: jax.Array
    labels: jax.Array
    start: jax.Array


class CircuitTrainer(Protocol):
    """Looks for angles of a low loss."""

    def angles(self, state: Any) -> jax.Array:
        """The angles [p] to be judged."""


def encode(features: jax.Array) -> jax.Array:
    """Product states [n, s] of a Y rotation by each feature [n, q], from |0>."""
    states = jnp.ones((features.shape[0], 1))
    for qubit in range(features.shape[1]):
        half = features[:, qubit] / 2
        pair = jnp.stack([jnp.cos(half), jnp.sin(half)], axis=-1)
        states = (states[:, :, None] * pair[:, None, :]).reshape(features.shape[0], -1)
    return states


def rotations(angles: jax.Array) -> jax.Array:
    """The layer RZ RY of every qubit as one matrix [e, s, s], from angles [e, 2, q], first Y and then Z."""
    y = angles[:, 0] / 2
    z = angles[:, 1] / 2
    turn = jnp.stack([jnp.cos(y), -jnp.sin(y), jnp.sin(y), jnp.cos(y)], axis=-1).reshape(*y.shape, 2, 2)
    phase = jax.lax.complex(jnp.cos(z)[..., None], jnp.sin(z)[..., None] * jnp.array([-1.0, 1.0])[None, None])
    gates = phase[..., None] * turn.astype(phase.dtype)
    whole = jnp.ones((len(angles), 1, 1), phase.dtype)
    for qubit in range(angles.shape[2]):
        size = 2 * whole.shape[1]
        whole = whole[:, :, None, :, None] * gates[:, qubit][:, None, :, None, :]
        whole = whole.reshape(len(angles), size, size)
    return whole


def chain(qubits: int) -> np.ndarray:
    """Which amplitude each one is taken from by CNOTs from every qubit to the next, in this order; qubit 0 leads."""
    bits = np.array(list(np.ndindex(*(2,) * qubits)))
    before = bits.copy()
    for qubit in reversed(range(qubits - 1)):
        before[:, qubit + 1] ^= before[:, qubit]
    return before @ (1 << np.arange(qubits)[::-1])


def majority(qubits: int) -> np.ndarray:
    """The label of every outcome: -1 where most qubits are 1, else 1."""
    ones = np.array([sum(bits) for bits in np.ndindex(*(2,) * qubits)])
    return np.where(ones > qubits / 2, -1.0, 1.0)


def expectations(spec: CircuitSpec, states: jax.Array, angles: jax.Array) -> jax.Array:
    """Expected label [e, n] of the majority vote for encoded points [n, s], at angles [e, p]."""
    layers = angles.reshape(len(angles), spec.layers, 2, spec.qubits)
    entangled = chain(spec.qubits)
    whole = rotations(layers[:, 0])
    for layer in range(1, spec.layers):
        whole = rotations(layers[:, layer]) @ whole[:, entangled]
    amplitudes = whole @ states.T.astype(whole.dtype)[None]
    votes = jnp.asarray(majority(spec.qubits), states.dtype)
    return jnp.einsum("s,esn->en", votes, jnp.abs(amplitudes) ** 2)


LEAST = 1e-12  # of a probability, so that it has a logarithm; the library's value


def losses(spec: CircuitSpec, data: Data, angles: jax.Array, key: jax.Array) -> jax.Array:
    """Training losses [e] at angles [e, p]: of one run of the circuits, with the noise of its shots.

    The mean of a point's votes over many shots is normal about its expectation z, with variance (1 - z^2) / shots.
    """
    z = expectations(spec, data.states, angles)
    if spec.shots:
        noise = jax.random.normal(key, z.shape)
        spread = jnp.sqrt(jnp.maximum(1 - z**2, 0.0) / spec.shots)
        z = jnp.clip(z + spread * noise, -1.0, 1.0)
    right = (1 + data.labels[None] * z) / 2
    if spec.loss == "linear":
        return 1 - right.mean(-1)
    return -jnp.log(jnp.clip(right, LEAST, 1.0)).mean(-1)
