"""Individuals on a small grid who ended elsewhere than at a far goal.

Isolates what a path to a goal costs in likeness to the original path and in likelihood under the individual's own
policy. Each of 64 individuals values the cells of an open 7 x 7 grid in its own way, by standard normal numbers. Its
policy is soft-optimal for the cells entered in 14 moves. The original path is drawn from it; the goal is a cell at
least 6 moves from the start, where the original doesn't end. Moves are certain; one of the five is to stay.

An adviser is asked twice: with the individual's policy, and with that of another, who is supposed to have made the same
moves. The difference in likelihood under the individual's policy is what knowing the individual is worth.

The oracle is the likeliest path among those that end in the goal. For the edit distance it is only a reference; who
misses the goal can be likelier.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from toybench import Metric, Task
from toybench.blocks import gridworld, mdp
from toybench.blocks.random import normals, uniforms
from toybench.tasks.recourse import Adviser, Case, Spec, edit_distance, log_likelihood, walk

FAR = 6  # least moves from the start to the goal; half of the grid's diameter


class World(NamedTuple):
    """Cases of all individuals, each array with an axis of individuals in front."""

    cases: Case


class PathRecourse(Task):
    """64 individuals, a path of each."""

    individuals: int = 64  # paths to be edited
    side: int = 7  # cells
    length: int = 14  # moves of a path
    temperature: float = 1.0  # of the individuals' policies, in units of a cell's standard deviation

    interface = Adviser
    steps = 0
    metrics = {
        "log_likelihood": Metric("max", "log chance of a move of the new path under the individual's policy, nats"),
        "edit_distance": Metric("min", "edits from the original's cells to the new path's, as a share of its length"),
        "goal_rate": Metric("max", "share of the new paths that end in the goal"),
        "combined": Metric("max", "log_likelihood less edit_distance: a nat and an edit count alike"),
        "own_advantage": Metric("max", "log_likelihood less that of the path advised by another's policy, nats"),
    }

    @property
    def spec(self) -> Spec:
        return Spec(cells=self.side**2, moves=gridworld.ACTIONS, length=self.length)

    def following(self) -> np.ndarray:
        """The next cells int32 [S, A] of the open grid."""
        return np.asarray(gridworld.open_grid(np.ones((self.side, self.side), bool)))

    def sample(self, key: jax.Array) -> World:
        wishes, chances = jax.random.split(key)
        worth = normals(wishes, worth=(self.individuals, self.side**2))["worth"]
        drawn = uniforms(
            chances, start=(self.individuals,), goal=(self.individuals,), moves=(self.individuals, self.length)
        )
        policy = jax.vmap(self.liked)(worth)
        return World(cases=jax.vmap(self.case)(policy, drawn["start"], drawn["moves"], drawn["goal"]))

    def liked(self, worth: jax.Array) -> jax.Array:
        """The soft-optimal policy [H, S, A] of an individual to whom entering a cell is worth `worth` [S]."""
        following = self.following()
        sure = jnp.broadcast_to(jax.nn.one_hot(following, self.side**2), (self.length, *following.shape, self.side**2))
        rewards = jnp.broadcast_to(worth[following], (self.length, *following.shape))
        return mdp.soft_induction(sure, rewards, self.temperature)[1]

    def case(self, policy: jax.Array, start: jax.Array, moves: jax.Array, goal: jax.Array) -> Case:
        """A path of the individual with this policy [H, S, A] and a goal that it misses, from uniform numbers."""
        following = jnp.asarray(self.following())
        first = jnp.minimum((start * self.side**2).astype(jnp.int32), self.side**2 - 1)

        def step(here: jax.Array, now: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
            move = mdp.pick(now[1], now[0][here])
            return following[here, move], move

        last, original = jax.lax.scan(step, first, (policy, moves))
        row, column = jnp.divmod(jnp.arange(self.side**2), self.side)
        distance = jnp.abs(row - first // self.side) + jnp.abs(column - first % self.side)
        eligible = (distance >= FAR) & (jnp.arange(self.side**2) != last)
        return Case(policy=policy, start=first, original=original, goal=mdp.pick(goal, eligible.astype(jnp.float32)))

    def given(self, world: World) -> jax.Array:
        """The next cells int32 [S, A]."""
        return jnp.asarray(self.following())

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        keys = jax.random.split(key, self.individuals)
        mistaken = world.cases._replace(policy=jnp.roll(world.cases.policy, 1, axis=0))
        both = jax.tree.map(lambda *x: jnp.concatenate(x), world.cases, mistaken)
        paths = jax.vmap(learner.path)(both, jnp.concatenate([keys, keys]))
        own = jax.vmap(self.measure)(world.cases, paths[: self.individuals])
        others = jax.vmap(self.measure)(world.cases, paths[self.individuals :])
        advantage = own["log_likelihood"] - others["log_likelihood"]
        return {name: values.mean() for name, values in {**own, "own_advantage": advantage}.items()}

    def measure(self, case: Case, path: jax.Array) -> dict[str, jax.Array]:
        """What one path [H] says of itself."""
        following = jnp.asarray(self.following())
        before, after = walk(following, case.start, path)
        _, original = walk(following, case.start, case.original)
        likelihood = log_likelihood(case.policy, before, path) / self.length
        edits = edit_distance(original, after) / self.length
        return {
            "log_likelihood": likelihood,
            "edit_distance": edits,
            "goal_rate": (after[-1] == case.goal).astype(jnp.float32),
            "combined": likelihood - edits,
        }

    def floor(self, world: World) -> Any:
        """Random moves."""
        return SimpleNamespace(path=lambda case, key: jax.random.randint(key, (self.length,), 0, gridworld.ACTIONS))

    def oracle(self, world: World) -> Any:
        """The likeliest path that ends in the goal."""
        return SimpleNamespace(path=lambda case, _: likeliest(jnp.asarray(self.following()), case))


def likeliest(following: jax.Array, case: Case) -> jax.Array:
    """The moves [H] of the highest chance under the policy among those that end in the goal (Viterbi)."""
    end = jnp.where(jnp.arange(len(following)) == case.goal, 0.0, -jnp.inf)

    def back(value: jax.Array, policy: jax.Array) -> tuple[jax.Array, jax.Array]:
        q = jnp.log(policy) + value[following]
        return q.max(-1), q.argmax(-1).astype(jnp.int32)

    best = jax.lax.scan(back, end, case.policy, reverse=True)[1]

    def step(here: jax.Array, move: jax.Array) -> tuple[jax.Array, jax.Array]:
        return following[here, move[here]], move[here]

    return jax.lax.scan(step, case.start, best)[1]
