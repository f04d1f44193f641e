"""Closed forms of Gaussian mixtures against quadrature, autodiff and importance weights."""

import jax
import jax.numpy as jnp
import numpy as np

from toybench.blocks import mixture
from toybench.blocks.mixture import Mixture

TICKS, AREA = mixture.lattice(-6.0, 6.0, 240)
POINTS = jnp.asarray(TICKS)
LAW = Mixture(
    weights=jnp.array([0.2, 0.5, 0.3]),
    means=jnp.array([[-1.0, 0.5], [1.0, 1.0], [0.3, -1.5]]),
    std=jnp.array([[0.3, 0.6], [0.5, 0.4], [0.7, 0.3]]),
)
X = jnp.array([[0.2, 0.3], [-1.4, 0.9], [2.0, -2.0], [0.0, 1.0]])


def expectation(log_weights: jax.Array) -> np.ndarray:
    """Mean [2] of the grid's points under weights given by their logarithms."""
    weights = jax.nn.softmax(log_weights)
    return np.asarray(weights @ POINTS)


def test_the_lattice_fills_the_square() -> None:
    points, area = mixture.lattice(-1.0, 3.0, 4)
    assert area == 1.0
    assert sorted(map(tuple, points)) == [(a, b) for a in (-0.5, 0.5, 1.5, 2.5) for b in (-0.5, 0.5, 1.5, 2.5)]


def test_the_density_integrates_to_one_and_is_the_sum_of_its_parts() -> None:
    log_density = mixture.log_density(LAW, POINTS)
    np.testing.assert_allclose(jnp.exp(log_density).sum() * AREA, 1.0, atol=1e-5)
    weights, means, std = map(np.asarray, LAW)
    parts = np.exp(-0.5 * (((np.asarray(X[0]) - means) / std) ** 2).sum(1)) / (2 * np.pi * std.prod(1))
    np.testing.assert_allclose(mixture.log_density(LAW, X[:1])[0], np.log(weights @ parts), rtol=1e-5)


def test_the_score_is_the_gradient() -> None:
    gradient = jax.vmap(jax.grad(lambda x: mixture.log_density(LAW, x[None])[0]))(X)
    np.testing.assert_allclose(mixture.score(LAW, X), gradient, rtol=1e-4)


def test_the_denoiser_is_the_posterior_mean() -> None:
    alpha, sigma = 0.8, 0.5
    for x, found in zip(X, mixture.denoised(LAW, X, alpha, sigma), strict=True):
        misfit = -0.5 * ((x[None] - alpha * POINTS) ** 2).sum(1) / sigma**2
        np.testing.assert_allclose(found, expectation(mixture.log_density(LAW, POINTS) + misfit), atol=2e-4)


def test_the_denoiser_obeys_tweedie() -> None:
    alpha, sigma = 0.6, 0.7
    score = mixture.score(mixture.noised(LAW, alpha, sigma), X)
    np.testing.assert_allclose(mixture.denoised(LAW, X, alpha, sigma), (X + sigma**2 * score) / alpha, atol=1e-5)


def test_a_measurement_reweights_the_density() -> None:
    y, noise = jnp.array([0.4, 99.0]), 0.2
    posterior = mixture.observed(LAW, y, jnp.array([1.0, 0.0]), noise)
    unscaled = mixture.log_density(LAW, POINTS) - 0.5 * (POINTS[:, 0] - y[0]) ** 2 / noise**2
    expected = unscaled - jax.nn.logsumexp(unscaled) - np.log(AREA)
    likely = expected > -8
    np.testing.assert_allclose(mixture.log_density(posterior, POINTS)[likely], expected[likely], atol=2e-3)


def test_a_tilt_is_a_mixture_again() -> None:
    slope, temperature = jnp.array([0.6, -0.8]), 0.5
    law, log_normaliser = mixture.tilted(LAW, slope, temperature)
    expected = mixture.log_density(LAW, X) + X @ slope / temperature - log_normaliser
    np.testing.assert_allclose(mixture.log_density(law, X), expected, atol=1e-4)
    mass = jnp.exp(mixture.log_density(LAW, POINTS) + POINTS @ slope / temperature).sum() * AREA
    np.testing.assert_allclose(log_normaliser, jnp.log(mass), atol=1e-4)


def test_samples_have_the_mixtures_moments() -> None:
    x, component = mixture.sample(LAW, jax.random.key(0), 40_000)
    np.testing.assert_allclose(np.bincount(component) / 40_000, LAW.weights, atol=0.012)
    for k in range(3):
        np.testing.assert_allclose(x[component == k].mean(0), LAW.means[k], atol=0.03)
        np.testing.assert_allclose(x[component == k].std(0), LAW.std[k], rtol=0.04)


def test_an_even_sample_has_the_weights_own_counts() -> None:
    _, component = mixture.sample_evenly(LAW, jax.random.key(0), 20)
    np.testing.assert_array_equal(np.bincount(component), [4, 10, 6])


def test_one_standard_deviation_serves_all_coordinates() -> None:
    wide = LAW._replace(std=jnp.full((3, 2), 0.4))
    np.testing.assert_allclose(mixture.score(LAW._replace(std=jnp.float32(0.4)), X), mixture.score(wide, X))
