"""Generators of functions: their noise, losses and steps by hand, closed forms, what training does."""

from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from toybench.blocks.random import uniforms
from toybench.methods.process_generation._training import SetNetwork, points
from toybench.plugins import registry
from toybench.tasks.process_generation import FunctionSpec, Seen
from toybench.tasks.process_generation.function_draws import sines

KEY = jax.random.key(5)
SPEC = FunctionSpec(points=6, calls=4)
TIMES = jnp.array([0.05, 0.2, 0.35, 0.6, 0.7, 0.95])
SEEN = Seen(
    values=jax.random.normal(KEY, (8, 6)),
    times=jnp.sort(jax.random.uniform(jax.random.key(6), (8, 6)), -1),
)
NOISES = ("gp_noise_diffusion", "ou_noise_diffusion", "iid_noise_diffusion", "functional_diffusion")


def method_of(name: str, **fields: Any) -> Any:
    width = {} if name == "fitted_gp" else {"width": 8}
    return registry.load("methods", f"process_generation/{name}")(spec=SPEC, steps=60, **width, **fields)


def shaken(method: Any) -> Any:
    """The initial state with no part of the network at 0."""
    state = method.init(KEY)
    params = jax.tree.map(lambda p: p + 0.1 * jnp.sin(1 + jnp.arange(1.0 * p.size)).reshape(p.shape), state.params)
    return state._replace(params=params)


@pytest.mark.parametrize("name", [*NOISES, "grid_diffusion"])
def test_training_lowers_the_loss(name: str) -> None:
    method = method_of(name, lr=0.02)
    state = method.init(KEY)
    loss = jax.jit(method.loss)
    keys = jax.random.split(jax.random.key(9), 8)
    before = np.mean([loss(state.params, SEEN, k) for k in keys])
    update = jax.jit(method.update)
    for i in range(60):
        state = update(state, SEEN, jax.random.fold_in(KEY, i))
    assert np.mean([loss(state.params, SEEN, k) for k in keys]) < 0.95 * before


def kernel(name: str) -> np.ndarray:
    """The covariance of each method's noise."""
    t = np.asarray(TIMES, np.float64)
    apart = np.abs(t[:, None] - t[None, :])
    k = np.arange(1, 25)
    power = k**-2.0 / (k**-2.0).sum()
    wave = np.sin(np.pi * k * t[:, None])
    return {
        "gp_noise_diffusion": np.exp(-((apart / 0.1) ** 2)) + 1e-4 * np.eye(6),
        "ou_noise_diffusion": np.exp(-4 * apart) + 1e-4 * np.eye(6),
        "iid_noise_diffusion": np.eye(6),
        "functional_diffusion": 2 * wave @ np.diag(power) @ wave.T,
    }[name]


@pytest.mark.parametrize("name", NOISES)
def test_the_noise_has_its_covariance(name: str) -> None:
    root = np.asarray(method_of(name).root(TIMES), np.float64)
    np.testing.assert_allclose(root @ root.T, kernel(name), atol=1e-5)


@pytest.mark.parametrize("name", NOISES)
def test_the_loss_is_that_of_the_hidden_values(name: str) -> None:
    method = method_of(name)
    state = shaken(method)
    rank = 24 if name == "functional_diffusion" else 6
    u = {k: np.asarray(v, np.float64) for k, v in uniforms(KEY, z=(8, rank), t=(8,), known=(8, 6), some=(8,)).items()}
    roots = np.stack([np.asarray(method.root(t)) for t in SEEN.times])
    noise = np.einsum("bmr,br->bm", roots, stats.norm.ppf(u["z"]))
    known = (u["known"] < 0.5) & (u["some"] < 0.5)[:, None]
    assert 0 < known.mean() < 0.5
    t = 0.01 + 0.99 * u["t"]
    clean = np.asarray(SEEN.values)
    noisy = np.sin(np.pi * t / 2)[:, None] * clean + np.cos(np.pi * t / 2)[:, None] * noise
    told = points(jnp.asarray(noisy, jnp.float32), SEEN.values, SEEN.times, jnp.asarray(known))
    found = np.asarray(method.network.apply(state.params, told, jnp.asarray(t, jnp.float32)))
    target = clean if name == "functional_diffusion" else noise
    error = np.where(known, 0, (found - target) ** 2).mean()
    assert float(method.loss(state.params, SEEN, KEY)) == pytest.approx(error, rel=2e-3)


def test_a_point_tells_its_value_or_its_noise_never_both() -> None:
    known = jnp.array([[True, False]])
    told = np.asarray(points(jnp.array([[5.0, 6.0]]), jnp.array([[1.0, 2.0]]), jnp.array([[0.25, 0.5]]), known))
    np.testing.assert_allclose(told[0, :, :3], [[0, 1, 1], [6, 0, 0]])
    np.testing.assert_allclose(
        told[0, 0, 3:],
        [0.25, *np.sin(np.pi * 0.25 * np.array([1, 2, 4])), *np.cos(np.pi * 0.25 * np.array([1, 2, 4]))],
        atol=1e-6,
    )


def test_the_network_of_sets_has_no_order() -> None:
    network = SetNetwork(width=8)
    told = jax.random.normal(KEY, (2, 5, 10))
    params = network.init(KEY, told, jnp.zeros(2))
    order = jnp.array([3, 0, 4, 1, 2])
    found = network.apply(params, told, jnp.full(2, 0.3))
    np.testing.assert_allclose(network.apply(params, told[:, order], jnp.full(2, 0.3)), found[:, order], atol=1e-5)
    moved = network.apply(params, told.at[:, 0].add(1.0), jnp.full(2, 0.3))
    assert float(jnp.abs(moved - found)[:, 1:].min()) > 1e-6  # every point sees every other


def test_functions_that_are_the_noise_itself_shrink_by_known_cosines() -> None:
    """For data with the noise's own law the best prediction of the noise is sigma x; each step then multiplies x."""
    plain = type(method_of("gp_noise_diffusion"))

    class Exact(plain):  # type: ignore[misc, valid-type]
        @property
        def network(self) -> Any:
            return SimpleNamespace(apply=lambda params, told, t: jnp.cos(jnp.pi * t / 2) * told[..., 0])

    method = Exact(spec=SPEC, width=8)
    start = jax.random.normal(KEY, (3, 6)) @ method.root(TIMES).T
    found = method.generate(SimpleNamespace(params=()), KEY, 3, TIMES)
    np.testing.assert_allclose(found, start * np.cos(np.pi / 2 * 0.99 / 4) ** 4, rtol=1e-3, atol=1e-4)


def test_a_predicted_function_is_reached_and_known_values_stay() -> None:
    plain = type(method_of("functional_diffusion"))

    class Constant(plain):  # type: ignore[misc, valid-type]
        @property
        def network(self) -> Any:
            return SimpleNamespace(apply=lambda params, told, t: 2.0 * told[..., 3])

    method = Constant(spec=SPEC, width=8)
    known = jnp.array([True, False, True, False, False, True])
    values = jax.random.normal(KEY, (3, 6))
    found = method.impute(SimpleNamespace(params=()), KEY, values, TIMES, known)
    np.testing.assert_allclose(found, jnp.where(known[None, :], values, 2 * TIMES[None, :]), atol=1e-4)


def test_the_grid_is_reached_and_left_by_straight_lines() -> None:
    method = method_of("grid_diffusion")
    grid = np.linspace(0, 1, 6)

    class Constant(type(method)):  # type: ignore[misc]
        @property
        def network(self) -> Any:
            return SimpleNamespace(
                apply=lambda params, x, t, told: jnp.broadcast_to(jnp.asarray(grid**2, jnp.float32), x.shape)
            )

    constant = Constant(spec=SPEC, width=8)
    found = constant.generate(SimpleNamespace(params=()), KEY, 2, TIMES)
    np.testing.assert_allclose(found[1], np.interp(TIMES, grid, grid**2), atol=1e-4)
    known = jnp.array([True, False, False, True, False, False])
    values = jnp.arange(6.0)[None, :]
    filled = constant.impute(SimpleNamespace(params=()), KEY, values, TIMES, known)
    np.testing.assert_allclose(filled[0, :2], [0.0, np.interp(0.2, grid, grid**2)], atol=1e-4)
    u = {k: np.asarray(v, np.float64) for k, v in uniforms(KEY, e=(8, 6), t=(8,), known=(8, 6), some=(8,)).items()}
    state = shaken(method)
    clean = np.stack(
        [np.interp(grid, t, x) for t, x in zip(np.asarray(SEEN.times), np.asarray(SEEN.values), strict=True)]
    )
    shown = (u["known"] < 0.5) & (u["some"] < 0.5)[:, None]
    t = 0.01 + 0.99 * u["t"]
    noisy = np.sin(np.pi * t / 2)[:, None] * clean + np.cos(np.pi * t / 2)[:, None] * stats.norm.ppf(u["e"])
    told = np.concatenate([np.where(shown, clean, 0), shown], -1)
    inputs = (jnp.asarray(x, jnp.float32) for x in (noisy, t, told))
    error = ((np.asarray(method.network.apply(state.params, *inputs)) - clean) ** 2).mean()
    assert float(method.loss(state.params, SEEN, KEY)) == pytest.approx(error, rel=1e-3)


def test_grid_times_next_to_known_ones_are_told() -> None:
    method = method_of("grid_diffusion")
    seen: list[np.ndarray] = []

    class Watching(type(method)):  # type: ignore[misc]
        def follow(self, params: Any, key: jax.Array, told: jax.Array, times: jax.Array) -> jax.Array:
            seen.append(np.asarray(told))
            return jnp.zeros((told.shape[0], times.shape[0]))

    known = jnp.array([True, False, False, True, False, False])  # at 0.05 and 0.6; the grid is 0, 0.2, ..., 1
    Watching(spec=SPEC, width=8).impute(SimpleNamespace(params=()), KEY, jnp.arange(1.0, 7.0)[None, :], TIMES, known)
    np.testing.assert_allclose(seen[0][0], [1, 0, 0, 4, 0, 0, 1, 0, 0, 1, 0, 0])


def test_a_gaussian_process_has_its_likelihood_and_its_conditional_law() -> None:
    method = method_of("fitted_gp", lr=0.05)
    state = method.init(KEY)
    params = {"mean": state.params["mean"].at[0].set(0.7), "log_deviation": state.params["log_deviation"] - 0.5}
    wave = np.asarray(sines(TIMES), np.float64)
    covariance = wave @ np.diag(np.exp(-1.0) * np.arange(1, 25.0) ** -2) @ wave.T + 1e-4 * np.eye(6)
    mean = 0.7 * wave[:, 0]
    values = np.asarray(SEEN.values[:2], np.float64)
    batch = Seen(values=SEEN.values[:2], times=jnp.stack([TIMES, TIMES]))
    exact = -stats.multivariate_normal.logpdf(values, mean, covariance).mean() / 6 - 0.5 * np.log(2 * np.pi)
    assert float(method.loss(params, batch)) == pytest.approx(exact, rel=1e-3)
    known = np.array([True, False, True, False, False, True])
    state = state._replace(params=params)
    many = jnp.tile(SEEN.values[:1], (6000, 1))
    drawn = np.asarray(method.impute(state, KEY, many, TIMES, jnp.asarray(known)))
    gain = covariance[np.ix_(~known, known)] @ np.linalg.inv(covariance[np.ix_(known, known)])
    centre = mean[~known] + gain @ (values[0] - mean)[known]
    rest = covariance[np.ix_(~known, ~known)] - gain @ covariance[np.ix_(known, ~known)]
    np.testing.assert_allclose(drawn[:, known], np.tile(values[0][known], (6000, 1)), rtol=1e-5)
    np.testing.assert_allclose(drawn[:, ~known].mean(0), centre, atol=5 * (rest.max() / 6000) ** 0.5 + 1e-3)
    np.testing.assert_allclose(np.cov(drawn[:, ~known].T), rest, atol=0.06 * rest.max())
    free = np.asarray(method.generate(state, KEY, 6000, TIMES))
    np.testing.assert_allclose(free.mean(0), mean, atol=5 * (covariance.max() / 6000) ** 0.5)
    np.testing.assert_allclose(np.cov(free.T), covariance, atol=0.08 * covariance.max())


def test_fitting_finds_the_mean() -> None:
    method = method_of("fitted_gp", lr=0.05)
    state = method.init(KEY)
    noise = 0.2 * jax.random.normal(KEY, (8, 24)) / jnp.arange(1.0, 25)[None, :] ** 2
    values = ((noise + jnp.where(jnp.arange(24) == 0, 1.0, 0.0)[None, :])[:, None] * sines(SEEN.times)).sum(-1)
    batch = Seen(values=values, times=SEEN.times)
    update = jax.jit(method.update)
    for _ in range(60):
        state = update(state, batch, KEY)
    assert float(state.params["mean"][0]) == pytest.approx(1.0, abs=0.25)
