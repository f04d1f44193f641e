"""Local search: ask for designs that differ by one road from the best ones so far.

**Source**: none, a control: steepest descent over exchanges, the plainest search for sets of a fixed size.

    ask for designs a road away from the best plans that are given, and then
    for unseen neighbours of the best design, for those of the second, and so on

**Differs from the paper**: 1. the control is ours.

**Shapes**: g networks, d designs, c candidates, m of a round.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.network_design._search import LATER, Told, ask, learn, near_good_plans, nothing_told
from toybench.tasks.network_design import Answers, designs


class SwapSearch(Method):
    """Neighbours of the best in random order."""

    tops: int = 1  # designs whose neighbours are asked for, 1 or more
    first_rounds: int = 1  # rounds of designs that are near good plans, 1 or more

    space = {"tops": (1, 2, 4), "first_rounds": (1, 2)}
    deterministic = True

    def init(self, key: jax.Array) -> Told:
        return nothing_told(self.spec)

    def update(self, state: Told, batch: Answers, key: jax.Array) -> Told:
        return learn(state, batch)

    def propose(self, state: Told, key: jax.Array) -> jax.Array:
        uniform = jax.random.uniform(key, state.time.shape)
        best = jax.lax.top_k(-state.time, self.tops)[1]
        bits = jnp.asarray(designs(self.spec.candidates, self.spec.chosen))
        alike = bits[best] @ bits.T  # [g, tops, d]
        rank = jnp.arange(self.tops, dtype=jnp.float32)[None, :, None]
        near = jnp.where(alike > self.spec.chosen - 1.5, rank, LATER).min(1)
        first = near_good_plans(self.spec, self.given.solved)
        score = jnp.where(state.rounds < self.first_rounds, first, near + uniform)
        return ask(score, state, self.spec.asked)
