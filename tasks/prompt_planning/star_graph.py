"""Two arms from a centre, one of which ends at the goal: is the first step found, to which no shown edge points?

Isolates the first step of a path. The centre is the start and each arm has three nodes; names are drawn anew for every
graph, so a graph has to be read. After the first step each next node is the only one that an edge leads to. The first
step takes two look-ups, back from the goal.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from toybench import Metric, Task
from toybench.blocks.random import uniforms
from toybench.errors import UsageError
from toybench.tasks.prompt_planning import Batch, PathWriter, Prompt, PromptSpec

BATCH = 32  # graphs of an update
JUDGED = 512  # graphs of an evaluation


class Known(NamedTuple):
    """A reference that knows its answers: paths int32 [b, p]."""

    path: jax.Array

    def write(self, prompt: Prompt) -> jax.Array:
        """What it knows: it is asked about these prompts only."""
        return self.path

    def go_on(self, prompt: Prompt, path: jax.Array) -> jax.Array:
        """What it knows: it is asked about these prompts only."""
        return self.path


class StarGraph(Task):
    """Fresh graphs in every batch."""

    arms: int = 2  # of a graph
    reach: int = 3  # nodes of an arm
    names: int = 12  # to draw from

    interface = PathWriter
    steps = 700
    checkpoints = 2
    metrics = {
        "path_accuracy": Metric("max", "share of paths written without an error"),
        "first_accuracy": Metric("max", "share of paths whose first node is right"),
        "rest_accuracy": Metric("max", "share of right nodes after the first, if the true nodes stand before them"),
    }

    @property
    def spec(self) -> PromptSpec:
        if self.arms * self.reach >= self.names:
            raise UsageError(
                f"{self.name} needs a name for each of {self.arms * self.reach + 1} nodes, not {self.names}; take more "
                "names or a smaller graph."
            )
        return PromptSpec(names=self.names, edges=self.arms * self.reach, path=self.reach, directed=True)

    def graphs(self, key: jax.Array, count: int) -> Batch:
        """Graphs with fresh names, their edges in a random order, and the path to the end of a random arm."""
        edges = self.arms * self.reach
        drawn = uniforms(key, names=(count, self.names), order=(count, edges), arm=(count,))
        called = jnp.argsort(drawn["names"], axis=1).astype(jnp.int32)
        order = jnp.argsort(drawn["order"], axis=1)
        arm = jnp.floor(drawn["arm"] * self.arms).astype(jnp.int32)
        node = 1 + np.arange(edges).reshape(self.arms, self.reach)  # 0 is the centre
        before = np.concatenate([np.zeros((self.arms, 1), int), node[:, :-1]], axis=1)
        shape = np.stack([before.reshape(-1), node.reshape(-1)], axis=1)
        shown = jnp.take_along_axis(called[:, shape], order[:, :, None], axis=1)
        path = jnp.take_along_axis(called, jnp.asarray(node)[arm], axis=1)
        ends = jnp.stack([called[:, 0], path[:, -1]], axis=1)
        return Batch(prompt=Prompt(edges=shown, ends=ends), path=path)

    def sample(self, key: jax.Array) -> Batch:
        """The graphs for judging."""
        return self.graphs(key, JUDGED)

    def draw(self, world: Batch, key: jax.Array, learner: Any) -> tuple[Batch, Batch]:
        return world, self.graphs(key, BATCH)

    def evaluate(self, world: Batch, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        own = learner.write(world.prompt) == world.path
        forced = learner.go_on(world.prompt, world.path) == world.path
        return {
            "path_accuracy": own.all(1).astype(jnp.float32).mean(),
            "first_accuracy": own[:, 0].astype(jnp.float32).mean(),
            "rest_accuracy": forced[:, 1:].astype(jnp.float32).mean(),
        }

    def floor(self, world: Batch) -> Known:
        """The start, over and over."""
        return Known(path=jnp.broadcast_to(world.prompt.ends[:, :1], world.path.shape))

    def oracle(self, world: Batch) -> Known:
        """The paths."""
        return Known(path=world.path)
