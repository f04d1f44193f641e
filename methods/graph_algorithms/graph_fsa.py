"""A finite automaton on every node whose table of transitions is relaxed to shares, learned, and made hard again.

**Source**: Grotschla, Mathys, Raun and Wattenhofer, "GraphFSA: A Finite State Automaton Framework for Algorithmic
Learning on Graphs", 2024, https://arxiv.org/abs/2408.11042; the authors' code, github.com/ETH-DISCO/graph-fsa:
`models/GraphFSA.py`, `cellular-automata/train-1dca.py` and `experiments.md`.

    p_i <- sum_s p_i(s) softmax(T[c_i, s]),   c_i = clipped counts of neighbours' states,   loss = mean |p_i - y_i|^2

**Differs from the paper**: 1. steps on the whole training set instead of one graph. 2. Adam's rate is tuned and decays
to 0 by a cosine, where the script lowers it on plateaus. 3. neighbours' states are counted; for automata on lines the
authors tell left from right.

**Shapes**: b runs, n nodes, s states.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.optim import adam, descend
from toybench.tasks.graph_algorithms import CLIP, Runs, run_table, surroundings

MOMENTS = 0.5  # both of Adam's betas, as in the script


class State(NamedTuple):
    """Logits of the transitions [surroundings, s, s], and Adam's moments."""

    params: jax.Array
    moments: Any


def relaxed(table: jax.Array, adjacency: jax.Array, start: jax.Array, rounds: int) -> jax.Array:
    """Shares [b, n, s] of the states after so many rounds of a table of shares [surroundings, s, s]."""

    def step(_: int, now: jax.Array) -> jax.Array:
        return jnp.einsum("bns,bnst->bnt", now, table[surroundings(adjacency, now)])

    return jax.lax.fori_loop(0, rounds, step, jax.nn.one_hot(start, table.shape[1]))


class GraphFsa(Method):
    """Its states are few and stay so however long it runs."""

    lr: float = 0.25  # of Adam at the start; 0.1 to 0.5 in the authors' notes

    paper = "grotschla2024graphfsa"
    space = {"lr": (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)}

    def optimizer(self) -> Any:
        return adam(self.lr, self.steps, b1=MOMENTS, b2=MOMENTS)

    def init(self, key: jax.Array) -> State:
        states = self.spec.states
        params = jax.random.uniform(key, ((CLIP + 1) ** states, states, states))
        return State(params=params, moments=self.optimizer().init(params))

    def update(self, state: State, batch: Runs, key: jax.Array) -> State:
        target = jax.nn.one_hot(batch.end, self.spec.states)

        def loss(params: jax.Array) -> jax.Array:
            table = jax.nn.softmax(params, axis=-1)
            end = relaxed(table, batch.adjacency, batch.start, self.spec.rounds)
            return ((end - target) ** 2).sum(-1).mean()

        params, moments = descend(self.optimizer(), jax.grad(loss)(state.params), state.moments, state.params)
        return State(params=params, moments=moments)

    def run(self, state: State, adjacency: jax.Array, start: jax.Array, rounds: int) -> jax.Array:
        return run_table(state.params.argmax(-1).astype(jnp.int32), adjacency, start, rounds)
