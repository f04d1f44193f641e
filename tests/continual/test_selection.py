"""Selectors on hand-made tables, and the arithmetic of overstatement."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from toybench.plugins import registry
from toybench.protocol import Learner
from toybench.tasks.continual import SessionSpec, Tables
from toybench.tasks.continual._replayers import DERPP, ER, ERLogitAdjust, LwFER
from toybench.tasks.continual._selection import spearman
from toybench.tasks.continual.class_incremental import ClassIncremental
from toybench.tasks.continual.setting_selection import LEARNERS, SettingSelection, World, searched

KEY = jax.random.key(0)


def world(seed=0):
    tuning, evaluation, again = np.random.default_rng(seed).normal(0.6, 0.1, (3, 4, 12)).astype(np.float32)
    return World(shown=Tables(jnp.asarray(tuning), jnp.asarray(evaluation)), again=jnp.asarray(again))


def judged(name, at):
    task = SettingSelection()
    cls = registry.load("methods", f"continual/{name}")
    found = task.evaluate(at, KEY, Learner(cls(spec=task.spec, given=task.given(at)), ()))
    return {k: float(v) for k, v in found.items()}


def test_published_and_true_accuracy_of_each_protocol_by_hand():
    at = world()
    tuning, evaluation, again = (np.asarray(t) for t in (*at.shown, at.again))
    rows, transferred, best = np.arange(4), tuning.argmax(1), evaluation.argmax(1)
    usual, revised, default = (judged(n, at) for n in ("tune_on_evaluation", "tune_on_transfer", "default_setting"))
    assert usual["published_accuracy"] == pytest.approx(evaluation.max(1).mean(), rel=1e-5)
    assert usual["reported_minus_true"] == pytest.approx((evaluation.max(1) - again[rows, best]).mean(), abs=1e-6)
    assert usual["overstatement"] == pytest.approx((evaluation.max(1) - again[rows, transferred]).mean(), abs=1e-6)
    assert revised["true_accuracy"] == pytest.approx(again[rows, transferred].mean(), rel=1e-5)
    assert default["true_accuracy"] == pytest.approx(again[:, 0].mean(), rel=1e-5)


@pytest.mark.parametrize("seed", range(5))
def test_nobody_publishes_more_than_who_tunes_on_the_evaluation_stream(seed):
    at = world(seed)
    usual = judged("tune_on_evaluation", at)["published_accuracy"]
    assert all(judged(n, at)["published_accuracy"] <= usual for n in ("tune_on_transfer", "default_setting"))


def test_picking_among_equal_settings_overstates_by_the_expected_maximum_of_the_noise():
    gaps = [judged("tune_on_evaluation", world(seed))["reported_minus_true"] for seed in range(40)]
    expected = 0.1 * 1.6292  # the mean of the largest of 12 standard normals
    assert np.mean(gaps) == pytest.approx(expected, abs=0.03)


def test_rank_correlation_is_spearmans():
    rng = np.random.default_rng(3)
    for _ in range(5):
        a, b = rng.normal(size=(2, 4))
        assert float(spearman(jnp.asarray(a), jnp.asarray(b))) == pytest.approx(stats.spearmanr(a, b)[0], abs=1e-5)


def test_the_first_setting_is_the_default_and_the_others_fill_the_box():
    u = jnp.array([0.5, 0.0, 1.0, 0.5])
    np.testing.assert_allclose(searched(u, 1e-3, 1e-1, True, 7.0), [7.0, 1e-3, 1e-1, 1e-2], rtol=1e-4)
    np.testing.assert_allclose(searched(u, 0.0, 2.0, False, 7.0), [7.0, 0.0, 2.0, 1.0], atol=1e-6)


@pytest.mark.parametrize(
    ("name", "learner", "fields"),
    [
        ("er", ER, {"lr": 0.01, "balance": 0.3}),
        ("er_logit_adjust", ERLogitAdjust, {"lr": 0.01, "tau": 0.7}),
        ("lwf_er", LwFER, {"lr": 0.01, "weight": 2.0, "balance": 0.6}),
        ("der_pp", DERPP, {"lr": 0.01, "alpha": 0.5, "beta": 0.4}),
    ],
)
def test_the_tuned_learners_are_the_methods_of_their_name(name, learner, fields):
    """After three sessions, and by default."""
    task = ClassIncremental(inputs=4, sessions=3, fresh=2, examples=6, memory=2, updates=5, batch=4)
    world = task.sample(KEY)
    method = registry.load("methods", f"continual/{name}")(spec=task.spec, steps=3, hidden=8, **fields)
    own = learner(spec=task.spec, hidden=8, **fields)
    found = []
    for who in (method, own):
        state, course = jax.jit(who.init)(KEY), world
        update = jax.jit(who.update)
        for number in range(3):
            course, shown = task.draw(course, jax.random.key(number), Learner(who, state))
            state = update(state, shown, jax.random.key(7 + number))
        found.append((state.params, state.memory, who.session_scores(state, world.test_x.reshape(-1, 4))))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6), *found)
    assert float(jnp.abs(found[0][2]).max()) > 0.1
    spec = SessionSpec(inputs=4, sessions=3, fresh=2, examples=6, memory=2)
    default = registry.load("methods", f"continual/{name}")()
    box = dict(LEARNERS)[learner]
    assert {field: getattr(learner(spec=spec, hidden=8), field) for field in box} == {
        field: getattr(default, field) for field in box
    }
