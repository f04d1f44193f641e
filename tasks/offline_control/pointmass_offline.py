"""Reach a goal behind a disc, learning from episodes of mixed quality.

Isolates what an offline learner does with two good answers and many bad ones. A point mass on [-1, 1]^2 starts near
(-0.8, 0) and is rewarded with 2.1 less its distance to (0.8, 0). A move into the disc of radius 0.35 in the middle
isn't made. Of 500 recorded episodes a third goes around the disc, above or below, with little noise, a third with
much, and a third is aimless. The mean of the two good actions leads into the disc.

With `actuators=8` the control is u = M a / s with orthonormal rows of M. Recorded actions are narrow:
a = s (M'u + N tanh(W x)) + noise in the null space N, so most directions of an action do nothing, and only actions
near the recorded ones are known. s is small enough for all of them to lie in [-1, 1].

Returns are normalised: 0 is the mean of the recorded episodes, 1 that of the shortest way around the disc.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks import pointmass
from toybench.blocks.distances import squared_distances
from toybench.blocks.random import normals
from toybench.tasks.offline_control import Batch, Controller, Recorded, Spec

RAISED = 2.1  # makes rewards positive: what was never seen is then not thought good by a network near 0
PROBES = 128  # recorded places at which actions are compared with recorded ones
NEIGHBOURS = 20  # nearest recorded places whose actions count as recorded there
TINY = 1e-6  # below any squared way to the goal that matters
MARGIN = 0.01  # the reference passes the disc at this distance
SPREAD_OF_HABIT = 2.0  # standard deviation of W: tanh is well bent over the square
HABIT_NOISE = 0.02  # standard deviation of recorded actions, in the directions that do nothing


class Actuators(NamedTuple):
    """Null for two actions: mix M / s [2, k], idle N s [k, k - 2], habit W [k - 2, 2]."""

    mix: jax.Array
    idle: jax.Array
    habit: jax.Array


class World(NamedTuple):
    """Recorded episodes and how learners are judged.

    Attributes:
      plant: from actions to controls.
      x0: first places of the test episodes, [e, 2].
      probes: recorded places [p, 2].
      near: actions [p, q, k] at the nearest recorded places of each.
      low, high: returns that count as 0 and 1.
    """

    data: Recorded
    plant: Actuators
    x0: jax.Array
    probes: jax.Array
    near: jax.Array
    low: jax.Array
    high: jax.Array


class PointmassOffline(Task):
    """Two actions, or eight of which six directions are idle."""

    actuators: int = 2  # numbers of an action: 2, or more for idle directions
    trajectories: int = 500  # recorded episodes
    batch: int = 64  # places a step
    episodes: int = 64  # test episodes

    interface = Controller
    steps = 2000
    checkpoints = 1
    metrics = {
        "normalized_return": Metric("max", "return of the test episodes, from recorded (0) to the shortest way (1)"),
        "action_distance": Metric("min", "root mean squared distance to the nearest action recorded around a place"),
        "collisions": Metric("min", "share of the steps that the disc prevented"),
    }

    @property
    def spec(self) -> Spec:
        return Spec(actions=self.actuators, labels=1)

    def sample(self, key: jax.Array) -> World:
        """Actuators, recorded episodes, test starts and the actions recorded around the probes."""
        recording, drawn, starts = jax.random.split(key, 3)
        path = pointmass.recorded(recording, self.trajectories)
        rewards = RAISED + pointmass.reward(path.x[:, 1:])
        idle = max(self.actuators - 2, 0)
        draws = normals(
            drawn,
            square=(self.actuators, self.actuators),
            habit=(idle, 2),
            noise=(self.trajectories, pointmass.LENGTH, idle),
        )
        plant = actuators(draws["square"], SPREAD_OF_HABIT * draws["habit"])
        u = actions(plant, path.x[:, :-1], path.u, HABIT_NOISE * draws["noise"])
        label = rest_of(rewards)[..., None]
        uniform = jax.random.uniform(starts, (self.episodes, 2))
        probes, near = around(path.x[:, :-1].reshape(-1, 2), u.reshape(-1, self.actuators))
        x0 = pointmass.starts(uniform)
        best = shortest_way(x0)
        return World(
            data=Recorded(x=path.x, u=u, r=rewards, label=label),
            plant=plant,
            x0=x0,
            probes=probes,
            near=near,
            low=rewards.sum(1).mean(),
            high=(RAISED + pointmass.reward(best[:, 1:])).sum(1).mean(),
        )

    def given(self, world: World) -> Recorded:
        """The recorded episodes."""
        return world.data

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Batch]:
        """Places with replacement."""
        place = jax.random.randint(key, (self.batch,), 0, self.trajectories * pointmass.LENGTH)
        return world, Batch(episode=place // pointmass.LENGTH, step=place % pointmass.LENGTH)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        *keys, probing = jax.random.split(key, pointmass.LENGTH + 1)

        def moved(x: jax.Array, a: jax.Array) -> jax.Array:
            return pointmass.move(x, controls(world.plant, jnp.clip(a, -1.0, 1.0)))

        start = learner.start(self.episodes)
        _, path = pointmass.rollout(learner.act, start, world.x0, jnp.stack(keys), moved)
        returns = (RAISED + pointmass.reward(path.x[:, 1:])).sum(1).mean()
        wanted = controls(world.plant, jnp.clip(path.u, -1.0, 1.0))
        free = pointmass.move(path.x[:, :-1], wanted, radius=0.0)
        _, a = learner.act(learner.start(len(world.probes)), world.probes, probing)
        apart = ((world.near - a[:, None, :]) ** 2).mean(-1).min(-1)
        return {
            "normalized_return": (returns - world.low) / (world.high - world.low),
            "action_distance": jnp.sqrt(apart).mean(),
            "collisions": pointmass.inside(free).mean(dtype=free.dtype),
        }

    def floor(self, world: World) -> Any:
        """Replays recorded episodes, each from its first action on, wherever it is."""

        def start(count: int) -> jax.Array:
            return jnp.zeros((), jnp.int32)

        def act(mind: jax.Array, x: jax.Array, key: jax.Array) -> tuple[jax.Array, jax.Array]:
            episode = jnp.arange(len(x)) * self.trajectories // len(x)
            return mind + 1, world.data.u[episode, mind]

        return SimpleNamespace(start=start, act=act)

    def chance(self, world: World) -> Any:
        """Uniform actions."""

        def act(mind: tuple, x: jax.Array, key: jax.Array) -> tuple[tuple, jax.Array]:
            return mind, jax.random.uniform(key, (len(x), self.actuators), minval=-1.0, maxval=1.0)

        return SimpleNamespace(start=lambda count: (), act=act)

    def oracle(self, world: World) -> Any:
        """The shortest way, by the actions that would be recorded there."""

        def act(mind: tuple, x: jax.Array, key: jax.Array) -> tuple[tuple, jax.Array]:
            u = around_the_disc(x)
            return mind, actions(world.plant, x, u, jnp.zeros((len(x), max(self.actuators - 2, 0))))

        return SimpleNamespace(start=lambda count: (), act=act)


def actuators(square: jax.Array, habit: jax.Array) -> Actuators:
    """Random actuators from normal numbers [k, k]; nothing for two actions."""
    count = len(square)
    if count == 2:
        return Actuators(mix=jnp.eye(2), idle=jnp.zeros((2, 0)), habit=habit)
    basis = jnp.linalg.qr(square)[0]
    scale = 1 / jnp.sqrt(jnp.float32(count - 1))  # |(u, tanh)| <= sqrt(1 + k - 2), and a row of the basis has norm 1
    return Actuators(mix=basis[:, :2].T / scale, idle=basis[:, 2:] * scale, habit=habit)


def controls(plant: Actuators, a: jax.Array) -> jax.Array:
    """Controls [..., 2] of actions [..., k]."""
    return a @ plant.mix.T


def actions(plant: Actuators, x: jax.Array, u: jax.Array, noise: jax.Array) -> jax.Array:
    """Actions [..., k] that give controls [..., 2] at places [..., 2], with the habit and noise [..., k - 2]."""
    if plant.idle.shape[1] == 0:
        return u
    scale = jnp.linalg.norm(plant.mix[0])
    return u @ plant.mix / scale**2 + (jnp.tanh(x @ plant.habit.T) + scale * noise) @ plant.idle.T


def rest_of(rewards: jax.Array) -> jax.Array:
    """How well the rest of each episode went [m, T]: mean reward from a step on, 0 for its worst, 1 for its best."""
    left = jnp.arange(rewards.shape[1], 0.0, -1.0)
    mean = jnp.cumsum(rewards[:, ::-1], axis=1)[:, ::-1] / left[None, :]
    low = mean.min(0, keepdims=True)
    return (mean - low) / (mean.max(0, keepdims=True) - low)


def around(x: jax.Array, u: jax.Array) -> tuple[jax.Array, jax.Array]:
    """(probes [p, 2], actions [p, q, k]): evenly spaced recorded places, and what was done at the nearest ones."""
    probes = x[:: len(x) // PROBES][:PROBES]
    _, nearest = jax.lax.top_k(-squared_distances(probes, x), NEIGHBOURS)
    return probes, u[nearest]


def around_the_disc(x: jax.Array) -> jax.Array:
    """Controls [n, 2] of the shortest way: along the tangent to the disc while it hides the goal, then straight."""
    goal = jnp.broadcast_to(jnp.array(pointmass.GOAL), x.shape)
    ahead = goal - x
    along = jnp.clip(-(x * ahead).sum(-1) / jnp.maximum((ahead**2).sum(-1), TINY), 0.0, 1.0)
    nearest = x + along[:, None] * ahead
    clear = (nearest**2).sum(-1) >= (pointmass.RADIUS + MARGIN / 2) ** 2
    far = jnp.linalg.norm(x, axis=-1)
    bend = jnp.arcsin(jnp.minimum((pointmass.RADIUS + MARGIN) / far, 1.0))
    angle = jnp.arctan2(-x[:, 1], -x[:, 0]) + jnp.where(x[:, 1] < 0.0, -bend, bend)
    tangent = jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=-1)
    return jnp.where(clear[:, None], pointmass.towards(x, goal), tangent)


def shortest_way(x0: jax.Array) -> jax.Array:
    """Places [n, T + 1, 2] of the shortest way from places [n, 2]."""
    nothing = jnp.zeros(pointmass.LENGTH)
    _, path = pointmass.rollout(lambda mind, x, _: (mind, around_the_disc(x)), (), x0, nothing, pointmass.move)
    return path.x
