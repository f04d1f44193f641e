"""Four functions of one variable, learned one after another by one small network that is told which one it is.

Isolates forgetting: an old function can be kept in the weights, or in what generates them, but its points are gone.
`disjoint` domains make the functions compatible, `shared` ones make them conflict, and with `opposite` every other task
is minus the first, where the error of one Bayesian model for all tasks is known in closed form. Functions have power 1;
100 training points with noise 0.05, 1,500 steps a task of batch 32. Errors are against the noiseless function.
"""

from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.tasks.continual._regression import Points, RegressionSpec, RegressionWorld, TaskRegression, curve
from toybench.tasks.continual._retention import retention

GRID = 64  # test points a task


class RegressionTasks(Task):
    """Random curves c0 + c1 u + c2 sin(3 u + phase) on intervals of the line."""

    tasks: int = 4  # functions; the paper's toy has 3
    domains: str = "disjoint"  # `disjoint`, `shared`, or `opposite` (shared, with alternating sign)
    counts: tuple[int, ...] = (1,)  # how the tasks' numbers of points compare, repeated over the tasks
    target: tuple[int, ...] = (10, 10)  # hidden widths of the network; the paper's toy: 10, 10
    points: int = 100  # training points of the largest task
    batch: int = 32  # points a step; the paper: 32

    interface = TaskRegression
    kind = "interactive"
    steps = 6000
    checkpoints = 4
    metrics = {
        "final_mse": Metric("min", "squared error over the tasks so far; 1 is a function's power"),
        "forgetting": Metric("min", "how much the error on a former task has grown over its least, mean"),
        "new_task_mse": Metric("min", "squared error on a task just after it, mean over the tasks so far"),
        "first_task_mse": Metric("min", "squared error on the first task"),
    }

    @property
    def length(self) -> int:
        """Steps a task."""
        return self.steps // self.tasks

    @property
    def spec(self) -> RegressionSpec:
        return RegressionSpec(tasks=self.tasks, length=self.length, points=self.points, target=self.target)

    def sample(self, key: jax.Array) -> RegressionWorld:
        """Functions, domains in random order, points spread evenly over each, and which of them every step shows."""
        t, n, b = self.tasks, self.points, self.batch
        uniform = jax.random.uniform(key, (6 * t + 3 * t * n + self.steps * b,))
        coin, rest = uniform[: 6 * t].reshape(6, t), uniform[6 * t :]
        place = jnp.argsort(coin[5]).astype(jnp.float32)
        domain = jnp.stack([1.5 * place - 0.75 * (t - 1), jnp.full(t, 0.5)], 1)
        domain = domain if self.domains == "disjoint" else jnp.tile(jnp.array([[0.0, 1.0]]), (t, 1))
        phase, size = 2 * jnp.pi * coin[3], 0.5 + coin[2]
        coefficients = jnp.stack([2 * coin[0] - 1, 2 * coin[1] - 1, size * jnp.sin(phase), size * jnp.cos(phase)], 1)
        if self.domains == "opposite":
            coefficients = coefficients[:1] * (1.0 - 2.0 * (jnp.arange(t) % 2).astype(jnp.float32))[:, None]
        grid = jnp.linspace(-1.0, 1.0, GRID)
        power = jax.vmap(curve, (0, None))(coefficients, grid)
        coefficients = coefficients / jnp.sqrt((power**2).mean(1, keepdims=True))
        share = jnp.array([self.counts[i % len(self.counts)] for i in range(t)], jnp.float32) / max(self.counts)
        count = jnp.maximum(1.0, jnp.round(n * share))[:, None]  # [t, 1]
        index = jnp.broadcast_to(jnp.arange(n, dtype=jnp.float32)[None, :], (t, n))
        jitter, a, c = rest[: 3 * t * n].reshape(3, t, n)
        u = 2 * (jnp.minimum(index, count - 1) + jitter) / count - 1
        noise = jnp.sqrt(-2 * jnp.log1p(-a)) * jnp.cos(2 * jnp.pi * c)  # normal, without a second draw
        y = jax.vmap(curve)(coefficients, u) + 0.05 * noise
        return RegressionWorld(
            coefficients=coefficients,
            domain=domain,
            x=domain[:, :1] + domain[:, 1:] * u,
            y=y,
            weight=(index < count).astype(jnp.float32),
            picks=rest[3 * t * n :].reshape(self.steps, b),
            step=jnp.zeros((), jnp.int32),
            errors=jnp.zeros((t, t)),
        )

    def draw(self, world: RegressionWorld, key: jax.Array, learner: Any) -> tuple[RegressionWorld, Points]:
        """Points of the current task with replacement; where a task starts, the learner is first examined on all."""
        step = jnp.minimum(world.step, self.steps - 1)
        task, start = step // self.length, step % self.length == 0
        weight = world.weight[task]
        pick = (world.picks[step] * weight.sum()).astype(jnp.int32)
        errors = jax.lax.cond(
            start & (step > 0),
            lambda: world.errors.at[task - 1].set(self.examine(world, learner)),
            lambda: world.errors,
        )
        batch = Points(
            x=world.x[task][pick],
            y=world.y[task][pick],
            task=task,
            start=start,
            end=step % self.length == self.length - 1,
            all_x=world.x[task],
            all_y=world.y[task],
            weight=weight,
        )
        return world._replace(step=world.step + 1, errors=errors), batch

    def examine(self, world: RegressionWorld, learner: Any) -> jax.Array:
        """Squared error on every task, [t]."""
        u = jnp.linspace(-1.0, 1.0, GRID)

        def error(task: jax.Array, coefficients: jax.Array, domain: jax.Array) -> jax.Array:
            return ((learner.value(domain[0] + domain[1] * u, task) - curve(coefficients, u)) ** 2).mean()

        return jax.vmap(error)(jnp.arange(self.tasks), world.coefficients, world.domain)

    def evaluate(self, world: RegressionWorld, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        now = self.examine(world, learner)
        kept = retention(world.errors, now, world.step, self.length)
        return {
            "final_mse": kept.final,
            "forgetting": kept.forgetting,
            "new_task_mse": kept.new,
            "first_task_mse": now[0],
        }

    def floor(self, world: RegressionWorld) -> Any:
        """Zero, everywhere."""
        return SimpleNamespace(value=lambda x, task: jnp.zeros(x.shape))

    def oracle(self, world: RegressionWorld) -> Any:
        """The functions themselves."""

        def value(x: jax.Array, task: jax.Array) -> jax.Array:
            domain = world.domain[task]
            return curve(world.coefficients[task], (x - domain[0]) / domain[1])

        return SimpleNamespace(value=value)
