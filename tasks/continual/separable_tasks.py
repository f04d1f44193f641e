"""Jointly separable linear classification tasks, visited again and again, each with its own points alone.

Isolates what weak regularisation towards the last weights does in the end: it projects onto the current task's margin
set {w : y x.w >= 1}, so that visiting the tasks in turn is alternating projection onto convex sets. 3 tasks of 4 unit
vectors in 10 dimensions, whose margins to a common direction lie in [0.15, 0.4]; 16 cycles of visits, one update a
visit. Forgetting is the squared hinge loss on the worst point of all tasks seen, as in the paper.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.tasks.continual._separable import SeparableSpec, Separator, SignedPoints, project


class World(NamedTuple):
    """Signed points [t, n, d], the order of visits and the iterates [v, d] of projection along it, the joint max-margin
    weights [d]; and what moves: the visit, the last weights, and the worst excess over Fejer's inequality."""

    z: jax.Array
    order: jax.Array
    path: jax.Array
    best: jax.Array
    visit: jax.Array
    before: jax.Array
    fejer: jax.Array


class SeparableTasks(Task):
    """Sign and direction of every point are random around a common separator."""

    order: str = "cyclic"  # of visits: `cyclic` or `random`
    tasks: int = 3  # tasks
    points: int = 4  # points a task
    dims: int = 10  # dimensions

    interface = Separator
    kind = "interactive"
    steps = 48
    checkpoints = 4
    metrics = {
        "max_violation": Metric("min", "(1 - y x.w)^2 on the worst point of the tasks seen; 1 at first"),
        "gap_to_projection": Metric("min", "distance to the projections' iterate, relative to its length"),
        "fejer_violation": Metric("zero", "excess of |w - w*|^2 + |w - w_last|^2 over |w_last - w*|^2, worst visit"),
        "distance_to_feasible": Metric("min", "distance to the set of weights that have margin 1 on all tasks"),
        "share_of_bound": Metric("min", "max_violation over the paper's bound for cyclic orders"),
    }

    @property
    def spec(self) -> SeparableSpec:
        return SeparableSpec(tasks=self.tasks, points=self.points, dims=self.dims)

    def sample(self, key: jax.Array) -> World:
        """Unit vectors u m + sqrt(1 - m^2) v, v orthogonal to u; the iterates of projection; the joint solution."""
        t, n, d = self.tasks, self.points, self.dims
        noise = jax.random.normal(key, (d + t * n * (d + 1) + self.steps,))
        u, v = noise[:d] / jnp.linalg.norm(noise[:d]), noise[d : d + t * n * d].reshape(t * n, d)
        v = v - (v @ u)[:, None] * u[None, :]
        margin = 0.15 + 0.25 * jax.scipy.special.ndtr(noise[d + t * n * d : d + t * n * (d + 1)])[:, None]
        z = margin * u[None, :] + jnp.sqrt(1 - margin**2) * v / jnp.linalg.norm(v, axis=1, keepdims=True)
        z = z.reshape(t, n, d)
        turn = jnp.arange(self.steps) % t
        if self.order == "random":
            turn = (jax.scipy.special.ndtr(noise[-self.steps :]) * t).astype(jnp.int32)
        zero = jnp.zeros(d)

        def visit(w: jax.Array, task: jax.Array) -> tuple[jax.Array, jax.Array]:
            w = project(w, z[task], sweeps=200)
            return w, w

        return World(
            z=z,
            order=turn,
            path=jax.lax.scan(visit, zero, turn)[1],
            best=project(zero, z.reshape(t * n, d), sweeps=2000),
            visit=jnp.zeros((), jnp.int32),
            before=zero,
            fejer=jnp.zeros(()),
        )

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, SignedPoints]:
        """The task whose turn it is, after a look at what the last visit did."""
        w = learner.separator()
        world = world._replace(fejer=jnp.maximum(world.fejer, self.excess(world, w)), before=w)
        task = world.order[jnp.minimum(world.visit, self.steps - 1)]
        return world._replace(visit=world.visit + 1), SignedPoints(z=world.z[task], task=task)

    def excess(self, world: World, w: jax.Array) -> jax.Array:
        """By how much the step to w breaks the inequality of projections, relative to |w*|^2."""
        inner = (world.before - w) @ (world.best - w)  # at most 0 for a projection; half the excess
        return 2 * jnp.maximum(0.0, inner) / (world.best @ world.best)

    def visits(self, world: World) -> jax.Array:
        """Visits so far, int32 []; all before the first, so that references are measured on the whole stream."""
        return jnp.where(world.visit == 0, self.steps, world.visit)

    def violation(self, world: World, w: jax.Array) -> jax.Array:
        """The worst squared hinge loss of the tasks seen."""
        seen = (world.order[:, None] == jnp.arange(self.tasks)[None, :]) & (
            jnp.arange(self.steps)[:, None] < self.visits(world)
        )
        worst = jnp.maximum(0.0, 1 - world.z @ w).max(1) ** 2  # [t]
        return jnp.where(seen.any(0), worst, 0.0).max()

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        w = learner.separator()
        visits = self.visits(world)
        target = world.path[visits - 1]
        violation, size = self.violation(world, w), world.best @ world.best
        nearest = project(w, world.z.reshape(-1, self.dims), sweeps=500)
        rate = visits.astype(w.dtype) / (4 * self.tasks**2 * size)  # unit vectors: R = 1
        return {
            "max_violation": violation,
            "gap_to_projection": jnp.linalg.norm(w - target) / jnp.linalg.norm(target),
            "fejer_violation": jnp.maximum(world.fejer, self.excess(world, w)),
            "distance_to_feasible": jnp.linalg.norm(w - nearest),
            "share_of_bound": violation / (size * jnp.exp(-rate)),
        }

    def floor(self, world: World) -> Any:
        """Zero weights."""
        return SimpleNamespace(separator=lambda: jnp.zeros(self.dims))

    def oracle(self, world: World) -> Any:
        """The joint max-margin weights."""
        return SimpleNamespace(separator=lambda: world.best)
