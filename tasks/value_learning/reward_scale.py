"""Swing up a pendulum whose rewards are multiplied by a constant: does one setting serve all scales?

Isolates the scale of rewards, and how many updates are made a step. Five torques, none of which lifts the pendulum
without swinging; the reward of a step is its height, from 0 to 1, times `scale`. Powers of two, so that a learner that
divides the scale out comes to the same bits. Four pendulums are played side by side, 2,880 steps in all.

The return is the mean height of greedy episodes: 0 without torque, 0.83 by dynamic programming on a fine grid.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.tasks.value_learning import Played, Player, PlayerSpec

TORQUES = (-2.0, -1.0, 0.0, 1.0, 2.0)
GRAVITY = 15.0  # 3 g / (2 l) with g = 10 and l = 1, as in Gym's pendulum
PUSH = 3.0  # 3 / (m l^2), likewise
TOP_SPEED = 8.0  # likewise
TICK = 0.1  # seconds of a step; Gym's is half of it
LENGTH = 100  # steps of an episode
WORLDS = 4  # pendulums
ROLLOUT = 4  # steps of each in a batch
TESTS = 16  # greedy episodes
SPREAD = 0.1  # of the start around hanging down, radians and radians a second
DISCOUNT = 0.97  # half a return is 23 steps away
ANGLES = 101  # of the planner's grid; twice as many of both earn 0.84 where these earn 0.83
SPEEDS = 81
SWEEPS = 300  # of its value iteration
FORESIGHT = 0.98  # its discount


class Pendulum(NamedTuple):
    """Angle from upright, speed, and steps of the episode so far, each [e]."""

    angle: jax.Array
    speed: jax.Array
    age: jax.Array


class World(NamedTuple):
    """The pendulums that are played, and those of the test at their start."""

    now: Pendulum
    test: Pendulum


class Idle(NamedTuple):
    """No torque."""

    def greedy(self, obs: jax.Array) -> jax.Array:
        return jnp.full(obs.shape[0], TORQUES.index(0.0))


class Planner(NamedTuple):
    """One step of looking ahead to values on a grid of angles and speeds, [ANGLES, SPEEDS]."""

    values: jax.Array

    def greedy(self, obs: jax.Array) -> jax.Array:
        angle = jnp.arctan2(obs[:, 1], obs[:, 0])
        return look_ahead(self.values, angle, obs[:, 2] * TOP_SPEED).argmax(-1)


class RewardScale(Task):
    """Gym's pendulum with five torques and a reward that is its height."""

    scale: float = 1.0  # of the rewards, a power of two

    updates: int = 2  # gradient steps for four steps of one pendulum

    interface = Player
    kind = "interactive"
    steps = 180
    checkpoints = 5
    metrics = {"return": Metric("max", "mean height in greedy episodes, from 0 hanging to 1 upright")}

    @property
    def spec(self) -> PlayerSpec:
        return PlayerSpec(
            dims=3,
            actions=len(TORQUES),
            rollout=ROLLOUT,
            worlds=WORLDS,
            updates=self.updates * WORLDS,
            discount=DISCOUNT,
            bounds=(0.0, 0.0),
            cells=0,
        )

    def sample(self, key: jax.Array) -> World:
        starts = hanging(jax.random.uniform(key, (WORLDS + TESTS, 2)))
        return World(
            now=jax.tree.map(lambda x: x[:WORLDS], starts),
            test=jax.tree.map(lambda x: x[WORLDS:], starts),
        )

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Played]:
        own, fresh = jax.random.split(key)
        starts = jax.random.uniform(fresh, (ROLLOUT, WORLDS, 2))

        def play(now: Pendulum, step: tuple[jax.Array, jax.Array]) -> tuple[Pendulum, Played]:
            obs = observe(now)
            action = learner.act(obs, step[0])
            after = swing(now, action)
            last = after.age >= LENGTH
            played = Played(
                obs=obs,
                obs1=observe(after),
                action=action,
                reward=self.scale * lift(after),
                done=jnp.zeros(WORLDS),
                last=last.astype(jnp.float32),
                cell=jnp.zeros(WORLDS, jnp.int32),
                cell1=jnp.zeros(WORLDS, jnp.int32),
            )
            return jax.tree.map(lambda new, old: jnp.where(last, new, old), hanging(step[1]), after), played

        now, batch = jax.lax.scan(play, world.now, (jax.random.split(own, ROLLOUT), starts))
        return world._replace(now=now), batch

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        return {"return": height(world.test, learner)}

    def floor(self, world: World) -> Idle:
        """No torque."""
        return Idle()

    def oracle(self, world: World) -> Planner:
        """Dynamic programming on a grid."""
        return Planner(plan())


def hanging(uniform: jax.Array) -> Pendulum:
    """Pendulums near rest, from uniform numbers [e, 2]."""
    off = SPREAD * (2 * uniform - 1)
    return Pendulum(angle=jnp.pi + off[:, 0], speed=off[:, 1], age=jnp.zeros(len(uniform), jnp.int32))


def observe(now: Pendulum) -> jax.Array:
    """Cosine and sine of the angle, and the speed in units of the greatest, float [e, 3]."""
    return jnp.stack([jnp.cos(now.angle), jnp.sin(now.angle), now.speed / TOP_SPEED], -1)


def swing(now: Pendulum, action: jax.Array) -> Pendulum:
    """One step: the speed first, then the angle."""
    force = GRAVITY * jnp.sin(now.angle) + PUSH * jnp.asarray(TORQUES)[action]
    speed = jnp.clip(now.speed + TICK * force, -TOP_SPEED, TOP_SPEED)
    return Pendulum(angle=now.angle + TICK * speed, speed=speed, age=now.age + 1)


def lift(now: Pendulum) -> jax.Array:
    """Height of the pendulum, 0 to 1, [e]."""
    return 0.5 * (1 + jnp.cos(now.angle))


def height(start: Pendulum, learner: Any) -> jax.Array:
    """Mean height over the greedy episodes from these starts, []."""

    def play(now: Pendulum, _: None) -> tuple[Pendulum, jax.Array]:
        after = swing(now, learner.greedy(observe(now)))
        return after, lift(after).mean()

    return jax.lax.scan(play, start, None, length=LENGTH)[1].mean()


def look_ahead(values: jax.Array, angle: jax.Array, speed: jax.Array) -> jax.Array:
    """Values of every torque [n, 5] at angles and speeds [n]; between the grid's points they are interpolated."""
    torques = jnp.asarray(TORQUES)[None]
    faster = speed[:, None] + TICK * (GRAVITY * jnp.sin(angle)[:, None] + PUSH * torques)
    faster = jnp.clip(faster, -TOP_SPEED, TOP_SPEED)
    after = angle[:, None] + TICK * faster
    turn = (after / (2 * jnp.pi) + 0.5) * ANGLES
    pace = (faster / (2 * TOP_SPEED) + 0.5) * (SPEEDS - 1)
    corner = jnp.floor(turn)
    below = jnp.clip(jnp.floor(pace), 0, SPEEDS - 2)
    left = corner.astype(jnp.int32) % ANGLES
    right = (left + 1) % ANGLES
    low = below.astype(jnp.int32)
    slower = values[left, low] * (corner + 1 - turn) + values[right, low] * (turn - corner)
    quicker = values[left, low + 1] * (corner + 1 - turn) + values[right, low + 1] * (turn - corner)
    ahead = slower * (below + 1 - pace) + quicker * (pace - below)
    return 0.5 * (1 + jnp.cos(after)) + FORESIGHT * ahead


def plan() -> jax.Array:
    """Values on the grid [ANGLES, SPEEDS], by value iteration."""
    turns = jnp.arange(ANGLES, dtype=jnp.float32) / ANGLES
    angle = jnp.repeat((turns - 0.5) * 2 * jnp.pi, SPEEDS)
    speed = jnp.tile(jnp.linspace(-TOP_SPEED, TOP_SPEED, SPEEDS), ANGLES)

    def sweep(_: int, values: jax.Array) -> jax.Array:
        return look_ahead(values, angle, speed).max(-1).reshape(ANGLES, SPEEDS)

    return jax.lax.fori_loop(0, SWEEPS, sweep, jnp.zeros((ANGLES, SPEEDS)))
