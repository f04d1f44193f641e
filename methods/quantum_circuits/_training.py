"""What optimisers of a circuit share: the gradient by parameter shifts."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench.tasks.quantum_circuits import CircuitSpec, Data, losses


class Momentum(NamedTuple):
    """Angles [p], and the moving mean of gradients [p]."""

    params: jax.Array
    mean: jax.Array


def shifted(angles: jax.Array) -> jax.Array:
    """The angles themselves, each one a quarter turn ahead, and each one a quarter turn back: [2 p + 1, p]."""
    quarter = jnp.pi / 2 * jnp.eye(len(angles))
    return angles[None] + jnp.concatenate([jnp.zeros_like(angles)[None], quarter, -quarter])


def shift_gradient(spec: CircuitSpec, data: Data, angles: jax.Array, key: Any) -> jax.Array:
    """Half the difference [p] of the losses a quarter turn ahead and back: exact for a loss linear in expectations."""
    found = losses(spec, data, shifted(angles), key)
    ahead = found[1 : len(angles) + 1]
    return (ahead - found[len(angles) + 1 :]) / 2
