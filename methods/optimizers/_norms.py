"""Steepest descent under norms of one array: what a mean gradient becomes. Matrices are [in, out]."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import optax

from toybench.blocks.descent import Problem, Role, Weights
from toybench.methods.optimizers._parts import labelled

COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # Muon's
ITERATIONS = 5  # likewise: singular values end between 0.7 and 1.2
Maps = dict[Role, Callable[[jax.Array], jax.Array]]  # what a mean gradient becomes, by role
TINY = 1e-12  # keeps the size of a vanished mean away from 0


def dual(mean: jax.Array) -> jax.Array:
    """sqrt(out / in) U V^T of a matrix, to within 30 % of each singular value, by Muon's iteration."""
    a, b, c = COEFFICIENTS
    start = mean if mean.shape[0] <= mean.shape[1] else mean.T
    x = start / jnp.maximum(jnp.linalg.norm(start), TINY)
    for _ in range(ITERATIONS):
        square = x @ x.T
        x = a * x + (b * square + c * square @ square) @ x
    found = x if mean.shape[0] <= mean.shape[1] else x.T
    return (mean.shape[1] / mean.shape[0]) ** 0.5 * found


def rows(mean: jax.Array) -> jax.Array:
    """Every row of an embedding at root mean square 1."""
    return mean / jnp.maximum(jnp.sqrt((mean**2).mean(-1, keepdims=True)), TINY)


def whole(mean: jax.Array) -> jax.Array:
    """A vector at root mean square 1."""
    return mean / jnp.maximum(jnp.sqrt((mean**2).mean()), TINY)


def steepest(problem: Problem, beta: float, maps: Maps) -> optax.GradientTransformation:
    """A running mean of the gradient, corrected for its start, and what each role makes of it."""

    def update(mean: Weights, weights: Weights | None) -> Weights:
        return jax.tree.map(lambda role, leaf: maps[role](leaf), labelled(problem, mean), mean)

    return optax.chain(optax.ema(beta, debias=True), optax.stateless(update))
