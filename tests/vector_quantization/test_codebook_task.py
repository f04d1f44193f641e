"""The collapse task: how a codebook is judged, and what its problem is."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench import Learner
from toybench.plugins import registry
from toybench.tasks.vector_quantization._autoencoder import divergence, lloyd, perplexity, squared_distances, usage


@pytest.fixture(scope="module")
def task():
    return registry.load("tasks", "vector_quantization/codebook_collapse")(codes=64)


@pytest.fixture(scope="module")
def world(task):
    return jax.jit(task.sample)(jax.random.key(0))


def test_perplexity_by_hand() -> None:
    shares = usage(jnp.array([0, 0, 1, 3]), 4)
    np.testing.assert_allclose(shares, [0.5, 0.25, 0.0, 0.25])
    # entropy (1/2) ln 2 + 2 (1/4) ln 4 = 1.5 ln 2
    np.testing.assert_allclose(perplexity(shares), 2**1.5, rtol=1e-6)
    np.testing.assert_allclose(perplexity(jnp.full(8, 1 / 8)), 8.0, rtol=1e-6)
    np.testing.assert_allclose(perplexity(jnp.eye(8)[3]), 1.0, rtol=1e-6)


def test_squared_distances_agree_with_the_definition() -> None:
    x, y = np.random.default_rng(0).normal(size=(2, 5, 3)).astype(np.float32)
    direct = ((x[:, None] - y[None]) ** 2).sum(-1)
    np.testing.assert_allclose(squared_distances(jnp.array(x), jnp.array(y)), direct, rtol=1e-4, atol=1e-5)


def test_divergence_by_hand() -> None:
    feature = jnp.array([[0.0, 0.0], [2.0, 0.0]])  # means 1, 0; deviations 1, 0; variance in all 1
    np.testing.assert_allclose(divergence(feature, feature), 0.0, atol=1e-6)
    np.testing.assert_allclose(divergence(feature, feature + jnp.array([[0.0, 3.0]])), 9.0, rtol=1e-5)
    np.testing.assert_allclose(divergence(feature, 3.0 * feature), 2.0**2 + 2.0**2, rtol=1e-5)


def test_lloyd_finds_separated_clusters() -> None:
    rng = np.random.default_rng(1)
    middles = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])
    points = (middles[np.arange(300) % 3] + 0.1 * rng.normal(size=(300, 2))).astype(np.float32)
    found = lloyd(jnp.array(points), jnp.array(points[:3]), 5)
    np.testing.assert_allclose(found, [points[i::3].mean(0) for i in range(3)], atol=1e-4)


def test_lloyd_leaves_a_centre_without_points_where_it_is() -> None:
    found = lloyd(jnp.array([[0.0], [1.0]]), jnp.array([[0.4], [99.0]]), 3)
    np.testing.assert_allclose(found, [[0.5], [99.0]])


def test_data_have_mean_zero_and_variance_one(task, world) -> None:
    fresh = jax.jit(task.examples, static_argnums=2)(world, jax.random.key(3), 4096)
    assert abs(float(fresh.mean())) < 0.05
    assert abs(float(fresh.std(0).mean()) - 1.0) < 0.1


def test_clusters_are_drawn_alike(task, world) -> None:
    tight = type(task)(codes=64, spread=0.0)
    fresh = np.asarray(jax.jit(tight.examples, static_argnums=2)(world, jax.random.key(3), 6400))
    kinds, counts = np.unique(fresh.round(3), axis=0, return_counts=True)
    assert len(kinds) == tight.clusters
    assert counts.min() > 60 and counts.max() < 150  # 100 each, Poisson spread 10


def test_floor_scores_the_variance_and_one_code(task, world) -> None:
    metrics = task.evaluate(world, jax.random.key(0), task.floor(world))
    np.testing.assert_allclose(metrics["reconstruction_mse"], world.heldout.var(0).mean(), rtol=1e-4)
    np.testing.assert_allclose(metrics["usage"], 1 / 64)
    np.testing.assert_allclose(metrics["perplexity"], 1 / 64, rtol=1e-6)


def test_oracle_is_far_below_the_floor_and_uses_all_codes(task, world) -> None:
    metrics = jax.jit(lambda w: task.evaluate(w, jax.random.key(0), task.oracle(w)))(world)
    assert metrics["reconstruction_mse"] < 0.15
    assert metrics["usage"] > 0.95
    assert metrics["embedding_code_divergence"] < 0.05


def test_plain_quantisation_collapses_and_restarts_repair_it(task, world) -> None:
    shares = {}
    keys = jax.random.split(jax.random.key(5), 400)
    for name in ("straight_through", "random_restart"):
        method = registry.load("methods", f"vector_quantization/{name}")(spec=task.spec, steps=400, init_scale=0.1)

        def trial(keys, method=method):
            def step(state, key):
                return method.update(state, task.examples(world, key, task.batch), key), None

            state, _ = jax.lax.scan(step, method.init(jax.random.key(1)), keys)
            return task.evaluate(world, keys[0], Learner(method, state))["usage"]

        shares[name] = float(jax.jit(trial)(keys))
    assert shares["straight_through"] < 0.4
    assert shares["random_restart"] > 0.8
