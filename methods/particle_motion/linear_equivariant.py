"""Ridge regression that is equivariant: linear in a particle's own past, and in the mean past of the others.

**Source**: a standard closed form; Hoerl and Kennard, "Ridge Regression", 1970. A control that knows rotations and
the order of particles, and no forces.

    y_i(s) = x_i + s v_i + sum_t a_st z_i(t) + b_st mean_{j not i} z_j(t)

with z the inputs that networks see: position about the scene's mean, velocity, accelerations. All coordinates and
particles have the same weights.

**Differs from the paper**: 1. weights shrink towards constant velocity.

**Shapes**: b scenes, t past frames, f future frames, n particles.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.particle_motion import Spec, constant_velocity, inputs


class State(NamedTuple):
    """Weights [2 t - 1, f]."""

    params: jax.Array


class LinearEquivariant(Method):
    """Fifteen weights for each future frame."""

    penalty: float = 1e-4  # of the squared weights, in units of the mean square of a feature, above 0

    deterministic = True
    space = {"penalty": (1e-5, 1e-4, 1e-3, 0.01, 0.1)}

    def init(self, key: jax.Array) -> State:
        scenes = self.given
        x = features(scenes.past, self.spec).reshape(-1, 2 * self.spec.past - 1)
        y = scenes.future - constant_velocity(scenes.past, self.spec.future)
        y = jnp.moveaxis(y, 1, -1).reshape(-1, self.spec.future)
        gram = x.T @ x / x.shape[0]
        ridge = self.penalty * jnp.trace(gram) / gram.shape[0]
        return State(params=jnp.linalg.solve(gram + ridge * jnp.eye(gram.shape[0]), x.T @ y / x.shape[0]))

    def predict(self, state: State, past: jax.Array, key: jax.Array) -> jax.Array:
        bent = jnp.moveaxis(features(past, self.spec) @ state.params, -1, 1)
        return constant_velocity(past, self.spec.future) + bent


def features(past: jax.Array, spec: Spec) -> jax.Array:
    """A particle's own inputs, and the mean of the others' but for positions: [b, n, 3, 2 t - 1].

    About the scene's mean the others' mean position is in proportion to the particle's own.
    """
    own = inputs(past, spec)
    others = (own.sum(2, keepdims=True) - own) / (own.shape[2] - 1)
    return jnp.moveaxis(jnp.concatenate([own, others[:, 1:]], 1), 1, -1)
