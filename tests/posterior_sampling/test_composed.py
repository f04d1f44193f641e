"""Composed densities: steps and weights in float64, what is unbiased, and what resampling keeps."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks.mixture import Mixture
from toybench.methods.posterior_sampling import _reverse
from toybench.plugins import registry
from toybench.tasks.posterior_sampling import ComposedSpec, Target

MEANS = np.array([[0.5, -0.2], [-1.0, 0.8]])
SHARES = np.array([0.3, 0.7])
OTHER = np.array([[0.1, 0.9]])
STD = 0.4


def make(stem, steps=4, **values):
    return registry.load("methods", f"posterior_sampling/{stem}")(spec=ComposedSpec(dims=2, steps=steps), **values)


def target(*powers):
    parts = [
        Mixture(weights=jnp.asarray(w, jnp.float32), means=jnp.asarray(m, jnp.float32), std=jnp.asarray(STD))
        for w, m in ((SHARES, MEANS), (np.ones(1), OTHER))
    ]
    return Target(parts=tuple(parts), powers=jnp.array(powers))


def score(weights, means, x, alpha, sigma):
    variance = alpha**2 * STD**2 + sigma**2
    apart = alpha * means[None] - x[:, None]
    logits = np.log(weights) - (apart**2).sum(-1) / (2 * variance)
    share = np.exp(logits - logits.max(1, keepdims=True))
    share /= share.sum(1, keepdims=True)
    return (share[:, :, None] * apart).sum(1) / variance


POWERS = {"power": (4.0, 0.0), "product": (1.0, 1.0), "guided": (-2.0, 3.0)}


@pytest.mark.parametrize("kind", POWERS)
def test_steps_and_weights_by_the_equations(kind: str) -> None:
    """Weights in the form of each target: b (b - 1) / 2 |s|^2, s1 . s2, w (w - 1) / 2 |s1 - s2|^2, times beta."""
    powers = POWERS[kind]
    key = jax.random.key(0)
    start, noise = _reverse.noises(jax.random.split(key)[0], 4, 6, 2)
    x = np.asarray(start, np.float64) / np.sqrt(sum(powers))
    logs = np.zeros(6)
    length = (1 - 0.001) / 4
    for i in range(4):
        u = 1 - length * i
        alpha = np.exp(-0.5 * (0.1 * u + 9.95 * u**2))
        sigma = np.sqrt(1 - alpha**2)
        beta = 0.1 + 19.9 * u
        one = score(SHARES, MEANS, x, alpha, sigma)
        two = score(np.ones(1), OTHER, x, alpha, sigma)
        gain = {
            "power": 6.0 * (one**2).sum(1),
            "product": (one * two).sum(1),
            "guided": 3.0 * ((one - two) ** 2).sum(1),
        }[kind]
        logs = logs + beta * gain * length
        drift = 0.5 * x + powers[0] * one + powers[1] * two
        x = x + beta * drift * length + np.sqrt(beta * length) * np.asarray(noise[i], np.float64)
    found = make("fkc", resample=False).compose((), target(*powers), key, 6)
    np.testing.assert_allclose(found.points, x, rtol=5e-3, atol=5e-3)
    np.testing.assert_allclose(found.log_weights - found.log_weights[0], logs - logs[0], rtol=5e-3, atol=0.02)
    share = np.exp(logs - logs.max())
    assert float(found.ess) <= share.sum() ** 2 / (share**2).sum() + 1e-3
    plain = make("score_scaling").compose((), target(*powers), jax.random.split(key)[0], 6)
    np.testing.assert_allclose(plain.points, x, rtol=5e-3, atol=5e-3)
    np.testing.assert_allclose(plain.log_weights, 0.0)


def test_one_density_has_even_weights() -> None:
    found = make("fkc", steps=20).compose((), target(1.0, 0.0), jax.random.key(0), 50)
    np.testing.assert_allclose(found.log_weights, 0.0, atol=1e-4)
    assert float(found.ess) == pytest.approx(50, rel=1e-3)


def test_importance_weights_by_hand() -> None:
    found = make("importance_resampling").compose((), target(-2.0, 3.0), jax.random.key(0), 8)
    x = np.asarray(found.points, np.float64)

    def log_density(weights, means):
        squares = ((x[:, None] - means[None]) ** 2).sum(-1) / (2 * STD**2)
        return np.log((weights * np.exp(-squares)).sum(1)) - np.log(2 * np.pi * STD**2)

    expected = -3.0 * log_density(SHARES, MEANS) + 3.0 * log_density(np.ones(1), OTHER)
    np.testing.assert_allclose(found.log_weights, expected, rtol=1e-3, atol=1e-3)


def cubed(weights, means):
    """p^3 of separate components with these shares, and the share of its first component."""
    part = Mixture(weights=jnp.array(weights), means=jnp.asarray(means, jnp.float32), std=jnp.asarray(STD))
    cubes = np.array(weights) ** 3
    return Target(parts=(part, part), powers=jnp.array([3.0, 0.0])), cubes[0] / cubes.sum()


def share_of_first(method, law):
    """Weight of the points that are nearest to the first component, mean of two clouds."""
    run = jax.jit(lambda key: method.compose((), law, key, 2000))
    shares = []
    for key in jax.random.split(jax.random.key(1), 2):
        particles = run(key)
        apart = ((particles.points[:, None, :] - law.parts[0].means[None, :, :]) ** 2).sum(-1)
        weights = np.asarray(jax.nn.softmax(particles.log_weights))
        shares.append(weights[np.asarray(apart.argmin(-1)) == 0].sum())
    return np.mean(shares)


def test_correctors_find_the_balance_of_modes() -> None:
    law, exact = cubed([0.7, 0.3], MEANS)
    assert share_of_first(make("fkc", steps=200), law) == pytest.approx(exact, abs=0.05)
    assert share_of_first(make("fkc", steps=200, resample=False), law) == pytest.approx(exact, abs=0.1)


def test_scaled_scores_favour_what_lies_close_together() -> None:
    """Two components of 0.3 are one of 0.6 while there is noise: the single one of 0.4 loses to them."""
    law, exact = cubed([0.4, 0.3, 0.3], [[2.5, 0.0], [-1.0, 0.8], [-1.0, -0.8]])
    assert share_of_first(make("score_scaling", steps=200), law) < exact - 0.15


def test_resampling_keeps_the_cloud_even() -> None:
    guided = target(-2.0, 3.0)
    key = jax.random.key(0)
    kept = jax.jit(lambda key: make("fkc", steps=60).compose((), guided, key, 500))(key)
    left = jax.jit(lambda key: make("fkc", steps=60, resample=False).compose((), guided, key, 500))(key)
    assert float(kept.ess) > 2 * float(left.ess)
    assert len(np.unique(np.asarray(left.points), axis=0)) == 500
