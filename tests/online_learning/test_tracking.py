"""Tracking a drift: the recursion by simulation and by its known sums, filters against closed forms."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from toybench.plugins import registry
from toybench.protocol import Learner
from toybench.tasks.online_learning import DriftSpec, Example
from toybench.tasks.online_learning.drifting_regression import (
    DriftingRegression,
    best_step,
    expected_error,
    kalman_step,
)

KEY = jax.random.key(0)
SPEC = DriftSpec(streams=1, dim=2, noise=0.5, spread=1.0, start=1, end=3, drift=0.1)
EXAMPLES = (((1.0, 2.0), 1.0), ((-1.0, 0.5), -1.0), ((2.0, -1.0), 1.0), ((0.5, 0.5), -1.0))
TRACKERS = ("shift_adaptive", "shift_estimated", "constant_rate", "inverse_sqrt_rate", "forgetting_least_squares")


def bound(name: str, spec: DriftSpec = SPEC, **fields: Any) -> Any:
    return registry.load("methods", f"online_learning/{name}")(spec=spec, **fields)


def after(name: str, examples: Any = EXAMPLES, **fields: Any) -> Any:
    method = bound(name, **fields)
    state = method.init(KEY)
    for x, y in examples:
        state = method.update(state, Example(x=jnp.array([x]), y=jnp.array([y])), KEY)
    np.testing.assert_array_equal(method.weights(state), state.params)
    return state


def test_the_recursion_as_a_simulation_has_it() -> None:
    """One step from errors of expected square v = 3, in 4 dimensions, 400,000 times."""
    rng = np.random.default_rng(0)
    n, d, eta, noise, walk = 400_000, 4, 0.1, 0.5, 0.3
    error = rng.normal(size=(n, d)) * (3 / d) ** 0.5
    x = rng.normal(size=(n, d))
    residual = noise * rng.normal(size=n) - (error * x).sum(-1)
    moved = error + eta * residual[:, None] * x + walk * rng.normal(size=(n, d))
    expected = expected_error(jnp.array(3.0), jnp.array(eta), d, noise, jnp.array(walk))
    np.testing.assert_allclose(expected, (moved**2).sum(-1).mean(), rtol=0.01)


def test_the_best_step_has_the_least_error() -> None:
    etas = jnp.linspace(0.0, 0.2, 20_001)
    for v in (0.01, 0.5, 10.0):
        errors = expected_error(jnp.array(v), etas, 10, 0.5, jnp.array(0.1))
        np.testing.assert_allclose(best_step(jnp.array(v), 10, 0.5), etas[errors.argmin()], atol=2e-4)


def recursion(rates: Any) -> float:
    """Sum of expected errors over 1,000 rounds with these step sizes, a function of the round."""
    v, total = 10.0, 0.0
    for t in range(1000):
        total += v
        eta = rates(t)
        v = v * (1 - 2 * eta + eta**2 * 12) + eta**2 * 2.5 + 0.1 * (300 <= t < 500)
    return total


def test_known_sums_of_the_recursion() -> None:
    """The best schedule 425.5, the best constant rate 506.2 at 0.059; the curve lies below every constant one."""
    curve = np.asarray(jax.jit(DriftingRegression().curve)())
    np.testing.assert_allclose(curve.sum(), 425.5, atol=0.1)
    np.testing.assert_allclose(recursion(lambda t: 0.059), 506.2, atol=0.1)
    assert recursion(lambda t: 0.05) > recursion(lambda t: 0.059) < recursion(lambda t: 0.07)
    steps = np.asarray(best_step(jnp.asarray(curve), 10, 0.5))
    np.testing.assert_allclose([steps[299], steps[499]], [0.0043, 0.072], atol=5e-4)
    assert curve[0] == 10


def test_the_adaptive_schedule_by_hand() -> None:
    w = np.zeros(2)
    v = 2.0
    for t, (x, y) in enumerate(EXAMPLES):
        eta = v / (v * 4 + 0.5)
        w = w + eta * (y - w @ np.array(x)) * np.array(x)
        v = v * (1 - 2 * eta + eta**2 * 4) + eta**2 * 0.5 + (0.02 if 1 <= t < 3 else 0.0)
        state = after("shift_adaptive", EXAMPLES[: t + 1])
        np.testing.assert_allclose(state.params[0], w, rtol=1e-5)
        np.testing.assert_allclose(state.error, v, rtol=1e-5)


def test_the_estimated_schedule_by_hand() -> None:
    """An example counts in its own step; where the residuals are smaller than the noise, nothing moves."""
    w = np.zeros(2)
    m = 2.25
    for t, (x, y) in enumerate(EXAMPLES):
        residual = y - w @ np.array(x)
        m = 0.7 * m + 0.3 * residual**2
        v = max(m - 0.25, 0)
        w = w + v / (v * 4 + 0.5) * residual * np.array(x)
        state = after("shift_estimated", EXAMPLES[: t + 1], memory=0.3)
        np.testing.assert_allclose(state.params[0], w, rtol=1e-5)
        np.testing.assert_allclose(state.squares[0], m, rtol=1e-5)
    still = after("shift_estimated", [((1.0, 0.0), 0.3)], memory=1.0)
    np.testing.assert_array_equal(still.params[0], [0.0, 0.0])


def test_constant_and_decaying_steps_by_hand() -> None:
    w = np.zeros(2)
    u = np.zeros(2)
    for t, (x, y) in enumerate(EXAMPLES):
        a = np.array(x)
        w = w + 0.1 * (y - w @ a) * a
        u = u + min(0.35 / (t + 1) ** 0.5, 0.25) * (y - u @ a) * a  # the cut of 1 / (d + 2) holds in the first round
        np.testing.assert_allclose(after("constant_rate", EXAMPLES[: t + 1], lr=0.1).params[0], w, rtol=1e-5)
        np.testing.assert_allclose(after("inverse_sqrt_rate", EXAMPLES[: t + 1], lr=0.35).params[0], u, rtol=1e-5)


def test_forgetting_least_squares_solves_weighted_least_squares() -> None:
    """Weights mu^(T - t), and the prior's at mu^T."""
    x = np.array([e[0] for e in EXAMPLES])
    y = np.array([e[1] for e in EXAMPLES])
    weight = 0.8 ** np.arange(3, -1, -1)
    gram = 0.8**4 * 0.25 * np.eye(2) + (weight[:, None] * x).T @ x
    state = after("forgetting_least_squares", forgetting=0.8)
    np.testing.assert_allclose(state.params[0], np.linalg.solve(gram, (weight[:, None] * x).T @ y), rtol=1e-4)
    np.testing.assert_allclose(state.inverse[0], np.linalg.inv(gram), rtol=1e-4)


def test_the_kalman_filter_is_the_posterior() -> None:
    """Without a walk ridge regression; after a walk the covariance has grown by its variance."""
    x = np.array([e[0] for e in EXAMPLES])
    y = np.array([e[1] for e in EXAMPLES])
    weights = jnp.zeros((1, 2))
    covariance = jnp.eye(2)[None]
    for a, b in EXAMPLES:
        weights, covariance = kalman_step(weights, covariance, jnp.array([a]), jnp.array([b]), jnp.array(0.0))
    precision = np.eye(2) + x.T @ x / 0.25
    np.testing.assert_allclose(covariance[0], np.linalg.inv(precision), rtol=1e-4)
    np.testing.assert_allclose(weights[0], np.linalg.solve(precision, x.T @ y / 0.25), rtol=1e-4)
    _, wider = kalman_step(jnp.zeros((1, 2)), jnp.eye(2)[None], jnp.zeros((1, 2)), jnp.zeros(1), jnp.array(0.1))
    np.testing.assert_allclose(wider[0], 1.01 * np.eye(2), rtol=1e-6)


def test_the_weights_walk_when_they_should() -> None:
    task = DriftingRegression(steps=100, streams=400)
    world = jax.jit(task.sample)(jax.random.key(1))
    moved = np.asarray(((world.theta[1:] - world.theta[:-1]) ** 2).mean((1, 2)))
    assert (moved[:30] == 0).all()
    assert (moved[50:] == 0).all()
    np.testing.assert_allclose(moved[30:50], 0.01, rtol=0.15)
    np.testing.assert_allclose((world.theta[0] ** 2).mean(), 1.0, atol=0.1)
    rest = np.asarray(world.y - (world.x * world.theta).sum(-1))
    np.testing.assert_allclose(rest.std(), 0.5, rtol=0.02)


def test_errors_and_steps_are_counted_as_they_come() -> None:
    """Against a plain loop: 20 rounds of a constant rate that doubles when the walk begins."""
    task = DriftingRegression(steps=20, streams=3, dim=2)
    world = task.sample(KEY)
    start = world

    class Doubles:
        state = jnp.zeros((3, 2))

        def weights(self) -> jax.Array:
            return self.state

    learner = Doubles()
    error = 0.0
    for t in range(20):
        error += float(((learner.state - start.theta[t]) ** 2).sum(-1).mean())
        world, batch = task.draw(world, KEY, learner)
        np.testing.assert_array_equal(batch.y, start.y[t])
        rate = 0.02 * (2 if 6 <= t < 10 else 1)
        residual = batch.y - (learner.state * batch.x).sum(-1)
        learner.state = learner.state + rate * residual[:, None] * batch.x
    found = task.evaluate(world, KEY, learner)
    np.testing.assert_allclose(found["cumulative_error"], error, rtol=1e-4)
    np.testing.assert_allclose(found["burst_ratio"], 2.0, rtol=1e-3)
    curve = float(np.asarray(task.curve()).sum())
    np.testing.assert_allclose(found["curve_gap"], error / curve - 1, rtol=1e-3, atol=1e-5)


def test_the_reference_beats_every_tracker() -> None:
    """150 rounds, 16 streams: the filter that knows the law is ahead, and everyone is ahead of weights 0."""
    task = DriftingRegression(steps=150, streams=16)
    world = jax.jit(task.sample)(jax.random.key(3))
    best = jax.jit(task.oracle)(world).metrics["cumulative_error"]
    worst = task.floor(world).metrics["cumulative_error"]
    for name in TRACKERS:
        method = bound(name, spec=task.spec)

        def play(carry: Any, _: None, method: Any = method) -> tuple[Any, None]:
            world, batch = task.draw(carry[0], KEY, Learner(method, carry[1]))
            return (world, method.update(carry[1], batch, KEY)), None

        (end, state), _ = jax.lax.scan(play, (world, method.init(KEY)), None, length=150)
        error = task.evaluate(end, KEY, Learner(method, state))["cumulative_error"]
        assert best < error < worst
