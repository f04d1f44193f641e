"""Non-negative factors of the affinities' mean over time: groups without a time of their own.

**Source**: symmetric non-negative factorisation, Ding, He and Simon, "On the Equivalence of Nonnegative Matrix
Factorization and Spectral Clustering", 2005, with the damped multiplicative step (from memory); the control that
forgets time before it factorises.

    W ~ H H^T,  H <- H (1 - b + b (W H) / (H H^T H)),  b = 1/2

A group's activity is how much stronger it is inside than pairs are on average, in each window.

**Differs from the paper**: 1. The activity is our read-out, so that the control has one.

**Shapes**: t windows, n units, g groups.
"""

import jax

from toybench import Method
from toybench.methods.temporal_graphs._communities import SMALL, pairs_only, strengths


class StaticNMF(Method):
    """Groups of the mean graph."""

    count: int = 4  # of groups
    rounds: int = 300  # multiplicative steps

    space = {"count": (2, 3, 4, 5, 6, 7)}

    def init(self, key: jax.Array) -> jax.Array:
        graph = pairs_only(self.given.mean((0, 1)))
        start = jax.random.uniform(key, (self.spec.units, self.count))

        def step(_: jax.Array, h: jax.Array) -> jax.Array:
            return h * (0.5 + 0.5 * (graph @ h) / (h @ (h.T @ h) + SMALL))

        return jax.lax.fori_loop(0, self.rounds, step, start)

    def groups(self, state: jax.Array) -> tuple[jax.Array, jax.Array]:
        return state, strengths(pairs_only(self.given.mean(1)), state)
