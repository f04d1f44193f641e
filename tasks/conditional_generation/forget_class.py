"""Five labelled Gaussians on a circle, known exactly: one label must be forgotten, the four others kept."""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.distances import energy_distance
from toybench.blocks.random import normals, uniforms
from toybench.tasks.conditional_generation import FORBIDDEN, SAFE, Batch, Spec, Teacher, Unlearner

LABELS = 5
POINTS = 256  # judged for each label
NEAR = 4.0  # standard deviations: so near to its mean a sample is of the forbidden label, as all but 0.03 % are


class World(NamedTuple):
    """The exact model; noise, exact samples and as many others for each label [k, n, 2]."""

    teacher: Teacher
    start: jax.Array
    truth: jax.Array
    exact: jax.Array


class ForgetClass(Task):
    """Unlearning of a label of an exact model."""

    radius: float = 1.5  # of the circle of means
    std: float = 0.2  # of every Gaussian
    batch: int = 128  # pairs a step: half of them of the forbidden label

    interface = Unlearner
    steps = 1500
    checkpoints = 1
    metrics = {
        "failure": Metric(direction="min", about="sum of the two others"),
        "forget_rate": Metric(direction="min", about="share of the forbidden label's samples within 4 std of its mean"),
        "retained_distance": Metric(
            direction="min", about="energy distance (squared, unbiased) of the kept labels' samples, mean over labels"
        ),
    }

    @property
    def spec(self) -> Spec:
        return Spec(labels=LABELS, width=32)

    def sample(self, key: jax.Array) -> World:
        angle = 2 * jnp.pi * jnp.arange(LABELS, dtype=jnp.float32) / LABELS
        means = self.radius * jnp.stack([jnp.cos(angle), jnp.sin(angle)], -1)
        size = (LABELS, POINTS, 2)
        noise = normals(key, start=size, truth=size, exact=size)
        return World(
            teacher=Teacher(means=means, std=jnp.asarray(self.std, jnp.float32)),
            start=noise["start"],
            truth=means[:, None] + self.std * noise["truth"],
            exact=means[:, None] + self.std * noise["exact"],
        )

    def given(self, world: World) -> Teacher:
        """The exact model."""
        return world.teacher

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Batch]:
        """Noise and the exact model's own samples: kept labels, and as many of the forbidden one."""
        for_noise, for_places = jax.random.split(key)
        b = self.batch
        noise = normals(for_noise, start=(b, 2), target=(b, 2))
        places = uniforms(for_places, label=(b,), time=(b,))
        kept = 1 + jnp.floor((LABELS - 1) * places["label"]).astype(jnp.int32)
        label = jnp.where(jnp.arange(b) % 2 == 0, kept, FORBIDDEN)
        return world, Batch(
            start=noise["start"],
            target=world.teacher.means[label] + self.std * noise["target"],
            condition=label,
            time=(jnp.arange(b, dtype=jnp.float32) + places["time"]) / b,
        )

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        label = jnp.repeat(jnp.arange(LABELS), POINTS)
        found = learner.generate(world.start.reshape(-1, 2), label).reshape(world.start.shape)
        gap = jnp.linalg.norm(found[FORBIDDEN] - world.teacher.means[FORBIDDEN][None], axis=-1)
        forget = (gap < NEAR * self.std).mean(dtype=jnp.float32)
        retained = jax.vmap(energy_distance)(found[FORBIDDEN + 1 :], world.truth[FORBIDDEN + 1 :]).mean()
        return {"failure": forget + retained, "forget_rate": forget, "retained_distance": retained}

    def floor(self, world: World) -> Any:
        """Noise."""
        return SimpleNamespace(generate=lambda start, label: start)

    def oracle(self, world: World) -> Any:
        """Exact samples; of the safe label where the forbidden one is asked for."""
        safe = world.exact.at[FORBIDDEN].set(world.exact[SAFE])
        return SimpleNamespace(generate=lambda start, label: safe.reshape(-1, 2))
