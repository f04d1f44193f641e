"""A short cut pays more on average and sometimes nothing: how fast is it learned that the tail is what counts?

Isolates exploration for the CVaR of an episode's total. Four layers of 6 states, 3 actions. From the start one action
leads to a state that pays 0.5; another to one that pays 0.75 with chance 0.85, else to one that pays nothing: 0.14 more
on average. Which action is which is drawn by lot. Two random layers follow that pay 0 to 0.5 each. At alpha = 0.1 the
best policy takes the safe way, and looks at what it collected. Rewards are known, transitions are not. 8 instances,
1,500 episodes.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Metric
from toybench.blocks.mdp import kernel_of, return_law, tail_induction
from toybench.tasks.risk_sensitive_rl import UNIT, TableSpec, TailPlanner, dual_tail_mean
from toybench.tasks.risk_sensitive_rl._shortcut import (
    ACTIONS,
    PARTS,
    SIZES,
    STATES,
    STEPS,
    TOTALS,
    EpisodeTask,
    Problem,
    start,
)


class RiskyShortcut(EpisodeTask):
    """Episodes; the regret is a sum of differences of the CVaRs of totals."""

    alpha: float = 0.1  # share of the worst cases that counts, in (0, 1]

    instances: int = 8
    steps: int = 1500  # type: ignore[misc]  # episodes

    interface = TailPlanner
    criterion = "cvar_regret"
    metrics = {
        "cvar_regret": Metric("min", "sum over episodes of the total's CVaR that the policy lacks, mean of instances"),
        "mean_regret": Metric("min", "the same for the mean total"),
        "late_slope": Metric("min", "CVaR lost an episode in the last third, as a share of what the best mean lacks"),
    }

    @property
    def spec(self) -> TableSpec:
        return TableSpec(
            instances=self.instances,
            steps=STEPS,
            states=STATES,
            actions=ACTIONS,
            totals=TOTALS,
            parts=PARTS,
            alpha=self.alpha,
        )

    @property
    def count(self) -> int:
        return self.instances

    def ask(self, learner: Any, key: jax.Array) -> jax.Array:
        return learner.policy(key)

    def plan(self, problem: Problem) -> jax.Array:
        kernel = kernel_of(problem.transitions, problem.units, SIZES)
        return tail_induction(kernel, start(), self.alpha, TOTALS)[1]

    def judge(self, problem: Problem, policy: jax.Array) -> jax.Array:
        totals = UNIT * jnp.arange(TOTALS, dtype=jnp.float32)
        return dual_tail_mean(totals, law_of_totals(problem, policy), self.alpha)

    def judge_mean(self, problem: Problem, policy: jax.Array) -> jax.Array:
        return (UNIT * jnp.arange(TOTALS, dtype=jnp.float32) * law_of_totals(problem, policy)).sum()


def law_of_totals(problem: Problem, policy: jax.Array) -> jax.Array:
    """Law [C] of the units collected by a policy [H, S, C, A], or [H, S, 1, A]."""
    seeing = jnp.broadcast_to(policy, (STEPS, STATES, TOTALS, ACTIONS))
    return return_law(kernel_of(problem.transitions, problem.units, SIZES), seeing, start())[-1].sum(0)
