"""A random automaton of four states on rings of eight nodes, to be run on rings of 64 for 24 rounds.

Isolates what is lost when a learned rule is repeated. A node's next state depends on its own and on how many of its two
neighbours are in each state: 40 entries of a table, nearly always all of which occur in training. 64 rings are seen at
the start and after one round (or two, the first of which is hidden).
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.random import uniforms
from toybench.tasks.graph_algorithms import CLIP, RuleLearner, RuleSpec, Runs, cycle, run_table

STATES = 4
SMALL = 8  # nodes of a ring in training
LARGE = 64  # nodes of a ring in the test
RUNS = 64  # rings in training, and in the test of small ones
LARGE_RUNS = 16  # rings in the test of large ones
LONG = 24  # rounds in the test


class World(NamedTuple):
    """The rule int32 [surroundings, state], runs for training, new ones like them, and large ones."""

    table: jax.Array
    train: Runs
    small: Runs
    large: Runs


def whole(uniform: jax.Array) -> jax.Array:
    """States int32 of uniform numbers."""
    return jnp.floor(uniform * STATES).astype(jnp.int32)


class CycleAutomaton(Task):
    """The whole training set comes at every step."""

    rounds: int = 1  # between what is seen in training

    interface = RuleLearner
    steps = 400
    checkpoints = 2
    metrics = {
        "accuracy": Metric("max", "share of right nodes on new rings of 8 after the rounds of training"),
        "large_accuracy": Metric("max", "share of right nodes on rings of 64 after 24 rounds"),
    }

    @property
    def spec(self) -> RuleSpec:
        return RuleSpec(states=STATES, rounds=self.rounds)

    def sample(self, key: jax.Array) -> World:
        small = (RUNS, SMALL)
        drawn = uniforms(key, table=((CLIP + 1) ** STATES, STATES), train=small, small=small, large=(LARGE_RUNS, LARGE))
        table = whole(drawn["table"])
        runs = {}
        for name, rounds in (("train", self.rounds), ("small", self.rounds), ("large", LONG)):
            start = whole(drawn[name])
            ring = cycle(start.shape[1])
            runs[name] = Runs(adjacency=ring, start=start, end=run_table(table, ring, start, rounds))
        return World(table=table, **runs)

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Runs]:
        return world, world.train

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        large = learner.run(world.large.adjacency, world.large.start, LONG) == world.large.end
        small = learner.run(world.small.adjacency, world.small.start, self.rounds) == world.small.end
        return {
            "accuracy": small.astype(jnp.float32).mean(),
            "large_accuracy": large.astype(jnp.float32).mean(),
        }

    def floor(self, world: World) -> Any:
        """Nothing ever changes."""
        return SimpleNamespace(run=lambda adjacency, start, rounds: start)

    def oracle(self, world: World) -> Any:
        """The rule."""
        return SimpleNamespace(run=lambda adjacency, start, rounds: run_table(world.table, adjacency, start, rounds))
