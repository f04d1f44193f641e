"""Nodes of a graph change their states by one local rule: can a learner run it on larger graphs, and for longer?

A learner sees states at a start and after some rounds, none between, and is then asked to run the rule itself on larger
graphs and for more rounds.

Shapes: b runs, n nodes, s states.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp

CLIP = 2  # neighbours in one state are counted up to here


@dataclass(frozen=True)
class RuleSpec:
    """How many states there are, and after how many rounds training runs are seen."""

    states: int
    rounds: int


class Runs(NamedTuple):
    """Runs of a rule.

    Attributes:
      adjacency: 1 where two nodes are neighbours, [n, n].
      start: states, int32 [b, n].
      end: states after the rounds, int32 [b, n].
    """

    adjacency: jax.Array
    start: jax.Array
    end: jax.Array


class RuleLearner(Protocol):
    """Runs what it takes for the rule."""

    def run(self, state: Any, adjacency: jax.Array, start: jax.Array, rounds: int) -> jax.Array:
        """States int32 [b, n] after so many rounds."""


def cycle(nodes: int) -> jax.Array:
    """Adjacency [n, n] of a ring."""
    one = jnp.eye(nodes)
    return jnp.roll(one, 1, axis=1) + jnp.roll(one, -1, axis=1)


def surroundings(adjacency: jax.Array, states: jax.Array) -> jax.Array:
    """Numbers int32 [b, n] of what nodes see, from how much of each state [b, n, s] their neighbours have.

    The number has a digit 0, 1 or 2 for each state: how many neighbours are in it, at most two. States may be shares; a
    sum counts from a half up, as in the automaton's authors' code.
    """
    sums = jnp.einsum("nm,bms->bns", adjacency, states)
    digits = sum((sums > k + 0.5).astype(jnp.int32) for k in range(CLIP))
    powers = (CLIP + 1) ** jnp.arange(states.shape[-1], dtype=jnp.int32)
    return (digits * powers[None, None]).sum(-1)


def run_table(table: jax.Array, adjacency: jax.Array, start: jax.Array, rounds: int) -> jax.Array:
    """States int32 [b, n] after so many rounds of a rule int32 [surroundings, state]."""

    def step(_: int, now: jax.Array) -> jax.Array:
        return table[surroundings(adjacency, jax.nn.one_hot(now, table.shape[1])), now]

    return jax.lax.fori_loop(0, rounds, step, start)
