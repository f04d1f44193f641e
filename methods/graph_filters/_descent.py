"""What the filters of this study share: one signal, one loss, one optimiser, and outputs linear in coefficients.

Every filter starts at the best constant c = <x, y> / <x, x>, so that all first outputs are the same.
Shapes: n nodes, k the filter's degree.
"""

import abc
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import optim
from toybench.tasks.graph_filters import Pair, Spec

RATES = (3000.0, 1000.0, 300.0, 100.0, 30.0, 10.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 0.003)  # of every method


class State(NamedTuple):
    """Parameters of a filter, the optimiser's state, and the vectors [k + 1, n] of a basis that doesn't move, or ()."""

    params: Any
    moments: optax.OptState
    vectors: Any


def descent(spec: Spec, lr: float) -> optax.GradientTransformation:
    """The task's optimiser, at a constant rate."""
    return optim.adam(lr) if spec.optimizer == "adam" else optax.sgd(lr)


def squared_error(output: jax.Array, pair: Pair) -> jax.Array:
    """Half the squared distance to the target: its Hessian in the coefficients is the basis' Gram matrix."""
    return 0.5 * ((output - pair.y) ** 2).sum()


def best_constant(pair: Pair) -> jax.Array:
    """The number [] that, times the signal, comes nearest to the target."""
    return (pair.x @ pair.y) / (pair.x @ pair.x)


def first(degree: int) -> jax.Array:
    """Coefficients [k + 1] of the first vector of a basis."""
    return jnp.zeros(degree + 1).at[0].set(1.0)


def three_terms(pair: Pair, weights: jax.Array) -> jax.Array:
    """Vectors [k + 1, n] with v_0 = x, v_{i+1} = (a_i P + b_i) v_i - c_i v_{i-1}, for weights [k, 3] of (a, b, c)."""

    def extend(last: tuple[jax.Array, jax.Array], row: jax.Array) -> tuple[tuple[jax.Array, jax.Array], jax.Array]:
        now, before = last
        new = row[0] * (pair.propagation @ now) + row[1] * now - row[2] * before
        return (new, now), new

    _, later = jax.lax.scan(extend, (pair.x, jnp.zeros_like(pair.x)), weights)
    return jnp.concatenate([pair.x[None, :], later])


class FixedBasis(Method):
    """Coefficients of vectors that descent doesn't move; a method says which vectors."""

    lr: float = 0.3  # rate of descent, above 0

    deterministic = True
    space = {"lr": RATES}

    @abc.abstractmethod
    def basis(self) -> jax.Array:
        """Vectors [k + 1, n] that the coefficients weigh."""

    @abc.abstractmethod
    def identity(self) -> jax.Array:
        """Coefficients [k + 1] of the signal itself."""

    def init(self, key: jax.Array) -> State:
        params = best_constant(self.given) * self.identity()
        moments = descent(self.spec, self.lr).init(params)
        return State(params=params, moments=moments, vectors=self.basis())

    def update(self, state: State, batch: Any, key: jax.Array) -> State:
        loss = lambda weights: squared_error(weights @ state.vectors, self.given)  # noqa: E731
        gradient = jax.grad(loss)(state.params)
        params, moments = optim.descend(descent(self.spec, self.lr), gradient, state.moments, state.params)
        return State(params=params, moments=moments, vectors=state.vectors)

    def filtered(self, state: State) -> jax.Array:
        return state.params @ state.vectors
