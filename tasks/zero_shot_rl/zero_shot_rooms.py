"""Act for twelve hidden rewards in four rooms, after seeing transitions without any reward.

Isolates two questions. How does a learner fare on actions that its data lack? With `coverage=low` eight trajectories
of fifteen steps, towards random goals with a random action in three of ten steps, show two thirds of the pairs of state
and action. With `coverage=full` there are 2,000 uniform transitions, and nearly every pair is seen: what is left is how
well a learner represents the policies of all rewards. The actions are four moves and to stay; moves into walls stay.

Eight of the rewards are single cells that the data arrive at, four are sums of three bumps. A score of 0 is the uniform
policy's return, 1 that of the best policy by dynamic programming in the true environment. With low coverage nobody can
be sure of 1: what is unseen can't be known, and planning in what was seen (`model_vi`) is a fair ceiling.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from toybench import Metric, Task
from toybench.blocks import gridworld, mdp
from toybench.blocks.random import uniforms
from toybench.errors import UsageError
from toybench.tasks.zero_shot_rl import (
    RewardPolicy,
    Spec,
    Transitions,
    arrivals,
    expected_reward,
    integers,
    start_return,
)

GOALS = 8  # rewards that are 1 in one cell
SUMS = 4  # rewards that are sums of bumps
BUMPS = 3  # of such a sum; each is exp(-squared distance / 2), one cell wide
TRAJECTORIES = 8  # of low coverage
LENGTH = 15  # steps of each
NOISE = 0.3  # share of random actions on the way
UNIFORM = 2000  # transitions of full coverage
SWEEPS = 400  # of value iteration: 0.95^400 is 1e-9


class World(NamedTuple):
    """The environment, the data, and rewards [k, S], as they are and as they are shown.

    Attributes:
      best, plain: returns [k] of the best and of the uniform policy.
    """

    transitions: jax.Array
    data: Transitions
    rewards: jax.Array
    shown: jax.Array
    best: jax.Array
    plain: jax.Array


class ZeroShotRooms(Task):
    """Two walls cross in the middle, with a door in each arm."""

    side: int = 5  # cells of a side, odd; 1 / (1 - discount) is twice as much
    coverage: str = "low"  # of pairs of state and action: low or full
    batch: int = 48  # transitions a step

    interface = RewardPolicy
    steps = 3000
    checkpoints = 1
    metrics = {
        "zero_shot_return": Metric("max", "mean return over the rewards, 0 as the uniform policy's, 1 at best"),
        "worst_task": Metric("max", "the same for the reward that goes worst"),
    }

    @property
    def spec(self) -> Spec:
        if self.coverage not in ("low", "full"):
            raise UsageError(f"{self.name} has no coverage '{self.coverage}'; use low or full.")
        return room_spec(self.side)

    def sample(self, key: jax.Array) -> World:
        for_data, for_rewards = jax.random.split(key)
        cells, moves = gridworld.compact(gridworld.four_rooms(self.side))
        transitions = jnp.asarray(np.eye(len(cells), dtype=np.float32)[moves])
        spec = self.spec
        data = self.wander(for_data, moves) if self.coverage == "low" else self.cover(for_data, moves)
        visited = (arrivals(data, spec.states) > 0).astype(jnp.float32)
        rewards = self.rewards(for_rewards, cells, visited)
        values = mdp.value_iteration(transitions, expected_reward(transitions, rewards), spec.discount, SWEEPS)
        return World(
            transitions=transitions,
            data=data,
            rewards=rewards,
            shown=rewards * visited[None, :],
            best=(1 - spec.discount) * values.mean(-1),
            plain=rewards @ jnp.asarray(uniform_law(moves, spec.discount), jnp.float32),
        )

    def rewards(self, key: jax.Array, cells: np.ndarray, visited: jax.Array) -> jax.Array:
        """Goals at visited states and sums of bumps anywhere [k, S], for states in these cells of the grid [S]."""
        drawn = uniforms(key, goals=(GOALS,), bumps=(SUMS, BUMPS))
        places = jnp.asarray(np.stack(np.divmod(cells, self.side), 1), jnp.float32)
        squares = ((places[:, None, :] - places[None, :, :]) ** 2).sum(-1)
        goals = jax.nn.one_hot(mdp.pick(drawn["goals"], visited[None, :]), len(cells))
        return jnp.concatenate([goals, jnp.exp(-squares[integers(drawn["bumps"], len(cells))] / 2).sum(1)])

    def wander(self, key: jax.Array, moves: np.ndarray) -> Transitions:
        """Trajectories along shortest paths to goals of their own, with random actions between."""
        states, actions = moves.shape
        ways = jnp.asarray(gridworld.shortest_policy(moves, gridworld.distances(moves)).argmax(-1), jnp.int32)  # type: ignore[arg-type]
        table = jnp.asarray(moves)
        drawn = uniforms(key, ends=(2, TRAJECTORIES), steps=(LENGTH, 2, TRAJECTORIES))
        start, goal = integers(drawn["ends"], states)

        def step(s: jax.Array, uniform: jax.Array) -> tuple[jax.Array, Transitions]:
            a = jnp.where(uniform[0] < NOISE, integers(uniform[1], actions), ways[s, goal])
            s1 = table[s, a]
            return s1, Transitions(s=s, a=a, s1=s1)

        _, data = jax.lax.scan(step, start, drawn["steps"])
        return jax.tree.map(jnp.ravel, data)

    def cover(self, key: jax.Array, moves: np.ndarray) -> Transitions:
        """Uniformly random actions in uniformly random states."""
        states, actions = moves.shape
        pair = integers(jax.random.uniform(key, (UNIFORM,)), states * actions)
        s, a = jnp.divmod(pair, actions)
        return Transitions(s=s, a=a, s1=jnp.asarray(moves)[s, a])

    def given(self, world: World) -> Transitions:
        """All transitions."""
        return world.data

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Transitions]:
        """Some transitions, with replacement."""
        data = world.data
        rows = jax.random.randint(key, (self.batch,), 0, data.s.shape[0])
        return world, jax.tree.map(lambda x: x[rows], data)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        policies = jax.vmap(learner.policy_for)(world.shown)
        found = start_return(world.transitions, world.rewards, policies, self.spec.discount)
        scores = (found - world.plain) / (world.best - world.plain)
        return {"zero_shot_return": scores.mean(), "worst_task": scores.min()}

    def floor(self, world: World) -> Any:
        """All actions alike."""
        spec = self.spec
        return SimpleNamespace(policy_for=lambda reward: jnp.full((spec.states, spec.actions), 1 / spec.actions))

    def oracle(self, world: World) -> Any:
        """The best policy in the true environment, for the whole reward of which a part is shown."""

        def policy_for(shown: jax.Array) -> jax.Array:
            which = jnp.abs(world.shown - shown[None, :]).sum(-1).argmin()
            reward = expected_reward(world.transitions, world.rewards[which])
            values = mdp.value_iteration(world.transitions, reward, self.spec.discount, SWEEPS)
            return mdp.greedy(mdp.q_values(world.transitions, reward, values, self.spec.discount))

        return SimpleNamespace(policy_for=policy_for)


def uniform_law(moves: np.ndarray, discount: float) -> np.ndarray:
    """Discounted chances [S] of the states to come under the uniform policy, from all starts alike."""
    chain = np.eye(len(moves))[moves].mean(1)
    return (1 - discount) * np.linalg.solve(np.eye(len(moves)) - discount * chain, chain).mean(0)


def room_spec(side: int) -> Spec:
    """Sizes of four rooms; rewards count for about twice the side's length."""
    cells, moves = gridworld.compact(gridworld.four_rooms(side))
    return Spec(states=len(cells), actions=moves.shape[1], discount=1 - 1 / (2 * side))
