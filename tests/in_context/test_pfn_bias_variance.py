"""Bias and variance in context: the estimators on learners whose answers are known, and what a neighbourhood is."""

from dataclasses import replace
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench import fields
from toybench.engine import trial
from toybench.methods.in_context._set_classifier import neighbourhood, neighbours
from toybench.plugins import registry
from toybench.tasks.in_context.pfn_bias_variance import SIZES, chance_of_one, slope


def method(name: str, spec, **knobs):
    return replace(registry.load("methods", f"in_context/{name}")(**knobs), spec=spec, steps=10)


@pytest.fixture(scope="module")
def task():
    return fields.make(registry.load("tasks", "in_context/pfn_bias_variance"), {})


@pytest.fixture(scope="module")
def world(task):
    return jax.jit(task.sample)(jax.random.key(0))


def asked(learner):
    """`probability` of a method, compiled."""
    return jax.jit(learner.probability)


def judge(task, world, probability):
    return jax.jit(lambda w: task.evaluate(w, jax.random.key(1), SimpleNamespace(probability=probability)))(world)


def test_bias_and_variance_of_a_known_learner(task, world):
    """A constant off by 0.1 plus noise of variance 0.25 / n: the estimates are exact up to sampling."""

    def noisy(x, y, query):
        truth = jnp.repeat(task.truth(world), task.repeats, axis=0)
        return truth + 0.1 + (0.25 / x.shape[1]) ** 0.5 * jax.random.normal(jax.random.key(x.shape[1]), query.shape)

    told = judge(task, world, noisy)
    np.testing.assert_allclose(told["squared_bias_at_large_n"], 0.01, atol=0.002)
    np.testing.assert_allclose(told["variance_at_large_n"], 0.25 / SIZES[-1], rtol=0.15)
    np.testing.assert_allclose(told["variance_slope_in_n"], -1.0, atol=0.1)
    np.testing.assert_allclose(told["excess_risk"], 0.01 + 0.25 / SIZES[-1], atol=0.003)


def test_bias_is_estimated_without_bias(task, world):
    """Pure noise around the truth has no bias, though the mean of 16 predictions is off."""

    def noisy(x, y, query):
        truth = jnp.repeat(task.truth(world), task.repeats, axis=0)
        return truth + 0.5 * jax.random.normal(jax.random.key(x.shape[1]), query.shape)

    assert abs(judge(task, world, noisy)["squared_bias_at_large_n"]) < 0.008  # 0.25 / 16 = 0.016 if uncorrected


def test_oracle_and_floor(task, world):
    exact = judge(task, world, task.oracle(world).probability)
    np.testing.assert_allclose([exact["excess_risk"], exact["squared_bias_control"]], 0.0, atol=1e-6)
    share = judge(task, world, task.floor(world).probability)
    np.testing.assert_allclose(share["variance_slope_in_n"], -1.0, atol=0.4)
    assert abs(share["bias_fall"]) < 0.05


def test_labels_follow_the_probability(task, world):
    p = chance_of_one(*(v[:, None] for v in (world.frequency, world.phase, world.amplitude)), world.x)
    z = (world.y - p).sum((1, 2)) / (p * (1 - p)).sum((1, 2)) ** 0.5
    assert jnp.abs(z).max() < 4
    assert jnp.abs(world.x).max() <= 1 and abs(float(world.x.mean())) < 0.03


def test_prior_functions_have_the_stated_covariance(task):
    """Random cosines: E[f(x) f(x')] = 4 exp(-(x-x')^2 / 2), the logit's covariance."""
    waves = jax.random.normal(jax.random.key(2), (40_000, 16))
    x = jnp.broadcast_to(jnp.array([-0.3, 0.5])[None], (40_000, 2))
    p = chance_of_one(*task.waves(waves), x)
    f = jnp.log(p / (1 - p))
    np.testing.assert_allclose((f[:, 0] * f[:, 1]).mean(), 4 * np.exp(-0.32), rtol=0.04)
    np.testing.assert_allclose((f**2).mean(), 4.0, rtol=0.04)


def test_neighbours_by_hand():
    x, y = jnp.array([[0.0, 0.5, -0.4, 0.9]]), jnp.array([[1.0, 0.0, 1.0, 0.0]])
    near, label = neighbours(x, y, jnp.array([[0.1, 1.0]]), 2)
    np.testing.assert_allclose(jnp.sort(near, axis=-1), [[[0.0, 0.5], [0.5, 0.9]]])
    np.testing.assert_allclose(label.sum(-1), [[1.0, 0.0]])
    assert [neighbourhood(n, 50) for n in (1, 25, 400)] == [1, 5, 20]


def test_nearest_neighbour_estimate_on_half_lines(task):
    """Labels 1 right of 0: far from the jump the estimate is exact."""
    x = jnp.linspace(-1, 1, 100)[None]
    told = method("knn_probability", task.spec, power=60).probability(
        (), x, (x > 0).astype(x.dtype), jnp.array([[-0.7, 0.7]])
    )
    np.testing.assert_allclose(told, [[0.0, 1.0]])


def test_local_and_global_agree_on_a_context_of_neighbours(task):
    """With all points as neighbours the localised network is the global one."""
    key = jax.random.key(3)
    x, query = jnp.linspace(-1, 1, 20)[None], jnp.array([[0.1, 0.4]])
    y = (x > 0.2).astype(x.dtype)
    one, other = method("global_pfn", task.spec), method("localized_pfn", task.spec, power=100)
    state = jax.jit(one.init)(key)
    told = asked(one)(state, x, y, query)
    np.testing.assert_allclose(told, asked(other)(state, x, y, query), atol=1e-5)
    half = asked(method("localized_pfn", task.spec, power=50))(state, x, y, query)
    k = neighbourhood(20, 50)
    near, label = neighbours(x, y, query[:, :1], k)
    np.testing.assert_allclose(half[0, 0], asked(one)(state, near[:, 0], label[:, 0], query[:, :1])[0, 0], atol=1e-5)


def test_localised_prediction_ignores_far_points(task):
    local, wide = (method(m, task.spec) for m in ("localized_pfn", "global_pfn"))
    state = jax.jit(wide.init)(jax.random.key(4))
    near, whole = asked(local), asked(wide)
    x, y, query = jnp.linspace(-1, 1, 50)[None], jnp.ones((1, 50)), jnp.array([[-0.8]])
    far = y.at[:, 40:].set(0.0)
    np.testing.assert_allclose(near(state, x, y, query), near(state, x, far, query), atol=1e-6)
    assert jnp.abs(whole(state, x, y, query) - whole(state, x, far, query)).max() > 1e-4


def test_training_hides_unseen_points(task, world):
    net = method("global_pfn", task.spec)
    params, loss = jax.jit(net.init)(jax.random.key(5)).params, jax.jit(net.loss)
    _, batch = jax.jit(lambda k: task.draw(world, k, None))(jax.random.key(6))
    hidden = jnp.arange(task.context)[None] >= batch.seen[:, None]
    other = batch._replace(y=jnp.where(hidden, 1.0 - batch.y, batch.y))
    np.testing.assert_allclose(loss(params, batch), loss(params, other), atol=1e-5)


def test_slope_of_a_power_law():
    n = jnp.log(jnp.array([1.0, 2.0, 4.0]))
    np.testing.assert_allclose(slope(n, -0.7 * n + 3.0), -0.7, rtol=1e-5)


def test_learner_binding(task, world):
    """The evaluation asks a bound method as it asks a reference."""
    learner = trial.Learner(method("knn_probability", task.spec), ())
    told = jax.jit(lambda w: task.evaluate(w, jax.random.key(1), learner))(world)
    assert 0.0 < told["excess_risk"] < 0.1
