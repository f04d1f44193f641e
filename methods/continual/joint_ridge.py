"""Ridge regression on all data at once: what the recursive methods must reproduce.

**Source**: Hoerl and Kennard, "Ridge Regression: Biased Estimation for Nonorthogonal Problems", 1970,
https://doi.org/10.1080/00401706.1970.10488634.

    W = (X' X + gamma I)^-1 X' Y

**Differs from the paper**: nothing; X' X and X' Y are summed as data come, which loses nothing.

**Shapes**: n examples, e expanded features, c classes.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench.methods.continual._ridge import Ridge
from toybench.tasks.continual import PhaseStep


class State(NamedTuple):
    """X' X [e, e], X' Y [e, c], and the weights [e, c] that they give."""

    gram: jax.Array
    cross: jax.Array
    weights: jax.Array


class JointRidge(Ridge):
    """The solution of all data met, solved anew after each phase."""

    def init(self, key: jax.Array) -> State:
        e, c = self.spec.expanded, self.spec.classes
        return State(jnp.zeros((e, e)), jnp.zeros((e, c)), jnp.zeros((e, c)))

    def learn(self, state: State, x: jax.Array, y: jax.Array, batch: PhaseStep, key: jax.Array) -> State:
        gram, cross = state.gram + x.T @ x, state.cross + x.T @ y
        return State(gram, cross, jnp.linalg.solve(gram + self.gamma * jnp.eye(len(gram)), cross))

    def solution(self, state: State) -> jax.Array:
        return state.weights
