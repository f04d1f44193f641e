"""The world's shares by enumeration, and labellers by their limits and by other libraries."""

import itertools
import math
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import dblquad
from sklearn.linear_model import LogisticRegression

from toybench.blocks import affine_flow
from toybench.methods.weak_labels import _logistic, label_learning_flow
from toybench.methods.weak_labels.dawid_skene import DawidSkene
from toybench.methods.weak_labels.label_learning_flow import LabelLearningFlow, disagreement, push, violation
from toybench.methods.weak_labels.majority_vote import MajorityVote
from toybench.methods.weak_labels.votes_and_points import VotesAndPoints
from toybench.methods.weak_labels.weighted_classifier import WeightedClassifier
from toybench.methods.weak_labels.weighted_vote import WeightedVote
from toybench.tasks.weak_labels import Spec, Votes, vote_log_odds
from toybench.tasks.weak_labels.noisy_voters import RIGHT, NoisyVoters

KEY = jax.random.key(0)
WORLD = NoisyVoters(points=4000).sample(KEY)
COPIED = NoisyVoters(points=4000, copies=2).sample(KEY)


def bound(method: Any, given: Votes, steps: int = 1) -> Any:
    """A method that was given this."""
    spec = Spec(features=given.x.shape[1], voters=given.votes.shape[1])
    return replace(method, given=given, spec=spec, steps=steps)


def scores(method: Any, given: Votes) -> jax.Array:
    """Of the points that were given."""
    learner = bound(method, given)
    return learner.labels(learner.init(KEY), given.x, given.votes, KEY)


def small(task: NoisyVoters, points: int = 200) -> Votes:
    """What a learner is given of fewer points."""
    public = task.sample(jax.random.key(3)).public
    return Votes(x=public.x[:points], votes=public.votes[:points], errors=public.errors)


def accuracy(found: jax.Array, y: jax.Array) -> float:
    return float((found.argmax(1) == y.astype(int)).mean())


def expected_accuracies() -> tuple[float, float]:
    """(of the majority, of the weighted vote), over all patterns of right and wrong votes."""
    majority = weighted = 0.0
    weight = np.log(np.array(RIGHT) / (1 - np.array(RIGHT)))
    for pattern in itertools.product((0, 1), repeat=len(RIGHT)):
        chance = np.prod([p if right else 1 - p for right, p in zip(pattern, RIGHT, strict=True)])
        majority += chance * (sum(pattern) > len(RIGHT) / 2)
        weighted += chance * ((2 * np.array(pattern) - 1) @ weight > 0)
    return majority, weighted


def test_votes_alone_have_the_accuracy_that_the_page_names() -> None:
    majority, weighted = expected_accuracies()
    assert (round(majority, 3), round(weighted, 3)) == (0.875, 0.896)
    noise = 4 * (0.25 / 5000) ** 0.5
    assert abs(accuracy(scores(MajorityVote(), WORLD.public), WORLD.y) - majority) < noise
    assert abs(accuracy(scores(WeightedVote(), WORLD.public), WORLD.y) - weighted) < noise


@pytest.mark.parametrize(("distance", "expected"), [(4.0, 0.977), (2.0, 0.841)])
def test_places_alone_have_the_accuracy_that_the_page_names(distance: float, expected: float) -> None:
    world = NoisyVoters(points=4000, distance=distance).sample(KEY)
    by_place = (world.public.x @ world.towards > 0).astype(jnp.float32)
    assert abs(float((by_place == world.y).mean()) - expected) < 0.015
    assert round(0.5 * (1 + math.erf(distance / 2 / 2**0.5)), 3) == expected


def test_voters_err_as_often_as_is_told_and_copies_follow() -> None:
    wrong = jnp.abs(COPIED.public.votes - COPIED.y[:, None]).mean(0)
    np.testing.assert_allclose(wrong, COPIED.public.errors, atol=0.03)
    np.testing.assert_allclose(COPIED.public.errors[5:], [0.42, 0.372], rtol=1e-5)
    turned = jnp.abs(COPIED.public.votes[:, 5:] - COPIED.public.votes[:, :2]).mean(0)
    np.testing.assert_allclose(turned, 0.1, atol=0.02)


def test_the_oracle_is_ahead_of_all_parts() -> None:
    task = NoisyVoters(copies=2)
    oracle = task.evaluate(task.sample(KEY), KEY, task.oracle(task.sample(KEY)))
    assert float(oracle["test_accuracy"]) > 0.985  # places alone have 0.977
    floor = task.evaluate(task.sample(KEY), KEY, task.floor(task.sample(KEY)))
    assert abs(float(floor["test_accuracy"]) - 0.5) < 0.06
    reading = SimpleNamespace(labels=lambda x, votes, key: jax.nn.one_hot(task.sample(KEY).y.astype(int), 2))
    assert float(task.evaluate(task.sample(KEY), KEY, reading)["accuracy"]) == 1.0


def test_a_regression_is_scikit_learns() -> None:
    given = small(NoisyVoters(distance=1.0))
    hard = given.votes[:, 4]
    theirs = LogisticRegression(C=1 / 2.0, tol=1e-8).fit(np.asarray(given.x), np.asarray(hard))
    ours = _logistic.fit_logistic(given.x, hard, 2.0)
    np.testing.assert_allclose(ours[:-1], theirs.coef_[0], atol=1e-3)
    np.testing.assert_allclose(ours[-1], theirs.intercept_[0], atol=1e-3)


def test_a_soft_label_is_two_weighted_ones() -> None:
    given = small(NoisyVoters(distance=1.0))
    soft = jax.nn.sigmoid(vote_log_odds(given.votes, given.errors))
    twice = np.concatenate([given.x, given.x])
    y = np.repeat([1, 0], len(given.x))
    weights = np.concatenate([soft, 1 - soft])
    theirs = LogisticRegression(C=1.0, tol=1e-8).fit(twice, y, weights)
    learner = bound(WeightedClassifier(penalty=1.0), given)
    np.testing.assert_allclose(learner.init(KEY)[:-1], theirs.coef_[0], atol=2e-3)


def test_places_that_tell_nothing_leave_the_votes() -> None:
    given = small(NoisyVoters(distance=1.0))
    nowhere = given._replace(x=jnp.zeros_like(given.x))
    found = scores(VotesAndPoints(penalty=1.0), nowhere)[:, 1]
    votes = vote_log_odds(given.votes, given.errors)
    np.testing.assert_allclose(found - votes, jnp.broadcast_to((found - votes)[0], votes.shape), atol=1e-4)
    assert abs(float((found - votes)[0])) < 0.5  # a share of the classes near one half


def test_votes_and_places_are_nearly_bayes() -> None:
    """What is known of the centres from 4,000 points costs hardly anything."""
    found = accuracy(scores(VotesAndPoints(penalty=1.0), WORLD.public), WORLD.y)
    oracle = NoisyVoters().oracle(WORLD).labels(WORLD.public.x, WORLD.public.votes, KEY)
    assert accuracy(oracle, WORLD.y) - 0.005 < found


def test_learned_errors_tend_to_the_given_ones_and_find_true_ones() -> None:
    strong = scores(DawidSkene(pseudo=1e7), WORLD.public)[:, 1]
    share = float((strong - vote_log_odds(WORLD.public.votes, WORLD.public.errors)).mean())
    np.testing.assert_allclose(strong - share, vote_log_odds(WORLD.public.votes, WORLD.public.errors), atol=0.02)
    wrongly_told = WORLD.public._replace(errors=jnp.full(5, 0.3))
    learner = bound(DawidSkene(pseudo=0.01), wrongly_told)
    np.testing.assert_allclose(learner.init(KEY).says[1], RIGHT, atol=0.06)


def flow_and_points() -> tuple[affine_flow.Couplings, jax.Array, jax.Array]:
    flow = affine_flow.couplings(KEY, layers=label_learning_flow.LAYERS, dims=2, width=8, condition=3)
    return flow, jax.random.normal(KEY, (5, 2)), jax.random.normal(jax.random.key(1), (5, 3))


def test_the_likelihood_is_that_of_the_labels_that_are_drawn() -> None:
    """log N(z) - log-determinant, against the flow undone; and it integrates to 1 over the plane."""
    flow, z, x = flow_and_points()
    y, volume = push(flow, z, x)
    masks = affine_flow.digit_masks(label_learning_flow.LAYERS, 2)
    back, undone = affine_flow.transform(flow, masks, y, inverse=True, condition=x)
    np.testing.assert_allclose(back, z, atol=1e-4)
    np.testing.assert_allclose(undone, -volume, atol=1e-4)

    @jax.jit
    def density(a: jax.Array, b: jax.Array) -> jax.Array:
        base, log = affine_flow.transform(flow, masks, jnp.stack([a, b])[None], inverse=True, condition=x[:1])
        return jnp.exp(-0.5 * (base**2).sum() + log[0]) / (2 * jnp.pi)

    total, _ = dblquad(lambda a, b: float(density(jnp.float32(a), jnp.float32(b))), -9, 9, -9, 9, epsabs=3e-3)
    np.testing.assert_allclose(total, 1.0, atol=0.01)


def test_violations_are_a_loop_over_voters_classes_and_points() -> None:
    given = small(NoisyVoters(), 6)
    y = jax.random.normal(KEY, (6, 2))
    apart = np.zeros((5, 2))
    simplex = 0.0
    for i in range(6):
        for k in range(2):
            simplex += max(-float(y[i, k]), 0) ** 2 + max(float(y[i, k]) - 1, 0) ** 2
            for j in range(5):
                v = float(given.votes[i, j]) if k else 1 - float(given.votes[i, j])
                apart[j, k] += (float(y[i, k]) * (1 - v) + (1 - float(y[i, k])) * v) / 6
        simplex += (float(y[i].sum()) - 1) ** 2
    np.testing.assert_allclose(disagreement(y, given.votes), apart, rtol=1e-4)
    excess = np.maximum(apart - np.asarray(given.errors)[:, None], 0)
    np.testing.assert_allclose(violation(y, given), simplex / 6 + (excess**2).sum(), rtol=1e-4)


def test_the_true_labels_violate_nothing() -> None:
    truth = jax.nn.one_hot(WORLD.y.astype(int), 2)
    realised = jnp.abs(WORLD.public.votes - WORLD.y[:, None]).mean(0)
    np.testing.assert_allclose(violation(truth, WORLD.public._replace(errors=realised)), 0.0, atol=1e-9)
    assert float(violation(1 - truth, WORLD.public)) > 0.1


def test_a_flow_within_bounds_labels_most_points() -> None:
    """With bounds of 1, which bind nothing, it doesn't."""
    task = NoisyVoters(points=200)
    world = task.sample(KEY)

    def trained(given: Votes) -> float:
        learner = bound(LabelLearningFlow(lr=0.01, weight=30.0), given, steps=200)

        def step(state: Any, key: jax.Array) -> tuple[Any, None]:
            return learner.update(state, (), key), None

        state, _ = jax.lax.scan(step, learner.init(KEY), jax.random.split(KEY, 200))
        return accuracy(learner.labels(state, given.x, given.votes, KEY), world.y[:200])

    given = task.given(world)
    assert trained(given) > 0.9
    assert trained(given._replace(errors=jnp.ones(5))) < 0.85
