"""Least absolute deviations by subgradients of single rows: the last iterate under a schedule, at many base rates.

Isolates the schedule: the loss is convex, Lipschitz and has kinks, so that the noise of a subgradient never dies down
and where the last iterate ends depends on how the rate falls. Every base rate of a sweep runs side by side.

The first half of the batches is a rehearsal, for rules that look at gradients before they choose a schedule; others
let it pass. 200 rows, 50 dimensions, 1,600 updates after the rehearsal, 33 base rates over 4 decades.

Shapes: n states (base rates, the tuned one last), t batches, b rows a batch, d dimensions.
"""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, ClassVar, NamedTuple, Protocol

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.descent import Problem, Role, Start, spread
from toybench.blocks.random import normals, uniforms
from toybench.errors import UsageError
from toybench.tasks.learning_rates import Optimizer
from toybench.tasks.learning_rates._sweeps import best_rate

RATES = spread(33)  # base rates, as multiples of a rule's unit
UNIT = 0.1  # of plain subgradient descent, the constant schedule's included
FREEDOM = 3  # degrees of freedom of the noise: heavy tails, finite variance
ROUNDS = 100  # reweighted least squares until the optimum is known to 1e-4 (tested against linear programming)
SMOOTHEST = 1.0  # radius within which the first round takes a kink for a parabola
SHARPEST = 1e-4  # and the last; a hundredth of the gaps that are compared
TINY = 1e-9  # least gap whose logarithm is taken


class Scheduled(Optimizer, Protocol):
    """A learner that tells its schedule."""

    def peaks(self, state: Any) -> jax.Array:
        """The base rate of every state: float [n]."""

    def shape(self, state: Any) -> jax.Array:
        """The factor that a state's base rate had at every batch, 0 where it let the batch pass: float [n, t]."""


class Rows(NamedTuple):
    """A batch: rows [b, d] and their targets [b]."""

    x: jax.Array
    y: jax.Array


@dataclass(frozen=True)
class Deviations(Problem):
    """Absolute deviations of linear predictions; `length` updates count, and as many batches come before them."""

    roles: ClassVar[tuple[Role, ...]] = ("vector",)

    dim: int = 50
    length: int = 1600

    def losses(self, weights: jax.Array, batch: Rows) -> jax.Array:
        return jnp.abs(batch.x @ weights - batch.y)


class World(NamedTuple):
    """Rows [r, d], targets [r], which rows come in every batch [t, b], and how many batches came.

    Attributes:
      optimum: the weights of least loss, float [d]; `least` is their loss.
      constant: the logarithm of the best base rate of a constant schedule on the same batches.
    """

    x: jax.Array
    y: jax.Array
    rows: jax.Array
    came: jax.Array
    optimum: jax.Array
    least: jax.Array
    constant: jax.Array


def mean_deviation(x: jax.Array, y: jax.Array, weights: jax.Array) -> jax.Array:
    """The loss over all rows: float []."""
    return jnp.abs(x @ weights - y).mean()


def least_deviations(x: jax.Array, y: jax.Array) -> jax.Array:
    """The weights [d] of least mean deviation, by reweighted least squares with ever sharper kinks."""

    def again(i: jax.Array, weights: jax.Array) -> jax.Array:
        radius = SMOOTHEST * (SHARPEST / SMOOTHEST) ** (i.astype(jnp.float32) / (ROUNDS - 1))
        heed = 1 / jnp.sqrt((x @ weights - y) ** 2 + radius**2)
        return jax.scipy.linalg.solve((x.T * heed[None]) @ x, x.T @ (heed * y), assume_a="pos")

    return jax.lax.fori_loop(0, ROUNDS, again, jnp.zeros(x.shape[1]))


def bound_terms(shape: jax.Array, distance: jax.Array, squared: jax.Array) -> tuple[jax.Array, jax.Array]:
    """(a, b) of the bound a / lr + b lr on the last iterate's expected gap, for a schedule [t] times a base rate lr.

    Theorem 10 of Defazio et al. (2023): with e_k the rates, D the distance from the start to the optimum and G^2 the
    subgradients' mean squared norm,

        (D^2 + G^2 sum e^2) / (2 sum e) + 1/2 sum_k e_k / sum_{i>k} e_i * G^2 sum_{i>=k} e_i^2 / sum_{i>=k} e_i
    """
    rest = jnp.cumsum(shape[::-1])[::-1]  # from k on
    after = jnp.concatenate([rest[1:], jnp.zeros(1)])
    squares = squared * jnp.cumsum((shape**2)[::-1])[::-1]
    moving = after > 0  # not the last update that moves, nor those behind it
    drift = jnp.where(moving, shape / jnp.where(moving, after, 1.0) * squares / jnp.where(moving, rest, 1.0), 0.0)
    return distance**2 / (2 * rest[0]), squares[0] / (2 * rest[0]) + 0.5 * drift.sum()


def log_best(terms: tuple[jax.Array, jax.Array]) -> jax.Array:
    """log10 of the base rate at which a bound a / lr + b lr is least, from (a, b)."""
    falling, rising = terms
    return 0.5 * jnp.log10(falling / rising)


def column_scales(columns: str, dim: int) -> jax.Array:
    """The columns' relative scales [d].

    Raises:
      UsageError: there is no such kind of columns.
    """
    kinds = {"equal": 0, "power": -1}
    if columns not in kinds:
        raise UsageError(f"there are no columns '{columns}'; use one of {', '.join(kinds)}.")
    return jnp.arange(1.0, dim + 1) ** kinds[columns]


class NonsmoothSchedules(Task):
    """A linear regression with heavy-tailed noise, by its mean absolute deviation."""

    steps: int = 3200  # type: ignore[misc]  # batches; the first half is the rehearsal
    columns: str = "equal"  # scale of the columns: equal, or power for 1 / j, at the same mean squared norm of a row
    batch: int = 1  # rows a batch

    dim: int = 50  # dimensions of a row
    count: int = 200  # rows
    noise: float = 0.5  # scale of the targets' noise

    interface = Scheduled
    kind = "stream"
    metrics = {
        "gap": Metric(direction="min", about="loss of the weights above the least one, at the tuned base rate"),
        "best_log_rate": Metric(direction="info", about="log10 of the sweep's best base rate, by a parabola"),
        "transfer_log_error": Metric(
            direction="info",
            about="log10 of the best base rate over the constant schedule's, less what the bound says of it",
        ),
        "sum_log_error": Metric(
            direction="info", about="the same, less the ratio at which the rates of both schedules have equal sums"
        ),
        "bound_lead": Metric(
            direction="info", about="how much nearer the bound's ratio is than that of equal sums, in log10"
        ),
        "bound_excess": Metric(direction="info", about="the most by which a gap exceeds the last iterate's bound"),
    }

    @property
    def spec(self) -> Deviations:
        return Deviations(dim=self.dim, length=self.steps // 2, rates=RATES)

    def sample(self, key: jax.Array) -> World:
        for_data, for_rows = jax.random.split(key)
        drawn = normals(
            for_data, x=(self.count, self.dim), truth=(self.dim,), noise=(self.count,), spread=(self.count, FREEDOM)
        )
        scale = column_scales(self.columns, self.dim)
        level = jnp.sqrt(self.dim / (scale**2).sum())
        x = drawn["x"] * (level * scale)[None]
        noise = self.noise * drawn["noise"] / jnp.sqrt((drawn["spread"] ** 2).mean(-1))
        y = x @ (drawn["truth"] / level) + noise
        place = uniforms(for_rows, rows=(self.steps, self.batch))["rows"] * self.count
        rows = jnp.minimum(place.astype(jnp.int32), self.count - 1)
        optimum = least_deviations(x, y)
        least = mean_deviation(x, y, optimum)
        return World(
            x=x,
            y=y,
            rows=rows,
            came=jnp.zeros((), jnp.int32),
            optimum=optimum,
            least=least,
            constant=self._constant(x, y, rows[self.spec.length :], least),
        )

    def given(self, world: World) -> Start:
        return Start(weights=jnp.zeros(self.dim))

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Rows]:
        rows = world.rows[world.came]
        return world._replace(came=world.came + 1), Rows(x=world.x[rows], y=world.y[rows])

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        weights = learner.weights()
        peaks = learner.peaks()
        gaps = jax.vmap(lambda w: mean_deviation(world.x, world.y, w))(weights) - world.least
        distance = jnp.linalg.norm(world.optimum)
        squared = (world.x**2).sum(-1).mean()
        shape = learner.shape()
        falling, rising = jax.vmap(lambda s: bound_terms(s, distance, squared))(shape)
        best = best_rate(jnp.log10(peaks[:-1]), _log(gaps[:-1]))
        constant = bound_terms(jnp.ones(self.spec.length), distance, squared)
        predicted = log_best((falling[-1], rising[-1])) - log_best(constant)
        by_bound = best - world.constant - predicted
        by_sum = best - world.constant - jnp.log10(self.spec.length / shape[-1].sum())
        return {
            "gap": gaps[-1],
            "best_log_rate": best,
            "transfer_log_error": by_bound,
            "sum_log_error": by_sum,
            "bound_lead": jnp.abs(by_sum) - jnp.abs(by_bound),
            "bound_excess": (gaps - falling / peaks - rising * peaks).max(),
        }

    def floor(self, world: World) -> Any:
        """The weights that every rule starts from."""
        return self._still(jnp.zeros(self.dim))

    def oracle(self, world: World) -> Any:
        """The weights of least loss."""
        return self._still(world.optimum)

    def _still(self, weights: jax.Array) -> Any:
        """A learner that has these weights at every base rate."""
        n = len(RATES) + 1
        return SimpleNamespace(
            weights=lambda: jnp.broadcast_to(weights, (n, self.dim)),
            peaks=lambda: UNIT * jnp.array([*RATES, 1.0]),
            shape=lambda: jnp.ones((n, self.spec.length)),
        )

    def _constant(self, x: jax.Array, y: jax.Array, rows: jax.Array, least: jax.Array) -> jax.Array:
        """log10 of the best base rate of a constant schedule on batches of these rows [t, b]."""
        rates = UNIT * jnp.array(RATES)

        def move(weights: jax.Array, chosen: jax.Array) -> tuple[jax.Array, None]:
            signs = jnp.sign(x[chosen] @ weights.T - y[chosen][:, None])
            return weights - rates[:, None] * (signs.T @ x[chosen]) / self.batch, None

        weights, _ = jax.lax.scan(move, jnp.zeros((len(RATES), self.dim)), rows)
        gaps = jax.vmap(lambda w: mean_deviation(x, y, w))(weights) - least
        return best_rate(jnp.log10(rates), _log(gaps))


def _log(gaps: jax.Array) -> jax.Array:
    return jnp.log10(jnp.maximum(gaps, TINY))
