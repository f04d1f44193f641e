"""Probes and ranks against scikit-learn and SciPy."""

import jax
import jax.numpy as jnp
import numpy as np
import scipy.stats
from sklearn import linear_model, metrics

from toybench.blocks import probes

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 3)).astype(np.float32)
Y = (X @ RNG.normal(size=(3, 2)) + 0.5 + 0.3 * RNG.normal(size=(40, 2))).astype(np.float32)
SEEN = (np.arange(40) < 30).astype(np.float32)
SCORES = np.round(RNG.normal(size=50), 1).astype(np.float32)  # with ties
POSITIVE = (RNG.random(50) < 0.3 + 0.2 * (SCORES > 0)).astype(np.float32)


def test_ridge_is_scikit_learns() -> None:
    theirs = linear_model.Ridge(alpha=2.0).fit(X[:30], Y[:30])
    ours = probes.ridge(jnp.asarray(X), jnp.asarray(Y), jnp.asarray(SEEN), 2.0)
    np.testing.assert_allclose(probes.apply_ridge(ours, jnp.asarray(X)), theirs.predict(X), rtol=1e-3, atol=1e-4)
    weights = RNG.random(40).astype(np.float32)
    weighted = linear_model.Ridge(alpha=0.5).fit(X, Y, sample_weight=weights)
    ours = probes.ridge(jnp.asarray(X), jnp.asarray(Y), jnp.asarray(weights), 0.5)
    np.testing.assert_allclose(ours[:-1], weighted.coef_.T, rtol=1e-3, atol=1e-4)


def test_folds_choose_a_penalty_that_generalises() -> None:
    noisy = jnp.asarray(RNG.normal(size=(40, 25)), jnp.float32)
    target = noisy[:, :1] + jnp.asarray(RNG.normal(size=(40, 1)), jnp.float32)
    grid = jnp.asarray([1e-4, 1.0, 20.0])
    _, chosen = probes.ridge_by_folds(noisy, target, jnp.asarray(SEEN), grid)
    assert float(chosen) == 20.0
    _, chosen = probes.ridge_by_folds(jnp.asarray(X), jnp.asarray(X @ np.ones((3, 1), np.float32)), jnp.ones(40), grid)
    assert float(chosen) == np.float32(1e-4)


def test_folds_do_not_follow_the_labels_period() -> None:
    """With labels in turn and as many folds as classes no fold may be one class."""
    labels = jax.nn.one_hot(jnp.arange(40) % 4, 4)
    features = labels + 0.05 * jnp.asarray(RNG.normal(size=(40, 4)), jnp.float32)
    _, chosen = probes.ridge_by_folds(features, labels, jnp.ones(40), jnp.asarray([1e-3, 1e3]))
    assert float(chosen) < 1


def test_clusters_are_found() -> None:
    centres = np.asarray([[0, 0], [4, 0], [0, 4], [4, 4]], np.float32)
    labels = np.repeat(np.arange(4), 10)
    points = jnp.asarray(centres[labels] + 0.3 * RNG.normal(size=(40, 2)), jnp.float32)
    found = probes.k_means(jax.random.key(0), points, 4)
    shared = probes.normalised_mutual_information(jnp.asarray(labels), found, 4, 4)
    np.testing.assert_allclose(shared, 1.0, rtol=1e-5)


def test_mutual_information_is_scikit_learns() -> None:
    a = RNG.integers(0, 3, 60)
    b = np.where(RNG.random(60) < 0.5, a, RNG.integers(0, 5, 60))
    found = probes.normalised_mutual_information(jnp.asarray(a), jnp.asarray(b), 3, 5)
    np.testing.assert_allclose(found, metrics.normalized_mutual_info_score(a, b), rtol=1e-4)
    constant = jnp.zeros(60, jnp.int32)
    np.testing.assert_allclose(probes.normalised_mutual_information(constant, constant, 1, 1), 1.0)


def test_rankings_are_the_libraries() -> None:
    scores = jnp.asarray(SCORES)
    positive = jnp.asarray(POSITIVE)
    np.testing.assert_allclose(probes.auc(scores, positive), metrics.roc_auc_score(POSITIVE, SCORES), rtol=1e-5)
    there = jnp.asarray((np.arange(50) < 35).astype(np.float32))
    part = metrics.roc_auc_score(POSITIVE[:35], SCORES[:35])
    np.testing.assert_allclose(probes.auc(scores, positive, there), part, rtol=1e-5)
    expected = metrics.average_precision_score(POSITIVE, SCORES)
    np.testing.assert_allclose(probes.average_precision(scores, positive), expected, rtol=1e-5)


def test_correlations_are_scipys() -> None:
    other = np.round(SCORES + RNG.normal(size=50), 1).astype(np.float32)
    a = jnp.asarray(SCORES)
    b = jnp.asarray(other)
    np.testing.assert_allclose(probes.kendall_tau(a, b), scipy.stats.kendalltau(SCORES, other)[0], rtol=1e-5)
    np.testing.assert_allclose(probes.spearman(a, b), scipy.stats.spearmanr(SCORES, other)[0], rtol=1e-4)
    assert float(probes.kendall_tau(a, jnp.zeros(50))) == 0.0
    assert float(probes.spearman(a, jnp.zeros(50))) == 0.0
    np.testing.assert_allclose(probes.r_squared(b, a), metrics.r2_score(SCORES, other), rtol=1e-4)
