"""Policies that deviate once from "always action 0": how many queries does it take to find the best of them?

Isolates what a class of policies costs to search. There are 2^H sequences of actions and 32 H + 1 policies, but from
one first state they reach only H + 1 leaves: the class has a small spanning capacity. Two actions, 8 random successors
each; states are visited as often as Zipf's law says, so that some deviations matter. Rewards are uniform in the last
layer. Values of all policies are exact, by one pass forward and one backward.
"""

import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.random import uniforms
from toybench.tasks.policy_search import ClassJudge, ClassSpec, Known, Simulator, zipf

SUCCESSORS = 8


class World(NamedTuple):
    """The simulator and the values [n, p] of all policies."""

    simulator: Simulator
    values: jax.Array


class PolicyClassSearch(Task):
    """Nothing is learned in steps: queries are made when the values are asked for."""

    leaves: int = 128  # 2^H, sequences of actions; H layers
    states: int = 32  # of a layer
    budget: int = 4000  # queries an instance

    instances: int = 8

    interface = ClassJudge
    steps = 0
    metrics = {
        "suboptimality": Metric("min", "share of what the best policy gains over no deviation that the chosen lacks"),
        "value_error": Metric("min", "largest error of an estimated value, mean over instances"),
        "queries": Metric("info", "queries of the simulator, at most the budget"),
    }

    @property
    def spec(self) -> ClassSpec:
        layers = round(math.log2(self.leaves))
        return ClassSpec(instances=self.instances, layers=layers, states=self.states, budget=self.budget)

    def sample(self, key: jax.Array) -> World:
        spec = self.spec
        shape = (spec.instances, spec.layers, spec.states, 2, SUCCESSORS)
        drawn = uniforms(key, next=shape, rewards=(spec.instances, spec.states, 2))
        simulator = Simulator(successors=zipf(drawn["next"], spec.states), rewards=drawn["rewards"])
        return World(simulator=simulator, values=jax.vmap(self.every_value)(simulator))

    def every_value(self, simulator: Simulator) -> jax.Array:
        """Values [p] of all policies of one instance: that of none, plus each deviation's visits times advantage."""
        spec = self.spec
        ends = 1 / jnp.arange(1.0, spec.states + 1)
        law = ends / ends.sum()
        visits = []
        for h in range(spec.layers):
            visits.append(law)
            spread = jnp.broadcast_to(law[:, None] / SUCCESSORS, (spec.states, SUCCESSORS))
            law = jnp.zeros(spec.states).at[simulator.successors[h, :, 0]].add(spread)
        value = simulator.rewards[:, 0]
        gains = [visits[-1] * (simulator.rewards[:, 1] - value)]
        for h in reversed(range(spec.layers - 1)):
            q = value[simulator.successors[h]].mean(-1)
            value = q[:, 0]
            gains.append(visits[h] * (q[:, 1] - value))
        none = (visits[0] * value).sum()
        return none + jnp.concatenate([jnp.zeros(1), *reversed(gains)])

    def given(self, world: World) -> Simulator:
        return world.simulator

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        if isinstance(learner, Known):
            return learner.metrics
        found = learner.values(key)
        chosen = jnp.take_along_axis(world.values, found.argmax(-1)[:, None], axis=1)[:, 0]
        best = world.values.max(-1)
        return {
            "suboptimality": ((best - chosen) / (best - world.values[:, 0])).mean(),
            "value_error": jnp.abs(found - world.values).max(-1).mean(),
            "queries": learner.queries(),
        }

    def floor(self, world: World) -> Known:
        """The policy that never deviates, and a value of 1/2, the mean reward, for all."""
        error = jnp.abs(0.5 - world.values).max(-1).mean()
        return Known({"suboptimality": jnp.ones(()), "value_error": error, "queries": jnp.zeros(())})

    def oracle(self, world: World) -> Known:
        """The true values."""
        zero = jnp.zeros(())
        return Known({"suboptimality": zero, "value_error": zero, "queries": zero})
