"""The short cut with the whole model given: do gradients reach the optimum of an expected conditional risk?

Isolates the optimisation of a risk that is written with thresholds: a learner chooses with every action the threshold
that its next reward is compared with, and descends exact gradients. The problems are those of `risky_shortcut`. A
reward counts as half its mean and half its CVaR of level 0.1, given the state before. 8 instances, 300 steps.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.mdp import kernel_of, return_law, tail_induction
from toybench.tasks.risk_sensitive_rl import (
    UNIT,
    Known,
    Model,
    TableSpec,
    ThresholdPlanner,
    averse_values,
    dual_tail_mean,
)
from toybench.tasks.risk_sensitive_rl._shortcut import (
    ACTIONS,
    PARTS,
    SIZES,
    START,
    STATES,
    STEPS,
    TOTALS,
    Problem,
    mean_total,
    neutral_plan,
    problems,
    start,
)


class World(NamedTuple):
    """Problems, and the best expected conditional risk and that of uniform choices, both [n]."""

    problem: Problem
    best: jax.Array
    uniform: jax.Array


class Answer(NamedTuple):
    """A reference: a policy [n, H, S, E, A, E] that doesn't learn."""

    policy: jax.Array

    def thresholds(self) -> jax.Array:
        """The policy."""
        return self.policy


class KnownShortcut(Task):
    """Exact gradients on random problems."""

    alpha: float = 0.1  # share of the worst cases that counts, in (0, 1]

    averse: float = 0.5  # weight of the CVaR beside the mean, 0 to 1
    instances: int = 8

    interface = ThresholdPlanner
    steps = 300
    metrics = {
        "ecrm_gap": Metric("zero", "expected conditional risk lacking to the optimum; 1 for uniform choices"),
        "cvar": Metric("max", "CVaR of the total, mean of instances"),
        "mean": Metric("max", "mean total"),
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
            thresholds=SIZES,
            averse=self.averse,
        )

    def sample(self, key: jax.Array) -> World:
        """Problems with their optima."""
        problem = problems(key, self.instances)
        best = jax.vmap(lambda p: self.value(p, None))(problem)
        uniform = jax.vmap(lambda p: self.value(p, even()))(problem)
        return World(problem=problem, best=best, uniform=uniform)

    def value(self, problem: Problem, policy: jax.Array | None) -> jax.Array:
        """Expected conditional risk of a policy [H, S, E, A, E], or the best, from the start: []."""
        values = averse_values(problem.transitions, problem.units, SIZES, self.alpha, self.averse, policy)
        return values[0, START, 0]  # the first threshold is idle

    def given(self, world: World) -> Model:
        return Model(transitions=world.problem.transitions, units=world.problem.units, start=start())

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        if isinstance(learner, Known):
            return learner.metrics
        policy = learner.thresholds()
        value = jax.vmap(self.value)(world.problem, policy)
        law = jax.vmap(law_of_totals)(world.problem, policy)
        totals = UNIT * jnp.arange(TOTALS, dtype=jnp.float32)
        return {
            "ecrm_gap": ((world.best - value) / (world.best - world.uniform)).mean(),
            "cvar": dual_tail_mean(jnp.broadcast_to(totals, law.shape), law, self.alpha).mean(),
            "mean": (law * totals[None]).sum(-1).mean(),
        }

    def floor(self, world: World) -> Answer:
        """Uniform choices."""
        return Answer(jnp.broadcast_to(even(), (self.instances, *even().shape)))

    def oracle(self, world: World) -> Known:
        """The optimum of each metric, by dynamic programming."""
        tails = jax.vmap(
            lambda p: tail_induction(kernel_of(p.transitions, p.units, SIZES), start(), self.alpha, TOTALS, UNIT)[0]
        )(world.problem)
        means = jax.vmap(lambda p: mean_total(p, neutral_plan(p)[:, :, 0]))(world.problem)
        return Known({"ecrm_gap": jnp.zeros(()), "cvar": tails.mean(), "mean": means.mean()})


def even() -> jax.Array:
    """Uniform choices of action and threshold: [H, S, E, A, E]."""
    return jnp.full((STEPS, STATES, SIZES, ACTIONS, SIZES), 1 / (ACTIONS * SIZES))


def law_of_totals(problem: Problem, policy: jax.Array) -> jax.Array:
    """Law [C] of the units that a policy [H, S, E, A, E] collects; a state and its threshold are one wider state."""
    kernel = kernel_of(problem.transitions, problem.units, SIZES)
    wide = STATES * SIZES
    same = jnp.eye(SIZES)
    pairs = jnp.broadcast_to(
        kernel[:, :, None, :, None, :, :, None] * same[None, None, None, None, :, None, None, :],
        (STEPS, STATES, SIZES, ACTIONS, SIZES, SIZES, STATES, SIZES),
    ).reshape(STEPS, wide, ACTIONS * SIZES, SIZES, wide)
    acts = jnp.broadcast_to(policy.reshape(STEPS, wide, 1, ACTIONS * SIZES), (STEPS, wide, TOTALS, ACTIONS * SIZES))
    first = jnp.zeros(wide).at[START * SIZES].set(1.0)
    return return_law(pairs, acts, first)[-1].sum(0)
