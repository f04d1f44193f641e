"""Keep the share of missed true labels at alpha while the labels drift away from the model that scores them.

Isolates how calibration points should be weighted when they are not exchangeable with the next one. Points arrive one
at a time; the learner names a set size first and sees the labels afterwards. The model is fixed; with probability
m(t) a point has the labels of its neighbours (shifted by one). m is 0 throughout (iid), jumps to 0.5 at a third of
1,500 steps (change) or grows from 0 to 0.7 (drift). 16 streams a seed; the risk of a step is the exact population's.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.tasks.conformal._risk import GRID, Losses, Points, RiskControl, RiskSpec, losses, points, sizes

POPULATION = 20_000  # points that stand for the law: the risk's standard error is 0.002
LATE = 300  # steps at the end, and after the change, over which a risk is averaged
SETTLE = 20  # steps after the change that no method could have followed
WINDOW = 100  # steps of the moving average
SHIFTS = ("iid", "change", "drift")


class World(NamedTuple):
    """Streams and what happened in them so far.

    Attributes:
      points: scores and labels [t, r, k].
      mixed: m at every step, [t].
      risk: expected loss at every lambda without and with the shift of labels, [2, g].
      size: expected labels in the set at every lambda, [g].
      asked: the learner's choice at the steps that are over, int32 [t, r].
      now: how many steps are over.
    """

    points: Points
    mixed: jax.Array
    risk: jax.Array
    size: jax.Array
    asked: jax.Array
    now: jax.Array


class MultilabelStream(Task):
    """Ask for a size, score it, reveal the labels. At a checkpoint the present size stands for the rest to come."""

    alpha: float = 0.2  # the target risk, in (0, 1)

    shift: str = "change"  # iid, change or drift
    streams: int = 16  # independent streams

    interface = RiskControl
    kind = "interactive"
    steps = 1500
    checkpoints = 2
    metrics = {
        "risk_gap": Metric("min", "mean distance from alpha of the risk over the last 100 steps"),
        "late_excess": Metric("info", "risk over the last 300 steps, minus alpha"),
        "after_excess": Metric("info", "risk over the 300 steps that begin 20 after the change point, minus alpha"),
        "set_size": Metric("info", "labels in a prediction set; a smaller one may miss the target"),
    }

    @property
    def spec(self) -> RiskSpec:
        return RiskSpec(replicates=self.streams, grid=GRID, points=0)

    def mixing(self) -> jax.Array:
        """m at every step, [t]."""
        t = jnp.arange(float(self.steps)) / self.steps
        known = {"iid": 0.0 * t, "change": jnp.where(t < 1 / 3, 0.0, 0.5), "drift": 0.7 * t}
        if self.shift not in known:
            raise ValueError(f"{self.name}: shift is one of {', '.join(SHIFTS)}, got '{self.shift}'.")
        return known[self.shift]

    def sample(self, key: jax.Array) -> World:
        of_points, of_shift = jax.random.split(key)
        n = self.steps * self.streams
        mixed = self.mixing()
        everything = points(of_points, (n + POPULATION,), one=False)
        population = jax.tree.map(lambda x: x[n:], everything)
        score, true = (x[:n].reshape(self.steps, self.streams, -1) for x in everything)
        moved = jax.random.uniform(of_shift, (self.steps, self.streams)) < mixed[:, None]
        shifted = population._replace(true=jnp.roll(population.true, 1, -1))
        return World(
            points=Points(score=score, true=jnp.where(moved[..., None], jnp.roll(true, 1, -1), true)),
            mixed=mixed,
            risk=jnp.stack([losses(population).mean(0), losses(shifted).mean(0)]),
            size=sizes(population).mean(0),
            asked=jnp.zeros((self.steps, self.streams), jnp.int32),
            now=jnp.zeros((), jnp.int32),
        )

    def given(self, world: World) -> jax.Array:
        """The target alpha, []."""
        return jnp.asarray(self.alpha)

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Losses]:
        point = jax.tree.map(lambda x: x[world.now], world.points)
        asked = world.asked.at[world.now].set(learner.size_index())
        return world._replace(asked=asked, now=world.now + 1), Losses(loss=losses(point)[:, None])

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        ahead = jnp.broadcast_to(jnp.atleast_2d(learner.size_index()), world.asked.shape)  # a reference names all steps
        path = jnp.where((jnp.arange(self.steps) < world.now)[:, None], world.asked, ahead)
        m = world.mixed[:, None]
        risk = ((1 - m) * world.risk[0][path] + m * world.risk[1][path]).mean(1) - self.alpha
        total = jnp.cumsum(risk)
        moving = (total[WINDOW:] - total[:-WINDOW]) / WINDOW
        after = self.steps // 3 + SETTLE
        return {
            "risk_gap": jnp.abs(moving).mean(),
            "late_excess": risk[-LATE:].mean(),
            "after_excess": risk[after : after + LATE].mean(),
            "set_size": world.size[path].mean(),
        }

    def floor(self, world: World) -> Any:
        """Every label, always: no risk."""
        return SimpleNamespace(size_index=lambda: jnp.full((self.streams,), GRID - 1))

    def oracle(self, world: World) -> Any:
        """At every step the smallest size whose present population risk is at most alpha."""
        m = world.mixed[:, None]
        risk = (1 - m) * world.risk[0][None] + m * world.risk[1][None]
        best = jnp.argmax(risk <= self.alpha, axis=1)[:, None]
        return SimpleNamespace(size_index=lambda: jnp.broadcast_to(best, (self.steps, self.streams)))
