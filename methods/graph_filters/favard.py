"""A polynomial basis that is learned: every orthonormal one is a three-term recurrence with positive weights.

**Source**: Guo and Wei, "Graph Neural Networks with Learnable and Optimal Polynomial Bases", 2023,
https://arxiv.org/abs/2302.12432, in the authors' code `Favard` of `Regression/models.py`: its start, its clamp and what
each step is given. The step itself was not stored; it is the recurrence of Favard's theorem.

    h_0 = x / sqrt(b_0)    h_{k+1} = ((P - c_k) h_k - sqrt(b_k) h_{k-1}) / sqrt(b_{k+1})    y' = sum_k a_k h_k

**Differs from the paper**: 1. one channel, no weight decay. 2. The recurrence's rate is a tuned multiple of the
coefficients', where the authors fix it at 0.05. 3. It starts at the best constant.

**Shapes**: n nodes, k the filter's degree.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.graph_filters._descent import State, best_constant, descent, first, squared_error

LEAST_ROOT = 1e-2  # sqrt(b) counts as this much at least; the authors' clamp


class Params(NamedTuple):
    """Coefficients a, and the recurrence's c and sqrt(b), each [k + 1]."""

    coefficients: jax.Array
    shifts: jax.Array
    roots: jax.Array


class Favard(Method):
    """Coefficients and recurrence descend together."""

    paper = "guo2023graph"
    deterministic = True

    lr: float = 0.03  # rate of the coefficients, above 0; the authors' default is 0.01
    relative: float = 1.0  # rate of the recurrence over that of the coefficients, at least 0; 5 by default

    space = {"lr": (0.3, 0.1, 0.03, 0.01, 0.003), "relative": (0.3, 1.0, 3.0, 10.0, 30.0)}

    def basis(self, params: Params) -> jax.Array:
        """Vectors [k + 1, n] of the recurrence."""
        roots = jnp.maximum(params.roots, LEAST_ROOT)

        def extend(last: tuple[jax.Array, jax.Array], row: jax.Array) -> tuple[tuple[jax.Array, jax.Array], jax.Array]:
            now, before = last
            new = (self.given.propagation @ now - row[0] * now - row[1] * before) / row[2]
            return (new, now), new

        start = self.given.x / roots[0]
        rows = jnp.stack([params.shifts[:-1], roots[:-1], roots[1:]], 1)
        _, later = jax.lax.scan(extend, (start, jnp.zeros_like(start)), rows)
        return jnp.concatenate([start[None, :], later])

    def init(self, key: jax.Array) -> State:
        count = self.spec.degree + 1
        coefficients = best_constant(self.given) * first(self.spec.degree)
        params = Params(coefficients=coefficients, shifts=jnp.zeros(count), roots=jnp.ones(count))
        return State(params=params, moments=descent(self.spec, 1.0).init(params), vectors=())

    def update(self, state: State, batch: Any, key: jax.Array) -> State:
        loss = lambda params: squared_error(params.coefficients @ self.basis(params), self.given)  # noqa: E731
        gradient = jax.grad(loss)(state.params)
        updates, moments = descent(self.spec, 1.0).update(gradient, state.moments, state.params)
        moving = jnp.asarray(self.lr * self.relative)
        rates = Params(coefficients=jnp.asarray(self.lr), shifts=moving, roots=moving)
        moved = jax.tree.map(lambda value, rate, step: value + rate * step, state.params, rates, updates)
        return State(params=moved, moments=moments, vectors=())

    def filtered(self, state: State) -> jax.Array:
        return state.params.coefficients @ self.basis(state.params)
