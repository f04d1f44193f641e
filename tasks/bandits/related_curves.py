"""Find the peak of a curve in six looks, after many curves of its family: is it worth learning to look?

Isolates meta-learning of where to evaluate. A narrow bump sits on a slow sinusoid, and its place depends on the phase
of the sinusoid: two or three looks at the background tell where the bump must be, to whoever knows the family. A
Gaussian process with a stationary kernel can't know that. Curves on 32 grid points, batches of 16 curves of which the
learner queries six points each, 1,200 batches; judged on 256 fresh curves with everything frozen.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.tasks.bandits import CurveOptimizer

NOISE = 0.02  # standard deviation of an observation
WIDTH = 0.04  # of the bump


@dataclass(frozen=True)
class CurveSpec:
    """What a method may know: grid points, looks a curve, and curves a batch."""

    points: int
    looks: int
    batch: int


class Episode(NamedTuple):
    """A batch: values of the curves everywhere, float [b, k], and the points that the learner chose, int32 [b, looks].

    Curves of training are known everywhere, as is usual for meta-learning on tables.
    """

    values: jax.Array
    chosen: jax.Array


class World(NamedTuple):
    """Curves to be judged on, float [c, k]."""

    test: jax.Array


def curves(u: jax.Array, z: jax.Array, points: int) -> jax.Array:
    """Curves from uniform phases u [b] and normal heights z [b]: [b, points]."""
    x = jnp.linspace(0, 1, points)[None]
    phase = 2 * jnp.pi * u[:, None]
    peak = 0.5 + 0.42 * jnp.sin(2 * phase + 0.7)
    bump = (1 + 0.15 * z[:, None]) * jnp.exp(-((x - peak) ** 2) / (2 * WIDTH**2))
    return bump + 0.45 * jnp.sin(2 * jnp.pi * x + phase)


class RelatedCurves(Task):
    """Simple regret: the maximum of the curve minus the largest value that was looked at."""

    points: int = 32
    looks: int = 6
    batch: int = 16
    judged: int = 256  # fresh curves
    iterations: int = 1200  # batches

    interface = CurveOptimizer
    kind = "interactive"
    checkpoints = 5
    metrics = {
        "simple_regret": Metric("min", "what the best of the looks lacks, mean over fresh curves"),
        "mean_regret": Metric("min", "the same, averaged over the looks"),
    }

    @property
    def steps(self) -> int:  # type: ignore[override]
        return self.iterations

    @property
    def spec(self) -> CurveSpec:
        return CurveSpec(points=self.points, looks=self.looks, batch=self.batch)

    def sample(self, key: jax.Array) -> World:
        return World(test=self.draw_curves(key, self.judged))

    def draw_curves(self, key: jax.Array, count: int) -> jax.Array:
        z = jax.random.normal(key, (2, count))
        return curves(jax.scipy.stats.norm.cdf(z[0]), z[1], self.points)

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Episode]:
        fresh, own = jax.random.split(key)
        values = self.draw_curves(fresh, self.batch)
        return world, Episode(values=values, chosen=self.play(values, own, learner.explore))

    def play(self, values: jax.Array, key: jax.Array, look_next: Any) -> jax.Array:
        """The points that the learner's question `look_next` names, one after another: int32 [b, looks].

        Never the same twice is the learner's duty.
        """
        noise = jax.random.normal(key, (self.looks, *values.shape)) * NOISE
        seen = jnp.zeros_like(values)

        def look(carry: tuple, x: tuple) -> tuple:
            seen, observed = carry
            chosen = look_next(seen, observed, x[1])
            hot = jax.nn.one_hot(chosen, self.points)
            return (jnp.maximum(seen, hot), observed * (1 - hot) + hot * (values + x[0])), chosen

        keys = jax.random.split(jax.random.fold_in(key, 1), self.looks)
        return jax.lax.scan(look, (seen, seen), (noise, keys))[1].T

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        chosen = self.play(world.test, key, learner.propose)
        found = jnp.take_along_axis(world.test, chosen, axis=1)
        lacks = world.test.max(-1, keepdims=True) - jax.lax.cummax(found, axis=1)
        return {"simple_regret": lacks[:, -1].mean(), "mean_regret": lacks.mean()}

    def floor(self, world: World) -> Any:
        """Random points."""
        return Chooser(lambda seen, values, key: jax.random.uniform(key, seen.shape))

    def oracle(self, world: World) -> Any:
        """The maximum at the first look."""
        return Chooser(lambda seen, values, key: world.test)


class Chooser:
    """A reference that looks where a score is the largest, at no point twice."""

    def __init__(self, score: Any) -> None:
        self.score = score

    def propose(self, seen: jax.Array, values: jax.Array, key: jax.Array) -> jax.Array:
        """The next point: int32 [b]."""
        return jnp.argmax(jnp.where(seen > 0, -jnp.inf, self.score(seen, values, key)), axis=-1)
