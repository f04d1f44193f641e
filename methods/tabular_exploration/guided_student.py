"""A student that a guide rescues: after the first cost of an episode the guide acts, and the student leans towards it.

**Source**: Yang, Simao, Jansen, Tindemans and Spaan, "Reinforcement Learning by Guided Safe Exploration", 2023,
https://arxiv.org/abs/2307.14316 (SaGui), in the authors' code, `sagui-cs.py` (the switch, the ratio, the target of the
critics) and `train-guide.py` (the guide's reward: distance moved).

    acts: the student until the episode has cost something, then the guide to its end
    weight of a step: 1 of the student; clip(student(a | s) / guide(a | s), 0.1, 2) of the guide
    reward: r + (w beta + w / 10) log guide(a | s),   beta the multiplier: the pull fades as safety comes

**Differs from the paper**: 1. tables, backed up on the empirical model of all that was seen, where the code's batches
are 3/4 of the student's steps and 1/4 of the guide's. 2. the price of entropy is fixed. 3. the multiplier isn't
damped. 4. the guide is the converged one.

**Shapes**: n instances, H steps, S states, A actions.
"""

import jax
import jax.numpy as jnp

from toybench.methods.tabular_exploration._critics import (
    Critics,
    State,
    policy_of,
    refitted,
    remembered,
    repriced,
    unpaid,
)
from toybench.tasks.tabular_exploration import Guide, SafeEpisode

LEAST = 0.1  # of the ratio, in the authors' code
MOST = 2.0
FIXED = 0.1  # part of the pull that doesn't depend on the multiplier, in the authors' code


class GuidedStudent(Critics):
    """Recovery by the guide, and regularisation towards it."""

    rate: float = 0.3  # step of the multiplier after an episode, above 0
    pull: float = 0.1  # w, at least 0; 0.1 in the authors' code

    rescue: bool = True  # whether the guide takes over after a cost

    paper = "yang2023reinforcement"
    deterministic = True
    space = {"rate": (0.001, 0.01, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)}

    def begin(self, guide: Guide) -> tuple[jax.Array, jax.Array, jax.Array]:
        q, cost_q, softness = unpaid(guide.q.shape)
        return q + self.lean(guide, softness), cost_q, softness

    def learn(self, state: State, batch: SafeEpisode, guide: Guide) -> State:
        own = policy_of(state)[batch.s, batch.a]
        theirs = guide.policy[batch.s, batch.a]
        ratio = jnp.clip(own / jnp.maximum(theirs, jnp.finfo(own.dtype).tiny), LEAST, MOST)
        guided = batch.late > 0 if self.rescue else jnp.zeros(batch.late.shape, bool)
        state = remembered(state, batch, jnp.where(guided, ratio, 1.0))
        lean = self.lean(guide, state.softness)
        return repriced(refitted(state, lean, unpaid(lean.shape)[0] + lean), self.spec, self.rate)

    def lean(self, guide: Guide, softness: jax.Array) -> jax.Array:
        """Reward [S, A] for doing what the guide does."""
        log_guide = jnp.log(jnp.maximum(guide.policy, jnp.finfo(guide.policy.dtype).tiny))
        return self.pull * (jax.nn.softplus(softness) + FIXED) * log_guide

    def behaviour(self, state: State) -> jax.Array:
        own = self.target(state)
        return jnp.stack([own, self.given.policy if self.rescue else own], axis=1)
