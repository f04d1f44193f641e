"""Least squares on the last states.

**Source**: standard; linear autoregression, from the normal equations of all batches.

    answer = W [context, 1]

**Differs from the paper**: 1. not in the paper. 2. Plausibility is nearness to its answer.

**Shapes**: b contexts, c states in a context.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.dynamics_models._trained import flat
from toybench.tasks.dynamics_models import Contexts, Moves, squared_error

RIDGE = 1e-4  # keeps the first solve finite; the sums grow by 64 a step


class Sums(NamedTuple):
    """Sums over all that was seen: inputs times inputs [2 c + 1, 2 c + 1], and times next states [2 c + 1, 2]."""

    inputs: jax.Array
    products: jax.Array


class LinearAR(Method):
    """One matrix."""

    deterministic = True

    def init(self, key: jax.Array) -> Sums:
        count = self.spec.states * self.spec.size + 1
        return Sums(inputs=RIDGE * jnp.eye(count), products=jnp.zeros((count, self.spec.size)))

    def update(self, state: Sums, batch: Moves, key: jax.Array) -> Sums:
        x = with_one(batch.contexts)
        return Sums(inputs=state.inputs + x.T @ x, products=state.products + x.T @ batch.after)

    def next(self, state: Sums, contexts: Contexts, key: jax.Array) -> jax.Array:
        return with_one(contexts) @ jnp.linalg.solve(state.inputs, state.products)

    def plausibility(self, state: Sums, contexts: Contexts, after: jax.Array) -> jax.Array:
        answer = with_one(contexts) @ jnp.linalg.solve(state.inputs, state.products)
        return -squared_error(answer, after)


def with_one(contexts: Contexts) -> jax.Array:
    """Contexts as vectors with a 1 at the end, [b, 2 c + 1]."""
    x = flat(contexts)
    return jnp.concatenate([x, jnp.ones((len(x), 1))], axis=1)
