"""Optimism: plans with the counted table and a bonus that shrinks with the root of the visits.

**Source**: Azar, Osband and Munos, "Minimax Regret Bounds for Reinforcement Learning", 2017,
https://arxiv.org/abs/1703.05449 (UCBVI with the Hoeffding bonus, algorithms 1 to 3), from memory.

    Q_h(s, a) = min(H - h, r(s, a) + sum_t P^(t | s, a) V_{h+1}(t) + c H sqrt(L / n(s, a)))

**Differs from the paper**: 1. the width c is tuned; 7 in the paper. 2. L is the logarithm of S A H, without the number
of episodes. 3. the reward is known, and the same table serves all steps.

**Shapes**: n instances, H steps, S states, A actions.
"""

import jax
import jax.numpy as jnp
import numpy as np

from toybench.blocks import mdp
from toybench.methods.tabular_exploration._counts import Planner, State, every_parent
from toybench.tasks.tabular_exploration import Graph, first_variable


class Ucbvi(Planner):
    """Upper confidence bounds by backward induction."""

    c: float = 0.1  # factor of the width, at least 0

    deterministic = True
    space = {"c": (0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.3, 1.0, 3.0)}

    def plan(self, counts: jax.Array, graph: Graph, key: jax.Array) -> jax.Array:
        spec = self.spec
        model, seen = mdp.counted_model(counts)
        log = np.log(spec.states * spec.actions * spec.horizon)
        bonus = self.c * spec.horizon * jnp.sqrt(log / jnp.maximum(counts.sum(-1), 1))
        left = jnp.arange(spec.horizon, 0, -1, dtype=counts.dtype)  # rewards still to come at each step

        def back(value: jax.Array, step: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
            reward, most = step
            upper = jnp.minimum(reward + model @ value + bonus, most)
            q = jnp.where(seen > 0, upper, most)
            return q.max(-1), q

        end = jnp.zeros(spec.states)
        _, q = jax.lax.scan(back, end, (first_variable(spec), left), reverse=True)
        return mdp.greedy(q)

    def parents(self, state: State) -> jax.Array:
        return every_parent(self.spec)
