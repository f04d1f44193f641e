"""Scenes of particles that push and pull each other: how they are sampled, simulated, turned and judged.

Shapes: b scenes, t past frames, f future frames, n particles.
"""

import abc
from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks import rotations
from toybench.blocks.random import normals
from toybench.tasks.particle_motion import Motion, Scenes, Spec, constant_velocity, mean_distance

BATCH = 16  # scenes a step
STEP = 0.05  # of the leapfrog scheme; energy then stays within 2 % of its range
SCENE = (1, 2)  # axes of frames and particles


class World(NamedTuple):
    """Scenes to learn from and to be asked about; the latter as they are, and each turned.

    Attributes:
      links: who acts on whom in the test scenes, [b, n, n].
      turns: a rotation for each test scene, [b, 3, 3].
    """

    train: Scenes
    test: Scenes
    turned: Scenes
    links: jax.Array
    turns: jax.Array


class ParticleScenes(Task):
    """600 scenes of five particles to learn from, 160 to be asked about."""

    scenes: int = 600  # to learn from
    tests: int = 160  # scenes asked about
    particles: int = 5  # in a scene
    past: int = 8  # frames that are shown
    future: int = 8  # frames that are asked for
    between: int = 5  # leapfrog steps from frame to frame

    interface = Motion
    steps = 500
    checkpoints = 1
    metrics = {
        "ade_rotated": Metric("min", "mean distance to the true positions, each test scene turned at random"),
        "ade": Metric("min", "the same for the test scenes as they are"),
        "final_mse_rotated": Metric("min", "mean squared coordinate error in the last frame, scenes turned"),
        "equivariance_error": Metric("zero", "rms of f(Rx) - R f(x), over that of f(x) about the scene's mean"),
    }

    @abc.abstractmethod
    def spreads(self) -> tuple[jax.Array, jax.Array]:
        """Standard deviations of positions and of velocities at the start, [3] each."""

    @abc.abstractmethod
    def link(self, uniform: jax.Array) -> jax.Array:
        """Who acts on whom, symmetric [b, n, n], from uniform numbers [b, n, n]."""

    @abc.abstractmethod
    def push(self, square: jax.Array) -> jax.Array:
        """What a link's force on i is in units of x_i - x_j, at squared distances of any shape."""

    @property
    def spec(self) -> Spec:
        return Spec(particles=self.particles, past=self.past, future=self.future, interval=STEP * self.between)

    def accelerations(self, x: jax.Array, links: jax.Array) -> jax.Array:
        """Forces on particles of unit mass, [b, n, 3], at positions [b, n, 3]."""
        apart = x[:, :, None] - x[:, None]
        weights = links * self.push((apart**2).sum(-1))
        return (weights[..., None] * apart).sum(2)

    def simulate(self, x: jax.Array, v: jax.Array, links: jax.Array, frames: int) -> jax.Array:
        """Positions [b, frames, n, 3] from positions and velocities [b, n, 3] on, by leapfrog steps."""

        def step(state: tuple[jax.Array, jax.Array], _: None) -> tuple[tuple[jax.Array, jax.Array], jax.Array]:
            x, half = state  # half a step ahead
            after = x + STEP * half
            return (after, half + STEP * self.accelerations(after, links)), x

        start = (x, v + 0.5 * STEP * self.accelerations(x, links))
        _, path = jax.lax.scan(step, start, None, length=self.between * frames)
        return jnp.moveaxis(path[:: self.between], 0, 1)

    def sample(self, key: jax.Array) -> World:
        """All scenes, simulated at once."""
        a, b = jax.random.split(key)
        count = self.scenes + self.tests
        shape = (count, self.particles, 3)
        drawn = normals(a, x=shape, v=shape, turns=(self.tests, 4))
        position, velocity = self.spreads()
        x = drawn["x"] * position[None, None, :]
        v = drawn["v"] * velocity[None, None, :]
        links = self.link(jax.random.uniform(b, (count, self.particles, self.particles)))
        path = self.simulate(x, v, links, self.past + self.future)
        turns = rotations.rotations(drawn["turns"])
        test = self.split(path[self.scenes :])
        turned = Scenes(past=turn_scenes(test.past, turns), future=turn_scenes(test.future, turns))
        train = self.split(path[: self.scenes])
        return World(train=train, test=test, turned=turned, links=links[self.scenes :], turns=turns)

    def split(self, path: jax.Array) -> Scenes:
        """Past and future of paths [b, t + f, n, 3]."""
        return Scenes(past=path[:, : self.past], future=path[:, self.past :])

    def given(self, world: World) -> Scenes:
        """All scenes to learn from, for a method that has a closed form."""
        return world.train

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Scenes]:
        """Random scenes, as they are."""
        rows = jax.random.randint(key, (BATCH,), 0, self.scenes)
        return world, Scenes(past=world.train.past[rows], future=world.train.future[rows])

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        one, other = jax.random.split(key)
        plain = learner.predict(world.test.past, one)
        turned = learner.predict(world.turned.past, other)
        miss = turned - turn_scenes(plain, world.turns)
        spread = plain - plain.mean(SCENE, keepdims=True)
        return {
            "ade_rotated": mean_distance(turned, world.turned.future),
            "ade": mean_distance(plain, world.test.future),
            "final_mse_rotated": ((turned - world.turned.future)[:, -1] ** 2).mean(),
            "equivariance_error": jnp.sqrt((miss**2).mean() / (spread**2).mean()),
        }

    def floor(self, world: World) -> Any:
        """Every particle goes on as in the last interval."""
        return SimpleNamespace(predict=lambda past, key: constant_velocity(past, self.future))

    def oracle(self, world: World) -> Any:
        """Knows the future of the test scenes, and turns it as what it is shown is turned."""

        def predict(past: jax.Array, key: jax.Array) -> jax.Array:
            known = world.test.past.reshape(self.tests, -1, 3)
            shown = past.reshape(self.tests, -1, 3)
            across = jnp.swapaxes(known, 1, 2)
            turns = jnp.linalg.solve(across @ known, across @ shown)
            return turn_scenes(world.test.future, jnp.swapaxes(turns, 1, 2))

        return SimpleNamespace(predict=predict)


def turn_scenes(positions: jax.Array, turns: jax.Array) -> jax.Array:
    """Positions [b, t, n, 3], each scene turned by its matrix [b, 3, 3]."""
    return rotations.turn(positions, turns[:, None])
