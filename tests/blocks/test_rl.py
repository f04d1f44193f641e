"""Losses of value and policy learners by hand, by their minimisers, and by integrals."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks import rl


def test_tracking_moves_a_part_of_the_way() -> None:
    moved = rl.track({"w": jnp.array([0.0, 2.0])}, {"w": jnp.array([1.0, 0.0])}, 0.25)
    np.testing.assert_allclose(moved["w"], [0.25, 1.5])


def test_the_expectile_of_two_points() -> None:
    points, level = jnp.array([0.0, 1.0]), 0.8
    grid = jnp.linspace(0.0, 1.0, 1001)
    losses = rl.expectile(points[None, :] - grid[:, None], level).mean(1)
    assert float(grid[losses.argmin()]) == pytest.approx(level, abs=1e-3)  # level e = (1 - level) (1 - e) solved


def test_quantile_huber_is_least_at_the_quantiles() -> None:
    targets = jnp.sort(jax.random.normal(jax.random.key(0), (999,)))
    loss = jax.jit(jax.value_and_grad(lambda q: rl.quantile_huber(q, targets, 1e-3)))
    quantiles = jnp.zeros(3)
    for rate in np.geomspace(1.0, 1e-3, 300):
        quantiles = quantiles - jnp.float32(rate) * loss(quantiles)[1]
    np.testing.assert_allclose(quantiles, targets[jnp.array([166, 499, 832])], atol=0.02)


def test_quantile_huber_by_hand() -> None:
    # One quantile at the middle: weight 1/2; errors 3 and -0.5 give 2.5 and 0.125.
    loss = rl.quantile_huber(jnp.array([1.0]), jnp.array([4.0, 0.5]))
    assert float(loss) == pytest.approx(0.5 * (2.5 + 0.125) / 2)


def test_projection_keeps_the_mean_and_the_mass() -> None:
    atoms = jnp.linspace(-1.0, 1.0, 5)
    targets, law = jnp.array([[-0.3, 0.6, 0.5]]), jnp.array([[0.2, 0.5, 0.3]])
    projected = rl.categorical_projection(atoms, targets, law)
    np.testing.assert_allclose(projected.sum(-1), 1.0, rtol=1e-6)
    np.testing.assert_allclose((projected * atoms[None, :]).sum(-1), (targets * law).sum(-1), rtol=1e-5)
    np.testing.assert_allclose(projected[0], [0.0, 0.12, 0.08, 0.7, 0.1], atol=1e-6)
    beyond = rl.categorical_projection(atoms, jnp.array([7.0]), jnp.array([1.0]))
    np.testing.assert_allclose(beyond, [0, 0, 0, 0, 1.0], atol=1e-6)


def test_two_hot_has_its_mean() -> None:
    atoms = jnp.linspace(-2.0, 2.0, 9)
    x = jnp.array([-1.3, 0.0, 1.99])
    law = rl.two_hot(x, atoms)
    np.testing.assert_allclose((law * atoms[None, :]).sum(-1), x, atol=1e-6)
    assert int((law > 1e-6).sum(-1).max()) == 2


def test_advantages_at_both_ends_of_the_decay() -> None:
    draws = np.random.default_rng(0)
    rewards, values = draws.normal(size=(4, 2)).astype(np.float32), draws.normal(size=(5, 2)).astype(np.float32)
    going = np.ones((4, 2), np.float32)
    going[1, 0] = 0.0
    short = rl.advantages(jnp.asarray(rewards), jnp.asarray(values), jnp.asarray(going), 0.9, 0.0)
    np.testing.assert_allclose(short, rewards + 0.9 * going * values[1:] - values[:-1], rtol=1e-5, atol=1e-6)
    whole = rl.advantages(jnp.asarray(rewards), jnp.asarray(values), jnp.asarray(going), 0.9, 1.0)
    ended = rewards[0, 0] + 0.9 * rewards[1, 0] - values[0, 0]  # the first episode ends after two steps
    rest = sum(0.9**t * rewards[t, 1] for t in range(4)) + 0.9**4 * values[4, 1] - values[0, 1]
    np.testing.assert_allclose(whole[0], [ended, rest], rtol=1e-4)


def test_clipped_surrogate() -> None:
    ratio, advantage = jnp.array([1.5, 1.5, 0.5, 0.5]), jnp.array([1.0, -1.0, 1.0, -1.0])
    loss = rl.ppo_loss(jnp.log(ratio), advantage, 0.2)
    assert float(loss) == pytest.approx(-np.mean([1.2, -1.5, 0.5, -0.8]))
    slopes = jax.grad(lambda r: rl.ppo_loss(r, advantage, 0.2))(jnp.log(ratio))
    np.testing.assert_allclose(slopes != 0, [False, True, True, False])


def test_densities_integrate_to_one() -> None:
    z = jnp.linspace(-8.0, 8.0, 4001)[:, None]
    mean, log_sd = jnp.full_like(z, 0.4), jnp.full_like(z, -0.5)
    action, log_density = rl.squashed(mean, log_sd, z)
    raw = mean + jnp.exp(log_sd) * z
    assert float(jnp.trapezoid(jnp.exp(rl.gaussian_log_density(raw, mean, log_sd)), raw[:, 0])) == pytest.approx(
        1, 1e-4
    )
    assert float(jnp.trapezoid(jnp.exp(log_density), action[:, 0])) == pytest.approx(1.0, rel=1e-3)
