"""Related curves: Gaussian posteriors, expected improvement, and what the policy loss rewards."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.bandits._curves import (
    Answers,
    expected_improvement,
    greedy,
    likelihood_loss,
    policy_loss,
    sampled,
)
from toybench.methods.bandits._gaussian_curves import condition
from toybench.plugins import registry
from toybench.tasks.bandits.related_curves import NOISE, CurveSpec, Episode

SPEC = CurveSpec(points=32, looks=6, batch=8)
KEY = jax.random.key(0)


@pytest.fixture(scope="module")
def task():
    return registry.load("tasks", "bandits/related_curves")()


def method(name: str, **knobs):
    return replace(registry.load("methods", f"bandits/{name}")(**knobs), spec=SPEC, steps=100)


def seen_table(where: list[int], curve: np.ndarray) -> tuple[jax.Array, jax.Array]:
    seen = np.zeros((1, 32), np.float32)
    seen[0, where] = 1
    return jnp.asarray(seen), jnp.asarray(seen * curve)


def test_conditioning_is_the_dense_posterior(task):
    y = np.asarray(task.draw_curves(KEY, 500), float)
    mean, cov = y.mean(0), np.cov(y.T) + 1e-3 * np.eye(32)
    where = [3, 17, 30]
    seen, values = seen_table(where, y[0])
    got = condition(jnp.asarray(mean, jnp.float32), jnp.asarray(cov, jnp.float32), seen, values, 6)
    solve = cov[:, where] @ np.linalg.inv(cov[np.ix_(where, where)] + NOISE**2 * np.eye(3))
    np.testing.assert_allclose(got[0][0], mean + solve @ (y[0] - mean)[where], atol=2e-3)
    np.testing.assert_allclose(got[1][0], np.diag(cov - solve @ cov[where]), atol=2e-3)


def test_expected_improvement_by_monte_carlo():
    z = np.random.default_rng(0).normal(size=400_000)
    for mean, dev, best in ((0.0, 1.0, 0.5), (1.0, 0.3, 0.5), (-1.0, 0.5, 0.0)):
        got = expected_improvement(jnp.array([[mean]]), jnp.array([[dev]]), jnp.array([[best]]))
        np.testing.assert_allclose(got[0, 0], np.maximum(mean + dev * z - best, 0).mean(), atol=3e-3)


def test_gp_likelihood_is_the_normal_one(task):
    from scipy import stats

    learner = method("gp_ei")
    params, y = learner.init(KEY).params, task.draw_curves(KEY, 3)
    mean, cov = (np.asarray(x, float) for x in learner.prior(params))
    want = -stats.multivariate_normal(mean, cov + NOISE**2 * np.eye(32)).logpdf(np.asarray(y, float)).mean()
    np.testing.assert_allclose(float(learner.loss(params, y)) + 16 * np.log(2 * np.pi), want, rtol=2e-3)


def test_family_moments_are_those_of_the_curves(task):
    learner = method("family_gp_ei")
    y = task.draw_curves(KEY, 64)
    state = learner.init(KEY)
    for part in y.reshape(8, 8, 32):
        state = learner.update(state, Episode(part, jnp.zeros((8, 6), jnp.int32)), KEY)
    mean, cov = learner.moments(state)
    np.testing.assert_allclose(mean, np.asarray(y).mean(0), atol=1e-4)
    np.testing.assert_allclose(cov, np.cov(np.asarray(y).T, bias=True) + 1e-4 * np.eye(32), atol=1e-3)


def test_the_peak_depends_on_the_background(task):
    """The background's phase tells the peak: two curves of one phase peak at one place."""
    from toybench.tasks.bandits.related_curves import curves

    u, z = jnp.repeat(jnp.linspace(0, 0.9, 10), 2), jnp.tile(jnp.array([-1.0, 1.0]), 10)
    bump = curves(u, z, 32) - curves(u, jnp.full(20, -1 / 0.15), 32)
    peak = np.asarray(jnp.argmax(bump, axis=1)).reshape(10, 2)
    assert (peak[:, 0] == peak[:, 1]).all() and len(np.unique(peak[:, 0])) > 4


def test_nobody_looks_twice_at_one_point(task):
    from toybench.protocol import Learner

    y = task.draw_curves(KEY, 8)
    for name in ("nap", "tnp_ei", "gp_ei"):
        learner = method(name)
        asked = Learner(learner, learner.init(KEY))
        for question in (asked.explore, asked.propose):
            assert all(len(set(row)) == 6 for row in np.asarray(task.play(y, KEY, question)))


def test_order_of_looks_does_not_matter(task):
    learner = method("nap")
    params = learner.init(KEY).params
    place, value = jnp.array([[0.1, 0.5, 0.9, 0, 0, 0]]), jnp.array([[1.0, 0.2, 0.3, 0, 0, 0]])
    mask = jnp.array([[1.0, 1, 1, 0, 0, 0]])
    swap = jnp.array([2, 0, 1, 3, 4, 5])
    a = learner.network.apply(params, place, value, mask)
    b = learner.network.apply(params, place[:, swap], value[:, swap], mask)
    hidden = learner.network.apply(params, place.at[:, 4].set(0.7), value.at[:, 4].set(5.0), mask)
    for x, y, z in zip(a, b, hidden, strict=True):
        np.testing.assert_allclose(x, y, atol=1e-5)
        np.testing.assert_allclose(x, z, atol=1e-5)


def test_reinforcement_raises_the_score_of_looks_that_paid():
    """Half of the episodes look at the peak first; after some steps the first look is there."""
    learner = method("nap_rl_only", lr=0.01)
    curve = jnp.zeros((8, 32)).at[:, 20].set(1.0)
    chosen = jnp.arange(6)[None].repeat(8, 0).astype(jnp.int32).at[:4, 0].set(20)
    state = learner.init(KEY)
    before = learner.ask(state, jnp.zeros((1, 32)), jnp.zeros((1, 32)))[2]
    step = jax.jit(learner.update)
    for _ in range(20):
        state = step(state, Episode(curve, chosen), KEY)
    after = learner.ask(state, jnp.zeros((1, 32)), jnp.zeros((1, 32)))[2]
    gain = jax.nn.log_softmax(after)[0] - jax.nn.log_softmax(before)[0]
    assert gain[20] > 0.5 and gain[0] < 0


def test_sampled_looks_follow_the_softmax_of_the_scores():
    score = jnp.log(jnp.array([[1.0, 2.0, 3.0, 4.0]]))
    seen = jnp.array([[0.0, 0.0, 1.0, 0.0]])
    drawn = np.asarray(jax.vmap(lambda k: sampled(score, seen, k)[0])(jax.random.split(KEY, 6000)))
    share = np.bincount(drawn, minlength=4) / 6000
    np.testing.assert_allclose(share, np.array([1, 2, 0, 4]) / 7, atol=0.02)
    np.testing.assert_array_equal(greedy(score, seen), [3])


def test_losses_by_numpy():
    rng = np.random.default_rng(1)
    mean, log_dev, score = rng.normal(size=(3, 2, 5, 4)).astype(np.float32)  # two looks, five curves, four points
    values = rng.normal(size=(5, 4)).astype(np.float32)
    chosen = np.array([[0, 1], [1, 0], [2, 3], [3, 1], [0, 2]])
    found = np.take_along_axis(values, chosen, 1)
    answers = Answers(mean=mean, log_dev=log_dev, score=score, found=found.T)
    batch = Episode(values=jnp.asarray(values), chosen=jnp.asarray(chosen, jnp.int32))
    nll = (0.5 * ((values[None] - mean) / np.exp(log_dev)) ** 2 + log_dev).mean()
    np.testing.assert_allclose(likelihood_loss(answers, batch), nll, rtol=1e-4)
    best = np.maximum(found[:, 0], found[:, 1])
    gains = [best + 0.5, best - found[:, 0]]
    total = 0.0
    for look, gain in enumerate(gains):
        advantage = (gain - gain.mean()) / (gain.std() + 1e-3)
        for b in range(5):
            free = [p for p in range(4) if p not in chosen[b, :look]]
            logp = score[look, b, chosen[b, look]] - np.log(np.exp(score[look, b, free]).sum())
            total -= logp * advantage[b] / 10
    np.testing.assert_allclose(policy_loss(answers, batch), total, rtol=1e-3, atol=1e-4)


def test_the_three_losses_are_parts_of_one():
    nap = method("nap", likelihood=0.7)
    params = nap.init(KEY).params
    batch = Episode(values=jnp.linspace(0, 1, 64).reshape(2, 32), chosen=jnp.tile(jnp.arange(6), (2, 1)) * 5)
    alone, predicts = (method(n).loss(params, batch) for n in ("nap_rl_only", "tnp_ei"))
    np.testing.assert_allclose(nap.loss(params, batch), alone + 0.7 * predicts, rtol=1e-4)


def test_answers_know_the_looks_before_and_no_others():
    learner = method("nap")
    params = learner.init(KEY).params
    values = jnp.linspace(-1, 1, 64).reshape(2, 32)
    chosen = jnp.array([[1, 7, 9, 12, 20, 30], [4, 3, 2, 1, 0, 5]])
    answers = learner.answers(params, Episode(values=values, chosen=chosen))
    seen = jax.nn.one_hot(chosen[:, :3], 32).sum(1)
    state = learner.init(KEY)
    mean, deviation, score = learner.ask(state, seen, seen * values)
    np.testing.assert_allclose(answers.mean[3], mean, atol=1e-4)
    np.testing.assert_allclose(jnp.exp(answers.log_dev[3]), deviation, rtol=1e-3)
    np.testing.assert_allclose(answers.score[3], score, atol=1e-4)
    np.testing.assert_allclose(answers.found, jnp.take_along_axis(values, chosen, 1).T)
