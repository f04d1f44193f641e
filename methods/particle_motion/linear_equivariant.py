"""Ridge regression that is equivariant: linear in a particle's own past, and in the mean past of the others.

**Source**: a standard closed form; Hoerl and Kennard, "Ridge Regression", 1970. A control that knows rotations and
the order of particles, and no forces.

    y_i(s) = sum_t a_st x_i(t) + b_st mean_{j not i} x_j(t)        about the scene's mean in the last frame

The same weights for all coordinates and particles; constant velocity is among them.

**Differs from the paper**: nothing.

**Shapes**: b scenes, t past frames, f future frames, n particles, r rows.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method


class State(NamedTuple):
    """Weights [2 t, f]."""

    params: jax.Array


class LinearEquivariant(Method):
    """Sixteen weights for each future frame."""

    penalty: float = 0.001  # of the squared weights, in units of the mean square of a feature, above 0

    deterministic = True
    space = {"penalty": (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0, 10.0, 100.0)}

    def init(self, key: jax.Array) -> State:
        past = self.given.past
        x = features(past).reshape(-1, 2 * self.spec.past)
        y = jnp.moveaxis(self.given.future - scene_mean(past), 1, -1).reshape(-1, self.spec.future)
        gram = x.T @ x / x.shape[0]
        ridge = self.penalty * jnp.trace(gram) / gram.shape[0]
        return State(params=jnp.linalg.solve(gram + ridge * jnp.eye(gram.shape[0]), x.T @ y / x.shape[0]))

    def predict(self, state: State, past: jax.Array, key: jax.Array) -> jax.Array:
        return jnp.moveaxis(features(past) @ state.params, -1, 1) + scene_mean(past)


def scene_mean(past: jax.Array) -> jax.Array:
    """Mean position in the last frame, [b, 1, 1, 3]."""
    return past[:, -1:].mean(2, keepdims=True)


def features(past: jax.Array) -> jax.Array:
    """A particle's own past, and the mean of the others', for each coordinate: [b, n, 3, 2 t]."""
    own = past - scene_mean(past)
    others = (own.sum(2, keepdims=True) - own) / (own.shape[2] - 1)
    return jnp.moveaxis(jnp.concatenate([own, others], 1), 1, -1)
