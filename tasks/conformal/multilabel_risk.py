"""Calibrate multi-label prediction sets so that at most a share alpha of the true labels is missed.

Isolates the finite-sample correction of a threshold that is chosen on n labelled points: with few points the empirical
choice misses too much on average, and bounds that hold with high probability pay with larger sets. 128 independent
calibration sets a seed, each judged by the risk on 20,000 further points. `labels=one` is single-label classification,
where the loss is miscoverage.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.tasks.conformal._risk import GRID, LABELS, Losses, RiskControl, RiskSpec, losses, points, sizes

POPULATION = 20_000  # points that stand for the law: the risk's standard error is 0.002


class World(NamedTuple):
    """Losses of the calibration sets [r, n, g]; expected loss and size at every lambda, [g] each."""

    loss: jax.Array
    risk: jax.Array
    size: jax.Array


class MultilabelRisk(Task):
    """One batch, all calibration points of every replicate; then a threshold each."""

    alpha: float = 0.1  # the target risk, in (0, 1)

    calibration: int = 50  # labelled points of a replicate
    replicates: int = 128  # independent calibration sets
    labels: str = "many"  # many: any number of the 10 is true; one: exactly one

    interface = RiskControl
    steps = 1
    checkpoints = 1
    metrics = {
        "risk_excess": Metric("zero", "expected loss over calibration and test, minus alpha"),
        "slack_times_n": Metric("info", "(n + 1) times alpha minus the expected loss"),
        "set_size": Metric("info", "labels in a prediction set; a smaller one may miss the target"),
        "exceed_rate": Metric("info", "share of calibration sets whose risk is above alpha"),
    }

    @property
    def spec(self) -> RiskSpec:
        return RiskSpec(replicates=self.replicates, grid=GRID, points=self.calibration)

    def sample(self, key: jax.Array) -> World:
        n = self.replicates * self.calibration
        everything = points(key, (n + POPULATION,), self.labels == "one")
        population = jax.tree.map(lambda x: x[n:], everything)
        shown = jax.tree.map(lambda x: x[:n].reshape(self.replicates, self.calibration, LABELS), everything)
        return World(loss=losses(shown), risk=losses(population).mean(0), size=sizes(population).mean(0))

    def given(self, world: World) -> jax.Array:
        """The target alpha, []."""
        return jnp.asarray(self.alpha)

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Losses]:
        return world, Losses(loss=world.loss)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        chosen = learner.size_index()
        risk = world.risk[chosen]
        excess = risk.mean() - self.alpha
        return {
            "risk_excess": excess,
            "slack_times_n": -(self.calibration + 1) * excess,
            "set_size": world.size[chosen].mean(),
            "exceed_rate": (risk > self.alpha).astype(jnp.float32).mean(),
        }

    def floor(self, world: World) -> Any:
        """Every label, always: no risk."""
        return SimpleNamespace(size_index=lambda: jnp.full((self.replicates,), GRID - 1))

    def oracle(self, world: World) -> Any:
        """The smallest size whose population risk is at most alpha."""
        best = jnp.argmax(world.risk <= self.alpha)
        return SimpleNamespace(size_index=lambda: jnp.full((self.replicates,), best))
