"""Genetic algorithm whose every individual is solved exactly.

**Source**: the genetic algorithm of Madadi and Correia, "A hybrid deep-learning-metaheuristic framework for bi-level
network design problems", 2023, https://arxiv.org/abs/2303.06024, in the authors' code `ndp_la_gagnn.py`, without the
network that stands in for the equilibrium.

    parents: the better part, drawn by rank; children: uniform crossover, each bit flipped with a small chance

**Differs from the paper**: 1. 5 individuals instead of 128, and as many generations as the answers allow. 2. The first
generation are designs a road away from the best plans that are given; with `warm` false, random ones. 3. Parents are
the best of all that were solved, not of the last generation. 4. Exactly five roads: random ones go or come, in place of
a penalty on the budget. 5. Three times as many children are made as can be asked for; those that are known are left
out, as the authors remove duplicates.

**Shapes**: g networks, d designs, c candidates, m of a round.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.random import uniforms
from toybench.methods.network_design._search import (
    LATER,
    Told,
    ask,
    children,
    learn,
    near_good_plans,
    noise_shapes,
    nothing_told,
)
from toybench.tasks.network_design import Answers, designs

SPARE = 3  # children made for one that is asked for


class ExactGa(Method):
    """Parents are the best of all that were solved."""

    mutation: float = 0.05  # chance of a bit to flip, 0 to 1; 0.05 in the release
    warm: bool = True  # begin near the plans that are given, or at random
    parents: int = 5  # designs that have children, up to those of a round; authors: 51 of 128

    space = {"mutation": (0.02, 0.05, 0.1), "parents": (2, 5)}
    deterministic = True

    def init(self, key: jax.Array) -> Told:
        return nothing_told(self.spec)

    def update(self, state: Told, batch: Answers, key: jax.Array) -> Told:
        return learn(state, batch)

    def propose(self, state: Told, key: jax.Array) -> jax.Array:
        spec = self.spec
        shapes = noise_shapes(spec, spec.networks, SPARE * spec.asked)
        drawn = uniforms(key, order=state.time.shape, **shapes)
        order = drawn.pop("order")
        bits = jnp.asarray(designs(spec.candidates, spec.chosen))
        best = jax.lax.top_k(-state.time, self.parents)[1]
        weight = jnp.arange(self.parents, 0, -1).astype(jnp.float32)
        born = jax.vmap(lambda one, parents: children(spec, one, bits[parents], weight, self.mutation))(drawn, best)
        network = jnp.arange(spec.networks)[:, None]
        later = jnp.full(state.time.shape, LATER).at[network, born].set(0.0)
        first = near_good_plans(spec, self.given.solved) if self.warm else order
        return ask(jnp.where(state.rounds == 0, first, later + order), state, spec.asked)
