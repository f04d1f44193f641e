"""Gaussian-process prompts: the posterior against scikit-learn, the mixture by brute force, the histogram."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel

from toybench import fields
from toybench.methods.in_context import _riemann
from toybench.plugins import registry
from toybench.tasks.in_context._regression import (
    FunctionSpec,
    function_log_posterior,
    function_posteriors,
    hyperparameters,
)

FIXED = FunctionSpec(context=7, queries=3, noise=0.2, length=0.3, length_spread=0.0, scale_spread=0.0)
WIDE = replace(FIXED, length_spread=0.8, scale_spread=0.6)


def method(name: str, spec: FunctionSpec = FIXED, **knobs):
    return replace(registry.load("methods", f"in_context/{name}")(**knobs), spec=spec, steps=10)


@pytest.fixture(scope="module")
def asked():
    rng = np.random.default_rng(0)
    x, q = rng.uniform(size=(4, 7)), rng.uniform(size=(4, 3))
    y, target = rng.normal(size=(4, 7)), rng.normal(size=(4, 3))
    return (
        tuple(jnp.asarray(v, jnp.float32) for v in (x, y))
        + (jnp.array([7, 4, 1, 0]),)
        + tuple(jnp.asarray(v, jnp.float32) for v in (q, target))
    )


def test_posterior_is_scikit_learns(asked):
    x, y, seen, query, target = asked
    mean, variance, evidence = function_posteriors(FIXED, x, y, seen, query, np.array([0.3], "f"), np.array([1.5], "f"))
    for b in range(3):
        n = int(seen[b])
        model = GaussianProcessRegressor(ConstantKernel(2.25) * RBF(0.3), alpha=0.04, optimizer=None)
        model.fit(np.asarray(x[b, :n, None], float), np.asarray(y[b, :n], float))
        m, s = model.predict(np.asarray(query[b, :, None], float), return_std=True)
        np.testing.assert_allclose(mean[0, b], m, atol=2e-3)
        np.testing.assert_allclose(variance[0, b], s**2 + 0.04, rtol=1e-2)
        np.testing.assert_allclose(evidence[0, b], model.log_marginal_likelihood_value_, atol=2e-2)
    np.testing.assert_allclose(variance[0, 3], 2.29, rtol=1e-5)  # nothing seen: the prior


def test_log_posterior_is_the_normal_density(asked):
    x, y, seen, query, target = asked
    mean, variance, _ = function_posteriors(FIXED, x, y, seen, query, np.array([0.3], "f"), np.array([1.0], "f"))
    expected = stats.norm.logpdf(np.asarray(target), np.asarray(mean[0]), np.asarray(variance[0]) ** 0.5)
    np.testing.assert_allclose(method("gp_exact_posterior").log_density((), *asked), expected, atol=1e-4)


def test_unseen_points_change_nothing(asked):
    x, y, seen, query, target = asked
    other = y.at[1, 4:].add(9.0).at[3].add(9.0)
    for name in ("gp_exact_posterior", "gp_type2_ml", "pfn"):
        learner = method(name, WIDE)
        density, state = jax.jit(learner.log_density), jax.jit(learner.init)(jax.random.key(0))
        told, again = density(state, x, y, seen, query, target), density(state, x, other, seen, query, target)
        np.testing.assert_allclose(told[jnp.array([1, 3])], again[jnp.array([1, 3])], atol=1e-5)


def test_hyperposterior_by_brute_force(asked):
    """40,000 hyperparameters from the prior, weighted by evidence in float64, against the quadrature."""
    x, y, seen, query, target = (np.asarray(v, float) for v in asked)
    rng = np.random.default_rng(1)
    length, scale = 0.3 * np.exp(0.8 * rng.normal(size=40_000)), np.exp(0.6 * rng.normal(size=40_000))
    quadrature = function_log_posterior(WIDE, *asked)
    for b, n in ((1, 4), (2, 1)):
        gap = (x[b, :n, None] - x[b, None, :n]) ** 2
        k = scale[:, None, None] ** 2 * np.exp(-0.5 * gap / length[:, None, None] ** 2) + 0.04 * np.eye(n)
        inverse, det = np.linalg.inv(k), np.linalg.slogdet(k)[1]
        evidence = -0.5 * np.einsum("i,hij,j->h", y[b, :n], inverse, y[b, :n]) - 0.5 * det
        p = np.exp(evidence - evidence.max())
        cross = scale[:, None] ** 2 * np.exp(-0.5 * (query[b, 0] - x[b, :n]) ** 2 / length[:, None] ** 2)
        mean = np.einsum("hi,hij,j->h", cross, inverse, y[b, :n])
        variance = scale**2 + 0.04 - np.einsum("hi,hij,hj->h", cross, inverse, cross)
        density = p @ stats.norm.pdf(target[b, 0], mean, variance**0.5) / p.sum()
        np.testing.assert_allclose(quadrature[b, 0], np.log(density), atol=0.05)


def test_quadrature_nodes_have_the_priors_moments():
    length, scale, weight = (np.asarray(v, float) for v in hyperparameters(WIDE))
    assert len(weight) == 35 and abs(weight.sum() - 1) < 1e-6
    np.testing.assert_allclose(weight @ np.log(length / 0.3) ** 2, 0.64, rtol=1e-4)
    np.testing.assert_allclose(weight @ np.log(scale) ** 2, 0.36, rtol=1e-4)


def test_maximum_likelihood_picks_the_best_of_its_grid(asked):
    x, y, seen, query, target = asked
    told = method("gp_type2_ml").log_density((), *asked)
    options = [(0.3 * 2.0**u, 2.0**v) for u in np.linspace(-4, 4, 13) for v in np.linspace(-3, 3, 9)]
    fits = []
    for length, scale in options:
        model = GaussianProcessRegressor(ConstantKernel(scale**2) * RBF(length), alpha=0.04, optimizer=None)
        model.fit(np.asarray(x[0, :, None], float), np.asarray(y[0], float))
        fits.append((model.log_marginal_likelihood_value_, model))
    mean, std = max(fits, key=lambda f: f[0])[1].predict(np.asarray(query[0, :, None], float), return_std=True)
    np.testing.assert_allclose(told[0], stats.norm.logpdf(target[0], mean, (std**2 + 0.04) ** 0.5), atol=0.02)
    np.testing.assert_allclose(told[3], stats.norm.logpdf(target[3], 0, 1.04**0.5), atol=1e-4)  # nothing seen: medians


@pytest.mark.parametrize("spec", [FIXED, WIDE], ids=["fixed", "wide"])
def test_riemann_distribution_integrates_to_one(spec):
    edges, tail = _riemann.borders(spec, 16)
    logits = jnp.asarray(np.random.default_rng(2).normal(size=16), jnp.float32)
    grid = jnp.linspace(edges[0] - 8 * tail, edges[-1] + 8 * tail, 400_001)
    density = jnp.exp(_riemann.log_density(jnp.broadcast_to(logits[None], (len(grid), 16)), grid, edges, tail))
    np.testing.assert_allclose(float(density.mean() * (grid[-1] - grid[0])), 1.0, atol=2e-3)
    cells = np.asarray(jax.nn.softmax(logits))
    left = float(jnp.where(grid < edges[0], density, 0.0).mean() * (grid[-1] - grid[0]))
    np.testing.assert_allclose(left, cells[0], atol=2e-3)


def test_riemann_density_by_hand():
    edges, logits = np.array([-1.0, 0.0, 0.5, 1.0], "f"), jnp.log(jnp.array([0.1, 0.2, 0.3, 0.1, 0.3]))
    y = jnp.array([-0.5, 0.25, -3.0, 2.0])
    told = jnp.exp(_riemann.log_density(jnp.broadcast_to(logits[None], (4, 5)), y, edges, 2.0))
    expected = [0.2 / 1.0, 0.3 / 0.5, 0.1 * stats.halfnorm.pdf(2.0, scale=2), 0.3 * stats.halfnorm.pdf(1.0, scale=2)]
    np.testing.assert_allclose(told, expected, rtol=1e-5)


def test_bars_have_equal_prior_mass():
    edges, tail = _riemann.borders(FIXED, 32)
    np.testing.assert_allclose(np.diff(stats.norm.cdf(edges, scale=1.04**0.5)), 1 / 32, atol=1e-5)
    half = stats.norm.cdf(edges[-1] + tail * stats.halfnorm.ppf(0.5), scale=1.04**0.5)
    np.testing.assert_allclose(half, 1 - 1 / 64, atol=1e-5)


def test_uniform_bars_nearly_give_the_prior():
    """With equal logits the histogram approximates the prior predictive: its cross-entropy is a little larger."""
    edges, tail = _riemann.borders(FIXED, 32)
    y = jnp.asarray(np.random.default_rng(3).normal(size=40_000) * 1.04**0.5, jnp.float32)
    cost = -_riemann.log_density(jnp.zeros((40_000, 32)), y, edges, tail).mean()
    entropy = 0.5 * np.log(2 * np.pi * np.e * 1.04)
    assert -0.01 < cost - entropy < 0.03


def test_pfn_is_a_function_of_a_set(asked):
    x, y, seen, query, target = asked
    pfn = method("pfn")
    state, density = jax.jit(pfn.init)(jax.random.key(1)), jax.jit(pfn.log_density)
    order = jnp.array([3, 1, 0, 2, 4, 5, 6])
    told, again = (density(state, x[:, o], y[:, o], seen, query, target) for o in (jnp.arange(7), order))
    np.testing.assert_allclose(told[:2], again[:2], atol=1e-5)
    alone = density(state, x, y, seen, query[:, :1], target[:, :1])
    np.testing.assert_allclose(told[:, :1], alone, atol=1e-5)  # a query doesn't see the others


def test_functions_have_the_kernels_covariance():
    task = fields.make(registry.load("tasks", "in_context/gp_regression"), {})
    x, y, seen = jax.jit(task.functions, static_argnums=1)(jax.random.key(0), 20_000)
    expected = jnp.exp(-0.5 * (x[:, 0] - x[:, 1]) ** 2 / 0.09).mean()
    np.testing.assert_allclose((y[:, 0] * y[:, 1]).mean(), expected, atol=0.03)
    np.testing.assert_allclose(y.var(), 1.04, rtol=0.03)
    np.testing.assert_allclose(jnp.bincount(seen, length=11) / 20_000, jnp.full(11, 1 / 11), atol=0.01)
