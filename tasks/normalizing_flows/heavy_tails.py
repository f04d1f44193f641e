"""Coordinates with light and with heavy tails under a Gaussian copula: does a density get the far quantiles right?

The synthetic data of Laszkiewicz et al. (2022): the first half of the marginals are Gaussians and mixtures of two and
three of them, the second half mixtures of two Student distributions, centres in [-4, 4], scales in [1, 2];
correlations of 0.25 at random places; everything is standardised by the training set's mean and deviation.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.random import normals, uniforms
from toybench.tasks.normalizing_flows import Batch, Density, Spec, normal_log_prob

DIMS = 8
HEAVY = 4  # the last ones
PARTS = ((1, 0, 0), (1, 0, 0), (1, 1, 0), (1, 1, 1), (1, 1, 0), (1, 1, 0), (1, 1, 0), (1, 1, 0))  # of each marginal
CORRELATION = 0.25
FURTHEST = 12.0  # quantiles are sought for |asinh(x)| up to this, |x| up to 8e4
BISECTIONS = 30
LEVEL = 0.95  # of the tail value at risk


class World(NamedTuple):
    """Marginal mixtures, a copula, and standardised samples.

    centres, scales and weights [3, d] of the parts of marginals; copula [d, d], a root of the correlation matrix; mean
    and deviation [d] of the raw training samples; train [m, d], test [n, d], and the logarithm of the density at test.
    """

    centres: jax.Array
    scales: jax.Array
    weights: jax.Array
    copula: jax.Array
    mean: jax.Array
    deviation: jax.Array
    train: jax.Array
    test: jax.Array
    log_prob: jax.Array


def student_survival(x: jax.Array, freedom: int) -> jax.Array:
    """P(T > x) of a Student distribution with 2 or 3 degrees of freedom, without cancellation for large x."""
    far = jnp.maximum(jnp.abs(x), 1e-6)
    if freedom == 2:
        root = jnp.sqrt(2 + far**2)
        upper = 1 / (root * (root + far))
    else:
        slope = 3**0.5 / far
        upper = (jnp.arctan(slope) - slope / (1 + slope**2)) / jnp.pi
    return jnp.where(x > 0, upper, 1 - upper)


def student_log_prob(x: jax.Array, freedom: int) -> jax.Array:
    """Logarithm of the density of a Student distribution with 2 or 3 degrees of freedom."""
    height = {2: 1 / 8**0.5, 3: 2 / (jnp.pi * 3**0.5)}[freedom]
    return jnp.log(height) - 0.5 * (freedom + 1) * jnp.log1p(x**2 / freedom)


class HeavyTails(Task):
    """Four light and four heavy coordinates."""

    freedom: int = 2  # degrees of freedom of the heavy marginals, 2 or 3
    samples: int = 8000  # training samples
    test: int = 4000  # points to judge by, and draws of the learner
    batch: int = 64  # points a step

    interface = Density
    steps = 2000
    checkpoints = 2
    metrics = {
        "area_heavy": Metric(
            direction="min", about="area between log-quantiles of |x|, own draws and test, over log rank; heavy ones"
        ),
        "forward_kl": Metric(direction="min", about="divergence of the density from the target in nats, test points"),
        "tvar_error": Metric(direction="min", about="error of the mean of the largest 5 % of |x|, heavy ones"),
        "area_light": Metric(direction="min", about="as area_heavy, of the light coordinates"),
    }

    @property
    def spec(self) -> Spec:
        return Spec(dims=DIMS, batch=self.batch, samples=self.samples)

    def survival(self, world: World, x: jax.Array) -> jax.Array:
        """P(X_i > x_i) of raw points [n, d]: [n, d]."""
        places = (x[:, None, :] - world.centres[None]) / world.scales[None]
        light = jax.scipy.special.erfc(places * 0.5**0.5) / 2
        parts = jnp.where(is_heavy()[None, None, :], student_survival(places, self.freedom), light)
        return jnp.sum(world.weights[None] * parts, axis=1)

    def marginal_log_prob(self, world: World, x: jax.Array) -> jax.Array:
        """Logarithms of the marginal densities at raw points [n, d]: [n, d]."""
        places = (x[:, None, :] - world.centres[None]) / world.scales[None]
        light = -0.5 * (places**2 + jnp.log(2 * jnp.pi))
        parts = jnp.where(is_heavy()[None, None, :], student_log_prob(places, self.freedom), light)
        weights = jnp.broadcast_to((world.weights / world.scales)[None], parts.shape)
        return jax.scipy.special.logsumexp(parts, axis=1, b=weights)

    def quantiles(self, world: World, z: jax.Array) -> jax.Array:
        """Raw points [n, d] whose marginal ranks are those of standard normal numbers [n, d]."""
        wanted = jax.scipy.special.erfc(jnp.abs(z) * 0.5**0.5) / 2  # the smaller tail, where floats are fine

        def halve(bounds: tuple[jax.Array, jax.Array], _: None) -> tuple:
            low, high = bounds
            middle = (low + high) / 2
            above = self.survival(world, jnp.sinh(middle))
            # for z < 0 the mirrored world: P(X < x) = 1 - P(X > x), taken from the mirrored marginals
            right = jnp.where(z > 0, above > wanted, self.below(world, jnp.sinh(middle)) < wanted)
            return (jnp.where(right, middle, low), jnp.where(right, high, middle)), None

        edge = jnp.full(z.shape, FURTHEST)
        bounds, _ = jax.lax.scan(halve, (-edge, edge), None, length=BISECTIONS)
        return jnp.sinh((bounds[0] + bounds[1]) / 2)

    def below(self, world: World, x: jax.Array) -> jax.Array:
        """P(X_i < x_i) of raw points [n, d], from the mirror image, so that small ones keep their digits."""
        return self.survival(world._replace(centres=-world.centres), -x)

    def raw(self, world: World, noise: jax.Array) -> tuple[jax.Array, jax.Array]:
        """(raw draws, their marginal normal numbers), both [n, d], from independent normal numbers [n, d]."""
        z = noise @ world.copula.T
        return self.quantiles(world, z), z

    def sample(self, key: jax.Array) -> World:
        """Random marginals and correlations; samples of the copula."""
        for_law, for_data = jax.random.split(key)
        numbers = uniforms(for_law, centres=(3, DIMS), scales=(3, DIMS), rows=(2 * DIMS,), columns=(2 * DIMS,))
        row = (numbers["rows"] * DIMS).astype(jnp.int32)
        column = (numbers["columns"] * DIMS).astype(jnp.int32)
        correlation = jnp.eye(DIMS).at[row, column].set(CORRELATION).at[column, row].set(CORRELATION)
        correlation = jnp.where(jnp.eye(DIMS, dtype=bool), 1.0, correlation)
        used = jnp.array(PARTS, jnp.float32).T
        world = World(
            centres=8 * numbers["centres"] - 4,
            scales=1 + numbers["scales"],
            weights=used / used.sum(0)[None, :],
            copula=definite_root(correlation),
            mean=jnp.zeros(DIMS),
            deviation=jnp.ones(DIMS),
            train=jnp.zeros((self.samples, DIMS)),
            test=jnp.zeros((self.test, DIMS)),
            log_prob=jnp.zeros(self.test),
        )
        x, z = self.raw(world, normals(for_data, x=(self.samples + self.test, DIMS))["x"])
        train = x[: self.samples]
        world = world._replace(mean=train.mean(0), deviation=train.std(0))
        x = (x - world.mean[None, :]) / world.deviation[None, :]
        test = x[self.samples :]
        return world._replace(
            train=x[: self.samples], test=test, log_prob=self.log_density(world, test, z[self.samples :])
        )

    def log_density(self, world: World, x: jax.Array, z: jax.Array) -> jax.Array:
        """Exact logarithm of the density at standardised points [n, d] whose normal numbers are z: [n]."""
        raw = x * world.deviation[None, :] + world.mean[None, :]
        free = jax.scipy.linalg.solve_triangular(world.copula, z.T, lower=True).T
        copula = normal_log_prob(free) - normal_log_prob(z) - jnp.log(jnp.diagonal(world.copula)).sum()
        return copula + self.marginal_log_prob(world, raw).sum(1) + jnp.log(world.deviation).sum()

    def given(self, world: World) -> jax.Array:
        """The training samples [m, d]."""
        return world.train

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Batch]:
        """Training samples with replacement."""
        index = jax.random.randint(key, (self.batch,), 0, self.samples)
        return world, Batch(x=world.train[index], row=index)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        own = jnp.sort(jnp.abs(learner.sample(key, self.test)), axis=0)[::-1]
        true = jnp.sort(jnp.abs(world.test), axis=0)[::-1]
        rank = jnp.arange(1, self.test + 1, dtype=jnp.float32)
        area = jnp.sum(jnp.abs(jnp.log(own / true)) * jnp.log1p(1 / rank)[:, None], axis=0)
        worst = round((1 - LEVEL) * self.test)
        gap = jnp.abs(own[:worst].mean(0) - true[:worst].mean(0))
        return {
            "area_heavy": area[-HEAVY:].mean(),
            "forward_kl": jnp.mean(world.log_prob - learner.log_prob(world.test)),
            "tvar_error": gap[-HEAVY:].mean(),
            "area_light": area[:-HEAVY].mean(),
        }

    def floor(self, world: World) -> Any:
        """A standard normal density."""
        return SimpleNamespace(log_prob=normal_log_prob, sample=lambda key, n: jax.random.normal(key, (n, DIMS)))

    def oracle(self, world: World) -> Any:
        """New exact samples; the exact density at the test points."""

        def sample(key: jax.Array, count: int) -> jax.Array:
            raw, _ = self.raw(world, jax.random.normal(key, (count, DIMS)))
            return (raw - world.mean[None, :]) / world.deviation[None, :]

        return SimpleNamespace(log_prob=lambda x: world.log_prob, sample=sample)


def is_heavy() -> jax.Array:
    """Which coordinates are heavy, bool [d]."""
    return jnp.arange(DIMS) >= DIMS - HEAVY


def definite_root(correlation: jax.Array) -> jax.Array:
    """Lower triangular root [d, d] of a symmetric matrix, its eigenvalues raised to 0.05 and its diagonal made 1."""
    values, vectors = jnp.linalg.eigh(correlation)
    raised = (vectors * jnp.maximum(values, 0.05)[None, :]) @ vectors.T
    size = jnp.sqrt(jnp.diagonal(raised))
    return jnp.linalg.cholesky(raised / (size[:, None] * size[None, :]))
