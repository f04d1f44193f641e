"""The CVaR bandits: indices by hand, limits that equal each other, and that they find the arm."""

import math
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.risk_sensitive_rl._arms import Tally, seen_tail
from toybench.plugins import registry
from toybench.tasks.risk_sensitive_rl import ArmSpec, Pull

SPEC = ArmSpec(instances=2, arms=3, levels=5, alpha=0.25)
KEY = jax.random.key(5)


def method(name: str, spec: ArmSpec = SPEC, steps: int = 100, **knobs):
    return replace(registry.load("methods", f"risk_sensitive_rl/{name}")(**knobs), spec=spec, steps=steps)


@pytest.fixture
def tally():
    counts = np.random.default_rng(0).integers(1, 6, (2, 3, 5))
    return Tally(counts=jnp.asarray(counts, jnp.float32))


def test_the_tail_of_what_was_seen_is_the_mean_of_the_worst_rewards(tally):
    for i in range(2):
        for k in range(3):
            seen = np.repeat(np.linspace(0, 1, 5), np.asarray(tally.counts[i, k], int))
            share = 0.25 * len(seen)
            whole = int(share)
            worst = seen[:whole].sum() + (share - whole) * seen[whole]
            np.testing.assert_allclose(seen_tail(tally, 0.25)[i, k], worst / share, atol=1e-5)
    means = (np.asarray(tally.counts) * np.linspace(0, 1, 5)).sum(-1) / np.asarray(tally.counts).sum(-1)
    np.testing.assert_allclose(seen_tail(tally, 1.0), means, atol=1e-5)


def test_bonuses_by_hand():
    pulls = jnp.array([[4.0, 9.0, 16.0]])
    log = math.log(3 * 100)
    bernstein = method("cvar_ucb_bernstein", c=0.5).bonus(pulls)
    want = [0.5 * math.sqrt(2 * 0.25 * log / n) + 0.25 * log / n for n in (4, 9, 16)]
    np.testing.assert_allclose(bernstein[0], want, rtol=1e-5)
    hoeffding = method("cvar_ucb_hoeffding", c=0.5).bonus(pulls)
    np.testing.assert_allclose(hoeffding[0], [0.5 * math.sqrt(log / (2 * n)) for n in (4, 9, 16)], rtol=1e-5)


def test_at_a_quarter_the_two_widths_differ_by_the_fast_term_alone():
    """2 alpha = 1/2 there: the Bernstein width is narrower for smaller alpha only."""
    pulls = jnp.arange(1.0, 7.0).reshape(2, 3)
    apart = method("cvar_ucb_bernstein", c=0.3).bonus(pulls) - method("cvar_ucb_hoeffding", c=0.3).bonus(pulls)
    np.testing.assert_allclose(apart, 0.09 * math.log(300) / pulls, rtol=1e-4, atol=1e-6)
    rare = replace(SPEC, alpha=0.01)
    many = jnp.full((2, 3), 1000.0)
    assert (method("cvar_ucb_bernstein", rare).bonus(many) < method("cvar_ucb_hoeffding", rare).bonus(many)).all()


@pytest.mark.parametrize("name", ["cvar_ucb_bernstein", "cvar_ucb_hoeffding", "cvar_greedy_arms"])
def test_every_arm_is_pulled_once_and_then_the_best(name, tally):
    knob = {"tries": 0.0} if "greedy" in name else {"c": 1e-6}
    learner = method(name, **knob)
    new = learner.init(KEY)
    assert (learner.pull(new, KEY) == 0).all()
    once = learner.update(new, Pull(arm=jnp.array([0, 0]), level=jnp.array([4, 4])), KEY)
    assert (learner.pull(once, KEY) == 1).all() and once.counts[0, 0, 4] == 1
    np.testing.assert_array_equal(learner.pull(tally, KEY), seen_tail(tally, 0.25).argmax(-1))


def test_a_large_bonus_pulls_the_arm_that_was_pulled_least(tally):
    least = tally.counts.sum(-1).argmin(-1)
    for name in ("cvar_ucb_bernstein", "cvar_ucb_hoeffding"):
        np.testing.assert_array_equal(method(name, c=1e4).pull(tally, KEY), least)


def test_random_pulls_come_with_their_chance(tally):
    learner = method("cvar_greedy_arms", tries=20.0)
    keys = jax.random.split(KEY, 3000)
    arms = np.asarray(jax.vmap(lambda k: learner.pull(tally, k))(keys))
    best = np.asarray(seen_tail(tally, 0.25).argmax(-1))
    chance = np.minimum(20 / (1 + np.asarray(tally.counts.sum((1, 2)))), 1)
    np.testing.assert_allclose((arms != best).mean(0), chance * 2 / 3, atol=0.04)


@pytest.mark.parametrize("name", ["cvar_ucb_bernstein", "cvar_ucb_hoeffding", "cvar_greedy_arms"])
def test_the_arm_without_a_tail_is_found_though_its_mean_is_lower(name):
    """One arm pays 1/2 for sure; another 1 with chance 0.8, else 0, so that its CVaR at 1/4 is 1/5 at most."""
    spec = replace(SPEC, arms=2, levels=3)
    learner = method(name, spec, steps=200)
    state = learner.init(KEY)
    rng = np.random.default_rng(2)
    pulls = np.zeros(2)
    for t in range(200):
        arm = np.asarray(learner.pull(state, jax.random.key(t)))
        level = np.where(arm == 0, 1, np.where(rng.uniform(size=2) < 0.8, 2, 0))
        state = learner.update(state, Pull(arm=jnp.asarray(arm), level=jnp.asarray(level)), KEY)
        pulls += (arm == 0) * (t >= 100)
    assert (pulls > 70).all()
