"""Code vectors at a fixed rate, where the coordinates of a vector depend on one another, or don't.

Every coordinate is a mixture of `components` narrow Gaussians. With probability `correlation` all coordinates of a
vector take the same component, otherwise each takes its own, and the noise around the means is correlated in
proportion; so the distribution of a single coordinate doesn't depend on `correlation`, only what a joint code can
gain does. A codec that codes coordinates apart with a univariate model of each needs its transform to remove the
dependence; a vector quantiser doesn't. 8 dimensions, 16 components, 6 bits a vector.

The judged number is the distortion at one rate. Each learner trains three or four operating points side by side,
the task measures the entropy of their symbols on test vectors, and the distortion at the rate is what time sharing
between the points reaches: a codec can be built for it, and no curve between points has to be assumed.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.tasks.vector_quantization._compression import (
    Compression,
    CompressionSpec,
    Vectors,
    at_rate,
    symbol_bits,
    water_filling,
)

SHARED_NOISE = 0.9  # correlation of the noise between coordinates, times the task's `correlation`


class World(NamedTuple):
    """Means of the components [components, n] and test vectors [tests, n]."""

    means: jax.Array
    test: jax.Array


class CorrelatedLatentCompression(Task):
    """The source is scaled so that a coordinate has variance close to 1."""

    correlation: float = 1.0  # share of the vectors whose coordinates share a component, 0 to 1
    components: int = 16  # 1: a Gaussian, whose rate-distortion function is known
    dimensions: int = 8
    noise: float = 0.3  # standard deviation of a coordinate around its mean
    rate: float = 6.0  # bits a vector at which distortion is judged
    low_rate: float = 3.0  # bits a vector of the second figure
    alphabet: int = 64  # values of a symbol
    tests: int = 2048
    batch: int = 128

    interface = Compression
    steps = 800
    metrics = {
        "distortion_at_rate": Metric("min", "squared error a dimension at `rate` bits, by time sharing"),
        "distortion_low_rate": Metric("min", "squared error a dimension at `low_rate` bits, by time sharing"),
        "rate_bits": Metric("info", "measured bits of the finest operating point"),
        "bound_ratio": Metric(
            "min", "distortion_at_rate over a lower bound: the components known to both sides for free"
        ),
    }

    @property
    def spec(self) -> CompressionSpec:
        return CompressionSpec(dimensions=self.dimensions, alphabet=self.alphabet)

    def vectors(self, means: jax.Array, key: jax.Array, count: int) -> jax.Array:
        """`count` vectors from one uniform and one normal draw: [count, n]."""
        n, (a, b) = self.dimensions, jax.random.split(key)
        u = jax.random.uniform(a, (count, n + 2))
        component = (u[:, 1:] * float(self.components)).astype(jnp.int32)
        together = (u[:, 0] < self.correlation)[:, None]
        component = jnp.where(together, component[:, :1], component[:, 1:])
        g = jax.random.normal(b, (count, n + 1))
        share = SHARED_NOISE * self.correlation
        around = jnp.sqrt(share) * g[:, :1] + jnp.sqrt(1.0 - share) * g[:, 1:]
        return means[component, jnp.arange(n)[None, :]] + self.noise * around

    def sample(self, key: jax.Array) -> World:
        a, b = jax.random.split(key)
        means = jax.random.normal(a, (self.components, self.dimensions)) * (0.0 if self.components == 1 else 1.0)
        return World(means, self.vectors(means, b, self.tests))

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Vectors]:
        return world, Vectors(self.vectors(world.means, key, self.batch))

    def bound(self) -> jax.Array:
        """Distortion a dimension at `rate` of the Gaussian around a known mean."""
        n = self.dimensions
        share = SHARED_NOISE * self.correlation
        values = jnp.full(n, 1.0 - share).at[0].add(float(n) * share)  # eigenvalues of equicorrelation
        return water_filling(self.noise**2 * values, self.rate) / float(n)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        symbols = learner.symbols(world.test)
        error = ((learner.restore(symbols) - world.test[None]) ** 2).mean((1, 2))
        bits = symbol_bits(symbols, self.alphabet)
        variance = world.test.var(0).mean()
        distortion = at_rate(bits, error, variance, self.rate)
        return {
            "distortion_at_rate": distortion,
            "distortion_low_rate": at_rate(bits, error, variance, self.low_rate),
            "rate_bits": bits.max(),
            "bound_ratio": distortion / self.bound(),
        }

    def floor(self, world: World) -> Any:
        """Nothing is sent; the mean is restored."""
        return SimpleNamespace(
            symbols=lambda x: jnp.zeros((1, len(x), 1), jnp.int32),
            restore=lambda s: jnp.broadcast_to(world.test.mean(0)[None, None, :], (1, s.shape[1], self.dimensions)),
        )
