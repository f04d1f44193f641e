"""The permuted stream keeps its books; its methods reduce to one another and to hand-worked steps."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.continual._plasticity import State
from toybench.methods.continual.continual_backprop import ContinualBackprop, Units, replace
from toybench.methods.continual.layer_norm import LayerNorm
from toybench.methods.continual.upgd import UPGD, gate
from toybench.plugins import registry
from toybench.tasks.continual import Shown, StreamSpec
from toybench.tasks.continual._plasticity import dead_share, effective_rank
from toybench.tasks.continual.permuted_stream import PermutedStream

SPEC = StreamSpec(inputs=6, classes=3)
KEY = jax.random.key(0)
TINY = {"tasks": 10, "length": 8, "inputs": 12}


def method(name, **fields):
    return registry.load("methods", f"continual/{name}")(spec=SPEC, steps=10, width=5, **fields)


def batches(n, start=False):
    x = jax.random.normal(jax.random.key(1), (n, 8, SPEC.inputs))
    return [Shown(x=a, y=jnp.arange(8) % SPEC.classes, start=jnp.asarray(start)) for a in x]


def after(who, n=5):
    state, update = who.init(KEY), jax.jit(who.update)
    for i, batch in enumerate(batches(n)):
        state = update(state, batch, jax.random.key(i))
    return state


def assert_close(a, b, **tolerance):
    jax.tree.map(lambda x, y: np.testing.assert_allclose(x, y, **tolerance), a, b)


@pytest.mark.parametrize(
    ("name", "fields", "other"),
    [
        ("l2", {"decay": 0.0}, "sgd"),
        ("l2_init", {"decay": 0.0}, "sgd"),
        ("continual_backprop", {"rho": 0.0}, "sgd"),
        ("redo", {"every": 1e6}, "sgd"),
        ("shrink_and_perturb", {"sigma": 0.0, "decay": 0.1, "lr": 0.1}, "l2[decay]"),
    ],
)
def test_a_method_switched_off_is_its_baseline(name, fields, other):
    baseline = method("l2", decay=0.1) if other == "l2[decay]" else method(other)
    assert_close(after(method(name, **fields)).params, after(baseline).params, rtol=1e-5, atol=1e-6)


def test_without_noise_and_utility_upgd_is_gradient_descent():
    who = method("upgd", sigma=0.0, decay=0.0, lr=0.1, beta=1.0)  # beta = 1: the trace stays 0
    trace = who.init(KEY).memory.trace
    np.testing.assert_allclose(gate(trace, jnp.ones(()))[0]["w"], 0.5)
    grads = jax.tree.map(jnp.ones_like, who.init(KEY).params)
    step = UPGD.learn(
        method("upgd", sigma=0.0, decay=0.0, lr=0.1, beta=0.5),
        who.init(KEY)._replace(params=jax.tree.map(jnp.zeros_like, grads)),
        grads,
        (),
        batches(1)[0],
        KEY,
    )
    assert_close(step.params, jax.tree.map(lambda g: -0.1 * g, grads), rtol=1e-5)  # zero weights have zero utility


def test_the_gate_shuts_for_useful_weights_and_never_turns_round():
    found = gate({"w": jnp.array([3.0, 0.0, -3.0])}, jnp.ones(()))["w"]
    np.testing.assert_allclose(found, [1 - 1 / (1 + np.exp(-1)), 0.5, 1 / (1 + np.exp(-1))], rtol=1e-5)
    harmful = gate({"w": jnp.array([-1.0, -2.0])}, jnp.ones(()))["w"]
    assert np.all(np.asarray(harmful) >= 0.5)


def test_the_utility_trace_is_the_loss_that_zeroing_a_weight_costs_to_first_order():
    who = method("upgd", beta=0.0)
    state, batch = who.init(KEY), batches(1)[0]
    trace = who.update(state, batch, KEY).memory.trace
    loss = lambda s: float(who.loss(jax.tree.map(lambda w, u: w * (1 - s), state.params, trace), batch)[0])  # noqa: E731
    assert float(sum(u.sum() for u in jax.tree.leaves(trace))) == pytest.approx(
        (loss(1e-2) - loss(-1e-2)) / 2e-2, rel=1e-2
    )


def test_l2_init_returns_to_where_it_started():
    who = method("l2_init", lr=0.5, decay=1.0)
    state = who.init(KEY)
    moved = state._replace(params=jax.tree.map(lambda w: w + 1, state.params))
    nothing = jax.tree.map(jnp.zeros_like, state.params)
    assert_close(
        who.learn(moved, nothing, (), batches(1)[0], KEY).params,
        jax.tree.map(lambda w: w + 0.5, state.params),
        rtol=1e-5,
    )


def test_replacing_a_unit_leaves_the_mean_of_the_next_layer():
    rng = np.random.default_rng(0)
    h, w_out, b = (jnp.asarray(rng.normal(size=s), jnp.float32) for s in ((20, 4), (4, 3), (3,)))
    age, eta = jnp.full(4, 7.0), 0.9
    units = Units(mean=h.mean(0) * (1 - eta**age), utility=jnp.ones(4), age=age, due=jnp.ones(()))
    layer, out = {"w": jnp.ones((2, 4)), "b": jnp.ones(4)}, jnp.array([0.0, 1.0, 0.0, 0.0])
    born = jnp.array([5.0, -5.0])
    first, second, left = replace(layer, {"w": w_out, "b": b}, units, out, born, eta)
    before, now = h @ w_out + b[None], h @ second["w"] + second["b"][None]
    np.testing.assert_allclose(now.mean(0), before.mean(0), atol=1e-5)
    assert float(jnp.abs(now - before).max()) > 0.1  # but not each output
    np.testing.assert_allclose(first["w"][:, 1], born)
    np.testing.assert_allclose((first["b"][1], left.age[1], left.utility[1], left.age[0]), (0, 0, 0, 7))


def test_the_worst_mature_unit_goes_and_as_often_as_the_rate_says():
    who = ContinualBackprop(spec=SPEC, width=4, rho=0.05, maturity=10.0)
    h, w = jnp.tile(jnp.array([1.0, -1.0]), 4)[:, None] * jnp.array([[4.0, 1.0, 3.0, 2.0]]), jnp.ones((4, 4))
    units, gone = Units(*(jnp.zeros(4),) * 3, jnp.zeros(())), []
    for step in range(1, 61):
        units, out = who.test(units, h, w, w)
        if bool(out.any()):
            gone.append((step, int(jnp.argmax(out))))
            keep = 1 - out
            units = units._replace(age=units.age * keep, utility=units.utility * keep, mean=units.mean * keep)
    # 4 * 0.05 a step from step 11 on: due at 15. 3 * 0.05 from then on: at 22, 0.05 left. 2 * 0.05 until 25, when the
    # first new one is mature, and 3 * 0.05 again: at 30.
    assert gone[:3] == [(15, 1), (22, 3), (30, 1)]


def test_all_layers_are_tested_before_a_unit_starts_anew():
    """A unit of each layer is due; the second layer's utility sees the first one's weights as they were."""
    who = ContinualBackprop(spec=SPEC, width=5, rho=0.001, maturity=10.0)
    params = who.fresh(KEY)
    zero, old = jnp.zeros(5), jnp.full(5, 20.0)
    units = Units(mean=zero, utility=zero, age=old, due=jnp.ones(()))
    x = batches(1)[0]
    hidden = who.forward(params, x.x)[1]
    nothing = jax.tree.map(jnp.zeros_like, params)
    state = State(params=params, memory=(units, units))
    after = who.learn(state, nothing, hidden, x, KEY)
    for i, left in enumerate(after.memory):
        expected, out = who.test(units, hidden[i], params[i]["w"], params[i + 1]["w"])
        assert float(out.sum()) == 1
        np.testing.assert_allclose(left.utility, expected.utility * (1 - out), rtol=1e-5)
    assert not np.allclose(after.params[1]["w"], params[1]["w"])


def test_redo_recycles_dormant_units_only():
    who = method("redo", every=1.0, tau=0.5)
    state = who.init(KEY)
    activity = (jnp.array([0.0, 1, 1, 1, 1]), jnp.array([1.0, 1, 1, 1, 0.1]))
    found = who.recycle(State(state.params, (activity, jnp.ones(()))), jax.random.key(9)).params
    assert not np.allclose(found[0]["w"][:, 0], state.params[0]["w"][:, 0])
    np.testing.assert_array_equal(found[0]["w"][:, 1:], state.params[0]["w"][:, 1:])
    np.testing.assert_array_equal(found[1]["w"][0, :4], 0)
    np.testing.assert_array_equal(found[2]["w"][4], 0)
    np.testing.assert_array_equal(found[2]["w"][:4], state.params[2]["w"][:4])


def test_layer_norm_ignores_scale_and_shift():
    z = jax.random.normal(KEY, (3, 50)) * 10
    who = LayerNorm(spec=SPEC)
    np.testing.assert_allclose(who.activate(3 * z + 7), who.activate(z), atol=1e-4)


def test_reset_forgets_everything_at_the_start_of_a_task():
    who = method("reset_network")
    a, b = who.init(KEY), who.init(jax.random.key(5))
    first, later = batches(1, start=True)[0], batches(1)[0]
    assert_close(who.update(a, first, KEY), who.update(b, first, KEY))
    assert not np.allclose(who.update(a, later, KEY).params[0]["w"], who.update(b, later, KEY).params[0]["w"])


def test_rank_and_dead_units_of_hand_made_layers():
    orthogonal, flat = jnp.eye(6)[:, :4] * 3, jnp.outer(jnp.ones(6), jnp.array([1.0, 2.0, 0.0]))
    assert float(effective_rank((orthogonal,))) == pytest.approx(4, abs=1e-3)
    assert float(effective_rank((flat,))) == pytest.approx(1, abs=1e-2)
    assert float(dead_share((flat, orthogonal))) == pytest.approx(1 / 7)


def run(task, learner, steps):
    world = task.sample(KEY)

    def step(world, key):
        return task.draw(world, key, learner)

    return jax.lax.scan(step, world, jax.random.split(KEY, steps))


def test_the_stream_scores_before_it_shows():
    task = PermutedStream(**TINY)
    first = SimpleNamespace(
        classify=lambda x: jnp.tile(jnp.arange(10) == 0, (len(x), 1)).astype(jnp.float32),
        units=lambda x: (jnp.ones((len(x), 2)),),
    )
    world, shown = run(task, first, 80)
    np.testing.assert_array_equal(np.flatnonzero(shown.start), np.arange(0, 80, 8))
    np.testing.assert_array_equal(world.right, (shown.y == 0).reshape(10, -1).sum(-1))
    found = task.evaluate(world, KEY, first)
    share = np.asarray(world.right) / 64
    assert float(found["online_accuracy"]) == pytest.approx(share.mean(), abs=1e-6)
    assert float(found["late_accuracy"]) == pytest.approx(share[-2:].mean(), abs=1e-6)
    assert float(found["plasticity_loss"]) == pytest.approx(share[1:6].mean() - share[-2:].mean(), abs=1e-6)


@pytest.mark.parametrize("permute", ["inputs", "labels"])
def test_tasks_are_permutations_of_one_problem(permute):
    task = PermutedStream(permute=permute, flip=0.0, **TINY | {"length": 40})
    world = task.sample(KEY)
    x, y = np.asarray(world.x).reshape(10, -1, 12), np.asarray(world.y).reshape(10, -1)
    patterns = [{tuple(row) for row in rows} for rows in x]
    if permute == "labels":
        assert all(p <= set(map(tuple, np.asarray(world.prototypes))) for p in patterns)
        told = [dict(zip(map(tuple, rows), labels, strict=True)) for rows, labels in zip(x, y, strict=True)]
        shared = set(told[0]) & set(told[1])
        assert any(told[0][row] != told[1][row] for row in shared)
    else:
        assert patterns[0] != patterns[1]
        assert {sum(p) for p in patterns[0]} == {sum(p) for p in patterns[1]}  # ones are only moved


def test_the_oracle_knows_the_first_task():
    task = PermutedStream(**TINY | {"inputs": 64, "length": 40})
    world = task.sample(KEY)
    assert float(task.evaluate(world, KEY, task.oracle(world))["online_accuracy"]) > 0.97
