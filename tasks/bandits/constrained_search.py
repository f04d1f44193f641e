"""Find the least objective where an unknown constraint holds, in 50 noisy evaluations of both.

Isolates optimism about a constraint: a point that may be feasible is worth a look, and if no point may be, the problem
has no solution. Objective f and constraint g (feasible: g <= 0) are draws of a Gaussian process with a known
squared-exponential kernel on a 15 x 15 grid; a constraint that holds at less than 2 % of the points is drawn again.
`feasible=false` lifts g until its least value is 0.5, so that the right answer is that there is none. 8 instances.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.tasks.bandits import Known, Searcher, keyed_normal
from toybench.tasks.bandits._arms import at

TRIES = 8  # draws of the constraint of which the first one that holds often enough is taken
LIFT = 0.5  # of the constraint above its process' mean, and of its least value where nothing is feasible
LEAST_SHARE = 0.02  # of the points at which the constraint holds
JITTER = 1e-4  # added to the variances, so that factors exist in single precision
LEAST_SUM = 1e-3  # of the sums whose logarithms are compared
CAP = 3.0  # simple regret while nothing feasible has been evaluated, in standard deviations of f


@dataclass(frozen=True)
class SearchSpec:
    """What a method may know: the grid's side, the kernel's length scale and the noise's standard deviation."""

    instances: int
    side: int
    lengthscale: float
    noise: float


class Evaluation(NamedTuple):
    """A batch: the point, int32 [n], and noisy values of f and g there, float [n]."""

    point: jax.Array
    objective: jax.Array
    constraint: jax.Array


class World(NamedTuple):
    """f and g on the grid [n, p]; sums of regret and violation, now and after half of the steps, best feasible value
    seen, all [n]; the step."""

    f: jax.Array
    g: jax.Array
    regret: jax.Array
    violation: jax.Array
    half: jax.Array
    best: jax.Array
    step: jax.Array


def kernel(side: int, lengthscale: Any) -> jax.Array:
    """Squared-exponential covariance of the points of a grid on the unit square: [p, p]."""
    x = jnp.linspace(0, 1, side)
    line = jnp.exp(-((x[:, None] - x[None, :]) ** 2) / (2 * lengthscale**2))
    return jnp.kron(line, line)


class ConstrainedSearch(Task):
    """Regret is counted where f is above the constrained optimum, violation where g is above 0."""

    lengthscale: float = 0.2  # of f and g, in sides of the square
    noise: float = 0.05  # standard deviation of an evaluation

    feasible: bool = True
    side: int = 15  # points a side of the grid
    instances: int = 8
    steps: int = 50  # type: ignore[misc]  # evaluations

    interface = Searcher
    kind = "interactive"
    checkpoints = 10
    metrics = {
        "constrained_simple_regret": Metric(
            "min", f"f at the best feasible point evaluated minus the constrained optimum, at most {CAP:g}"
        ),
        "cumulative_regret": Metric("min", "sum of what f is above the constrained optimum"),
        "cumulative_violation": Metric("min", "sum of what g is above 0"),
        "regret_exponent": Metric("min", "log2 of the regret over that of the first half; 1 is linear growth"),
        "violation_exponent": Metric("min", "log2 of the violation over that of the first half"),
        "declared": Metric("info", "share of instances declared infeasible"),
    }

    @property
    def spec(self) -> SearchSpec:
        return SearchSpec(
            instances=self.instances,
            side=self.side,
            lengthscale=float(self.lengthscale),
            noise=float(self.noise),
        )

    def sample(self, key: jax.Array) -> World:
        n, p = self.instances, self.side**2
        root = jnp.linalg.cholesky(kernel(self.side, self.lengthscale) + JITTER * jnp.eye(p))
        draws = jnp.einsum("pq,tnq->tnp", root, jax.random.normal(key, (1 + TRIES, n, p)))
        often = (draws[1:] <= -LIFT).astype(jnp.float32).mean(-1) > LEAST_SHARE
        chosen = jnp.argmax(often, axis=0)
        g = jnp.take_along_axis(draws[1:], chosen[None, :, None], axis=0)[0] + LIFT
        if not self.feasible:
            g = g - g.min(-1, keepdims=True) + LIFT
        zero = jnp.zeros(n)
        best = jnp.full(n, jnp.inf)
        return World(
            f=draws[0],
            g=g,
            regret=zero,
            violation=zero,
            half=jnp.zeros((2, n)),
            best=best,
            step=jnp.zeros((), jnp.int32),
        )

    def optimum(self, world: World) -> jax.Array:
        """Least f where g <= 0, or, where that is nowhere, f where g is least: [n]."""
        inside = jnp.where(world.g <= 0, world.f, jnp.inf).min(-1)
        return jnp.where(jnp.isfinite(inside), inside, at(world.f, jnp.argmin(world.g, axis=-1)))

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Evaluation]:
        first, second, own = jax.random.split(key, 3)
        point = learner.query(own)
        f = at(world.f, point)
        g = at(world.g, point)
        seen = self.visit(world, point)
        objective = f + self.noise * keyed_normal(first, point)
        constraint = g + self.noise * keyed_normal(second, point)
        return seen, Evaluation(point=point, objective=objective, constraint=constraint)

    def visit(self, world: World, point: jax.Array) -> World:
        """The sums after an evaluation at `point`, int32 [n]."""
        f = at(world.f, point)
        g = at(world.g, point)
        regret = world.regret + jnp.maximum(f - self.optimum(world), 0.0)
        violation = world.violation + jnp.maximum(g, 0.0)
        early = 2 * world.step < self.steps
        return world._replace(
            regret=regret,
            violation=violation,
            half=jnp.where(early, jnp.stack([regret, violation]), world.half),
            best=jnp.minimum(world.best, jnp.where(g <= 0, f, jnp.inf)),
            step=world.step + 1,
        )

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        if isinstance(learner, Known):
            return learner.metrics
        return self.judge(world, learner.declares().astype(jnp.float32).mean())

    def judge(self, world: World, declared: jax.Array) -> dict[str, jax.Array]:
        def exponent(whole: jax.Array, half: jax.Array) -> jax.Array:
            return jnp.log2(jnp.maximum(whole.mean(), LEAST_SUM) / jnp.maximum(half.mean(), LEAST_SUM))

        return {
            "constrained_simple_regret": jnp.minimum(world.best - self.optimum(world), CAP).mean(),
            "cumulative_regret": world.regret.mean(),
            "cumulative_violation": world.violation.mean(),
            "regret_exponent": exponent(world.regret, world.half[0]),
            "violation_exponent": exponent(world.violation, world.half[1]),
            "declared": declared,
        }

    def floor(self, world: World) -> Known:
        """Uniformly random points: one such run."""
        points = jax.random.randint(jax.random.key(0), (self.steps, self.instances), 0, self.side**2)
        world, _ = jax.lax.scan(lambda w, p: (self.visit(w, p), None), world, points)
        return Known(self.judge(world, jnp.zeros(())))

    def oracle(self, world: World) -> Known:
        """The constrained optimum at every step, and the right declaration."""
        zero = jnp.zeros_like(world.regret)
        inside = jnp.where(world.g <= 0, world.f, jnp.inf).min(-1)
        done = world._replace(best=inside, half=jnp.stack([zero, zero]))
        return Known(self.judge(done, jnp.asarray(0.0 if self.feasible else 1.0)))
