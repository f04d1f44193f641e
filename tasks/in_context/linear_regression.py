"""Linear regression in the prompt: pairs (x, y) with weights drawn anew for every prompt, and a query.

Isolates which algorithm a learner runs inside its forward pass. Because the prior is Gaussian, everything is known:
the optimal single gradient step, ridge regression as the posterior mean, and the exact predictive distribution.
The same trained learner is also judged beyond its training: at twice the context, and with more noise.

Sizes: 2 inputs, 8 context pairs, 16 fresh prompts a step, 512 test prompts.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.tasks.in_context._regression import (
    Moments,
    PromptRegression,
    Prompts,
    PromptSpec,
    mean_square_noise,
    nearest_neighbours,
    noise_levels,
    one_step,
    prompt_posterior,
    ridge,
    spread,
)

EXTRA_NOISE = 1.0  # how far the noise level of the shifted prompts lies above the prior's largest


class World(NamedTuple):
    """Test prompts: inputs [b, 2n+1, d], noise-free responses, unit noise [b, 2n+1], noise level of each [b]."""

    x: jax.Array
    clean: jax.Array
    unit: jax.Array
    level: jax.Array


class LinearRegression(Task):
    """w.x has variance dim, whatever the covariance."""

    dim: int = 2
    context: int = 8  # pairs before the query
    noise: float = 0.5  # standard deviation of the label noise; its median under a mixture
    noise_prior: str = "known"  # known: always `noise`; mixture: half, once or twice that, unknown to the learner
    covariance: str = "isotropic"  # anisotropic: x ~ N(0, S), w ~ N(0, S^-1), standard deviations from 1/2 to 2
    response: str = "linear"  # nonlinear: plus a random quadratic form of variance 1
    batch: int = 16  # prompts a step
    tests: int = 512  # test prompts

    interface = PromptRegression
    steps = 1600
    checkpoints = 3
    metrics = {
        "query_mse": Metric("min", "squared error of the mean against the noise-free response, training length"),
        "mse_longer_context": Metric("min", "the same after twice as many context pairs"),
        "mse_more_noise": Metric("min", "the same with labels noisier than the training prior allows"),
        "relative_gap_to_one_step": Metric("info", "query_mse over that of the best gradient step, minus 1"),
        "difference_to_one_step": Metric("info", "mean squared difference to the best (preconditioned) step"),
        "difference_to_ridge": Metric("min", "mean squared difference to ridge at the Bayes strength"),
        "difference_to_ols": Metric("info", "mean squared difference to ordinary least squares"),
        "difference_to_knn": Metric("info", "mean squared difference to 3 nearest neighbours"),
        "least_squares_preference": Metric(
            "info",
            "log10 of the lesser difference to step and neighbours over the lesser one to ridge and least squares",
        ),
        "best_ridge_strength": Metric("info", "log10 of the ridge strength whose predictions are nearest"),
        "nll": Metric("min", "negative log-likelihood of the query's response under N(mean, variance), nats"),
        "nll_half_context": Metric("min", "the same after half as many context pairs"),
        "nll_gap_to_bayes": Metric("min", "nll minus that of the exact posterior moments, nats"),
        "shift_deviation": Metric(
            "info", "KL from the prior's posterior to the learner, shifted minus unshifted, nats"
        ),
    }

    @property
    def spec(self) -> PromptSpec:
        d, mixed = self.dim, _choice(self.noise_prior, "known", "mixture")
        ratio = [2.0 ** (2 * i / max(d - 1, 1) - 1) for i in range(d)]
        scales = ratio if _choice(self.covariance, "isotropic", "anisotropic") else [1.0] * d
        bent = (d * (d + 2)) ** -0.5 if _choice(self.response, "linear", "nonlinear") else 0.0
        noises = (self.noise * 0.5, self.noise, self.noise * 2.0) if mixed else (self.noise,)
        return PromptSpec(dim=d, context=self.context, noises=noises, scales=tuple(scales), quadratic=bent)

    def prompts(self, key: jax.Array, count: int, pairs: int) -> World:
        """`count` prompts of `pairs` pairs."""
        d, spec = self.dim, self.spec
        sizes = (pairs * d, pairs, d, d * d, 1)
        flat = jax.random.normal(key, (count, sum(sizes)))
        z, unit, u, a, which = jnp.split(flat, [sum(sizes[: i + 1]) for i in range(4)], axis=1)
        z = z.reshape(count, pairs, d)
        clean = jnp.einsum("bnd,bd->bn", z, u)
        clean = clean + spec.quadratic * jnp.einsum("bni,bij,bnj->bn", z, a.reshape(count, d, d), z)
        levels = noise_levels(spec)
        place = jnp.clip(jax.scipy.special.ndtr(which[:, 0]) * len(levels), 0, len(levels) - 1).astype(jnp.int32)
        return World(x=z * spread(spec, z), clean=clean, unit=unit, level=levels[place])

    def sample(self, key: jax.Array) -> World:
        return self.prompts(key, self.tests, 2 * self.context + 1)

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Prompts]:
        """Fresh prompts of the training length."""
        p = self.prompts(key, self.batch, self.context + 1)
        return world, Prompts(x=p.x, y=p.clean + p.level[:, None] * p.unit)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        n, spec, query, clean = self.context, self.spec, world.x[:, -1], world.clean[:, -1]
        y = world.clean + world.level[:, None] * world.unit
        x, short = world.x[:, :n], y[:, :n]
        level = noise_levels(spec).max() + EXTRA_NOISE
        noisy = (world.clean + level * world.unit)[:, :n]
        told, bayes = learner.regress(x, short, query), prompt_posterior(spec, x, short, query)
        half = learner.regress(x[:, : n // 2], short[:, : n // 2], query)
        longer = learner.regress(world.x[:, :-1], y[:, :-1], query)
        shifted, bayes_shifted = learner.regress(x, noisy, query), prompt_posterior(spec, x, noisy, query)
        mse = jnp.mean((told.mean - clean) ** 2)
        step = (one_step(spec, x, short, preconditioned=True) * query).sum(-1)
        nll, nll_half, best = (_nll(m, clean, world.level).mean() for m in (told, half, bayes))
        return {
            "query_mse": mse,
            "mse_longer_context": jnp.mean((longer.mean - clean) ** 2),
            "mse_more_noise": jnp.mean((shifted.mean - clean) ** 2),
            "relative_gap_to_one_step": mse / jnp.mean((step - clean) ** 2) - 1.0,
            **compare(spec, x, short, query, told.mean, step),
            "nll": nll,
            "nll_half_context": nll_half,
            "nll_gap_to_bayes": nll - best,
            "shift_deviation": _divergence(bayes_shifted, shifted).mean() - _divergence(bayes, told).mean(),
        }

    def floor(self, world: World) -> Any:
        """Mean 0 and the prior's variance, for every query."""
        variance = self.dim + self.spec.quadratic**2 * self.dim * (self.dim + 2) + mean_square_noise(self.spec)
        return SimpleNamespace(regress=lambda x, y, q: Moments(jnp.zeros(len(q)), jnp.full(len(q), variance)))

    def oracle(self, world: World) -> Any:
        """The exact posterior's moments."""
        return SimpleNamespace(regress=lambda x, y, query: prompt_posterior(self.spec, x, y, query))


def compare(
    spec: PromptSpec, x: jax.Array, y: jax.Array, query: jax.Array, mean: jax.Array, step: jax.Array
) -> dict[str, jax.Array]:
    """How far predictions `mean` [b] lie from those of known algorithms, and the nearest ridge strength."""
    strengths = 10.0 ** jnp.linspace(-2.5, 1.5, 41)
    fixed = jnp.stack([mean_square_noise(spec), jnp.zeros(())])
    ridges = ridge(spec, x, y, query, jnp.concatenate([fixed, strengths]))
    to_ridges = jnp.mean((mean[:, None] - ridges) ** 2, axis=0)
    nearest = nearest_neighbours(x, y, query, 3)
    to_step, to_knn = jnp.mean((mean - step) ** 2), jnp.mean((mean - nearest) ** 2)
    far, near = jnp.minimum(to_step, to_knn), jnp.minimum(to_ridges[0], to_ridges[1])
    return {
        "difference_to_one_step": to_step,
        "difference_to_ridge": to_ridges[0],
        "difference_to_ols": to_ridges[1],
        "difference_to_knn": to_knn,
        "least_squares_preference": jnp.log10((far + 1e-6) / (near + 1e-6)),
        "best_ridge_strength": jnp.log10(strengths[jnp.argmin(to_ridges[2:])]),
    }


def _nll(m: Moments, clean: jax.Array, level: jax.Array) -> jax.Array:
    """Expected over the query's own noise, [b]."""
    return 0.5 * (jnp.log(2 * jnp.pi * m.variance) + ((clean - m.mean) ** 2 + level**2) / m.variance)


def _divergence(p: Moments, q: Moments) -> jax.Array:
    """KL(N(p) || N(q)), [b]."""
    return 0.5 * (jnp.log(q.variance / p.variance) + (p.variance + (p.mean - q.mean) ** 2) / q.variance - 1.0)


def _choice(value: str, off: str, on: str) -> bool:
    if value not in (off, on):
        raise ValueError(f"linear_regression got '{value}'; write {off} or {on}.")
    return value == on
