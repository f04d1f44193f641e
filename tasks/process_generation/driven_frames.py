"""Frames of an overdamped particle that a control pushes from well to well.

Isolates two choices of a generator of driven motion that is allowed few network calls: where it generates, in pixels or
in the few directions that the motion moves in, and how, by flow matching or by denoising diffusion. Eight frames of 16
pixels show a bump at the particle; a control in {-1, 0, 1} pushes it and is known frame by frame, where it started is
not. The directions are the principal ones of the training frames and are given to all.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.distances import energy_distance
from toybench.blocks.random import uniforms
from toybench.tasks.process_generation import Basis, Driven, DrivenFrames, FrameSpec
from toybench.tasks.process_generation._well import held, off_manifold, overdamped, render, three

STEP = 0.01  # size of Euler's steps
SUBSTEPS = 25  # of them a frame
HEIGHT = 2.0  # of the barrier
PUSH = 5.0  # force of a control of 1
CHANGE = 0.5  # chance that the control is drawn anew at a frame
PAST = 8  # frames before a window, which nobody sees


class World(NamedTuple):
    """Runs: frames [runs, length, p] and control [runs, length]. Controls [n, f] that are asked, and two true sequences
    [n, f, p] for each of them. Other controls [2 n, f] with a true sequence [2 n, f, p] each. The mean frame [p], and
    the principal directions."""

    frames: jax.Array
    control: jax.Array
    asked: jax.Array
    first: jax.Array
    second: jax.Array
    others: jax.Array
    truth: jax.Array
    mean: jax.Array
    basis: Basis


class DrivenWell(Task):
    """Generate the frames that a control drives."""

    calls: int = 5  # network calls allowed for a sequence
    frames: int = 8  # frames of a sequence
    pixels: int = 16  # pixels of a frame
    runs: int = 512  # stored runs
    length: int = 40  # frames of a run
    controls: int = 256  # controls asked
    batch: int = 64  # windows a step

    interface = DrivenFrames
    steps = 1500
    checkpoints = 1
    metrics = {
        "path_distance": Metric("min", "energy distance of (control, frames) from true ones, squared"),
        "jitter_error": Metric("min", "|log| of the mean squared second difference of frames, over the true one"),
        "frame_error": Metric("min", "rms distance, a pixel, from the nearest frame that shows a bump"),
        "spread_error": Metric("min", "|rms distance of two sequences of one control, over that of true ones, - 1|"),
    }

    @property
    def spec(self) -> FrameSpec:
        return FrameSpec(frames=self.frames, pixels=self.pixels, calls=self.calls)

    def sample(self, key: jax.Array) -> World:
        """Runs under random controls, and true sequences for those asked and for others."""
        for_path, for_control = jax.random.split(key)
        n = self.controls
        count = 4 * n
        u = uniforms(
            for_control,
            runs=(PAST + self.length, self.runs, 2),
            first=(3 * n,),
            later=(self.frames - 1, 3 * n, 2),
            past=(PAST, count, 2),
            side=(self.runs + count,),
        )
        first = three(u["first"])
        windows = jnp.concatenate([first[None], held(u["later"], first, CHANGE)])  # [f, 3 n]
        tests = jnp.concatenate([windows[:, :n], windows], 1)
        past = held(u["past"], tests[0], CHANGE)[::-1]
        trained = held(u["runs"], jnp.zeros(self.runs), CHANGE)
        wait = jnp.zeros((self.length - self.frames, count))
        control = jnp.concatenate([trained, jnp.concatenate([past, tests, wait])], 1)
        start = jnp.where(u["side"] < 0.5, -1.0, 1.0)
        path = overdamped(for_path, start, PUSH * control, HEIGHT, STEP, SUBSTEPS)[PAST:]
        frames = render(path.T, self.pixels)
        shown = frames[: self.runs]
        true = frames[self.runs :, : self.frames]
        mean = shown.mean((0, 1))
        return World(
            frames=shown,
            control=trained[PAST:].T,
            asked=windows[:, :n].T,
            first=true[:n],
            second=true[n : 2 * n],
            others=windows[:, n:].T,
            truth=true[2 * n :],
            mean=mean,
            basis=principal(shown.reshape(-1, self.pixels) - mean[None, :]),
        )

    def given(self, world: World) -> Basis:
        """The principal directions of the frames."""
        return world.basis

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Driven]:
        """Windows of the runs."""
        u = uniforms(key, run=(self.batch,), start=(self.batch,))
        run = (u["run"] * self.runs).astype(jnp.int32)[:, None]
        start = (u["start"] * (self.length - self.frames + 1)).astype(jnp.int32)[:, None]
        place = start + jnp.arange(self.frames)[None, :]
        frames = world.frames[run, place] - world.mean.reshape(1, 1, -1)
        return world, Driven(frames=frames, control=world.control[run, place])

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        keys = jax.random.split(key)
        centre = world.mean.reshape(1, 1, -1)
        one = learner.sample(keys[0], world.asked) + centre
        other = learner.sample(keys[1], world.asked) + centre
        truth = self.joint(world.others, world.truth)
        apart = [energy_distance(self.joint(world.asked, found), truth) for found in (one, other)]
        return {
            "path_distance": (apart[0] + apart[1]) / 2,
            "jitter_error": jnp.abs(jnp.log(jitter(one) / jitter(world.truth))),
            "frame_error": jnp.sqrt(off_manifold(one).mean()),
            "spread_error": jnp.abs(spread(one, other) / spread(world.first, world.second) - 1),
        }

    def joint(self, control: jax.Array, frames: jax.Array) -> jax.Array:
        """Controls and sequences as points [n, f + f p], of which the frames weigh about as much as the controls."""
        return jnp.concatenate([control, frames.reshape(frames.shape[0], -1)], -1)

    def floor(self, world: World) -> Any:
        """Frames of the runs, each drawn alone and whatever the control."""

        def sample(key: jax.Array, control: jax.Array) -> jax.Array:
            u = jax.random.uniform(key, control.shape)
            stored = world.frames.reshape(-1, self.pixels)
            return stored[(u * stored.shape[0]).astype(jnp.int32)] - world.mean.reshape(1, 1, -1)

        return SimpleNamespace(sample=sample)

    def oracle(self, world: World) -> Any:
        """Other true sequences of the controls asked."""

        def sample(key: jax.Array, control: jax.Array) -> jax.Array:
            for_path, for_rest = jax.random.split(key)
            count = control.shape[0]
            u = uniforms(for_rest, past=(PAST, count, 2), side=(count,))
            forces = jnp.concatenate([held(u["past"], control[:, 0], CHANGE)[::-1], control.T])
            start = jnp.where(u["side"] < 0.5, -1.0, 1.0)
            path = overdamped(for_path, start, PUSH * forces, HEIGHT, STEP, SUBSTEPS)[PAST:]
            return render(path.T, self.pixels) - world.mean.reshape(1, 1, -1)

        return SimpleNamespace(sample=sample)


def principal(rows: jax.Array) -> Basis:
    """Principal directions of centred rows [n, p]."""
    variances, vectors = jnp.linalg.eigh(rows.T @ rows / rows.shape[0])
    return Basis(vectors=vectors[:, ::-1], variances=jnp.maximum(variances[::-1], 0.0))


def jitter(frames: jax.Array) -> jax.Array:
    """Mean squared second difference over time of sequences [n, f, p]."""
    return (jnp.diff(frames, n=2, axis=1) ** 2).mean()


def spread(first: jax.Array, second: jax.Array) -> jax.Array:
    """Root mean squared distance between two sequences of each control, both [n, f, p]."""
    return jnp.sqrt(((first - second) ** 2).sum((1, 2)).mean())
