"""The gradient methods: gradients against differences, projections against their definition, and that they arrive."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks.mdp import finite_value
from toybench.methods.risk_sensitive_rl._gradients import summed_value
from toybench.methods.risk_sensitive_rl.ecrm_projected import project
from toybench.methods.risk_sensitive_rl.ecrm_softmax import State as Logits
from toybench.methods.risk_sensitive_rl.ecrm_softmax import chances
from toybench.methods.risk_sensitive_rl.reinforce import State as ActionLogits
from toybench.plugins import registry
from toybench.protocol import Learner
from toybench.tasks.risk_sensitive_rl import START, UNIT
from toybench.tasks.risk_sensitive_rl._shortcut import SAFE, rewards
from toybench.tasks.risk_sensitive_rl.known_shortcut import KnownShortcut

KEY = jax.random.key(7)
TASK = KnownShortcut(instances=3)


@pytest.fixture(scope="module")
def world():
    return jax.jit(TASK.sample)(KEY)


def method(name: str, world, averse: float = 0.5, **knobs):
    learner = registry.load("methods", f"risk_sensitive_rl/{name}")(**knobs)
    return replace(learner, spec=replace(TASK.spec, averse=averse), steps=300, given=TASK.given(world))


def train(learner, steps: int):
    state = learner.init(KEY)
    return jax.jit(lambda s: jax.lax.scan(lambda s, _: (learner.update(s, (), KEY), None), s, None, steps)[0])(state)


def judged(learner, state, world) -> dict:
    return {k: float(v) for k, v in TASK.evaluate(world, KEY, Learner(learner, state)).items()}


def test_the_softmax_step_is_the_gradient_by_differences(world):
    learner = method("ecrm_softmax", world, lr=1.0)
    rng = np.random.default_rng(0)
    logits = jnp.asarray(rng.normal(size=learner.init(KEY).params.shape), jnp.float32)
    step = np.asarray(learner.update(Logits(params=logits), (), KEY).params - logits)
    way = rng.normal(size=logits.shape)
    way = jnp.asarray(way / np.linalg.norm(way), jnp.float32)
    value = jax.jit(lambda x: summed_value(learner.spec, learner.given, chances(x)))
    slope = (float(value(logits + 0.05 * way)) - float(value(logits - 0.05 * way))) / 0.1
    np.testing.assert_allclose((step * np.asarray(way)).sum(), slope, rtol=0.03, atol=0.01)


def test_without_aversion_the_gradient_is_the_risk_neutral_one(world):
    """Summed over thresholds the action logits move alike, E times: each of the E threshold states has one copy."""
    learner = method("ecrm_softmax", world, averse=0.0, lr=1.0)
    neutral = method("reinforce", world, lr=1.0)
    actions = jnp.asarray(np.random.default_rng(1).normal(size=neutral.init(KEY).params.shape), jnp.float32)
    joint = jnp.broadcast_to(actions[:, :, :, None, :, None], learner.init(KEY).params.shape)
    step = learner.update(Logits(params=joint), (), KEY).params - joint
    plain = neutral.update(ActionLogits(params=actions), (), KEY).params - actions
    np.testing.assert_allclose(step.sum((3, 5)) / 4, plain, atol=2e-4)


def test_the_neutral_value_is_the_mean(world):
    neutral = method("reinforce", world)
    actions = jnp.asarray(np.random.default_rng(2).normal(size=neutral.init(KEY).params.shape), jnp.float32)
    got = judged(neutral, ActionLogits(params=actions), world)
    policy = jax.nn.softmax(actions, axis=-1)
    values = jax.vmap(finite_value)(world.problem.transitions, rewards(world.problem.units), policy)
    np.testing.assert_allclose(got["mean"], values[:, 0, START].mean(), rtol=1e-4)


def test_projections_are_the_nearest_points_of_the_simplex():
    x = jnp.asarray(np.random.default_rng(3).normal(size=(200, 12)), jnp.float32)
    p = np.asarray(project(x))
    np.testing.assert_allclose(p.sum(-1), 1.0, atol=1e-5)
    assert (p >= 0).all() and (p == 0).any()
    shift = np.where(p > 0, np.asarray(x) - p, np.nan)  # the same on the support, and more than x off it
    assert np.nanmax(shift, -1) - np.nanmin(shift, -1) == pytest.approx(0, abs=1e-5)
    assert (np.where(p == 0, np.asarray(x), -np.inf).max(-1) <= np.nanmin(shift, -1) + 1e-5).all()
    np.testing.assert_allclose(project(jnp.asarray(p)), p, atol=1e-6)


@pytest.mark.parametrize(("name", "knobs"), [("ecrm_softmax", {"lr": 10.0}), ("ecrm_projected", {"lr": 0.3})])
def test_gradients_arrive_near_the_optimum_with_a_better_tail_than_the_neutral_one(name, knobs, world):
    learner = method(name, world, **knobs)
    averse = judged(learner, train(learner, 300), world)
    start = judged(learner, learner.init(KEY), world)
    assert start["ecrm_gap"] == pytest.approx(1.0, abs=1e-3) and abs(averse["ecrm_gap"]) < 0.03
    neutral = method("reinforce", world, lr=10.0)
    other = judged(neutral, train(neutral, 300), world)
    best = {k: float(v) for k, v in TASK.oracle(world).metrics.items()}
    assert other["mean"] == pytest.approx(best["mean"], abs=0.02)
    assert averse["cvar"] > other["cvar"] + 0.05 and averse["cvar"] < best["cvar"] + 1e-4
    assert averse["mean"] < other["mean"]


def test_the_threshold_that_is_learned_is_the_quantile_of_the_next_reward(world):
    """After the safe first step 2 units are sure to come, so that 2 units is the only best threshold."""
    learner = method("ecrm_projected", world, lr=0.3)
    policy = np.asarray(learner.thresholds(train(learner, 200)))
    first = policy[:, 0, START, 0]  # [n, A, E]
    safe = np.asarray(world.problem.transitions[:, 0, START, :, SAFE]).argmax(-1)
    np.testing.assert_array_equal(first.sum(-1).argmax(-1), safe)
    assert (first.sum(1).argmax(-1) == round(0.5 / UNIT)).all()
