"""Two new Gaussian classes a task, one output for all classes, and nobody says which task a point is from.

Isolates what has to be kept in order to tell classes apart that were never seen together: a posterior over the weights
of a classifier, or a model of each class. 5 tasks of 2 classes; class means lie on a sphere of radius 4 in 8 of 16
dimensions, the other 8 are noise of twice the size, and all are rotated at random. 100 training and 50 test points a
class, 300 steps a task of batch 32.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.tasks.continual._classes import ClassSpec, LabelledBatch, SingleHead
from toybench.tasks.continual._retention import retention, task_so_far


class World(NamedTuple):
    """Rotation [d, d], class means before it [c, d], training [t, n, d] and test points [t, m, d], which of them every
    step shows [steps, b]; and what moves: the step, and the errors [t, t] on every task after each."""

    rotation: jax.Array
    means: jax.Array
    train: jax.Array
    test: jax.Array
    picks: jax.Array
    step: jax.Array
    errors: jax.Array


class GaussianClasses(Task):
    """Class c belongs to task c // 2."""

    radius: float = 4.0  # of the sphere of class means, in standard deviations of a class
    nuisance: float = 2.0  # standard deviation of the dimensions that say nothing
    tasks: int = 5  # tasks of two classes; the paper's split data sets: 5
    dims: int = 16  # inputs, half of them noise
    points: int = 100  # training points a class
    batch: int = 32  # points a step

    interface = SingleHead
    kind = "interactive"
    steps = 1500
    checkpoints = 5
    metrics = {
        "final_accuracy": Metric("max", "share of test points of all classes so far put in their class"),
        "forgetting": Metric("min", "how much the accuracy on a former task has fallen from its best, mean"),
        "new_task_accuracy": Metric("max", "accuracy on a task just after it, mean over the tasks so far"),
    }

    @property
    def length(self) -> int:
        """Steps a task."""
        return self.steps // self.tasks

    @property
    def spec(self) -> ClassSpec:
        return ClassSpec(
            tasks=self.tasks, classes=2 * self.tasks, dims=self.dims, length=self.length, points=2 * self.points
        )

    def sample(self, key: jax.Array) -> World:
        """Class means, a rotation, points; the first 100 of every 150 of a class are for training."""
        d, t, n, h = self.dims, self.tasks, self.points, self.dims // 2
        many = n + n // 2
        noise = jax.random.normal(key, (d * d + 2 * t * h + 2 * t * many * d + self.steps * self.batch,))
        rotation = jnp.linalg.qr(noise[: d * d].reshape(d, d))[0]
        start = d * d + 2 * t * h
        means = noise[d * d : start].reshape(2 * t, h)
        means = self.radius * means / jnp.linalg.norm(means, axis=1, keepdims=True)
        means = jnp.pad(means, ((0, 0), (0, d - h)))
        spread = jnp.where(jnp.arange(d) < h, 1.0, self.nuisance)
        x = noise[start : start + 2 * t * many * d].reshape(2 * t, many, d)
        x = (means[:, None, :] + spread[None, None, :] * x) @ rotation
        return World(
            rotation=rotation,
            means=means,
            train=x[:, :n].reshape(t, 2 * n, d),
            test=x[:, n:].reshape(t, -1, d),
            picks=jax.scipy.special.ndtr(noise[-self.steps * self.batch :]).reshape(self.steps, self.batch),
            step=jnp.zeros((), jnp.int32),
            errors=jnp.zeros((t, t)),
        )

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, LabelledBatch]:
        """Points of the current task with replacement; where a task starts, the learner is first examined on all."""
        step = jnp.minimum(world.step, self.steps - 1)
        task, start = step // self.length, step % self.length == 0
        errors = jax.lax.cond(
            start & (step > 0),
            lambda: world.errors.at[task - 1].set(self.examine(world, learner, task - 1)),
            lambda: world.errors,
        )
        pick = jnp.minimum((world.picks[step] * 2 * self.points).astype(jnp.int32), 2 * self.points - 1)
        batch = LabelledBatch(
            x=world.train[task][pick],
            y=2 * task + pick // self.points,
            start=start,
            end=step % self.length == self.length - 1,
            seen=jnp.arange(2 * self.tasks) < 2 * task + 2,
            all_x=world.train[task],
            all_y=2 * task + jnp.arange(2 * self.points) // self.points,
        )
        return world._replace(step=world.step + 1, errors=errors), batch

    def examine(self, world: World, learner: Any, last: jax.Array) -> jax.Array:
        """Share of test points put in a wrong class, among the classes up to task `last`: [t]."""
        scores = learner.single_head(world.test.reshape(-1, self.dims))
        c = jnp.arange(2 * self.tasks)
        guess = jnp.argmax(jnp.where((c < 2 * last + 2)[None, :], scores, -jnp.inf), 1)
        truth = jnp.repeat(c, self.points // 2)
        return (guess != truth).astype(jnp.float32).reshape(self.tasks, -1).mean(1)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        now = self.examine(world, learner, task_so_far(world.step, self.length, self.tasks))
        kept = retention(world.errors, now, world.step, self.length)
        return {
            "final_accuracy": 1 - kept.final,
            "forgetting": kept.forgetting,
            "new_task_accuracy": 1 - kept.new,
        }

    def floor(self, world: World) -> Any:
        """The first class, always."""
        first = (jnp.arange(2 * self.tasks) == 0).astype(jnp.float32)
        return SimpleNamespace(single_head=lambda x: jnp.broadcast_to(first[None, :], (len(x), len(first))))

    def oracle(self, world: World) -> Any:
        """The true classes' densities."""
        h = self.dims // 2

        def single_head(x: jax.Array) -> jax.Array:
            z = (x @ world.rotation.T)[:, :h]
            return -((z[:, None, :] - world.means[None, :, :h]) ** 2).sum(-1)

        return SimpleNamespace(single_head=single_head)
