"""Fragments are exchanged by degrees: a vote in which those count more that agreed more often.

**Source**: none, the control for a sharp edge of coverage; it is told what `coverage_closure` is told.

    w(f, g) = exp(1.5 agreements - 2.5 contradictions in shared contexts)
    answer = argmax over t of the sum of w((x1, x2), g) over fragments g seen with x3 and answer t

**Differs from the paper**: 1. it is our control; both numbers were chosen by hand on other worlds.

**Shapes**: b triples, n symbols, F fragments.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.symbolic_reasoning import fragments


class GradedExchange(Method):
    """No two fragments are ever the same to it, and none is useless."""

    agreement: float = 1.5  # of the exponent, a context in which two fragments agree, above 0
    contradiction: float = 2.5  # of the exponent, a context in which they differ, above 0

    deterministic = True

    def init(self, key: jax.Array) -> jax.Array:
        symbols = self.spec.symbols
        empty = jnp.zeros((symbols * symbols, symbols, symbols))
        told = empty.at[fragments(self.given.x, symbols), self.given.x[:, 2], self.given.target].set(1.0)
        shown = told.sum(2)
        alike = jnp.einsum("fct,gct->fg", told, told)
        differ = shown @ shown.T - alike
        weight = jnp.exp(self.agreement * alike - self.contradiction * differ)
        return jnp.einsum("fg,gct->fct", weight, told)

    def answer(self, state: jax.Array, x: jax.Array) -> jax.Array:
        return state[fragments(x, self.spec.symbols), x[:, 2]]
