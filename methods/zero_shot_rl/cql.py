"""Conservative Q-learning with the reward: one table for every reward, trained when it is told.

**Source**: Kumar, Zhou, Tucker and Levine, "Conservative Q-Learning for Offline Reinforcement Learning", 2020,
https://arxiv.org/abs/2006.04779, equation 4 with entropy (from memory): the learner of one task that Jeen, Bewley and
Cullen, "Conservative World Models", 2023, compare zero-shot learners with.

    L = mean over the data of (Q(s, a) - r(s1) - discount max_b Q^(s1, b))^2 / 2
        + alpha [logsumexp_b Q(s, b) - Q(s, a)]

**Differs from the paper**: 1. a table, and gradient steps on the whole data, each state's by its own count. 2. Q^ is
the table of the step before. 3. Values stay above the least return, where they start, as a pair that was never seen
would sink for ever. 4. Actions of equal value are equally likely.

**Shapes**: S states, A actions.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import mdp
from toybench.methods.zero_shot_rl._model import best_actions, count_model
from toybench.tasks.zero_shot_rl import expected_reward

STEPS = 3000  # of gradient; the rarest of 120 transitions needs some hundreds


class CQL(Method):
    """Knows the reward, and trains for it alone."""

    alpha: float = 0.1  # weight of the penalty, 0 or more, in units of the return

    deterministic = True
    space = {"alpha": (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)}

    def policy_for(self, state: Any, reward: jax.Array) -> jax.Array:
        model = count_model(self.spec, self.given)
        arrival = expected_reward(model.transitions, reward)
        least = reward.min() / (1 - self.spec.discount)
        counts = jnp.zeros(model.seen.shape).at[self.given.s, self.given.a].add(1.0)
        share = counts / jnp.maximum(counts.sum(1, keepdims=True), 1.0)
        visited = (counts.sum(1, keepdims=True) > 0).astype(counts.dtype)
        size = 1 / (1 + self.alpha)  # the loss bends by at most 1 + alpha / 2 along any entry

        def step(_: int, q: jax.Array) -> jax.Array:
            target = mdp.q_values(model.transitions, arrival, q.max(-1), self.spec.discount)
            fit = share * (q - target)
            penalty = visited * jax.nn.softmax(q, axis=1) - share
            return jnp.maximum(q - size * (fit + self.alpha * penalty), least)

        return best_actions(jax.lax.fori_loop(0, STEPS, step, jnp.full(model.seen.shape, least)))
