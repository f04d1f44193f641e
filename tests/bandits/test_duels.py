"""Duels: the estimate against scikit-learn, and pairs picked by hand."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import optimize, stats

from toybench.methods.bandits._duels import newton, width
from toybench.plugins import registry
from toybench.tasks.bandits._duels import Duel, DuelSpec

SPEC = DuelSpec(instances=2, arms=6, dim=3, link="logistic")
KEY = jax.random.key(1)


def method(name: str, spec: DuelSpec = SPEC, **knobs):
    return replace(registry.load("methods", f"bandits/{name}")(**knobs), spec=spec, steps=50)


@pytest.fixture
def believed():
    """A state with random estimates, and an offer."""
    rng = np.random.default_rng(0)
    state = method("colstim").init(KEY)
    state = state._replace(params=jnp.asarray(rng.normal(size=(2, 3)), jnp.float32), design=0.1 * state.design)
    return state, jnp.asarray(rng.normal(size=(2, 6, 3)), jnp.float32)


@pytest.mark.parametrize("link", ["logistic", "probit"])
def test_newton_finds_the_penalised_maximum(link):
    rng = np.random.default_rng(2)
    z = rng.normal(size=(2, 40, 3))
    won = (rng.random((2, 40)) < 0.6).astype(float)
    theta = jnp.zeros((2, 3))
    args = [jnp.asarray(v, jnp.float32) for v in (z, won, np.ones((1, 40)))]
    for _ in range(12):
        theta, _ = newton(theta, *args, link)
    cdf = stats.norm.cdf if link == "probit" else stats.logistic.cdf
    for i in range(2):

        def loss(t, i=i):
            p = cdf(z[i] @ t)
            return -(won[i] * np.log(p) + (1 - won[i]) * np.log(1 - p)).sum() + 0.5 * t @ t

        np.testing.assert_allclose(theta[i], optimize.minimize(loss, np.zeros(3)).x, atol=2e-3)


def test_a_separable_history_does_not_run_away():
    z = jnp.ones((1, 30, 2))
    theta = jnp.zeros((1, 2))
    for _ in range(100):
        theta, _ = newton(theta, z, jnp.ones((1, 30)), jnp.ones((1, 30)), "logistic")
    assert float(jnp.linalg.norm(theta)) < 5


def test_maxinp_takes_the_widest_plausible_pair(believed):
    state, offer = believed
    pair = np.asarray(method("maxinp", c=1.0).duel(state, offer, KEY))
    for i in range(2):
        x, u = np.asarray(offer[i], float), np.asarray(offer[i] @ state.params[i], float)
        apart = np.sqrt(0.1) * np.linalg.norm(x[:, None] - x[None], axis=-1)
        plausible = [a for a in range(6) if all(u[a] - u[b] + apart[a, b] >= 0 for b in range(6))]
        wide = max((apart[a, b], {a, b}) for a in plausible for b in plausible if a <= b)
        assert set(pair[i]) == wide[1]


def test_nothing_known_maxinp_takes_the_most_distant_pair(believed):
    state, offer = believed
    state = state._replace(params=jnp.zeros((2, 3)))
    pair = np.asarray(method("maxinp").duel(state, offer, KEY))
    apart = np.linalg.norm(np.asarray(offer)[:, :, None] - np.asarray(offer)[:, None], axis=-1)
    for i in range(2):
        np.testing.assert_allclose(apart[i][tuple(pair[i])], apart[i].max(), rtol=1e-5)


def test_a_single_plausible_context_meets_itself(believed):
    state, offer = believed
    pair = np.asarray(method("maxinp", c=0.0).duel(state, offer, KEY))
    best = np.asarray(jnp.einsum("nkd,nd->nk", offer, state.params).argmax(-1))
    np.testing.assert_array_equal(pair, np.stack([best, best], 1))


def test_colstim_without_noise_is_its_ablation(believed):
    """A certain design leaves the perturbation no weight."""
    state, offer = believed
    sure = state._replace(design=1e-12 * state.design)
    a, b = (method(n).duel(sure, offer, KEY) for n in ("colstim", "greedy_then_ucb"))
    np.testing.assert_array_equal(a, b)
    unsure = [
        method("colstim").duel(state._replace(design=100 * state.design), offer, k) for k in jax.random.split(KEY, 20)
    ]
    assert len(np.unique(np.stack(unsure)[:, 0, 0])) > 1


def test_the_challenger_may_beat_the_first_by_most(believed):
    state, offer = believed
    first, second = np.asarray(method("greedy_then_ucb", c=2.0).duel(state, offer, KEY)).T
    apart = offer - offer[jnp.arange(2), first][:, None]
    bound = np.asarray(jnp.einsum("nkd,nd->nk", apart, state.params) + 2.0 * width(state, apart))
    np.testing.assert_array_equal(second, bound.argmax(-1))


def test_perturbations_imitate_the_feedback():
    """P(x_1 beats x_2) under perturbed utilities of unit widths is F(difference)."""
    rng = np.random.default_rng(3)
    eps = rng.gumbel(size=(100_000, 2))
    assert abs((1.0 + eps[:, 0] > eps[:, 1]).mean() - stats.logistic.cdf(1.0)) < 0.006
    eps = rng.normal(size=(100_000, 2)) * 0.5**0.5
    assert abs((1.0 + eps[:, 0] > eps[:, 1]).mean() - stats.norm.cdf(1.0)) < 0.006


def test_colstim_perturbs_by_clipped_noise_times_the_width(believed):
    """The first context by numpy, from the same draws."""
    state, offer = believed
    for link in ("logistic", "probit"):
        learner = method("colstim", replace(SPEC, link=link))
        for key in jax.random.split(KEY, 10):
            eps = jax.random.normal(key, (2, 6)) * 0.5**0.5 if link == "probit" else jax.random.gumbel(key, (2, 6))
            limit = np.sqrt(3 * np.log(50))
            wide = np.sqrt(0.1) * np.linalg.norm(np.asarray(offer), axis=-1)
            score = np.einsum("nkd,nd->nk", offer, state.params) + np.clip(eps, -limit, limit) * wide
            np.testing.assert_array_equal(learner.duel(state, offer, key)[:, 0], score.argmax(-1))


def test_double_thompson_draws_have_the_hessians_covariance():
    learner = method("double_thompson", c=0.5)
    cov = np.array([[2.0, 0.5, 0], [0.5, 1, 0], [0, 0, 0.1]])
    state = learner.init(KEY)._replace(covariance=jnp.tile(jnp.asarray(cov, jnp.float32), (2, 1, 1)))
    offer = jnp.tile(jnp.array([[1.0, 0, 0], [-1.0, 0, 0]]), (2, 1, 1))
    state = state._replace(params=jnp.tile(jnp.array([0.6, 0, 0]), (2, 1)))
    pairs = np.asarray(jax.vmap(lambda k: learner.duel(state, offer, k))(jax.random.split(KEY, 4000)))
    want = stats.norm.cdf(0.6 / (0.5 * np.sqrt(2)))  # that a draw likes the first context
    np.testing.assert_allclose((pairs == 0).mean((0, 1)), want, atol=0.02)
    both = (pairs == 0).all(-1).mean()
    np.testing.assert_allclose(both, want**2, atol=0.02)  # two draws are independent


def test_the_design_adds_up_differences():
    learner = method("greedy_then_ucb")
    state = learner.init(KEY)
    z = np.random.default_rng(4).normal(size=(7, 2, 3)).astype(np.float32)
    step = jax.jit(learner.update)
    for row in z:
        state = step(state, Duel(difference=jnp.asarray(row), won=jnp.ones(2)), KEY)
    for i in range(2):
        want = np.linalg.inv(np.eye(3) + z[:, i].T @ z[:, i])
        np.testing.assert_allclose(state.design[i], want, atol=1e-4)


@pytest.mark.parametrize(("name", "first"), [("", "weak_regret"), ("_average", "average_regret")])
def test_regret_of_the_better_one_and_of_both(name, first):
    task = registry.load("tasks", f"bandits/contextual_duels{name}")(instances=3, warm=0, contexts="fixed")
    world = task.sample(KEY)

    class Fixed:
        def duel(self, offer, key):
            return jnp.tile(jnp.array([[2, 4]]), (3, 1))

    world, duel = task.draw(world, KEY, Fixed())
    utility = np.einsum("nkd,nd->nk", world.fixed, world.theta)
    best = utility.max(-1)
    np.testing.assert_allclose(world.weak, best - utility[:, [2, 4]].max(-1), atol=1e-5)
    np.testing.assert_allclose(world.average, best - utility[:, [2, 4]].mean(-1), atol=1e-5)
    np.testing.assert_allclose(duel.difference, world.fixed[:, 2] - world.fixed[:, 4], atol=1e-6)
    assert next(iter(task.metrics)) == first
    np.testing.assert_allclose(task.evaluate(world, KEY, Fixed())["weak_regret"], world.weak.mean(), rtol=1e-5)
