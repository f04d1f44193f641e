"""Behaviour cloning with goals of other pieces' futures, reached by way of a state that both pieces visit.

**Source**: Ghugare, Geist, Berseth and Eysenbach, "Closing the Gap between TD Learning and Supervised Learning -- A
Generalisation Point of View", 2024, https://arxiv.org/abs/2401.11237; the authors' code, `MinariEpisodicDataset` in
`utils/data.py`.

    with chance eps:  w uniform over s_{t+1}, .., s_L;  w' any place of the data in w's cluster;
                      g uniform from w' to the end of its piece
    min  -log p(a_t | s_t, g)

**Differs from the paper**: 1. a cell is a cluster, where the authors have 20 to 80 k-means clusters of continuous
states: w and w' are the same state. 2. Those of `gcbc`.

**Shapes**: b pieces, S states, G goals, A actions.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.random import uniforms
from toybench.methods.goal_reaching._goals import (
    RATES,
    State,
    begin,
    clone,
    descend,
    everywhere,
    later,
    start,
    with_goals,
)
from toybench.tasks.goal_reaching import Pieces, whole_numbers


class Visits(NamedTuple):
    """Places in the data int32 [n (L + 1)], ordered by state; where a state's begin and how many they are, [S]."""

    place: jax.Array
    first: jax.Array
    times: jax.Array


class Augmented(NamedTuple):
    """The learner, and where each state is visited."""

    learner: State
    visits: Visits

    @property
    def params(self) -> Any:
        """Of the policy."""
        return self.learner.params


def visits_of(pieces: Pieces, states: int) -> Visits:
    """Where each state is visited."""
    flat = pieces.s.reshape(-1)
    order = jnp.argsort(flat).astype(jnp.int32)
    first = jnp.searchsorted(flat[order], jnp.arange(states, dtype=flat.dtype)).astype(jnp.int32)
    return Visits(place=order, first=first, times=jnp.zeros(states, jnp.int32).at[flat].add(1))


def beyond(pieces: Pieces, visits: Visits, waypoint: jax.Array, uniform: jax.Array) -> jax.Array:
    """Goals int32 [b] that follow some visit of the waypoints [b], these included; uniform [b, 2] says which."""
    rank = visits.first[waypoint] + whole_numbers(uniform[:, 0], visits.times[waypoint])
    row, t = jnp.divmod(visits.place[rank], pieces.s.shape[1])
    return pieces.s[row, t + whole_numbers(uniform[:, 1], pieces.s.shape[1] - t)]


class TemporalAugmentation(Method):
    """Clones actions with goals of their own or of a joined future."""

    lr: float = 0.01  # learning rate of Adam, above 0
    eps: float = 0.5  # share of the goals that come from another piece, 0 to 1; 0.5 in the authors' code

    paper = "ghugare2024closing"
    space = {"lr": RATES, "eps": (0.2, 0.5, 0.8)}

    def init(self, key: jax.Array) -> Augmented:
        learner = begin(start(key, self.spec, {"policy": self.spec.actions}), (), self.lr, self.steps)
        return Augmented(learner=learner, visits=visits_of(self.given, self.spec.states))

    def update(self, state: Augmented, batch: Pieces, key: jax.Array) -> Augmented:
        drawn = uniforms(key, move=(len(batch.s), 2), joined=(len(batch.s), 2), which=(len(batch.s),))
        moves = later(batch, drawn["move"])
        joined = beyond(self.given, state.visits, moves.g, drawn["joined"])
        moves = with_goals(moves, jnp.where(drawn["which"] < self.eps, joined, moves.g))
        gradient = jax.grad(lambda params: clone(self.spec, params["policy"], moves))(state.params)
        return state._replace(learner=descend(state.learner, gradient, self.lr, self.steps))

    def goal_policy(self, state: Augmented) -> jax.Array:
        return everywhere(self.spec, state.params["policy"])
