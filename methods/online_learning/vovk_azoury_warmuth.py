"""The forecaster that is optimal against an adversary: ridge regression that counts the input to be predicted.

**Source**: Azoury and Warmuth, "Relative Loss Bounds for On-Line Density Estimation with the Exponential Family of
Distributions", 2001, https://doi.org/10.1023/A:1010896012157; Vovk, "Competitive On-line Statistics", 2001.

    predicts a_t . (I / rate + sum_{s <= t} a_s a_s')^-1 sum_{s < t} a_s y_s

**Differs from the paper**: nothing. The penalty is one over the rate of the sweep.

**Shapes**: d dimensions, r rates.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.online_learning import Example, StreamSpec


class State(NamedTuple):
    """Sum of outer products of the inputs [d, d], and of inputs times labels [d]."""

    gram: jax.Array
    moment: jax.Array


class VovkAzouryWarmuth(Method):
    """For the squared loss alone; a square of the dimensions a round, where gradient descent takes one of them."""

    deterministic = True

    def fits(self, spec: StreamSpec) -> str | None:
        return None if spec.loss == "squared" else f"it is for the squared loss, not for the {spec.loss} one"

    def init(self, key: jax.Array) -> State:
        return State(gram=jnp.zeros((self.spec.dim, self.spec.dim)), moment=jnp.zeros(self.spec.dim))

    def predict(self, state: State, x: jax.Array) -> jax.Array:
        penalty = jnp.eye(self.spec.dim)[None] / jnp.asarray(self.spec.rates)[:, None, None]
        gram = penalty + (state.gram + jnp.outer(x, x))[None]
        weights = jnp.linalg.solve(gram, jnp.broadcast_to(state.moment, gram.shape[:-1])[..., None])
        return weights[..., 0] @ x

    def update(self, state: State, batch: Example, key: jax.Array) -> State:
        return State(gram=state.gram + jnp.outer(batch.x, batch.x), moment=state.moment + batch.y * batch.x)
