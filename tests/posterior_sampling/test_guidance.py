"""The guided samplers on a single Gaussian prior, whose denoiser is linear, against loops in float64."""

import importlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks.mixture import Mixture
from toybench.methods.posterior_sampling import _ladder, freedom
from toybench.plugins import registry
from toybench.tasks.posterior_sampling import Measured, MeasuredSpec

MEAN = np.array([0.7, -0.4, 1.2])
STD = 0.5
NOISE = 0.2
ROWS = np.array([[0.6, 0.8, 0.0], [0.0, 0.0, 1.0]])
Y = np.array([0.3, 0.9])
CALLS = 4
COUNT = 5
SCALES = {
    "dps": 0.7,
    "mpgd": 0.6,
    "noisy_state_guidance": 0.4,
    "freedom": 0.4,
    "tweedie_moment": 0.8,
    "dreamguider": 0.9,
}


def problem():
    prior = Mixture(weights=jnp.ones(1), means=jnp.asarray(MEAN[None], jnp.float32), std=jnp.asarray(STD))
    return Measured(prior=prior, rows=jnp.asarray(ROWS, jnp.float32), noise=jnp.asarray(NOISE))


def make(stem, operator="abs", calls=CALLS, **values):
    spec = MeasuredSpec(dims=3, measured=2, operator=operator, calls=calls)
    return registry.load("methods", f"posterior_sampling/{stem}")(spec=spec, given=problem(), **values)


def levels(steps):
    """alpha and sigma before and after every step, from beta(u) = 0.1 + 19.9 u."""
    u = 1 - np.arange(steps + 1) / steps
    square = np.exp(-(0.1 * u + 9.95 * u**2))
    return np.sqrt(square), np.sqrt(1 - square)


class Reference:
    """One sampler, in numpy; gradients are written out."""

    def __init__(self, operator, steps):
        self.operator = operator
        self.alpha, self.sigma = levels(steps)

    def denoise(self, x, i):
        self.gain = self.alpha[i] * STD**2 / (self.alpha[i] ** 2 * STD**2 + self.sigma[i] ** 2)
        return MEAN + self.gain * (x - self.alpha[i] * MEAN)

    def operate(self, x):
        along = x @ ROWS.T
        return np.abs(along) if self.operator == "abs" else along

    def slopes(self, x):
        sign = np.sign(x @ ROWS.T) if self.operator == "abs" else np.ones((len(x), 2))
        return sign[:, :, None] * ROWS

    def back(self, x):
        """Gradient of |y - f(x)|^2 / 2, and the norm."""
        residual = Y - self.operate(x)
        return -np.einsum("nm,nmd->nd", residual, self.slopes(x)), np.linalg.norm(residual, axis=1)[:, None]

    def ancestral(self, x1, x, noise, i):
        """Ho et al. (2020), equations 6 and 7, written with beta and cumulative products."""
        bar, after = self.alpha[i] ** 2, self.alpha[i + 1] ** 2
        beta = 1 - bar / after
        mean = np.sqrt(after) * beta / (1 - bar) * x1 + np.sqrt(1 - beta) * (1 - after) / (1 - bar) * x
        return mean + np.sqrt((1 - after) / (1 - bar) * beta) * noise

    def rho(self, x, x1, gradient, i, scale):
        eps = (x - self.alpha[i] * x1) / self.sigma[i]
        bar, after = self.alpha[i] ** 2, self.alpha[i + 1] ** 2
        c1 = np.sqrt(after) * (1 - bar / after) / (1 - bar)
        size = np.sqrt((eps**2).mean(1)) * self.sigma[i] / self.alpha[i] * c1
        return (scale * size / np.sqrt((gradient**2).mean(1)))[:, None]

    def dps(self, x, noise, i, scale):
        x1 = self.denoise(x, i)
        slope, norm = self.back(x1)
        return self.ancestral(x1, x, noise, i) - scale * self.gain * slope / norm

    def mpgd(self, x, noise, i, scale):
        x1 = self.denoise(x, i)
        eps = (x - self.alpha[i] * x1) / self.sigma[i]
        moved = x1 - scale * self.back(x1)[0]
        return self.alpha[i + 1] * moved + self.sigma[i + 1] * (0.5 * noise + np.sqrt(0.75) * eps)

    def noisy_state_guidance(self, x, noise, i, scale):
        x1 = self.denoise(x, i)
        slope, norm = self.back(x / self.alpha[i])
        gradient = slope / norm / self.alpha[i]
        return self.ancestral(x1, x, noise, i) - self.rho(x, x1, gradient, i, scale) * gradient

    def freedom(self, x, noise, i, scale):
        x1 = self.denoise(x, i)
        slope, norm = self.back(x1)
        gradient = self.gain * slope / norm
        return self.ancestral(x1, x, noise, i) - self.rho(x, x1, gradient, i, scale) * gradient

    def tweedie_moment(self, x, noise, i, scale):
        x1 = self.denoise(x, i)
        variance = self.sigma[i] ** 2 / self.alpha[i] * self.gain
        slopes = self.slopes(x1)
        spread = variance * slopes @ slopes.transpose(0, 2, 1) + NOISE**2 * np.eye(2)
        weights = np.linalg.solve(spread, (Y - self.operate(x1))[:, :, None])
        moved = x1 + scale * variance * (slopes.transpose(0, 2, 1) @ weights)[:, :, 0]
        return self.ancestral(moved, x, noise, i)


def drawn(key, steps):
    start, noise = _ladder.noises(key, steps, COUNT, 3)
    return np.asarray(start, np.float64), np.asarray(noise, np.float64)


@pytest.mark.parametrize("operator", ["mask", "abs"])
@pytest.mark.parametrize("stem", [stem for stem in SCALES if stem not in ("freedom", "dreamguider")])
def test_four_steps_are_those_of_the_equations(stem: str, operator: str) -> None:
    key = jax.random.key(7)
    x, noise = drawn(key, CALLS)
    reference = Reference(operator, CALLS)
    for i in range(CALLS):
        x = getattr(reference, stem)(x, noise[i], i, SCALES[stem])
    ours = make(stem, operator=operator, scale=SCALES[stem]).sample((), jnp.asarray(Y, jnp.float32), key, COUNT)
    np.testing.assert_allclose(ours, x, rtol=2e-3, atol=2e-3)


def test_freedom_travels_back_by_the_equations() -> None:
    """Seven calls at two visits: levels 0 to 4, of which those at times 0.6 and 0.8 from the data come twice."""
    method = make("freedom", calls=7, scale=0.4, repeats=2)
    key = jax.random.key(8)
    x, noise = drawn(key, 14)
    reference = Reference("abs", 5)
    for call, i in enumerate([0, 1, 1, 2, 2, 3, 4]):
        x = reference.freedom(x, noise[2 * call], i, 0.4)
        if call in (1, 3):
            share = (reference.alpha[i] / reference.alpha[i + 1]) ** 2
            x = np.sqrt(share) * x + np.sqrt(1 - share) * noise[2 * call + 1]
    ours = method.sample((), jnp.asarray(Y, jnp.float32), key, COUNT)
    np.testing.assert_allclose(ours, x, rtol=5e-3, atol=5e-3)


@pytest.mark.parametrize(("repeats", "levels"), [(1, 100), (3, 62), (10, 27)])
def test_freedom_pays_for_visits_with_levels(repeats: int, levels: int) -> None:
    order = freedom.visits(100, repeats)
    assert 90 < len(order) <= 100
    counts = np.bincount(order)
    assert abs(len(counts) - levels) <= 2
    times = 1 - np.arange(len(counts)) / len(counts)
    inside = (times >= 0.5) & (times <= 0.8)
    assert set(counts[inside]) == {repeats}
    assert set(counts[~inside]) == {1}
    assert np.all(np.diff(order) >= 0)


def test_dreamguider_by_the_equations() -> None:
    key = jax.random.key(9)
    start, noise = drawn(key, CALLS)
    reference = Reference("mask", CALLS)
    x = start
    reach = np.zeros((COUNT, 1))
    squares = np.zeros((COUNT, 1))
    for i in range(CALLS):
        x1 = reference.denoise(x, i)
        gradient, _ = reference.back(x1)
        ratio = reference.alpha[i] / reference.alpha[i + 1]
        by_denoised = reference.alpha[i] ** 2 * reference.alpha[i + 1]
        by_noise = reference.sigma[i] ** 2 * (1 - ratio**2) / (ratio * reference.alpha[i])
        move = (by_denoised + by_noise) * gradient
        squares += (move**2).sum(1, keepdims=True)
        x = reference.ancestral(x1, x, noise[i], i)
        reach = np.maximum(reach, np.linalg.norm(x - start, axis=1, keepdims=True))
        x = x - 0.9 * reach / np.sqrt(squares) * move
    ours = make("dreamguider", operator="mask", scale=0.9).sample((), jnp.asarray(Y, jnp.float32), key, COUNT)
    np.testing.assert_allclose(ours, x, rtol=2e-3, atol=2e-3)


def test_tweedie_moment_is_exact_for_a_gaussian() -> None:
    """x1 guided with scale 1 is E[x1 given x and y], by conditioning the joint Gaussian."""
    method = make("tweedie_moment", operator="mask", scale=1.0)
    rung = jax.tree.map(lambda part: part[2], _ladder.ladder(CALLS))
    x = np.random.default_rng(0).normal(size=(6, 3))
    alpha, sigma = float(rung.alpha), float(rung.sigma)
    precision = np.eye(3) * (1 / STD**2 + alpha**2 / sigma**2) + ROWS.T @ ROWS / NOISE**2
    pull = MEAN / STD**2 + alpha * x / sigma**2 + Y @ ROWS / NOISE**2
    ours = method.guide(jnp.asarray(x, jnp.float32), jnp.asarray(Y, jnp.float32), rung)
    np.testing.assert_allclose(ours, np.linalg.solve(precision, pull.T).T, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("stem", SCALES)
def test_no_guidance_draws_from_the_prior(stem: str) -> None:
    method = make(stem, calls=400, scale=0.0)
    x = np.asarray(jax.jit(lambda key: method.sample((), jnp.asarray(Y, jnp.float32), key, 3000))(jax.random.key(1)))
    np.testing.assert_allclose(x.mean(0), MEAN, atol=0.03)
    if stem != "mpgd":  # its fixed share of noise is not that of a diffusion
        np.testing.assert_allclose(np.cov(x.T), STD**2 * np.eye(3), atol=0.035)


@pytest.mark.parametrize("stem", SCALES)
def test_calls_are_counted(stem: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every evaluation of the denoiser, and every gradient through it, as they happen."""
    module = importlib.import_module(f"toybench.methods.posterior_sampling.{stem}")
    seen = {"network": 0, "vjp": 0}

    @jax.custom_vjp
    def counted(x, rung):
        seen["network"] += 1
        return _ladder.denoise(problem(), x, rung)

    def forward(x, rung):
        seen["network"] += 1
        return _ladder.denoise(problem(), x, rung), (x, rung)

    def backward(kept, cotangent):
        x, rung = kept
        seen["vjp"] += 1
        return jax.vjp(lambda x: _ladder.denoise(problem(), x, rung), x)[1](cotangent)[0], None

    counted.defvjp(forward, backward)
    monkeypatch.setattr(module, "denoise", lambda given, x, rung: counted(x, rung))
    monkeypatch.setattr(jax, "vmap", one_by_one)
    method = make(stem, calls=5, scale=0.1)
    with jax.disable_jit():
        method.sample((), jnp.asarray(Y, jnp.float32), jax.random.key(0), 2)
    calls = method.calls(())
    assert seen["network"] == float(calls.network)
    assert seen["vjp"] == float(calls.vjp)


def one_by_one(function, in_axes=0, out_axes=0):
    """What vmap does, in a loop."""
    return lambda x: jnp.stack([function(part) for part in jnp.moveaxis(x, in_axes, 0)], out_axes)


@pytest.mark.parametrize("stem", ["dps", "freedom", "mpgd"])
def test_guidance_comes_near_the_measurement(stem: str) -> None:
    method = make(stem, operator="mask", calls=40, scale=0.8)
    x = np.asarray(jax.jit(lambda key: method.sample((), jnp.asarray(Y, jnp.float32), key, 500))(jax.random.key(2)))
    unguided = np.sqrt(((MEAN @ ROWS.T - Y) ** 2 + STD**2).mean())
    assert np.sqrt(((x @ ROWS.T - Y) ** 2).mean()) < 0.6 * unguided
