"""Bias and variance of an in-context classifier whose context grows beyond its pre-training size.

Pre-training data sets are small and have smooth class probabilities. At test, labels come from a rougher function;
contexts are drawn many times, so the squared bias and the variance of the predicted probability can be told apart.
Isolates that averaging over more points removes variance, while only a prediction that looks at ever nearer points
removes bias. A function from the prior itself is the control: there the bias must be small, or else it is the network's
inability to read long contexts that is measured.

Sizes: 1 input in [-1, 1], pre-training contexts of up to 24 points, 16 data sets a step; tests with 25 to 200 points,
16 contexts of each size, 2 rough functions and 2 from the prior, 12 places.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.tasks.in_context._binary import BinaryProbability, BinarySets, BinarySpec

SIZES = (25, 50, 100, 200)  # test contexts
WAVES = 8  # cosines that make up a function of the prior


class World(NamedTuple):
    """Test: functions as frequencies, phases and amplitudes [f, w], contexts x, y [f, r, n], places [p]."""

    frequency: jax.Array
    phase: jax.Array
    amplitude: jax.Array
    x: jax.Array
    y: jax.Array
    place: jax.Array


class PFNBiasVariance(Task):
    """The first half of the test functions is rough, the second half from the prior."""

    context: int = 24  # context points at most, in pre-training
    queries: int = 8  # queries a data set, in pre-training
    roughness: float = 2.5  # periods of a rough test function on [-1, 1]
    smoothness: float = 1.0  # length scale of the prior's functions
    functions: int = 4  # test functions, half of them from the prior
    repeats: int = 16  # contexts of each size
    batch: int = 16  # data sets a step

    interface = BinaryProbability
    steps = 1000
    checkpoints = 1
    metrics = {
        "excess_risk": Metric("min", f"squared error of the probability, rough functions, {SIZES[-1]} points"),
        "squared_bias_at_large_n": Metric("min", f"unbiased estimate, rough functions, {SIZES[-1]} points"),
        "bias_fall": Metric("info", f"log10 of squared bias at {SIZES[1]} points over that at {SIZES[-1]}, rough"),
        "variance_at_large_n": Metric("min", f"variance over contexts, rough functions, {SIZES[-1]} points"),
        "variance_slope_in_n": Metric("info", "slope of log variance against log n, rough functions"),
        "squared_bias_control": Metric("min", f"squared bias, functions from the prior, {SIZES[-1]} points"),
        "excess_risk_in_prior": Metric("min", f"squared error, functions from the prior, {SIZES[0]} points"),
    }

    @property
    def spec(self) -> BinarySpec:
        return BinarySpec(context=self.context, queries=self.queries)

    def waves(self, flat: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        """Functions of the prior, from standard normals [..., 2 WAVES]: an RBF process of variance 4 in cosines."""
        phase = 2 * jnp.pi * jax.scipy.special.ndtr(flat[..., WAVES:])
        return flat[..., :WAVES] / self.smoothness, phase, jnp.full_like(phase, 2.0 * (2.0 / WAVES) ** 0.5)

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, BinarySets]:
        """Fresh data sets of the prior; the number of context points is uniform from 1 to `context`."""
        n, t = self.context, self.context + self.queries
        flat = jax.random.normal(key, (self.batch, 2 * t + 2 * WAVES + 1))
        uniform = jax.scipy.special.ndtr(flat[:, : 2 * t])
        x = 2.0 * uniform[:, :t] - 1.0
        y = (uniform[:, t:] < chance_of_one(*self.waves(flat[:, 2 * t : -1]), x)).astype(x.dtype)
        seen = 1 + jnp.minimum(jax.scipy.special.ndtr(flat[:, -1]) * n, n - 1).astype(jnp.int32)
        return world, BinarySets(x=x[:, :n], y=y[:, :n], seen=seen, query=x[:, n:], target=y[:, n:])

    def sample(self, key: jax.Array) -> World:
        """Test functions, and for each a block of contexts of the largest size; smaller ones are their beginnings."""
        f, r, n = self.functions, self.repeats, SIZES[-1]
        flat = jax.random.normal(key, (f * (2 * WAVES) + 2 * f * r * n,))
        frequency, phase, amplitude = self.waves(flat[: f * 2 * WAVES].reshape(f, 2 * WAVES))
        rough = (jnp.arange(f) < f // 2)[:, None]
        first = (jnp.arange(WAVES) == 0)[None]  # a rough function is a single wave
        frequency = jnp.where(rough, jnp.pi * self.roughness, frequency)
        amplitude = jnp.where(rough, jnp.where(first, 2.0, 0.0), amplitude)
        uniform = jax.scipy.special.ndtr(flat[f * 2 * WAVES :]).reshape(2, f, r * n)
        x = 2.0 * uniform[0] - 1.0
        y = (uniform[1] < chance_of_one(frequency, phase, amplitude, x)).astype(x.dtype)
        place = jnp.linspace(-0.8, 0.8, 12)  # away from the ends, where neighbourhoods are one-sided
        return World(frequency, phase, amplitude, x.reshape(f, r, n), y.reshape(f, r, n), place)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        f, r, half = self.functions, self.repeats, self.functions // 2
        place = jnp.broadcast_to(world.place[None], (f * r, len(world.place)))
        truth = self.truth(world)
        bias, variance = [], []
        for n in SIZES:
            told = learner.probability(world.x[..., :n].reshape(f * r, n), world.y[..., :n].reshape(f * r, n), place)
            told = told.reshape(f, r, -1)
            spread = told.var(1, ddof=1)
            variance.append(spread.mean(-1))
            # the mean of r predictions is off by the bias and by variance / r
            bias.append(((told.mean(1) - truth) ** 2 - spread / r).mean(-1))
        biases, variances = jnp.stack(bias), jnp.stack(variance)  # [sizes, f]
        rough, smooth = biases[:, :half].mean(1), biases[:, half:].mean(1)
        noise = variances[:, :half].mean(1)
        return {
            "excess_risk": rough[-1] + noise[-1],
            "squared_bias_at_large_n": rough[-1],
            "bias_fall": jnp.log10(jnp.maximum(rough[1], 1e-5) / jnp.maximum(rough[-1], 1e-5)),
            "variance_at_large_n": noise[-1],
            "variance_slope_in_n": slope(jnp.log(jnp.asarray(SIZES, jnp.float32)), jnp.log(noise + 1e-9)),
            "squared_bias_control": smooth[-1],
            "excess_risk_in_prior": smooth[0] + variances[0, half:].mean(),
        }

    def truth(self, world: World) -> jax.Array:
        """The true probability of the test functions at the places, [f, p]."""
        place = jnp.broadcast_to(world.place[None], (self.functions, len(world.place)))
        return chance_of_one(world.frequency, world.phase, world.amplitude, place)

    def floor(self, world: World) -> Any:
        """The share of ones in the context, at every query."""
        return SimpleNamespace(probability=lambda x, y, q: jnp.broadcast_to(y.mean(-1, keepdims=True), q.shape))

    def oracle(self, world: World) -> Any:
        """The true probability; contexts come function by function."""
        return SimpleNamespace(probability=lambda x, y, q: jnp.repeat(self.truth(world), self.repeats, axis=0))


def chance_of_one(frequency: jax.Array, phase: jax.Array, amplitude: jax.Array, x: jax.Array) -> jax.Array:
    """P(y = 1): the sigmoid of sums of cosines [..., w], at x [..., n]."""
    waves = jnp.cos(frequency[..., None, :] * x[..., None] + phase[..., None, :])
    return jax.nn.sigmoid((amplitude[..., None, :] * waves).sum(-1))


def slope(x: jax.Array, y: jax.Array) -> jax.Array:
    """Least-squares slope of y against x, both [k]."""
    return ((x - x.mean()) * (y - y.mean())).sum() / ((x - x.mean()) ** 2).sum()
