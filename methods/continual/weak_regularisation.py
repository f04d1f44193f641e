"""Weakly regularised continual classification: exponential loss, and a vanishing pull towards the last weights.

**Source**: Evron, Moroshko, Buzaglo, Khriesh, Marjieh, Srebro and Soudry, "Continual Learning in Linear Classification
on Separable Data", 2023, https://arxiv.org/abs/2306.03534, scheme 1 and theorem 3.1.

    w_t = argmin_w  sum_i exp(-y_i x_i.w) + lambda / 2 |w - w_{t-1}|^2,      w_t / log(1/lambda) -> projections

With L = log(1/lambda), v = w / L and duals b_i = exp(-L y_i x_i.v) / (lambda L), stationarity reads
v = v_{t-1} + sum_i b_i y_i x_i, that is, for each i with g = |x_i|^2 and r the margin that the others leave,

    L g b + log(L g b) = L (1 - r) + log g,      a scalar equation z + log z = a with z = L g b

which coordinate ascent solves in turn, without overflow at any lambda.

**Differs from the paper**: 1. answers w / L, so that margins are those of the projections.

**Shapes**: n points of a task, d dimensions.
"""

import jax
import jax.numpy as jnp

from toybench.methods.continual._margins import Margins, State
from toybench.tasks.continual import SignedPoints


class WeakRegularisation(Margins):
    """The projections' iterates are its limit."""

    strength: float = 80.0  # L = log(1 / lambda), above 1; the theory lets it grow without bound

    paper = "evron2023continual"

    def update(self, state: State, batch: SignedPoints, key: jax.Array) -> State:
        z, v = batch.z, state.params
        gram, n = z @ z.T, len(z)

        def visit(step: jax.Array, duals: jax.Array) -> jax.Array:
            i = step % n
            g = gram[i, i]
            rest = z[i] @ v + gram[i] @ duals - g * duals[i]
            return duals.at[i].set(omega(self.strength * (1 - rest) + jnp.log(g)) / (self.strength * g))

        duals = jax.lax.fori_loop(0, 200 * n, visit, jnp.zeros(n))
        return State(params=v + z.T @ duals)


def omega(a: jax.Array) -> jax.Array:
    """The z > 0 with z + log z = a (Wright's omega function), by Newton's method on log z."""
    y = jnp.where(a > 1, jnp.log(jnp.maximum(a, 1.0)), a)  # log z
    for _ in range(5):
        z = jnp.exp(y)
        y = y - (z + y - a) / (z + 1)
    return jnp.exp(y)
