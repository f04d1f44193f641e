"""The short cut where every single step must be safe: how fast does a learner find the best iterated CVaR?

Isolates exploration for a risk that is counted at every step: a policy's value is its reward plus the mean of the worst
`alpha` share of the next state's values. The problems are those of `risky_shortcut`. Every transition law is a mixture
of four given kernels, so that a learner which uses them has 4 numbers a step to learn instead of 90. 8 instances, 1,500
episodes.
"""

from typing import Any

import jax

from toybench import Metric
from toybench.blocks.mdp import greedy, iterated_cvar_induction
from toybench.tasks.risk_sensitive_rl import StepPlanner, TableSpec, iterated_value
from toybench.tasks.risk_sensitive_rl._shortcut import (
    ACTIONS,
    PARTS,
    START,
    STATES,
    STEPS,
    TOTALS,
    EpisodeTask,
    Problem,
    mean_total,
    rewards,
)


class IteratedShortcut(EpisodeTask):
    """Episodes; the regret is a sum of differences of iterated CVaRs."""

    alpha: float = 0.1  # share of the worst cases that counts, in (0, 1]

    instances: int = 8
    steps: int = 1500  # type: ignore[misc]  # episodes

    interface = StepPlanner
    criterion = "icvar_regret"
    metrics = {
        "icvar_regret": Metric(
            "min", "sum over episodes of the iterated CVaR that the policy lacks, mean of instances"
        ),
        "mean_regret": Metric("min", "the same for the mean total"),
        "late_slope": Metric(
            "min", "what is lost an episode in the last third, as a share of what the best mean lacks"
        ),
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
        return learner.rule(key)[:, :, :, None]

    def plan(self, problem: Problem) -> jax.Array:
        _, q = iterated_cvar_induction(problem.transitions, rewards(problem.units), self.alpha)
        return greedy(q)[:, :, None]

    def judge(self, problem: Problem, policy: jax.Array) -> jax.Array:
        return iterated_value(problem.transitions, rewards(problem.units), policy[:, :, 0], self.alpha)[START]

    def judge_mean(self, problem: Problem, policy: jax.Array) -> jax.Array:
        return mean_total(problem, policy[:, :, 0])
