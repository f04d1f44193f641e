"""Fields and noise predictors: each loss by an independent formula, samplers by hand, and what the variants are."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks.random import normals
from toybench.methods.flow_matching import _planar as planar
from toybench.plugins import registry
from toybench.tasks.flow_matching import Spec

KEY = jax.random.key(11)
POINTS = jax.random.normal(jax.random.key(1), (6, 2)) * 0.5 + 0.3


def method(stem: str, **values: Any) -> Any:
    return registry.load("methods", f"flow_matching/{stem}")(spec=Spec(reach=2.0), steps=10, **values)


def answer(params: Any, x: Any, t: Any) -> np.ndarray:
    """The network of every method here, at points [n, 2] and times [n]."""
    return np.asarray(planar.field().apply(params, jnp.asarray(x), jnp.asarray(t)))


def level(path: str, t: np.ndarray) -> tuple[np.ndarray, ...]:
    """alpha, sigma and their slopes by central differences of closed forms, [n, 1] each."""
    forms = {
        "ot": lambda t: (t, 1 - t),
        "cosine": lambda t: (np.sin(np.pi * t / 2), np.cos(np.pi * t / 2)),
        "vp": lambda t: (
            np.exp(-0.25 * (1 - t) ** 2 * 19.9 - 0.05 * (1 - t)),
            np.sqrt(1 - np.exp(-0.5 * (1 - t) ** 2 * 19.9 - 0.1 * (1 - t))),
        ),
    }
    h = 1e-5
    alpha, sigma = forms[path](t)
    before = forms[path](t - h)
    after = forms[path](t + h)
    slopes = [(b - a) / (2 * h) for a, b in zip(before, after, strict=True)]
    return tuple(np.asarray(v)[:, None] for v in (alpha, sigma, *slopes))


def drawn(count: int = 6) -> tuple[np.ndarray, np.ndarray]:
    t, noise = planar.times_and_noise(KEY, count)
    return np.asarray(t, np.float64), np.asarray(noise, np.float64)


@pytest.mark.parametrize("path", ["ot", "cosine", "vp"])
def test_flow_matching_regresses_the_velocity_of_the_way(path: str) -> None:
    learner = method("flow_matching", path=path)
    params = learner.init(KEY).params
    t, noise = drawn()
    alpha, sigma, d_alpha, d_sigma = level(path, t)
    x1 = np.asarray(POINTS, np.float64)
    predicted = answer(params, alpha * x1 + sigma * noise, t)
    expected = ((predicted - d_alpha * x1 - d_sigma * noise) ** 2).sum(-1).mean()
    assert float(learner.loss(params, POINTS, KEY)) == pytest.approx(expected, rel=1e-3)


def test_both_solvers_by_hand() -> None:
    """Four calls: four steps of Euler, two of the midpoint rule."""
    start = POINTS[:3]
    for solver, steps in (("euler", 4), ("midpoint", 2)):
        learner = method("flow_matching", solver=solver)
        state = learner.init(KEY)
        x = np.asarray(start)
        way = [x]
        for i in range(steps):
            v = answer(state.params, x, np.full(3, i / steps))
            if solver == "midpoint":
                v = answer(state.params, x + v / steps / 2, np.full(3, (i + 0.5) / steps))
            x = x + v / steps
            way.append(x)
        np.testing.assert_allclose(learner.generate(state, start, KEY, 4), way, rtol=1e-4, atol=1e-5)
        assert learner.corrupt(state, POINTS, POINTS, 4).shape == (steps + 1, 6, 2)


@pytest.mark.parametrize("schedule", ["vp", "cosine"])
@pytest.mark.parametrize(("stem", "gamma"), [("ddpm", 0.0), ("ddpm_scaled_eps", 0.0), ("ddpm_input_perturbation", 0.2)])
def test_the_noise_is_predicted_from_what_holds_it(stem: str, gamma: float, schedule: str) -> None:
    learner = method(stem, schedule=schedule, **({"gamma": gamma} if gamma else {}))
    params = learner.init(KEY).params
    t, noise = drawn()
    if gamma:
        more = normals(KEY, noise=(6, 2), time=(6,), extra=(6, 2))
        t = np.asarray(jax.scipy.stats.norm.cdf(more["time"]), np.float64)
        noise = np.asarray(more["noise"], np.float64)
    held = noise + gamma * np.asarray(more["extra"]) if gamma else noise
    alpha, sigma, _, _ = level(schedule, t)
    predicted = answer(params, alpha * np.asarray(POINTS) + sigma * held, t)
    expected = ((predicted - noise) ** 2).sum(-1).mean()
    assert float(learner.loss(params, POINTS, KEY)) == pytest.approx(expected, rel=1e-3)


def test_without_perturbation_it_is_ddpm() -> None:
    """Same parameters after three steps: the draws of both begin alike."""
    plain = method("ddpm")
    perturbed = method("ddpm_input_perturbation", gamma=0.0)
    states = [each.init(KEY) for each in (plain, perturbed)]
    for i in range(3):
        states = [
            each.update(state, POINTS, jax.random.key(i))
            for each, state in zip((plain, perturbed), states, strict=True)
        ]
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6), *(s.params for s in states))


def test_ddim_by_hand_and_its_scaled_and_perturbed_kin() -> None:
    """Two steps from noise; the scaled network's noise is a fifth smaller; the clip at 2 is met in the first step."""
    start = 3 * POINTS[:3]
    for stem, values, scale in (
        ("ddpm", {}, 1.0),
        ("ddpm_scaled_eps", {"scale": 0.8}, 0.8),
        ("ddpm_input_perturbation", {}, 1.0),
    ):
        learner = method(stem, schedule="cosine", **values)
        state = learner.init(KEY)
        x = np.asarray(start, np.float64)
        way = [x]
        for now, then in ((0.01, 0.505), (0.505, 1.0)):
            a, s = np.sin(np.pi * now / 2), np.cos(np.pi * now / 2)
            guess = scale * answer(state.params, x, np.full(3, now))
            x1 = np.clip((x - s * guess) / a, -2, 2)
            noise = (x - a * x1) / s
            x = np.sin(np.pi * then / 2) * x1 + np.cos(np.pi * then / 2) * noise
            way.append(x)
        np.testing.assert_allclose(learner.generate(state, start, KEY, 2), way, rtol=2e-3, atol=2e-3)


def test_the_same_network_as_a_field() -> None:
    """dx/dt = alpha'/alpha x + (sigma' - alpha' sigma/alpha) eps, where the likelihood and Euler's steps follow it."""
    learner = method("ddpm", solver="velocity")
    state = learner.init(KEY)
    x = np.asarray(POINTS)
    alpha, sigma, d_alpha, d_sigma = level("vp", np.full(6, 0.5))
    eps = answer(state.params, x, np.full(6, 0.5))
    expected = d_alpha / alpha * x + (d_sigma - d_alpha * sigma / alpha) * eps
    np.testing.assert_allclose(learner.velocity(state.params, POINTS, jnp.asarray(0.5)), expected, rtol=1e-3, atol=1e-4)
    way = learner.generate(state, POINTS, KEY, 2)
    first = learner.velocity(state.params, POINTS, jnp.asarray(0.0))
    np.testing.assert_allclose(way[1], POINTS + 0.5 * first, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("likelihood", "bound"), [("flow", 0.0), ("bound", 1.0)])
def test_a_diffusion_says_which_likelihood_it_gives(likelihood: str, bound: float) -> None:
    learner = method("ddpm", likelihood=likelihood)
    assert float(learner.is_bound(learner.init(KEY))) == bound
    assert float(method("flow_matching").is_bound(())) == 0


def test_ancestral_sampling_draws_and_ddim_does_not() -> None:
    for stem in ("ddpm", "ddpm_scaled_eps", "ddpm_input_perturbation"):
        for eta in (0, 1):
            learner = method(stem, eta=eta)
            state = learner.init(KEY)
            ways = [learner.generate(state, POINTS, jax.random.key(k), 3) for k in (1, 2)]
            assert bool((ways[0] == ways[1]).all()) == (eta == 0)


def test_partners_of_a_batch_cross_less() -> None:
    """On two points the pairs are the nearer ones; the loss is that of flow matching on these pairs."""
    learner = method("ot_cfm")
    params = learner.init(KEY).params
    t, noise = drawn(2)
    for points in (noise + 0.1, noise[::-1] + 0.1):  # the nearer partner is the own one, then the other
        predicted = answer(params, t[:, None] * (noise + 0.1) + (1 - t[:, None]) * noise, t)
        expected = ((predicted - 0.1) ** 2).sum(-1).mean()
        assert float(learner.loss(params, jnp.asarray(points, jnp.float32), KEY)) == pytest.approx(expected, rel=1e-4)
    state = learner.init(KEY)
    way = learner.generate(state, POINTS, KEY, 2)
    half = np.asarray(POINTS) + 0.5 * answer(params, POINTS, np.zeros(6))
    np.testing.assert_allclose(way[1], half, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(way[2], half + 0.5 * answer(params, half, np.full(6, 0.5)), rtol=1e-4, atol=1e-5)


def test_what_it_noises_is_paired_too() -> None:
    """In blocks of 48 at most: near partners, whatever the order in which the data come."""
    learner = method("ot_cfm")
    noise = jax.random.normal(KEY, (96, 2))
    points = jnp.concatenate([noise[:48][::-1], noise[48:][::-1]]) + 0.01
    way = learner.corrupt(learner.init(KEY), points, noise, 2)
    np.testing.assert_allclose(way[0], noise, atol=1e-6)
    np.testing.assert_allclose(way[2], noise + 0.01, atol=1e-6)
    np.testing.assert_allclose(way[1], noise + 0.005, atol=1e-6)
