"""The shared parts: training, ways between noise and data, and two likelihoods against Gaussian data."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks import diffusion
from toybench.methods.flow_matching import _planar as planar

KEY = jax.random.key(5)
SPREAD = 0.3  # standard deviation of the Gaussian data
X = jnp.asarray([[0.1, -0.2], [0.5, 0.4], [-0.3, 0.0]])


def gaussian_nats(x: Any) -> np.ndarray:
    return 0.5 * (np.asarray(x) ** 2).sum(-1) / SPREAD**2 + math.log(2 * math.pi * SPREAD**2)


def velocity(path: str) -> Any:
    """The exact field of Gaussian data."""

    def at(x: jax.Array, t: jax.Array) -> jax.Array:
        here = diffusion.level(path, t)
        variance = here.alpha**2 * SPREAD**2 + here.sigma**2
        return (here.alpha * here.d_alpha * SPREAD**2 + here.sigma * here.d_sigma) / variance * x

    return at


def noise(path: str, gamma: float = 0.0) -> Any:
    """The exact noise prediction for Gaussian data, of inputs that are noised once more."""

    def at(x: jax.Array, t: jax.Array) -> jax.Array:
        here = diffusion.level(path, t)
        return here.sigma / (here.alpha**2 * SPREAD**2 + here.sigma**2 * (1 + gamma**2)) * x

    return at


class Mean(planar.Trained):
    """Descends the squared distance to the batch's mean."""

    lr: float = 0.1

    def begin(self, key: jax.Array) -> Any:
        return jnp.zeros(2)

    def loss(self, params: Any, points: jax.Array, key: jax.Array) -> jax.Array:
        return ((params - points.mean(0)) ** 2).sum()


def test_training_is_adam_with_a_cosine() -> None:
    method = Mean(steps=4)
    state = method.init(KEY)
    p, m, v = np.zeros(2), np.zeros(2), np.zeros(2)
    for step in range(3):
        state = method.update(state, X, KEY)
        g = 2 * (p - np.asarray(X).mean(0))
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g**2
        rate = 0.1 * 0.5 * (1 + math.cos(math.pi * step / 4))
        p = p - rate * (m / (1 - 0.9 ** (step + 1))) / (np.sqrt(v / (1 - 0.999 ** (step + 1))) + 1e-8)
        np.testing.assert_allclose(state.params, p, rtol=1e-4)


def test_times_are_uniform_and_the_noise_is_normal() -> None:
    t, drawn = planar.times_and_noise(KEY, 4000)
    np.testing.assert_allclose(np.quantile(np.asarray(t), [0.1, 0.5, 0.9]), [0.1, 0.5, 0.9], atol=0.03)
    assert abs(float(drawn.std()) - 1) < 0.03 and abs(np.corrcoef(np.asarray(t), np.asarray(drawn[:, 0]))[0, 1]) < 0.05


def test_ways_of_noised_data() -> None:
    way = planar.corrupt_along("cosine", X, 2 * X, planar.even_times(3))
    assert way.shape == (4, 3, 2)
    for i, t in enumerate(np.linspace(0, 1, 4)):
        np.testing.assert_allclose(way[i], (math.sin(math.pi / 2 * t) + 2 * math.cos(math.pi / 2 * t)) * X, atol=1e-6)


@pytest.mark.parametrize("path", ["ot", "vp", "cosine"])
def test_the_likelihood_of_a_flow_to_gaussian_data(path: str) -> None:
    np.testing.assert_allclose(planar.flow_nats(velocity(path), X), gaussian_nats(X), atol=0.01)


@pytest.mark.parametrize("path", ["vp", "cosine"])
def test_the_bound_is_tight_for_the_exact_prediction(path: str) -> None:
    """Up to the cleanest copy's noise, (0.01 / 0.3)^2, and the draws; and it grows with the prediction's error."""
    x = SPREAD * jax.random.normal(jax.random.key(1), (200, 2))
    bound = np.asarray(planar.diffusion_bound(noise(path), path, x, KEY))
    assert float((bound - gaussian_nats(x)).mean()) == pytest.approx(0, abs=0.06)
    worse = planar.diffusion_bound(lambda z, t: 0.8 * noise(path)(z, t), path, x, KEY)
    assert float((worse - bound).mean()) > 0.2


@pytest.mark.parametrize("path", ["vp", "cosine"])
def test_the_bound_starts_and_ends_where_it_says(path: str) -> None:
    cleanest = diffusion.level(path, jnp.asarray(planar.CLEAN[path]))
    assert float(cleanest.sigma / cleanest.alpha) == pytest.approx(0.01, rel=0.02)
    noisiest = diffusion.level(path, jnp.asarray(planar.DIRTY[path]))
    assert 0.005 < float(noisiest.alpha) < 0.02
    times = np.asarray(planar.walk_times(path, 4))
    np.testing.assert_allclose(times, planar.DIRTY[path] + (1 - planar.DIRTY[path]) * np.linspace(0, 1, 5), rtol=1e-6)


def test_the_gap_to_the_prior_and_the_reconstruction() -> None:
    here = diffusion.Level(*map(jnp.asarray, (0.3, 0.8, 0.0, 0.0)))
    x = np.asarray(X)
    by_hand = (0.09 * x**2 + 0.64 - 1 - 2 * math.log(0.8)).sum(-1) / 2
    np.testing.assert_allclose(planar.prior_gap(here, X), by_hand, rtol=1e-5)
    assert float(planar.reconstruction(0.01)) == pytest.approx(math.log(2 * math.pi * 1e-4) + 1, rel=1e-5)
    np.testing.assert_allclose(planar.normal_nats(X), 0.5 * (x**2).sum(-1) + math.log(2 * math.pi), rtol=1e-6)


def test_clipping_changes_the_prediction_only_outside() -> None:
    free = lambda x, t: 0.1 * x  # noqa: E731
    t = jnp.asarray(0.5)
    here = diffusion.level("cosine", t)
    x = jnp.asarray([[0.3, 5.0]])
    clipped = planar.within(free, "cosine", 2.0)(x, t)
    assert float(clipped[0, 0]) == pytest.approx(0.03, rel=1e-4)
    assert float(clipped[0, 1]) == pytest.approx(float((5 - here.alpha * 2) / here.sigma), rel=1e-5)


@pytest.mark.parametrize("eta", [0, 1])
def test_walks_end_with_the_data_s_spread(eta: int) -> None:
    start = jax.random.normal(jax.random.key(2), (2000, 2))
    way = planar.walk_back(noise("cosine"), "cosine", start, KEY, 50, eta)
    assert way.shape == (51, 2000, 2)
    np.testing.assert_array_equal(way[0], start)
    assert float(way[-1].std()) == pytest.approx(SPREAD, rel=0.08)
    same = planar.walk_back(noise("cosine"), "cosine", start, jax.random.key(9), 50, eta)
    assert bool((same == way).all()) == (eta == 0)  # only ancestral sampling draws
