"""Twenty classes come in five sessions of four; afterwards all are told apart by one network with a small memory.

Isolates forgetting without task identity: the network learns from scratch, so features change with every session, and
ten examples a class are all that is kept. Classes are two clusters each on a sphere in 16 dimensions, seen through a
random two-layer warp in 32 dimensions with noise. 100 training and 50 test examples a class, 300 updates of 64 a
session. One step of the trial is one session: what a method does within it (phases, distillation, choosing what to
keep) is its own affair, the number of updates and the new examples of each are not.
"""

from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp

from toybench import Task
from toybench.tasks.continual._incremental import (
    METRICS,
    Course,
    IncrementalClassifier,
    Session,
    SessionSpec,
    examine,
    grade,
)

LATENT, TEST = 16, 50  # dimensions of the sphere, test examples a class


class ClassIncremental(Task):
    """Sessions of new classes, learned from scratch."""

    radius: float = 5.0  # of the sphere that clusters lie on; their standard deviation is 1
    noise: float = 0.3  # standard deviation, on inputs of about unit variance

    sessions: int = 5
    fresh: int = 4  # new classes a session
    inputs: int = 32
    examples: int = 100  # training examples a class
    memory: int = 10  # examples a class that may be kept
    updates: int = 300  # minibatches a session
    batch: int = 64

    interface = IncrementalClassifier
    kind = "interactive"
    metrics = METRICS

    @property
    def steps(self) -> int:  # type: ignore[override]
        return self.sessions

    @property
    def checkpoints(self) -> int:  # type: ignore[override]
        return self.sessions

    @property
    def spec(self) -> SessionSpec:
        return SessionSpec(self.inputs, self.sessions, self.fresh, self.examples, self.memory)

    def sample(self, key: jax.Array) -> Course:
        """Clusters, the warp, and every session's training and test set."""
        t, c, d, n = self.sessions, self.sessions * self.fresh, self.inputs, self.examples + TEST
        sizes = (2 * c * LATENT, LATENT * d, d * d, c * n * LATENT, c * n * d)
        flat, ends = jax.random.normal(key, (sum(sizes),)), [sum(sizes[: i + 1]) for i in range(5)]
        centre, first, second, spread, noise = (flat[e - s : e] for e, s in zip(ends, sizes, strict=True))
        centre = centre.reshape(c, 2, LATENT)
        centre = self.radius * centre / jnp.linalg.norm(centre, axis=-1, keepdims=True)
        z = centre[:, jnp.arange(n) % 2] + spread.reshape(c, n, LATENT)
        warped = jnp.tanh(z @ first.reshape(LATENT, d) / LATENT**0.5) @ second.reshape(d, d) / d**0.5
        x = 2 * warped + self.noise * noise.reshape(c, n, d)
        y = jnp.broadcast_to(jnp.arange(c)[:, None], (c, n)).astype(jnp.int32)
        return Course(
            x=x[:, : self.examples].reshape(t, -1, d),
            y=y[:, : self.examples].reshape(t, -1),
            test_x=x[:, self.examples :].reshape(t, -1, d),
            test_y=y[:, self.examples :].reshape(t, -1),
            begun=jnp.zeros((), jnp.int32),
            accuracy=jnp.zeros((t, t)),
        )

    def draw(self, world: Course, key: jax.Array, learner: Any) -> tuple[Course, Session]:
        """Examine the learner on what it has seen, then open the next session."""
        accuracy = jnp.where(
            world.begun > 0, world.accuracy.at[world.begun - 1].set(examine(world, learner)), world.accuracy
        )
        x, y = world.x[world.begun], world.y[world.begun]
        order = jax.random.randint(key, (self.updates, self.batch), 0, y.shape[0])
        session = Session(x=x, y=y, order=order, number=world.begun)
        return world._replace(begun=world.begun + 1, accuracy=accuracy), session

    def evaluate(self, world: Course, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        """Before the first session, as if its classes were known."""
        done = jnp.maximum(world.begun, 1)
        return grade(world.accuracy, examine(world._replace(begun=done), learner), done)

    def floor(self, world: Course) -> Any:
        """The first class, always."""
        c = self.sessions * self.fresh
        return SimpleNamespace(
            session_scores=lambda x: jnp.tile(jnp.arange(c) == 0, (x.shape[0], 1)).astype(jnp.float32)
        )
