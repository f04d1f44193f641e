"""Votes by Bayes' rule, expectation maximisation by hand, and what a flow over labels is held to."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from toybench.blocks import affine_flow
from toybench.plugins import registry
from toybench.protocol import Learner
from toybench.tasks.weak_labels import Batch, Given, Spec, log_odds, weighted_scores
from toybench.tasks.weak_labels.binary_votes import BinaryVotes

VOTES = jnp.array([[0, 1, 1], [1, 1, 0], [0, 0, 0], [1, 0, 1]])
ERRORS = jnp.array([0.1, 0.3, 0.4])
X = jnp.asarray(np.random.default_rng(0).normal(size=(4, 3)), jnp.float32)
BATCH = Batch(x=X, votes=VOTES)
KEY = jax.random.key(0)


def method(name, **fields):
    given = Given(x=X, votes=VOTES, errors=ERRORS)
    cls = registry.load("methods", f"weak_labels/{name}")
    return replace(cls(spec=Spec(dims=3, voters=3), steps=10, **fields), given=given)


@pytest.fixture(scope="module")
def worlds():
    task = BinaryVotes(points=20_000, copies=2, dims=2)
    return task, task.sample(jax.random.key(1))


def test_voters_err_as_often_as_is_said_and_copies_copy(worlds):
    task, world = worlds
    wrong = np.asarray(world.given.votes != world.truth[:, None])
    np.testing.assert_allclose(wrong.mean(0), [0.4, 0.34, 0.27, 0.21, 0.15, 0.42, 0.372], atol=0.012)
    np.testing.assert_allclose(world.given.errors, [0.4, 0.34, 0.27, 0.21, 0.15, 0.42, 0.372], atol=1e-5)
    differs = np.asarray(world.given.votes[:, 5:] != world.given.votes[:, :2]).mean(0)
    np.testing.assert_allclose(differs, 0.1, atol=0.01)
    correlation = np.corrcoef(wrong[:, :5].T)
    np.testing.assert_allclose(correlation, np.eye(5), atol=0.03)


def test_classes_lie_as_far_apart_as_is_said(worlds):
    _, world = worlds
    truth = np.asarray(world.truth)
    x = np.asarray(world.given.x)
    gap = x[truth == 1].mean(0) - x[truth == 0].mean(0)
    assert np.linalg.norm(gap) == pytest.approx(3.5, abs=0.05)
    assert truth.mean() == pytest.approx(0.5, abs=0.02)
    np.testing.assert_allclose(x[truth == 1].std(0), 1, atol=0.03)


def test_votes_have_the_accuracies_that_counting_all_patterns_gives(worlds):
    """Independent voters: the majority is right in 0.875 of the cases, the weighted vote in 0.896."""
    task, world = worlds
    right = 1 - np.array([0.4, 0.34, 0.27, 0.21, 0.15])
    patterns = np.array(np.meshgrid(*[[0, 1]] * 5)).reshape(5, -1).T
    chance = np.where(patterns == 1, right, 1 - right).prod(1)
    weights = np.log(right / (1 - right))
    majority = chance[patterns.sum(1) > 2].sum()
    weighted = chance[patterns @ weights > weights.sum() / 2].sum()
    assert majority == pytest.approx(0.875, abs=0.001) and weighted == pytest.approx(0.896, abs=0.001)
    five = BinaryVotes(points=20_000, dims=2)
    independent = world._replace(
        given=world.given._replace(votes=world.given.votes[:, :5], errors=world.given.errors[:5]),
        test_votes=world.test_votes[:, :5],
    )
    for name, wanted in (("majority_vote", majority), ("weighted_vote", weighted)):
        one = replace(registry.load("methods", f"weak_labels/{name}")(spec=five.spec), given=independent.given)
        found = five.evaluate(independent, KEY, Learner(one, ()))
        assert float(found["accuracy"]) == pytest.approx(wanted, abs=0.008)
        assert float(found["test_accuracy"]) == pytest.approx(wanted, abs=0.008)
    bound = task.evaluate(world, KEY, task.oracle(world))
    assert float(bound["accuracy"]) > weighted + 0.05
    assert float(task.evaluate(world, KEY, task.floor(world))["accuracy"]) == pytest.approx(0.6, abs=0.01)


def test_batches_are_points_with_their_own_votes():
    task = BinaryVotes(points=30, dims=2)
    world = task.sample(KEY)
    _, batch = task.draw(world, jax.random.key(3), None)
    index = [int(np.flatnonzero((np.asarray(world.given.x) == row).all(1))[0]) for row in np.asarray(batch.x)]
    np.testing.assert_array_equal(batch.votes, world.given.votes[jnp.array(index)])
    assert len(set(index)) > 15


def test_a_weighted_vote_by_hand():
    scores = weighted_scores(VOTES, ERRORS)
    odds = (0.1 / 0.9) * (0.7 / 0.3) * (0.6 / 0.4)
    np.testing.assert_allclose(scores[0], [1 / (1 + odds), odds / (1 + odds)], rtol=1e-4)
    np.testing.assert_allclose(log_odds(ERRORS), np.log([9, 7 / 3, 1.5]), rtol=1e-4)
    np.testing.assert_array_equal(method("weighted_vote").labels((), X, VOTES, KEY), scores)
    np.testing.assert_allclose(method("majority_vote").labels((), X, VOTES, KEY)[:, 1], [2 / 3, 2 / 3, 0, 2 / 3])


def test_three_rounds_of_expectation_maximisation_by_hand():
    parts = method("dawid_skene").labels.__func__.__globals__
    votes = np.eye(2)[np.asarray(VOTES)]
    belief = np.asarray(weighted_scores(VOTES, ERRORS), np.float64)
    found = jnp.asarray(belief, jnp.float32)
    for _ in range(3):
        counts = np.full((3, 2, 2), 0.5)
        for n in range(4):
            for v in range(3):
                for c in range(2):
                    counts[v, c, VOTES[n, v]] += belief[n, c]
        confusion = counts / counts.sum(-1, keepdims=True)
        share = belief.mean(0)
        likelihood = share * np.stack([[confusion[v, :, VOTES[n, v]] for v in range(3)] for n in range(4)]).prod(1)
        belief = likelihood / likelihood.sum(1, keepdims=True)
        found = parts["expect"](
            parts["maximise"](found, jnp.asarray(votes, jnp.float32)), jnp.asarray(votes, jnp.float32)
        )
    np.testing.assert_allclose(found, belief, atol=1e-4)


def test_expectation_maximisation_finds_the_error_rates(worlds):
    task, world = worlds
    one = replace(registry.load("methods", "weak_labels/dawid_skene")(spec=task.spec), given=world.given)
    given = world.given._replace(votes=world.given.votes[:, :5], errors=jnp.full(5, 0.3))
    state = jax.jit(replace(one, given=given).init)(KEY)
    wrong = np.exp(np.asarray(state.params.confusion))[:, [0, 1], [1, 0]]
    np.testing.assert_allclose(wrong.mean(1), [0.4, 0.34, 0.27, 0.21, 0.15], atol=0.03)
    belief = one.labels(state, world.test_x, world.test_votes[:, :5], KEY)
    right = float((jnp.argmax(belief, 1) == world.test_truth).mean())
    assert right == pytest.approx(0.894, abs=0.01)


def test_a_classifier_learns_the_weighted_votes():
    one = method("weighted_classifier", lr=0.01, decay=0.2)
    state = jax.jit(one.init)(KEY)
    params = jax.tree.map(lambda leaf: leaf + 0.1, state.params)
    wanted = np.asarray(weighted_scores(VOTES, ERRORS), np.float64)
    given = np.asarray(one.labels(state._replace(params=params), X, VOTES, KEY), np.float64)
    squares = sum(float(jnp.sum(leaf**2)) for leaf in jax.tree.leaves(params))
    by_hand = -(wanted * np.log(given)).sum(1).mean() + 0.2 * squares / 2
    assert float(one.loss(params, BATCH)) == pytest.approx(by_hand, rel=1e-4)
    update = jax.jit(one.update)
    moved = state
    for _ in range(3):
        moved = update(moved, BATCH, KEY)
    assert float(one.loss(moved.params, BATCH)) < float(one.loss(state.params, BATCH)) - 0.01


def test_constraints_by_hand():
    parts = method("label_learning_flow").labels.__func__.__globals__
    y = jnp.array([[-0.5, 1.2], [0.25, 0.75], [1.0, 0.5]])
    wanted = np.mean([0.25 + 0.04 + 0.09, 0.0, 0.25])
    assert float(parts["simplex"](y)) == pytest.approx(wanted, rel=1e-5)
    votes = jnp.array([[0, 1], [0, 0], [1, 1]])
    found = np.zeros((2, 2))
    for v in range(2):
        for c in range(2):
            u = np.asarray(votes[:, v] == c, float)
            found[v, c] = np.mean((1 - np.asarray(y[:, c])) * u + np.asarray(y[:, c]) * (1 - u))
    errors = np.array([0.3, 0.6])
    wanted = (np.maximum(found - errors[:, None], 0) ** 2).sum()
    assert wanted > 0.1
    assert float(parts["disagreement"](y, votes, jnp.asarray(errors, jnp.float32))) == pytest.approx(wanted, rel=1e-4)
    assert float(parts["disagreement"](jnp.clip(y, 0, 1), votes, jnp.array([1.0, 1.0]))) == pytest.approx(0, abs=1e-6)


def test_the_first_step_of_a_label_flow_is_adam_on_the_whole_loss():
    one = method("label_learning_flow", lr=0.02, weight=7.0)
    state = jax.jit(one.init)(KEY)
    z = jax.random.normal(jax.random.key(9), (4, 2))
    parts = one.labels.__func__.__globals__
    masks = affine_flow.digit_masks(4, 2)

    def loss(params):
        y, _ = affine_flow.transform(params, masks, z, condition=X)
        jacobian = jax.vmap(
            jax.jacobian(lambda z, x: affine_flow.transform(params, masks, z[None], condition=x[None])[0][0])
        )
        volume = jnp.linalg.slogdet(jacobian(z, X))[1]
        density = -0.5 * jnp.sum(z**2, 1) - jnp.log(2 * jnp.pi) - volume
        held = parts["simplex"](y) + parts["disagreement"](y, VOTES, ERRORS)
        return -density.mean() / (2 * np.log(2)) + 7 * held

    gradient = jax.grad(loss)(state.params)
    with jax.numpy_dtype_promotion("standard"):
        step, _ = optax.adam(0.02).update(gradient, optax.adam(0.02).init(state.params))
    moved = jax.jit(one.update)(state, BATCH, jax.random.key(9))
    for name, a, b, g in zip(
        state.params._fields, moved.params, optax.apply_updates(state.params, step), gradient, strict=True
    ):
        sure = jnp.abs(g) > 1e-4  # where the gradient vanishes Adam's step is rounding
        np.testing.assert_allclose(jnp.where(sure, a - b, 0), 0, atol=1e-3, err_msg=name)
    np.testing.assert_allclose(moved.adam[0].mu.last_bias, 0.1 * gradient.last_bias, atol=1e-3)


def test_labels_are_means_of_clipped_draws():
    one = method("label_learning_flow")
    state = jax.jit(one.init)(KEY)
    noise = jax.random.normal(KEY, (10, 4, 2))
    masks = affine_flow.digit_masks(4, 2)
    drawn = [np.asarray(affine_flow.transform(state.params, masks, z, condition=X)[0]) for z in noise]
    assert np.min(drawn) < 0 and np.max(drawn) > 1
    np.testing.assert_allclose(one.labels(state, X, VOTES, KEY), np.clip(drawn, 0, 1).mean(0), atol=1e-5)
