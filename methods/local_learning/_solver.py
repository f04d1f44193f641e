"""What the solvers of triangular systems share: an iterate that starts at zeros, and its price.

Shapes: t states, n numbers a state.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.local_learning import Cost


class Iterate(NamedTuple):
    """s [t, n]."""

    s: jax.Array


class Solver(Method):
    """A subclass gives `round_` and, unless every state is evaluated once at the same time, its price."""

    deterministic = True

    def init(self, key: jax.Array) -> Any:
        return Iterate(jnp.zeros((self.spec.states, self.spec.width)))

    def price(self) -> tuple[int, int]:
        """Evaluations of one f_t that a round takes: one after another, and altogether."""
        return 1, self.spec.states

    def solution(self, state: Any) -> jax.Array:
        return state.s

    def cost(self, state: Any) -> Cost:
        depth, work = self.price()
        return Cost(depth=jnp.asarray(depth, jnp.float32), work=jnp.asarray(work, jnp.float32))


def sweep(equations: Any, s: jax.Array, block: int) -> jax.Array:
    """s [t, n] after the states of every block of `block` were replaced one after another, blocks at the same time.

    Rows are taken from the map of all states, so that they round as the reference does. A solution stays as it is.
    """
    place = jnp.arange(len(s)) % block

    def one(j: jax.Array, s: jax.Array) -> jax.Array:
        return jnp.where((place == j)[:, None], equations(s), s)

    solved = jnp.all(equations(s) == s)
    return jax.lax.cond(solved, lambda s: s, lambda s: jax.lax.fori_loop(0, block, one, s), s)
