"""Frames of a game that the learner plays on by itself.

Isolates how errors of a next-frame model grow when its frames are fed back. The game is an underdamped particle in a
double well, pushed by actions in {-1, 0, 1}; a frame of 16 pixels shows a bump at its position, and four frames tell
its velocity. A learner is shown recorded frames; it is judged after 64 frames of its own, under recorded actions,
against the recording. `temperature` is the game's own noise: a second recording errs 0.3 against the first at 0.01,
and 0.7 at 0.1.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.distances import energy_distance
from toybench.blocks.random import uniforms
from toybench.tasks.process_generation import Games, GameSpec, Moves
from toybench.tasks.process_generation._well import held, off_manifold, render, three, underdamped

STEP = 0.02  # size of Euler's steps
SUBSTEPS = 10  # of them a frame
HEIGHT = 1.0  # of the barrier
PUSH = 3.0  # force of an action of 1; the well's greatest slope is 1.54
CHANGE = 0.2  # chance that the action is drawn anew at a frame
PAST = 16  # frames before a recording, which nobody sees
LAST = 16  # frames at the end of a game that are judged
END = 4  # of them, whose law is


class World(NamedTuple):
    """Recordings for training: frames [runs, c + length, p] of unit mean variance, and actions likewise. Games:
    contexts [n, c, p], actions [n, f], and recordings [n, f, p]. Mean [p] and scale [] of the frames."""

    frames: jax.Array
    actions: jax.Array
    context: jax.Array
    played: jax.Array
    truth: jax.Array
    mean: jax.Array
    scale: jax.Array


class GameFrames(Task):
    """Play a game on from four frames."""

    temperature: float = 0.01  # of the particle, in units of the barrier
    calls: int = 4  # network calls allowed for a frame
    length: int = 64  # frames of a game, and of a recording
    pixels: int = 16  # pixels of a frame
    context: int = 4  # frames of context
    runs: int = 256  # recordings for training
    games: int = 256  # games to be played
    batch: int = 64  # moves a step

    interface = Games
    steps = 1500
    checkpoints = 1
    metrics = {
        "frame_error": Metric("min", "rms distance, a pixel, of the last 16 frames from those that show a bump"),
        "path_distance": Metric("min", "energy distance of the last 4 frames from recorded ones, squared"),
        "rollout_error": Metric("min", "squared error a pixel over the last 16 frames; frames have unit variance"),
    }

    @property
    def spec(self) -> GameSpec:
        return GameSpec(pixels=self.pixels, context=self.context, calls=self.calls)

    def sample(self, key: jax.Array) -> World:
        """Recordings under random actions."""
        for_past, for_rest, for_actions = jax.random.split(key, 3)
        before = PAST + self.context
        count = self.runs + self.games
        u = uniforms(for_actions, first=(count,), rest=(before + self.length, count, 2))
        actions = held(u["rest"], three(u["first"]), CHANGE)
        start = (jnp.zeros(count), jnp.zeros(count))
        past = self.simulate(for_past, start, PUSH * actions[:before])
        now = (past[0][-1], past[1][-1])
        path, _ = self.simulate(for_rest, now, PUSH * actions[before:])
        raw = render(jnp.concatenate([past[0][PAST:], path]).T, self.pixels)  # [n, c + f, p]
        mean = raw[: self.runs].mean((0, 1))
        scale = jnp.sqrt(raw[: self.runs].var((0, 1)).mean())
        centre = mean.reshape(1, 1, -1)
        frames = (raw - centre) / scale
        return World(
            frames=frames[: self.runs],
            actions=actions[PAST:, : self.runs].T,
            context=frames[self.runs :, : self.context],
            played=actions[before:, self.runs :].T,
            truth=frames[self.runs :, self.context :],
            mean=mean,
            scale=scale,
        )

    def simulate(
        self, key: jax.Array, start: tuple[jax.Array, jax.Array], force: jax.Array
    ) -> tuple[jax.Array, jax.Array]:
        """Positions and velocities [f, n] after each frame."""
        return underdamped(key, start, force, HEIGHT, self.temperature, STEP, SUBSTEPS)

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Moves]:
        """Moves of the recordings."""
        u = uniforms(key, run=(self.batch,), start=(self.batch,))
        run = (u["run"] * self.runs).astype(jnp.int32)
        start = (u["start"] * self.length).astype(jnp.int32)
        seen = world.frames[run[:, None], start[:, None] + jnp.arange(self.context)[None, :]]
        then = start + self.context
        return world, Moves(context=seen, action=world.actions[run, then], following=world.frames[run, then])

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        centre = world.mean.reshape(1, 1, -1)
        found = learner.play(key, world.context, world.played)[:, -LAST:] * world.scale + centre
        shown = jnp.clip(found, 0.0, 1.0)  # as a screen does
        truth = world.truth[:, -LAST:] * world.scale + centre
        return {
            "rollout_error": ((shown - truth) ** 2).mean() / world.scale**2,
            "frame_error": jnp.sqrt(off_manifold(shown).mean()),
            "path_distance": apart(shown[:, -END:] / world.scale, truth[:, -END:] / world.scale),
        }

    def floor(self, world: World) -> Any:
        """The mean frame."""
        return SimpleNamespace(play=lambda key, context, actions: jnp.zeros_like(world.truth))

    def oracle(self, world: World) -> Any:
        """The recording itself: a mean of many others would err less than any one of them."""
        return SimpleNamespace(play=lambda key, context, actions: world.truth)


def apart(found: jax.Array, truth: jax.Array) -> jax.Array:
    """Energy distance of sequences [n, f, p], between games that differ: half against the other half, both ways."""
    half = found.shape[0] // 2
    flat = [x.reshape(x.shape[0], -1) for x in (found, truth)]
    one = energy_distance(flat[0][:half], flat[1][half:])
    return (one + energy_distance(flat[0][half:], flat[1][:half])) / 2
