"""What the tasks share: recorded episodes, batches of them, and exact returns of a policy.

Shapes: as on the study's page; b episodes a batch.
"""

import abc
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Task
from toybench.blocks import mdp
from toybench.tasks.return_conditioning import Episodes, ReturnSeeker, Spec


class World(NamedTuple):
    """The process, what was recorded in it, and where scores begin and end.

    Attributes:
      kernel: chances [H, S, A, 2, S] of reward and next state.
      episodes: the recorded ones.
      optimum: the largest expected return, [], and `best` [H, S, A] a policy that has it.
    """

    kernel: jax.Array
    episodes: Episodes
    optimum: jax.Array
    best: jax.Array


class Fixed(NamedTuple):
    """A reference: a policy [H, S, C, A], and what it truly gets."""

    table: jax.Array
    worth: jax.Array

    def policy(self) -> jax.Array:
        return self.table

    def boldest_policy(self) -> jax.Array:
        return self.table

    def claimed(self) -> jax.Array:
        return self.worth


class OfflineTask(Task, abc.ABC):
    """Base of the tasks: a subclass gives the process and the policies that were recorded."""

    interface = ReturnSeeker

    @property
    @abc.abstractmethod
    def spec(self) -> Spec:
        """Sizes."""

    @property
    @abc.abstractmethod
    def batch(self) -> int:
        """Episodes a batch."""

    def given(self, world: World) -> Episodes:
        return world.episodes

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Episodes]:
        rows = jax.random.randint(key, (self.batch,), 0, world.episodes.a.shape[0])
        return world, jax.tree.map(lambda x: x[rows], world.episodes)

    def expected_return(self, world: World, policy: jax.Array) -> jax.Array:
        """Exact expected return [] of a policy [H, S, C, A], in units."""
        start = jax.nn.one_hot(self.spec.start, self.spec.states)
        law = mdp.return_law(world.kernel, policy, start)[-1]
        return (law.sum(0) * jnp.arange(self.spec.levels, dtype=law.dtype)).sum()


def optimum(kernel: jax.Array, start: int) -> tuple[jax.Array, jax.Array]:
    """(largest expected return [], a policy [H, S, A] that has it)."""
    transitions = kernel.sum(-2)
    values, q = mdp.backward_induction(transitions, kernel[..., 1, :].sum(-1))
    return values[0, start], mdp.greedy(q)
