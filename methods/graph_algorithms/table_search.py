"""Plain search for the table: change an entry at random, and keep the change unless it fits the training runs worse.

**Source**: none; hill climbing with restarts, the strongest cheap control.

    table <- table with one entry changed,   if it gets as many end states right

**Differs from the paper**: not in the paper. Entries are proposed as often as training runs have them at their starts;
others never.

**Shapes**: b runs, n nodes, s states, r tables.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.random import uniforms
from toybench.tasks.graph_algorithms import CLIP, Runs, run_table, surroundings

TABLES = 8  # searched side by side
TRIES = 8  # changes of each table in one update


class State(NamedTuple):
    """Tables int32 [r, surroundings, s], and how many end states each gets right, int32 [r]."""

    tables: jax.Array
    right: jax.Array


class TableSearch(Method):
    """Proposals are entries that training runs have at their starts, in a random order."""

    def init(self, key: jax.Array) -> State:
        states = self.spec.states
        drawn = uniforms(key, tables=(TABLES, (CLIP + 1) ** states, states))["tables"]
        return State(tables=jnp.floor(drawn * states).astype(jnp.int32), right=jnp.full(TABLES, -1, jnp.int32))

    def update(self, state: State, batch: Runs, key: jax.Array) -> State:
        drawn = uniforms(key, run=(TRIES, TABLES), node=(TRIES, TABLES), next=(TRIES, TABLES))
        seen = surroundings(batch.adjacency, jax.nn.one_hot(batch.start, self.spec.states))

        def score(table: jax.Array) -> jax.Array:
            end = run_table(table, batch.adjacency, batch.start, self.spec.rounds)
            return (end == batch.end).sum().astype(jnp.int32)

        def attempt(now: State, uniform: dict[str, jax.Array]) -> tuple[State, None]:
            run = jnp.floor(uniform["run"] * len(batch.start)).astype(jnp.int32)
            node = jnp.floor(uniform["node"] * batch.start.shape[1]).astype(jnp.int32)
            new = jnp.floor(uniform["next"] * self.spec.states).astype(jnp.int32)
            changed = now.tables.at[jnp.arange(TABLES), seen[run, node], batch.start[run, node]].set(new)
            right = jax.vmap(score)(changed)
            better = right >= now.right
            return State(
                tables=jnp.where(better[:, None, None], changed, now.tables), right=jnp.maximum(right, now.right)
            ), None

        return jax.lax.scan(attempt, state, drawn)[0]

    def run(self, state: State, adjacency: jax.Array, start: jax.Array, rounds: int) -> jax.Array:
        return run_table(state.tables[state.right.argmax()], adjacency, start, rounds)
