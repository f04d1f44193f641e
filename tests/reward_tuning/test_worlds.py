"""Worlds of the study: densities, best gains and rewards against closed forms, lattices and other algorithms."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import optimize, stats

from toybench.protocol import Learner
from toybench.tasks.reward_tuning import (
    Density,
    RewardModel,
    denoise,
    divergence,
    expectation,
    half_reward,
    hermite_nodes,
    kept_modes,
    linear_reward,
    log_density,
    mirrored_nodes,
    noise_level,
    predict_features,
)
from toybench.tasks.reward_tuning import hexagon as wells
from toybench.tasks.reward_tuning import proxy_reward as proxy
from toybench.tasks.reward_tuning import reward_tilt as tilted

KEY = jax.random.key(0)
SPREAD = 0.4
MIXTURE = Density(logits=jnp.asarray([0.3, -0.5, 1.0]), means=jnp.asarray([[0.5, 0.2], [-1.0, 0.7], [0.1, -0.9]]))
OTHER = Density(logits=jnp.asarray([0.0, 0.4, 0.2]), means=jnp.asarray([[0.3, 0.1], [-0.8, 0.4], [0.5, -0.7]]))
LINE = np.linspace(-4, 4, 161)
CELLS = np.stack(np.meshgrid(LINE, LINE), -1).reshape(-1, 2)
AREA = (LINE[1] - LINE[0]) ** 2


def density_of(mixture, spread, x):
    """The same density by scipy, float64."""
    weights = np.exp(np.asarray(mixture.logits, float))
    means = np.asarray(mixture.means, float)
    each = [stats.multivariate_normal(m, spread**2).pdf(x) for m in means]
    return np.asarray(weights / weights.sum()) @ np.asarray(each)


def numbers(task, world, answer):
    """What a reference scores."""
    return {name: float(v) for name, v in task.evaluate(world, KEY, answer).items()}


def test_log_density():
    x = jnp.asarray([[0.2, -0.3], [1.5, 1.0], [-2.0, 0.4]])
    np.testing.assert_allclose(log_density(MIXTURE, SPREAD, x), np.log(density_of(MIXTURE, SPREAD, x)), rtol=1e-5)


def test_log_density_in_other_dimensions():
    alone = Density(logits=jnp.zeros(1), means=jnp.zeros((1, 5)))
    x = jnp.full((1, 5), 0.3)
    want = stats.multivariate_normal(np.zeros(5), SPREAD**2 * np.eye(5)).logpdf(np.full(5, 0.3))
    np.testing.assert_allclose(log_density(alone, SPREAD, x)[0], want, rtol=1e-5)


@pytest.mark.parametrize("fraction", [0.1, 0.5, 0.9])
def test_denoising_is_the_posterior_mean(fraction):
    """On a lattice of data, weighted by density and likelihood."""
    alpha, sigma = noise_level(jnp.asarray(fraction))
    assert float(alpha**2 + sigma**2) == pytest.approx(1)
    x = np.asarray([[0.3, -0.2], [-0.7, 0.9]])
    prior = density_of(MIXTURE, SPREAD, CELLS)
    for point in x:
        weight = prior * np.exp(-((point - float(alpha) * CELLS) ** 2).sum(-1) / (2 * float(sigma) ** 2))
        got = denoise(MIXTURE, SPREAD, jnp.asarray(point[None], jnp.float32), alpha, sigma)[0]
        np.testing.assert_allclose(got, weight @ CELLS / weight.sum(), atol=2e-4)


def test_denoising_takes_a_level_for_every_point():
    x = jnp.asarray([[0.3, -0.2], [-0.7, 0.9]])
    alpha, sigma = noise_level(jnp.asarray([0.2, 0.7]))
    both = denoise(MIXTURE, SPREAD, x, alpha, sigma)
    for i in range(2):
        np.testing.assert_allclose(both[i], denoise(MIXTURE, SPREAD, x[i : i + 1], alpha[i], sigma[i])[0], rtol=1e-5)


def test_expectation_and_divergence():
    def energy(x):
        return (x**2).sum(-1)

    weights = jax.nn.softmax(MIXTURE.logits)
    want = float(weights @ ((MIXTURE.means**2).sum(-1) + 2 * SPREAD**2))
    assert float(expectation(MIXTURE, SPREAD, energy, hermite_nodes())) == pytest.approx(want, rel=1e-5)
    one = density_of(MIXTURE, SPREAD, CELLS)
    two = density_of(OTHER, SPREAD, CELLS)
    exact = float((one * np.log(one / two)).sum() * AREA)
    assert float(divergence(MIXTURE, OTHER, SPREAD, hermite_nodes())) == pytest.approx(exact, abs=1e-3)


def test_mirrored_nodes_are_exact_for_linear_functions():
    nodes = mirrored_nodes(jax.random.normal(KEY, (3, 2)))
    got = expectation(MIXTURE, SPREAD, lambda x: x @ jnp.asarray([1.0, -2.0]), nodes)
    want = jax.nn.softmax(MIXTURE.logits) @ MIXTURE.means @ jnp.asarray([1.0, -2.0])
    assert float(got) == pytest.approx(float(want), abs=1e-6)
    assert nodes.points.shape == (6, 2)


def test_kept_modes():
    assert float(kept_modes(jnp.zeros(8))) == pytest.approx(8)
    assert float(kept_modes(jnp.asarray([50.0, 0.0]))) == pytest.approx(1)


def test_half_reward():
    """The authors' bump: 0.4 at its centre, 0 on the left half, e^-1 less at a distance of sqrt(20)."""
    x = jnp.asarray([[4.0, 3.8], [-1e-3, 3.8], [4.0, 3.8 + 20**0.5], [2.0, 3.8]])
    np.testing.assert_allclose(half_reward(x), [0.4, 0.0, 0.4 / np.e, 0.4 * np.exp(-0.2)], rtol=1e-5)


@pytest.mark.parametrize("dim", [2, 16])
@pytest.mark.parametrize("lam", [0.05, 0.3])
def test_the_tilt_is_the_best_density(lam, dim):
    task = tilted.RewardTilt(lam=lam, dim=dim)
    world = task.sample(KEY)
    assert float(jnp.linalg.norm(world.given.direction)) == pytest.approx(1, rel=1e-5)
    assert numbers(task, world, task.floor(world))["suboptimality"] == pytest.approx(1, abs=1e-4)
    best = task.oracle(world).density()
    assert numbers(task, world, task.oracle(world))["suboptimality"] == pytest.approx(0, abs=1e-3)
    x = jax.random.normal(jax.random.key(3), (50, dim))  # tilting the pretrained density gives it, point by point
    given = world.given
    raised = log_density(given.density, task.spec.spread, x) + (linear_reward(given, x) - world.best) / lam
    np.testing.assert_allclose(log_density(best, task.spec.spread, x), raised, rtol=1e-3, atol=0.05)


def test_the_best_gain_is_an_integral():
    task = tilted.RewardTilt(lam=0.3)
    world = task.sample(KEY)
    prior = density_of(world.given.density, task.spec.spread, CELLS)
    reward = CELLS @ np.asarray(world.given.direction, float)
    assert float(world.best) == pytest.approx(0.3 * np.log((prior * np.exp(reward / 0.3)).sum() * AREA), rel=1e-3)
    assert float(world.first) == pytest.approx((prior * reward).sum() * AREA, abs=1e-3)


def test_any_other_density_gains_less():
    task = tilted.RewardTilt(lam=0.3)
    world = task.sample(KEY)
    best = task.oracle(world).density()
    for seed in range(5):
        noise = jax.random.normal(jax.random.key(seed), (8, 3))
        near = Density(logits=best.logits + noise[:, 0], means=best.means + 0.2 * noise[:, 1:])
        got = numbers(task, world, type("Answer", (), {"density": lambda self, near=near: near})())
        assert got["suboptimality"] > 0.005


def test_a_step_pays_for_sixteen_particles():
    task = tilted.RewardTilt(dim=3)
    _, noise = task.draw(task.sample(KEY), KEY, None)
    assert noise.start.shape == (16, 3)
    assert noise.levels.shape == (20, 16, 3)
    assert task.spec.particles == 16


def moved_gain(world, logits):
    """J of these weights on the hexagon, float64."""
    mass = np.asarray(world.mass, float)
    mixed = np.exp(logits - np.logaddexp.reduce(logits)) @ mass
    start = np.asarray(world.given.logits, float)
    before = np.exp(start - np.logaddexp.reduce(start)) @ mass
    price = float(world.given.temperature)
    return mixed @ np.asarray(world.reward, float) - price * (mixed * np.log((mixed + 1e-30) / (before + 1e-30))).sum()


def test_the_best_weights_of_the_hexagon():
    task = wells.Hexagon(lam=0.05)
    world = task.sample(KEY)
    start = np.asarray(world.given.logits, float)
    found = optimize.minimize(lambda logits: -moved_gain(world, logits), start, method="BFGS", tol=1e-9)
    assert float(wells.gain(world, wells.best_logits(world))) == pytest.approx(-found.fun, abs=1e-4)
    for logits in (start, np.asarray(wells.best_logits(world), float)):
        assert float(wells.gain(world, jnp.asarray(logits, jnp.float32))) == pytest.approx(
            moved_gain(world, logits), abs=1e-5
        )
    assert numbers(task, world, task.floor(world))["suboptimality"] == pytest.approx(1)
    assert numbers(task, world, task.oracle(world))["suboptimality"] == pytest.approx(0, abs=1e-6)


def test_the_second_well_pays_most_and_has_little_weight():
    task = wells.Hexagon()
    world = task.sample(KEY)
    pay = np.asarray(world.mass @ world.reward)
    assert pay.argmax() == 1
    assert float(jax.nn.softmax(world.given.logits)[1]) < 0.12
    assert float(wells.gain(world, wells.best_logits(world))) == pytest.approx(pay[1], abs=1e-6)
    np.testing.assert_allclose(world.mass.sum(-1), 1, rtol=1e-5)
    np.testing.assert_allclose(world.given.centres[1], [2, 2 * 3**0.5], rtol=1e-5)


def test_features_and_rewards():
    x = jnp.asarray([[3.0, 4.0], [1.0, -1.0], [0.0, 2.0]])
    np.testing.assert_allclose(proxy.features(x), [[5, 24 / 25], [2**0.5, -1], [2, 0]], atol=1e-5)
    got = proxy.true_reward(jnp.asarray([2.0, 1.0]), x)
    np.testing.assert_allclose(got, [-(9 + (1 / 25) ** 2), -((2 - 2**0.5) ** 2 + 4), -1], rtol=1e-4)


def test_the_model_is_right_where_it_was_fitted_and_wrong_far_away():
    task = proxy.ProxyReward()
    world = task.sample(KEY)
    _, batch = task.draw(world, jax.random.key(1), None)

    def error(x):
        return float(jnp.abs(predict_features(world.given.model, x) - proxy.features(x)).mean())

    assert error(batch.data) < 0.1
    assert error(4 * batch.data) > 3 * error(batch.data)
    assert int(batch.level.max()) < 1000
    assert float(batch.level.mean()) == pytest.approx(500, abs=150)


def test_a_model_by_hand():
    model = RewardModel(
        weights=jnp.asarray([[1.0], [2.0]]), offsets=jnp.asarray([0.5]), readout=jnp.asarray([[2.0, -1.0], [0.3, 0.1]])
    )
    hidden = np.tanh(0.2 + 2 * 0.4 + 0.5)
    got = predict_features(model, jnp.asarray([[0.2, 0.4]]))[0]
    np.testing.assert_allclose(got, [2 * hidden + 0.3, 0.1 - hidden], rtol=1e-5)


def test_no_place_pays_more_than_the_oracle_s():
    task = proxy.ProxyReward()
    world = task.sample(KEY)
    best = numbers(task, world, task.oracle(world))
    assert best["uncertainty_correlation"] == pytest.approx(1, abs=1e-4)
    assert best["true_reward"] > numbers(task, world, task.floor(world))["true_reward"] + 0.3
    for place in np.random.default_rng(0).uniform(-2.5, 2.5, (40, 2)):
        alone = Density(logits=jnp.zeros(1), means=jnp.asarray(place[None], jnp.float32))
        paid = expectation(alone, 0.25, lambda x: proxy.true_reward(world.given.target, x), hermite_nodes())
        assert float(paid) < best["true_reward"] + 0.01


def test_modes_are_chosen_by_their_weights():
    u = (jnp.arange(1000.0) + 0.5) / 1000
    means = jnp.asarray([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    chosen = proxy.choose(u, jnp.asarray([0.2, 0.5, 0.3]), means)
    np.testing.assert_allclose(chosen.mean(0), [0.5, 0.3], atol=1e-3)


def test_correlation():
    a = jnp.asarray([1.0, 2.0, 4.0, 3.0])
    b = jnp.asarray([2.0, 1.0, 5.0, 5.0])
    assert float(proxy.correlation(a, b)) == pytest.approx(np.corrcoef(a, b)[0, 1], rel=1e-5)
    assert float(proxy.correlation(a, jnp.zeros(4))) == 0


def test_the_uncertainty_is_judged_against_the_model_s_error():
    """By a learner that answers the error, times two: a correlation of 1; and of -1 with a minus."""
    task = proxy.ProxyReward()
    world = task.sample(KEY)

    class Answer:
        sign = 2.0

        def generator(self, state):
            return world.given.density

        def uncertainty(self, state, x, noise, level):
            return self.sign * proxy.model_error(world.given, world.given.density, x, noise, level)

    answer = Answer()
    assert numbers(task, world, Learner(answer, ()))["uncertainty_correlation"] == pytest.approx(1, abs=1e-4)
    answer.sign = -1.0
    assert numbers(task, world, Learner(answer, ()))["uncertainty_correlation"] == pytest.approx(-1, abs=1e-4)
