"""Closed forms against solves, memories and adapters against what they promise, estimators against gradients."""

from dataclasses import replace
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.continual import _forward, _heads, _ridge, _search, _simplex, masil, mos
from toybench.methods.continual.aef_ocl import AEFOCL
from toybench.methods.continual.g_acil import GACIL
from toybench.methods.continual.nws import NWS
from toybench.methods.continual.weighted_ridge import WeightedRidge
from toybench.tasks.continual import Backbone, Examples, NetSpec, PhaseSpec, PhaseStep, Published
from toybench.tasks.continual._pretrained import summary
from toybench.tasks.continual._stream import ShiftedStream
from toybench.tasks.continual.few_shot_incremental import FewShotIncremental

SPEC = PhaseSpec(inputs=5, hidden=6, features=6, expanded=8, classes=4, phases=2)
RNG = np.random.default_rng(0)


def array(*shape):
    return jnp.asarray(RNG.normal(size=shape), jnp.float32)


BACKBONE = Backbone(array(5, 6), array(6), array(6, 6), array(6, 8))


def session(y, position=0, length=3, phase=0, seen=None):
    y = jnp.asarray(y, jnp.int32)
    data = Examples(array(len(y), 5), y, jnp.ones(len(y)))
    seen = jnp.isin(jnp.arange(4), y) if seen is None else jnp.asarray(seen)
    numbers = (jnp.asarray(v, jnp.int32) for v in (phase, position, length))
    return PhaseStep(data.x, y, *numbers, seen, data)


def bound(method):
    return replace(method, spec=SPEC, steps=6, given=BACKBONE)


def fit(method, sessions):
    state = method.init(jax.random.key(0))
    for s in sessions:
        state = method.update(state, s, jax.random.key(1))
    return state


def joint(sessions, gamma, weight=None):
    """Ridge regression on all sessions, in float64."""
    x = np.concatenate([s.x for s in sessions]).astype(np.float64)
    y = np.concatenate([s.y for s in sessions])
    b = [np.asarray(leaf, np.float64) for leaf in BACKBONE]
    z = np.maximum(np.maximum(x @ b[0] + b[1], 0) @ b[2] + 0.5, 0)
    z, w = np.maximum(z @ b[3], 0), np.ones(len(y)) if weight is None else weight[y]
    return np.linalg.solve((z.T * w) @ z + gamma * np.eye(8), (z.T * w) @ np.eye(4)[y])


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_the_recursion_equals_ridge_on_all_data_for_any_split_and_order(order):
    parts = [session([0, 1, 1, 0, 2]), session([2, 1]), session([3, 3, 0])]
    method = bound(GACIL(gamma=0.5))
    found = fit(method, [parts[i] for i in order]).weights
    np.testing.assert_allclose(found, joint(parts, 0.5), atol=2e-5)


def test_rows_of_zeros_are_no_examples():
    start = _ridge.Recursion(jnp.eye(8), jnp.zeros((8, 4)))
    x, y = jnp.abs(array(3, 8)), jax.nn.one_hot(jnp.asarray([0, 1, 2]), 4)
    one = _ridge.recurse(start, x, y)
    two = _ridge.recurse(start, jnp.pad(x, ((0, 4), (0, 0))), jnp.pad(y, ((0, 4), (0, 0))))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6), one, two)


def test_pseudo_features_balance_and_stay_out_of_the_recursion():
    balanced = [session([0, 1, 0, 1]), session([2, 3, 2, 3])]
    state = fit(bound(AEFOCL(gamma=0.5)), balanced)
    np.testing.assert_allclose(state.balanced, state.real.weights, atol=1e-5)  # equal counts: nothing to add
    skewed = [session([0, 0, 0, 0, 0, 0, 1, 1])]
    method = bound(AEFOCL(gamma=0.5, spare=3))
    state = fit(method, skewed)
    np.testing.assert_allclose(state.real.weights, joint(skewed, 0.5), atol=2e-5)
    assert np.abs(state.balanced - state.real.weights).max() > 1e-3
    _, label = method.pseudo(state.sums, state.squares, state.counts, jax.random.key(0))
    np.testing.assert_allclose((np.asarray(label) ** 2).sum(0), [0, 4, 0, 0], atol=1e-5)  # 6 - 2 for class 1 alone


def test_weighted_ridge_gives_each_class_the_same_weight():
    parts = [session([0, 0, 0, 1]), session([0, 2, 2])]
    weight = np.array([1 / 4, 1, 1 / 2, 0])
    weight *= 3 / weight.sum()
    np.testing.assert_allclose(
        fit(bound(WeightedRidge(gamma=0.5)), parts).weights, joint(parts, 0.5, weight), atol=2e-5
    )


def test_the_memory_keeps_the_first_examples_of_each_class_at_a_phase_s_end():
    memory = _heads.empty_memory(SPEC)
    assert _heads.recall(memory, jax.random.key(0), 4).weight.sum() == 0
    s = session([0] * 12 + [1] * 3, position=2)
    assert _heads.remember(memory, session([0], position=1)).filled.sum() == 0
    memory = _heads.remember(memory, s)
    assert memory.filled.tolist() == [10, 3, 0, 0]
    np.testing.assert_array_equal(memory.x[0], s.x[:10])
    np.testing.assert_array_equal(memory.x[1, :3], s.x[12:])
    again = _heads.remember(memory, session([1] * 9, position=2))
    assert again.filled.tolist() == [10, 10, 0, 0]
    np.testing.assert_array_equal(again.x[1, :3], s.x[12:])
    drawn = _heads.recall(memory, jax.random.key(1), 200)
    assert set(np.asarray(drawn.y).tolist()) == {0, 1} and (drawn.weight == 1).all()
    assert abs(float((drawn.y == 0).mean()) - 10 / 13) < 0.15


def test_estimates_from_forward_passes_point_along_the_gradient():
    k, q = 40, 8
    centre, w = jnp.asarray(np.random.default_rng(5).normal(size=(2, k)), jnp.float32)  # whatever ran before
    loss = lambda v: 0.5 * ((v - centre) ** 2).sum()  # noqa: E731
    true, cosines, means = jax.grad(loss)(w), [], 0.0
    for seed in range(60):
        u = jax.random.normal(jax.random.key(seed), (q, k))
        one, two = _forward.forward(loss, w, u), _forward.two_point(loss, w, u, 0.1)
        np.testing.assert_allclose(one, two, atol=2e-2)  # a quadratic's central difference is exact
        cosines.append(float(one @ true / jnp.linalg.norm(one) / jnp.linalg.norm(true)))
        means = means + one / 60
    assert abs(np.mean(cosines) - (q / (q + k + 1)) ** 0.5) < 0.05  # about sqrt(q / k)
    assert float(means @ true / (true @ true)) == pytest.approx(1, abs=0.1)  # unbiased


def test_merging_pulls_towards_the_mean_of_earlier_adapters():
    plain, merged = bound(mos.MOS(merge=0.0)), bound(mos.MOS(merge=0.25))
    state = plain.init(jax.random.key(0))
    state = state._replace(adapters=jax.tree.map(lambda a: a.at[0].set(1.0), state.adapters))
    s = session([2, 3, 2, 3], phase=1, seen=[True] * 4, length=9)
    a, b = (m.update(state, s, jax.random.key(1)).params["adapter"] for m in (plain, merged))
    jax.tree.map(lambda x, y: np.testing.assert_allclose(0.75 * x + 0.25, y, atol=1e-5), a, b)


def test_retrieval_follows_the_answers_until_they_stay():
    method = bound(mos.MOS(rounds=4))
    state = method.init(jax.random.key(0))
    first = _heads.unit(array(4, 6))
    state = state._replace(mean=first, prototypes=first, home=jnp.asarray([0, 0, 1, 1], jnp.int32))
    state = state._replace(adapters=jax.tree.map(lambda a: array(*a.shape), state.adapters))
    x = array(64, 5)
    at, logits, _ = method.retrieve(state, x)
    leads = state.home[logits.argmax(-1)]
    near = state.home[method.retrieve(state, x)[2].argmax(-1)]
    once, _, _ = replace(method, rounds=1).retrieve(state, x)
    np.testing.assert_array_equal(once, near)
    assert (np.asarray(at) != np.asarray(once)).any()  # some inputs are led elsewhere
    stays = np.asarray(leads == at)
    again, _, _ = replace(method, rounds=6).retrieve(state, x)  # two more rounds: an even number
    np.testing.assert_array_equal(np.asarray(again), np.asarray(at))
    assert stays.any()


def test_the_simplex_frame_has_equal_angles_and_stays_so_after_alignment():
    seen = jnp.asarray([True, True, False, True])
    means = array(4, 6)
    for frame in (_simplex.simplex(seen), _simplex.nearest_frame(seen, means)):
        gram = np.asarray(frame @ frame.T)
        for i in range(4):
            for j in range(4):
                want = 0.0 if 2 in (i, j) else 1.0 if i == j else -0.5
                assert gram[i, j] == pytest.approx(want, abs=1e-5)
    random = _simplex.nearest_frame(seen, array(4, 6))
    assert (_simplex.nearest_frame(seen, means) * means).sum() > (random * means).sum()


def test_concepts_explain_what_is_made_of_them():
    concepts = jnp.abs(array(3, 12))
    codes = jnp.asarray(RNG.uniform(size=(7, 3)) * (RNG.uniform(size=(7, 3)) < 0.7) + 0.05, jnp.float32)
    vectors = codes @ concepts
    found = masil.codes_of(vectors, concepts, jnp.ones((7, 3)))
    assert float(jnp.abs(found @ concepts - vectors).max()) < 0.02 * float(vectors.max())
    basis = masil.factorise(vectors, jnp.asarray(RNG.uniform(0.5, 1.5, (3, 12)), jnp.float32))
    again = masil.codes_of(vectors, basis, jnp.ones((7, 3))) @ basis
    assert (basis >= 0).all() and float(jnp.linalg.norm(again - vectors) / jnp.linalg.norm(vectors)) < 0.05


def test_searched_weights_are_the_pool_s_nearest_segments():
    pool, weights = array(64, 8), array(8, 16)
    chosen, index = _search.nearest(weights, pool)
    for unit in range(16):
        apart = ((np.asarray(pool) - np.asarray(weights)[:, unit]) ** 2).sum(-1)
        assert apart.argmin() == index[unit]
        np.testing.assert_array_equal(chosen[:, unit], pool[index[unit]])


def test_old_tasks_keep_their_answers_bit_for_bit_and_bits_are_counted():
    spec = NetSpec(inputs=8, hidden=8, classes=4, phases=2)
    method = NWS(spec=spec, steps=4)
    net = method.fresh(jax.random.key(3))
    method = replace(method, given=Published(net, array(64, 8), array(64, 8)))
    state, x = method.init(jax.random.key(0)), array(16, 8)
    before = None
    for step in range(4):
        s = session(RNG.integers(0, 4, 6), position=step % 2, length=2, phase=step // 2)
        s = s._replace(x=array(6, 8))
        state = method.update(state, s, jax.random.key(step))
        if step == 1:
            before = method.task_scores(state, x, jnp.asarray(0))
    np.testing.assert_array_equal(before, method.task_scores(state, x, jnp.asarray(0)))
    assert (method.task_scores(state, x, jnp.asarray(1)) != before).any()
    rest = 8 + 8 + 8 * 4 + 4
    assert method.stored_bits(state) == 2 * (16 * 6 + 32 * rest) + 2 * 64 * 8 * 32


def test_metrics_of_a_hand_worked_table():
    table = jnp.asarray([[0.8, 1.0, 0.9, 0.9], [0.5, 0.3, 0.6, 0.8]])
    seen = jnp.asarray([[True, True, False, False], [True] * 4])
    found = summary(table, seen, jnp.asarray(1), np.array([0, 0, 1, 1]))
    want = {
        "final_accuracy": 0.55,
        "average_incremental_accuracy": (0.9 + 0.55) / 2,
        "forgetting": 0.9 - 0.4,
        "new_task_accuracy": (0.9 + 0.7) / 2,
    }
    assert {k: float(v) for k, v in found.items()} == pytest.approx(want)


def test_streams_have_the_classes_that_they_declare():
    disjoint = jax.jit(ShiftedStream().sample)(jax.random.key(0))
    assert disjoint.seen.sum(-1).tolist() == [4, 8, 12, 16, 20] and float(disjoint.data.weight.sum()) == 2000
    skewed = ShiftedStream(imbalance=50)
    counts = skewed.counts()
    assert counts[0] / counts[-1] == pytest.approx(50, rel=0.1) and abs(counts.sum() - 2000) < 10
    few = jax.jit(FewShotIncremental().sample)(jax.random.key(0))
    assert few.data.weight.sum(-1).tolist() == [2000, 10, 10, 10, 10, 10]
    assert few.seen.sum(-1).tolist() == [10, 12, 14, 16, 18, 20]


def test_unseen_classes_cannot_be_answered():
    task = FewShotIncremental()
    world = jax.jit(task.sample)(jax.random.key(0))
    always = SimpleNamespace(class_scores=lambda x: jnp.tile(jnp.arange(20.0)[None], (len(x), 1)))  # the last class
    now = task.accuracies(world, always, jnp.asarray(0))
    assert now.tolist() == [0.0] * 9 + [1.0] + [0.0] * 10  # the last of those seen
