"""Class-incremental books, memory and losses against hand-worked cases and one another."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.continual._incremental import Minibatch, State
from toybench.methods.continual.ewc import Anchors, penalty
from toybench.methods.continual.icarl import herd
from toybench.plugins import registry
from toybench.tasks.continual import Session, SessionSpec
from toybench.tasks.continual._incremental import grade
from toybench.tasks.continual.class_incremental import ClassIncremental

SPEC = SessionSpec(inputs=4, sessions=3, fresh=2, examples=6, memory=2)
KEY = jax.random.key(0)
OLD = jnp.asarray(2)


def method(name, **fields):
    return registry.load("methods", f"continual/{name}")(spec=SPEC, steps=3, hidden=8, **fields)


def session(number, updates=4):
    rng = np.random.default_rng(number)
    return Session(
        x=jnp.asarray(rng.normal(size=(12, 4)), jnp.float32),
        y=jnp.repeat(jnp.arange(2), 6).astype(jnp.int32) + 2 * number,
        order=jnp.asarray(rng.integers(0, 12, (updates, 5)), jnp.int32),
        number=jnp.asarray(number),
    )


def minibatch():
    rng = np.random.default_rng(1)
    place = jnp.array([0, 1, 2])
    x = jnp.asarray(rng.normal(size=(6, 4)), jnp.float32)
    return Minibatch(x=x, y=jnp.array([2, 3, 2, 0, 0, 1]), weight=jnp.full(6, 1 / 6), place=place)


def loss(name, state=None, old=OLD, batch=None, params=None, **fields):
    who = method(name, **fields)
    state = state or who.init(jax.random.key(3))
    return float(who.loss(params or who.fresh(KEY), batch or minibatch(), state, old))


def test_the_fields_metrics_of_a_hand_worked_table():
    earlier = jnp.array([[0.9, 0, 0], [0.5, 0.8, 0], [0, 0, 0]])
    found = grade(earlier, jnp.array([0.3, 0.6, 0.9]), jnp.asarray(3))
    assert float(found["final_accuracy"]) == pytest.approx(0.6)
    assert float(found["average_incremental_accuracy"]) == pytest.approx((0.9 + 0.65 + 0.6) / 3)
    assert float(found["forgetting"]) == pytest.approx(((0.9 - 0.3) + (0.8 - 0.6)) / 2)
    assert float(found["new_session_accuracy"]) == pytest.approx((0.9 + 0.8 + 0.9) / 3)
    first = grade(jnp.zeros((3, 3)), jnp.array([0.9, 0.2, 0.1]), jnp.asarray(1))
    assert float(first["final_accuracy"]) == pytest.approx(0.9)
    assert float(first["forgetting"]) == 0


def test_the_course_examines_after_each_session_and_masks_classes_to_come():
    task = ClassIncremental(inputs=4, sessions=3, fresh=2, examples=4, memory=2, updates=2, batch=2)
    last = SimpleNamespace(session_scores=lambda x: jnp.tile(jnp.arange(6.0), (len(x), 1)))  # the newest class, always
    world, rows = task.sample(KEY), []
    for number in range(3):
        world, shown = task.draw(world, KEY, last)
        rows.append(shown)
        assert set(np.asarray(shown.y)) == {2 * number, 2 * number + 1}
    found = task.evaluate(world, KEY, last)
    np.testing.assert_allclose(world.accuracy[:2], [[0.5, 0, 0], [0, 0.5, 0]], atol=1e-6)
    assert float(found["average_incremental_accuracy"]) == pytest.approx((1 / 2 + 1 / 4 + 1 / 6) / 3)


@pytest.mark.parametrize("name", ["er", "icarl"])
def test_memory_holds_training_examples_of_each_class_seen(name):
    who = method(name)
    state, update = who.init(KEY), jax.jit(who.update)
    for number in range(2):
        state = update(state, session(number), jax.random.key(number))
    for c in range(4):
        own = np.asarray(session(c // 2).x)[np.asarray(session(c // 2).y) == c]
        kept = np.asarray(state.memory[c])
        assert all(np.any(np.all(row == own, axis=-1)) for row in kept)
        assert not np.array_equal(kept[0], kept[1])
    np.testing.assert_array_equal(state.memory[4:], 0)


def test_replay_weighs_old_examples_by_their_number_or_by_half():
    assert float(method("er", balance=0.0).replayed(OLD)) == pytest.approx(4 / (4 + 12))
    assert float(method("er", balance=1.0).replayed(OLD)) == pytest.approx(0.5)
    assert float(method("er").replayed(jnp.asarray(0))) == 0
    assert float(method("joint").replayed(OLD)) == pytest.approx(0.5)  # 12 old and 12 new examples


def test_adjustments_switched_off_are_plain_replay():
    plain = loss("er")
    assert loss("er_logit_adjust", tau=0.0) == pytest.approx(plain, rel=1e-5)
    assert loss("lwf_er", weight=0.0) == pytest.approx(plain, rel=1e-5)
    assert loss("finetune") == pytest.approx(plain, rel=1e-5)
    assert loss("lwf_er", weight=1.0) > plain


def test_logit_adjustment_is_the_cross_entropy_of_the_priors_when_the_network_knows_nothing():
    who = method("er_logit_adjust", tau=1.0)
    blank = jax.tree.map(jnp.zeros_like, who.fresh(KEY))
    prior = {0: 0.125, 1: 0.125, 2: 0.375, 3: 0.375}  # a quarter of the weight is on two old classes
    expected = -np.mean([np.log(prior[int(y)]) for y in minibatch().y])
    assert loss("er_logit_adjust", params=blank) == pytest.approx(expected, rel=1e-5)


def test_classes_to_come_get_no_gradient():
    who = method("lwf_er")
    grads = jax.grad(lambda p: who.loss(p, minibatch(), who.init(jax.random.key(3)), OLD))(who.fresh(KEY))
    np.testing.assert_array_equal(grads["head"]["w"][:, 4:], 0)
    assert float(jnp.abs(grads["head"]["w"][:, :4]).min()) >= 0 and float(jnp.abs(grads["head"]["b"][:4]).min()) > 0


def test_dark_replay_is_drawn_to_stored_logits_of_classes_then_seen():
    who, params = method("der_pp", alpha=1.0), method("der_pp").fresh(KEY)
    logits = who.logits(params, minibatch().x)[3:]
    state = who.init(KEY)
    same = state._replace(extra=jnp.zeros_like(state.extra).reshape(-1, 6).at[:3].set(logits).reshape(6, 2, 6))
    apart = same._replace(extra=same.extra + 1)
    later = same._replace(extra=same.extra.at[:, :, 2:].add(7))  # classes 2 on had not been seen then
    base = loss("der_pp", alpha=0.0, state=same, params=params)
    assert loss("der_pp", alpha=1.0, state=same, params=params) == pytest.approx(base, rel=1e-5)
    assert loss("der_pp", alpha=1.0, state=apart, params=params) == pytest.approx(base + 1, rel=1e-4)
    assert loss("der_pp", alpha=1.0, state=later, params=params) == pytest.approx(base, rel=1e-5)


def test_icarl_classifies_without_its_head():
    who = method("icarl")
    state = who.init(KEY)
    state = state._replace(memory=who.keep(state.memory, session(0), who.choose(state.params, session(0), KEY)))
    other = state._replace(params=state.params | {"head": jax.tree.map(lambda w: w + 3, state.params["head"])})
    x = session(1).x
    np.testing.assert_array_equal(who.session_scores(state, x), who.session_scores(other, x))


def test_herding_is_greedy():
    features = np.random.default_rng(2).normal(size=(9, 3))
    mean, total, picked = features.mean(0), np.zeros(3), []
    for k in range(1, 5):
        gaps = [np.inf if i in picked else np.sum(((total + f) / k - mean) ** 2) for i, f in enumerate(features)]
        picked.append(int(np.argmin(gaps)))
        total += features[picked[-1]]
    np.testing.assert_array_equal(herd(jnp.asarray(features, jnp.float32), 4), picked)


def test_two_anchors_pull_as_the_exact_posterior_of_two_gaussians():
    fisher, means = ({"w": jnp.array([1.0, 4.0])}, {"w": jnp.array([3.0, 0.5])}), ([1.0, 2.0], [5.0, -2.0])
    pull = {"w": sum(f["w"] * jnp.array(m) for f, m in zip(fisher, means, strict=True))}
    anchors = Anchors(fisher={"w": fisher[0]["w"] + fisher[1]["w"]}, pull=pull)
    posterior = {"w": jnp.array([(1 * 1 + 3 * 5) / 4, (4 * 2 - 0.5 * 2) / 4.5])}
    np.testing.assert_allclose(jax.grad(penalty)(posterior, anchors)["w"], 0, atol=1e-5)
    np.testing.assert_allclose(jax.grad(penalty)({"w": jnp.zeros(2)}, anchors)["w"], -pull["w"], rtol=1e-5)


def test_fisher_information_of_the_output_bias_is_the_variance_of_the_answer():
    who = method("ewc")
    many = session(0)._replace(x=jnp.tile(session(0).x[:1], (4000, 1)))
    params = who.fresh(KEY)
    p = jax.nn.softmax(who.logits(params, many.x[:1])[0, :2])
    found = jax.jit(who.information)(params, many, KEY)["head"]["b"]
    np.testing.assert_allclose(found[:2], p * (1 - p), atol=0.02)  # a fair coin of weight p, squared score
    np.testing.assert_array_equal(found[2:], 0)


def test_online_ewc_ties_to_the_latest_weights():
    who = method("online_ewc", gamma=0.5)
    state, params = who.init(KEY), who.fresh(jax.random.key(1))
    extra = jax.jit(who.carry)(state, params, session(0), None, KEY)
    state = state._replace(params=params, extra=extra)
    np.testing.assert_allclose(jax.grad(penalty)(state.params, state.extra)["head"]["w"], 0, atol=1e-6)


def test_foster_weights_are_inverse_effective_numbers():
    weights = np.asarray(method("foster", beta=0.9).class_weights(OLD))[:4]
    number = np.array([1 - 0.9**2] * 2 + [1 - 0.9**6] * 2)
    np.testing.assert_allclose(weights, (1 / number) / np.mean(1 / number), rtol=1e-5)
    np.testing.assert_allclose(method("foster", beta=0.0).class_weights(OLD)[:4], 1)


def test_foster_starts_from_the_old_network_and_ends_at_its_size():
    who = method("foster")
    before, new = who.fresh(KEY), who.fresh(jax.random.key(1))
    teacher, x = who.expand(before, new), session(1).x
    silent = teacher | {"head": teacher["head"] | {"w": teacher["head"]["w"].at[8:].set(0)}}
    np.testing.assert_allclose(who.teach(before, silent, x)[0], who.logits(before, x), rtol=1e-5, atol=1e-6)
    grads = jax.grad(lambda b: who.teach(b, teacher, x)[0].sum())(before)
    assert all(float(jnp.abs(g).max()) == 0 for g in jax.tree.leaves(grads))  # the old module is frozen
    er = method("er").init(KEY).params
    assert jax.tree.map(jnp.shape, who.init(KEY).params) == jax.tree.map(jnp.shape, er)


def test_balanced_distillation_is_plain_without_weights_and_lifts_heavy_classes_with_them():
    who = method("foster")
    student, teacher = (jax.random.normal(jax.random.key(i), (5, 6)) for i in range(2))
    plain = who.balanced(student, teacher, jnp.ones(6), OLD)
    np.testing.assert_allclose(plain, who.distil(student, teacher, OLD + 2), rtol=1e-5)
    weights = jnp.array([2.0, 1, 1, 1, 1, 1])
    q = np.asarray(jax.nn.softmax(teacher[:, :4] / 2)) * np.asarray(weights[:4])
    q /= q.sum(-1, keepdims=True)
    expected = -(q * np.asarray(jax.nn.log_softmax(student[:, :4] / 2))).sum(-1)
    np.testing.assert_allclose(who.balanced(student, teacher, weights, OLD), expected, rtol=1e-4)


def test_a_state_is_carried_between_sessions_by_name():
    state = method("er").init(KEY)
    assert isinstance(state, State) and state.memory.shape == (6, 2, 4)
