"""Losses of rejectors against closed forms, and their minimiser against others."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import optimize

from toybench.methods.conformal._rejector import cheapest, minimise
from toybench.plugins import registry
from toybench.tasks.conformal._selection import Judged, SelectionSpec

KEY = jax.random.key(0)
SPEC = SelectionSpec(points=200, rejector="quadratic")
REJECTORS = (
    "surrogate_rejector",
    "correctness_classifier",
    "correctness_classifier_tuned",
    "weighted_correctness_classifier",
)


def make(name: str, cost: float, **fields):
    return registry.load("methods", f"conformal/{name}")(spec=SPEC, steps=1, given=jnp.float32(cost), **fields)


def best_score(method, eta: float) -> float:
    """The score with the least expected loss where the predictor errs with probability eta."""

    def risk(r: float) -> float:
        wrong, right = method.losses(jnp.float32(r), jnp.float32(-1)), method.losses(jnp.float32(r), jnp.float32(1))
        return float(eta * wrong + (1 - eta) * right)

    return float(optimize.minimize_scalar(risk, bounds=(-8, 8), method="bounded").x)


@pytest.mark.parametrize(("alpha", "cost"), [(1.0, 0.1), (2.0, 0.05), (4.0, 0.2)])
def test_the_surrogate_has_its_closed_form_minimiser(alpha: float, cost: float) -> None:
    method = make("surrogate_rejector", cost, alpha=alpha)
    beta = float(method.beta)
    for eta in (0.01, 0.15, 0.6):
        mixed = eta * np.exp(alpha / 2) + (1 - eta) * np.exp(-alpha / 2)
        want = 2 / (alpha + 2 * beta) * np.log(2 * beta * cost / alpha / mixed)
        assert best_score(method, eta) == pytest.approx(want, abs=5e-3)
        assert (want > 0) == (eta < cost)


@pytest.mark.parametrize("name", ["surrogate_rejector", "weighted_correctness_classifier", "correctness_classifier"])
def test_the_rule_turns_where_the_error_probability_is_the_cost(name: str) -> None:
    method = make(name, 0.1)
    bar = float(method.bar(jnp.zeros(1), jnp.ones(1)))
    assert best_score(method, 0.1) == pytest.approx(bar, abs=5e-3)
    assert best_score(method, 0.07) > bar > best_score(method, 0.13)


def test_the_surrogate_bounds_the_rejection_loss() -> None:
    method = make("surrogate_rejector", 0.1)
    r = jnp.linspace(-3, 3, 101)
    for correct in (-1.0, 1.0):
        loss = np.where(r > 0, float(correct < 0), 0.1)
        assert (np.asarray(method.losses(r, jnp.full(101, correct))) >= loss - 1e-6).all()


@pytest.mark.parametrize("name", ["surrogate_rejector", "correctness_classifier"])
def test_newton_reaches_the_minimum(name: str) -> None:
    rng = np.random.default_rng(0)
    x = jnp.asarray(rng.normal(size=(200, 2)), jnp.float32)
    correct = jnp.where(jnp.asarray(rng.random(200)) < 0.2, -1.0, 1.0)
    method = make(name, 0.1)
    phi = SPEC.features(x)

    def objective(w):
        return jnp.mean(method.losses(phi @ w, correct)) + 0.001 * jnp.sum(w[1:] ** 2)

    w = jax.jit(lambda start: minimise(objective, start))(jnp.zeros(6))
    other = optimize.minimize(
        lambda v: float(objective(jnp.asarray(v, jnp.float32))), np.asarray(w), method="Nelder-Mead"
    )
    assert float(jnp.abs(jax.grad(objective)(w)).max()) < 2e-3
    assert float(objective(w)) <= other.fun + 1e-5


@pytest.mark.parametrize("name", REJECTORS)
def test_weights_balance_the_loss_and_the_penalty(name: str) -> None:
    """Where the update ends, the slope of the loss is minus that of l2 |w|^2, and the constant goes free."""
    rng = np.random.default_rng(2)
    x = jnp.asarray(rng.normal(size=(200, 2)), jnp.float32)
    correct = jnp.where(jnp.asarray(rng.random(200)) < jnp.where(x[:, 0] > 0, 0.4, 0.1), -1.0, 1.0)
    method = make(name, 0.3, l2=0.05)
    batch = Judged(x=x, confidence=jnp.full(200, 0.5), correct=correct)
    state = jax.jit(lambda b: method.update(method.init(KEY), b, KEY))(batch)
    phi = SPEC.features(x)
    slope = jax.grad(lambda w: jnp.mean(method.losses(phi @ w, correct)))(state.params)
    np.testing.assert_allclose(slope[1:], -2 * 0.05 * state.params[1:], atol=2e-3)
    assert float(jnp.abs(slope[0])) < 2e-3
    assert float(jnp.abs(state.params[1:]).max()) > 0.03
    score = method.accept_score(state, x, batch.confidence)
    np.testing.assert_allclose(score, phi @ state.params - state.threshold, atol=1e-5)


def test_losses_by_hand() -> None:
    score, correct = jnp.array([0.5, 0.5]), jnp.array([1.0, -1.0])
    surrogate = make("surrogate_rejector", 0.1, alpha=2.0)
    beta = 1 / 0.1 * (0.1 * np.exp(1) + 0.9 * np.exp(-1))
    want = np.exp([-0.5, 1.5]) + 0.1 * np.exp(-beta * 0.5)
    np.testing.assert_allclose(surrogate.losses(score, correct), want, rtol=1e-5)
    plain = np.log1p(np.exp([-0.5, 0.5]))
    np.testing.assert_allclose(make("correctness_classifier", 0.1).losses(score, correct), plain, rtol=1e-6)
    np.testing.assert_allclose(make("correctness_classifier_tuned", 0.1).losses(score, correct), plain, rtol=1e-6)
    weighed = make("weighted_correctness_classifier", 0.1).losses(score, correct)
    np.testing.assert_allclose(weighed, plain * [0.1, 0.9], rtol=1e-5)


def test_a_threshold_is_the_cheapest_of_its_scores() -> None:
    method = make("correctness_classifier_tuned", 0.3)
    score = jnp.array([3.0, 2.0, 1.0, 0.0])
    correct = jnp.array([1.0, 1.0, -1.0, 1.0])
    assert float(method.bar(score, correct)) == pytest.approx(1.5)  # the middle of the last right and the first wrong


def test_the_cheapest_threshold_is_the_best_of_all() -> None:
    rng = np.random.default_rng(1)
    for cost in (0.05, 0.3, 0.9):
        score = rng.normal(size=40).astype(np.float32)
        correct = np.where(rng.random(40) < 0.3, -1.0, 1.0).astype(np.float32)

        def paid(t: float, score=score, correct=correct, cost=cost) -> float:
            return float(np.where(score > t, correct < 0, cost).mean())

        found = float(cheapest(jnp.asarray(score), jnp.asarray(correct), jnp.float32(cost)))
        assert paid(found) == pytest.approx(min(paid(t) for t in [-9.0, *score]))


def test_references_pay_what_they_should() -> None:
    task = registry.load("tasks", "conformal/selective_prediction")(cost=0.1)
    world = jax.jit(task.sample)(KEY)
    score = {w: task.evaluate(world, KEY, getattr(task, w)(world)) for w in ("floor", "chance", "oracle")}
    assert float(score["oracle"]["excess"]) == pytest.approx(0, abs=1e-6)
    assert float(score["chance"]["rejection_loss"]) == pytest.approx(0.1)
    assert float(score["floor"]["rejection_loss"]) == pytest.approx(float(world.error.mean()))
    ranked = np.sort(np.asarray(world.error))
    share = np.mean(np.cumsum(ranked) / np.arange(1, len(ranked) + 1) <= ranked.mean() / 2)
    assert float(score["oracle"]["coverage_at_half_error"]) == pytest.approx(share, abs=2e-3)


def test_confidence_is_blind_to_one_of_two_ways_to_fail() -> None:
    task = registry.load("tasks", "conformal/selective_prediction")()
    world = jax.jit(task.sample)(KEY)
    pocket = jnp.sum((world.x - jnp.array([[1.2, 0.8]])) ** 2, axis=1) < 0.2
    edge = world.x[:, 1] < -1.5
    typical = float(world.confidence.mean())
    assert float(world.error[pocket].mean()) > 0.5
    assert float(world.confidence[pocket].mean()) > typical
    assert float(world.confidence[edge].mean()) < typical - 0.2


def test_the_batch_is_all_that_a_threshold_needs() -> None:
    method = make("max_probability", 0.25)
    batch = Judged(jnp.zeros((4, 2)), jnp.array([0.9, 0.8, 0.7, 0.6]), jnp.array([1.0, 1.0, -1.0, -1.0]))
    state = method.update(method.init(KEY), batch, KEY)
    np.testing.assert_array_equal(method.accept_score(state, batch.x, batch.confidence) > 0, [True, True, False, False])
