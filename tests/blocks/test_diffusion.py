"""Paths, conversions and samplers against derivatives, identities and closed forms."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks import diffusion
from toybench.blocks.nn import init

PATHS = ("ot", "vp", "cosine")
TIMES = jnp.array([0.1, 0.4, 0.7, 0.95])
RNG = np.random.default_rng(0)
X1, X0 = (jnp.asarray(RNG.normal(size=(4, 2)), jnp.float32) for _ in range(2))
STD = 0.5  # of the data of the closed forms


@pytest.mark.parametrize("path", PATHS)
def test_levels_run_from_noise_to_data_with_their_derivatives(path: str) -> None:
    start, end = (diffusion.level(path, jnp.float32(t)) for t in (0.0, 1.0))
    np.testing.assert_allclose([start.sigma, end.alpha], 1.0, atol=1e-4)
    np.testing.assert_allclose([start.alpha, end.sigma], 0.0, atol=0.01)  # alpha is 0.0066 at the end of `vp`
    at, slope = jax.jvp(lambda t: diffusion.level(path, t)[:2], (TIMES,), (jnp.ones(4),))
    np.testing.assert_allclose(diffusion.level(path, TIMES)[:2], at)
    np.testing.assert_allclose(diffusion.level(path, TIMES)[2:], slope, rtol=1e-3)
    if path != "ot":
        np.testing.assert_allclose(at[0] ** 2 + at[1] ** 2, 1.0, rtol=1e-5)


def test_the_linear_path_is_the_product_of_many_small_steps() -> None:
    steps = 200_000
    u = (np.arange(steps) + 0.5) / steps * 0.3
    kept = np.prod(1 - (0.1 + 19.9 * u) * 0.3 / steps)  # alpha^2 of Ho et al.: the product of 1 - beta dt
    np.testing.assert_allclose(diffusion.level("vp", jnp.float32(0.7)).alpha, np.sqrt(kept), rtol=1e-4)


def test_an_unknown_path_is_told() -> None:
    with pytest.raises(ValueError, match="take ot, vp or cosine"):
        diffusion.level("sine", TIMES)


@pytest.mark.parametrize("path", PATHS)
def test_conversions_find_what_the_point_was_made_of(path: str) -> None:
    at = diffusion.level(path, TIMES).columns()
    x = diffusion.interpolate(at, X1, X0)
    velocity = diffusion.speed(at, X1, X0)
    for found, true in (
        (diffusion.denoised_from_noise(at, x, X0), X1),
        (diffusion.noise_from_denoised(at, x, X1), X0),
        (diffusion.denoised_from_velocity(at, x, velocity), X1),
        (diffusion.velocity_from_denoised(at, x, X1), velocity),
        (diffusion.velocity_from_noise(at, x, X0), velocity),
        (diffusion.score_from_denoised(at, x, X1), -X0 / at.sigma),
    ):
        np.testing.assert_allclose(found, true, atol=2e-4, rtol=2e-4)


@pytest.mark.parametrize("path", PATHS)
def test_the_velocity_is_the_way_points_move(path: str) -> None:
    def place(t: jax.Array) -> jax.Array:
        return diffusion.interpolate(diffusion.level(path, t), X1, X0)

    t = jnp.float32(0.6)
    _, moved = jax.jvp(place, (t,), (jnp.ones(()),))
    np.testing.assert_allclose(diffusion.speed(diffusion.level(path, t), X1, X0), moved, rtol=1e-3, atol=1e-4)


def noise_of_normal_data(path: str):
    """The exact noise prediction where data are N(0, STD^2)."""

    def predict(x: jax.Array, t: jax.Array) -> jax.Array:
        at = diffusion.level(path, t)
        return at.sigma * x / (at.alpha**2 * STD**2 + at.sigma**2)

    return predict


def velocity_of_normal_data(path: str):
    """The exact field where data are N(0, STD^2)."""

    def predict(x: jax.Array, t: jax.Array) -> jax.Array:
        at = diffusion.level(path, t)
        return diffusion.velocity_from_noise(at, x, noise_of_normal_data(path)(x, t))

    return predict


@pytest.mark.parametrize("path", PATHS)
def test_samplers_scale_noise_to_the_datas_size(path: str) -> None:
    times = jnp.linspace(0.0, 1.0, 201)
    start = diffusion.level(path, jnp.float32(0))
    exact = X0 * STD / jnp.sqrt(start.alpha**2 * STD**2 + start.sigma**2)
    for track in (
        diffusion.euler(velocity_of_normal_data(path), X0, times),
        diffusion.midpoint(velocity_of_normal_data(path), X0, times[::2]),
        diffusion.ddim(noise_of_normal_data(path), X0, times, path),
    ):
        np.testing.assert_array_equal(track[0], X0)
        np.testing.assert_allclose(track[-1], exact, rtol=0.04)


def test_the_midpoint_rule_is_of_second_order() -> None:
    errors = [
        jnp.abs(diffusion.midpoint(velocity_of_normal_data("cosine"), X0, jnp.linspace(0, 0.9, n + 1))[-1])
        - jnp.abs(diffusion.midpoint(velocity_of_normal_data("cosine"), X0, jnp.linspace(0, 0.9, 257))[-1])
        for n in (8, 16)
    ]
    np.testing.assert_allclose(jnp.abs(errors[0]).max() / jnp.abs(errors[1]).max(), 4.0, atol=0.8)


def test_on_a_straight_path_ddim_is_euler() -> None:
    times = jnp.array([0.05, 0.3, 0.6, 1.0])  # from a time above 0: at 0 there is no data to predict from the noise
    ours = diffusion.ddim(noise_of_normal_data("ot"), X0, times, "ot")
    np.testing.assert_allclose(ours, diffusion.euler(velocity_of_normal_data("ot"), X0, times), rtol=1e-4, atol=1e-5)


def test_ancestral_steps_are_those_of_ddpm() -> None:
    before, after = (diffusion.level("vp", jnp.float32(t)) for t in (0.6, 0.65))
    x = diffusion.interpolate(before, X1, X0)
    track = diffusion.ddim(lambda x, t: X0, x, jnp.array([0.6, 0.65]), "vp", eta=1.0, draws=jnp.ones((1, 4, 2)))
    beta = 1 - before.alpha**2 / after.alpha**2
    gain = after.alpha * beta / before.sigma**2
    keep = before.alpha / after.alpha * after.sigma**2 / before.sigma**2
    variance = after.sigma**2 / before.sigma**2 * beta  # Ho et al., eq. 7
    np.testing.assert_allclose(track[-1], gain * X1 + keep * x + jnp.sqrt(variance), rtol=1e-4, atol=1e-5)


def test_a_field_knows_points_times_and_conditions() -> None:
    field = diffusion.Field(widths=(8, 8), dims=2)
    condition = jnp.ones((4, 3))
    params = init(field, jax.random.key(0), X0, TIMES, condition)
    out = field.apply(params, X0, TIMES, condition)
    assert out.shape == (4, 2)
    for other in ((X1, TIMES, condition), (X0, TIMES[::-1], condition), (X0, TIMES, -condition)):
        assert jnp.abs(field.apply(params, *other) - out).max() > 0.01
    same = field.apply(params, X0, jnp.full(4, 0.3), condition)
    np.testing.assert_allclose(field.apply(params, X0, jnp.float32(0.3), condition), same, rtol=1e-6)
