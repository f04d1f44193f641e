"""The world's walks, pictures and rounds by hand; parts of learners by closed forms; and what learners do with them."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks import optim, pointmass
from toybench.methods.reset_free_finetuning import _tuning as parts
from toybench.methods.reset_free_finetuning.robofume import bounded_penalty
from toybench.plugins import registry
from toybench.protocol import Learner
from toybench.tasks.reset_free_finetuning import TARGET, Played
from toybench.tasks.reset_free_finetuning import there_and_back as world_of

TASK = registry.load("tasks", "reset_free_finetuning/there_and_back")(steps=8, updates=10)
WORLD = jax.jit(TASK.sample)(jax.random.key(0))
NAMES = ("robofume", "cql", "rlpd", "scratch", "bc_to_sac")


def method(name: str, **fields: Any) -> Any:
    cls = registry.load("methods", f"reset_free_finetuning/{name}")
    return cls(spec=TASK.spec, steps=TASK.steps, given=WORLD.given, **fields)


class Straight:
    """Goes to its aim."""

    def act(self, x: jax.Array, aim: jax.Array, key: jax.Array) -> jax.Array:
        return self.best(x, aim)

    def best(self, x: jax.Array, aim: jax.Array) -> jax.Array:
        return world_of.straight(x, WORLD.aims[aim])


class Homebody(Straight):
    """Goes to its aim when it learns, and stays when it is tested."""

    def best(self, x: jax.Array, aim: jax.Array) -> jax.Array:
        return jnp.zeros(len(x), jnp.int32)


class Pusher:
    """Goes right to the target and nowhere on its way back."""

    def act(self, x: jax.Array, aim: jax.Array, key: jax.Array) -> jax.Array:
        return jnp.where(aim == TARGET, 1, 0)

    def best(self, x: jax.Array, aim: jax.Array) -> jax.Array:
        return jnp.zeros(len(x), jnp.int32)


def rounds(learner: Any, count: int = 8) -> tuple[Any, list[Played]]:
    world = WORLD
    seen = []
    for i in range(count):
        world, played = jax.jit(lambda w, k: TASK.draw(w, k, learner))(world, jax.random.key(i))
        seen.append(played)
    return world, seen


def trained(one: Any, count: int = 8) -> tuple[Any, Any]:
    """States before and after rounds, the world's too."""

    def step(now: tuple[Any, Any], key: jax.Array) -> tuple[tuple[Any, Any], None]:
        keys = jax.random.split(key)
        world, played = TASK.draw(now[0], keys[0], Learner(one, now[1]))
        return (world, one.update(now[1], played, keys[1])), None

    keys = jax.random.split(jax.random.key(5), count)
    return jax.jit(lambda s: jax.lax.scan(step, (WORLD, s), keys)[0])(one.init(jax.random.key(1)))


def test_who_goes_straight_is_best_by_enumeration() -> None:
    rng = np.random.default_rng(0)
    x = jnp.asarray(rng.uniform(-1, 1, (50, 2)), jnp.float32)
    aim = jnp.asarray(rng.uniform(-0.8, 0.8, (50, 2)), jnp.float32)
    moved = [pointmass.move(x, world_of.directions()[jnp.full(50, a)], 0.0) for a in range(9)]
    off = [np.linalg.norm(np.asarray(there - aim), axis=-1) for there in moved]
    np.testing.assert_array_equal(world_of.straight(x, aim), np.argmin(off, axis=0))


def test_what_is_recorded() -> None:
    """Half of the walks go out and half come home; shares of goals are exact; half of the actions are random."""
    records = WORLD.given.records
    aim = np.asarray(records.aim)
    assert (aim[100:] == TASK.spec.home).all()
    assert np.bincount(aim[:100], minlength=5)[1:].tolist() == pytest.approx([24.5] * 4, abs=1)
    assert (aim[:100] == TARGET).sum() == 2
    x = np.asarray(records.x)
    assert (np.abs(x[:100, 0]) <= 0.1).all()
    goals = np.asarray(WORLD.aims)
    begun = np.linalg.norm(x[100:, 0][:, None] - goals[None, :5], axis=-1)
    assert (begun.min(1) <= 0.1 * 2**0.5).all()
    assert (begun.argmin(1) == TARGET).sum() == 2
    aims = jnp.asarray(goals[aim])
    agree = [np.mean(world_of.straight(records.x[:, t], aims) == records.a[:, t]) for t in range(20)]
    assert np.mean(agree) == pytest.approx(0.5 + 0.5 / 9, abs=0.03)
    for t in (0, 19):
        after = pointmass.move(records.x[:, t], world_of.directions()[records.a[:, t]], 0.0)
        np.testing.assert_allclose(after, records.x[:, t + 1], atol=1e-6)
    near = np.linalg.norm(x[:, 1:] - np.asarray(aims)[:, None], axis=-1) < 0.15
    np.testing.assert_array_equal(records.r, near)


def test_goals_by_hand() -> None:
    """Of four walks with half of them to the target, the third and the fourth go to two others of the four."""
    task = type(TASK)(rare=0.5)
    found = task.goals(jnp.array([[0.0, 0.9, 0.5, 0.5], [0.0, 0.0, 0.0, 0.99]]))
    assert found.tolist() == [[0, 0, 2, 4], [0, 0, 1, 4]]


def test_pictures_by_hand() -> None:
    """A place before two backgrounds makes two pictures; within a walk the background stays."""
    camera = jnp.concatenate([jnp.eye(2), jnp.ones((4, 2))])
    x = jnp.array([[[0.1, 0.2], [0.0, -0.2]], [[0.1, 0.2], [0.0, 0.0]]])
    behind = jnp.array([[0.0, 0.0, 0.0, 0.0], [0.1, 0.2, 0.3, 0.4]])
    shown = world_of.picture(camera, x, behind)
    wanted = np.tanh([[[0.25, 0.5], [0.0, -0.5]], [[1.25, 1.5], [1.0, 1.0]]])
    np.testing.assert_allclose(shown, wanted, atol=1e-6)


def test_labels_are_true_and_captions_too() -> None:
    """The pictures of the labelled and captioned places are those of the same world."""
    task = type(TASK)(labels=400)
    world = jax.jit(task.sample)(jax.random.key(2))
    share = np.asarray(world.given.labelled.reached).mean(1)
    quarter = np.pi / 4
    expected = quarter / 2 + quarter / 16 + 0.25 * np.pi * 0.15**2 / 4
    np.testing.assert_allclose(share, expected, atol=0.06)
    captioned = world.given.captioned
    assert np.abs(np.asarray(captioned.where)).max() <= 1
    back = np.arctanh(np.clip(np.asarray(captioned.picture, np.float64), -0.999999, 0.999999))
    solved = np.linalg.lstsq(np.asarray(world.camera, np.float64).T, back.T, rcond=None)[0]
    mild = (np.abs(np.asarray(captioned.picture)) < 0.999).all(1)
    np.testing.assert_allclose(solved[:2].T[mild] / 2.5, np.asarray(captioned.where)[mild], atol=0.02)
    assert np.std(solved[2:]) == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize(("learner", "wanted"), [(Straight(), 1.0), (Homebody(), 0.0)])
def test_tests_are_of_the_best(learner: Any, wanted: float) -> None:
    """The way back is that of learning in both."""
    world, _ = rounds(learner)
    np.testing.assert_array_equal(world.success, np.full(4, wanted))
    np.testing.assert_array_equal(world.returned, np.ones(4))
    found = TASK.evaluate(world, jax.random.key(0), learner)
    assert float(found["final_success"]) == float(found["first_success"]) == wanted
    assert float(found["initial_dip"]) == 0


def test_nobody_resets_the_world() -> None:
    """Who isn't brought back goes on at the wall; before own walks count, nothing moves."""
    _, seen = rounds(Pusher())
    assert [float(s.online) for s in seen] == [0.0] * 4 + [1.0] * 4
    begins = np.stack([np.asarray(s.x[0, 0]) for s in seen])
    np.testing.assert_allclose(begins[:5], 0.0)
    np.testing.assert_allclose(begins[5:], [[1.0, 0.0]] * 3, atol=1e-6)
    for s in seen:
        np.testing.assert_allclose(s.x[0, -1], s.x[1, 0])
        assert s.aim.tolist() == [TARGET, TASK.spec.home]
        near = np.linalg.norm(np.asarray(s.x[:, 1:]) - np.asarray(WORLD.aims)[np.asarray(s.aim)][:, None], axis=-1)
        np.testing.assert_array_equal(s.hidden, near < 0.15)


def test_metrics_by_hand() -> None:
    """The dip counts the ten rounds after the first; the end the last ten."""
    task = type(TASK)()
    success = jnp.concatenate([jnp.ones(1), jnp.full(10, 0.25), jnp.full(19, 0.75), jnp.full(10, 0.5)])
    found = task.evaluate(WORLD._replace(success=success, returned=success), jax.random.key(0), Straight())
    assert float(found["initial_dip"]) == pytest.approx(0.75)
    assert float(found["final_success"]) == pytest.approx(0.5)
    assert float(found["auc_success"]) == pytest.approx((1 + 2.5 + 14.25 + 5) / 40)
    for name, known in (("floor", task.floor(WORLD)), ("oracle", task.oracle(WORLD))):
        numbers = task.evaluate(WORLD, jax.random.key(0), known)
        assert float(numbers["initial_dip"]) == (name == "floor")
        assert float(numbers["final_success"]) == (name == "oracle")
        assert set(numbers) == set(task.metrics)


def test_returns_by_hand() -> None:
    items = parts.steps_of(
        x=jnp.arange(8.0).reshape(1, 4, 2),
        aim=jnp.array([3]),
        a=jnp.array([[1, 2, 3]]),
        r=jnp.array([[0.0, 1.0, 1.0]]),
    )
    np.testing.assert_allclose(items.togo, [0.9 + 0.81, 1.9, 1.0], rtol=1e-6)
    assert items.x1.tolist() == [[2, 3], [4, 5], [6, 7]]
    assert items.x.tolist() == [[0, 1], [2, 3], [4, 5]]
    assert items.aim.tolist() == [3, 3, 3]


def test_penalty_by_hand() -> None:
    """With low returns it is that of conservative values; with high ones only the action's own value is left."""
    q = jnp.array([[0.0, 1.0, 2.0]])
    a = jnp.array([2])
    plain = np.log(np.exp([0.0, 1.0, 2.0]).sum()) - 2
    np.testing.assert_allclose(bounded_penalty(q, a, jnp.array([-1.0])), [plain], rtol=1e-6)
    raised = np.log(2 * np.exp(1.5) + np.e**2) - 2
    np.testing.assert_allclose(bounded_penalty(q, a, jnp.array([1.5])), [raised], rtol=1e-6)
    slope = jax.grad(lambda q: bounded_penalty(q, a, jnp.array([5.0])).sum())(q)
    np.testing.assert_allclose(slope, [[0.0, 0.0, -1.0]])


def test_calibrated_losses_differ_by_the_bound_alone() -> None:
    """Where returns are far below values both losses agree, and where they are above they don't."""
    one = method("robofume", alpha=1.0)
    other = method("cql", alpha=1.0)
    params = one.init(jax.random.key(0)).params
    records = WORLD.given.records
    items = parts.steps_of(records.x, records.aim, records.a, records.r)
    weight = jnp.ones(len(items.a))
    low = items._replace(togo=jnp.full(len(items.a), -100.0))
    same = [float(m.loss(params, params, low, weight, jnp.zeros(()))) for m in (one, other)]
    assert same[0] == pytest.approx(same[1], rel=1e-5)
    assert float(one.loss(params, params, items, weight, jnp.zeros(()))) > same[0] + 0.1


def test_temporal_differences_by_hand() -> None:
    """A network of zeros but for its last biases: the target's value of the learned best is looked ahead to."""
    net = parts.Values(actions=3, aims=2)
    zeros = jax.tree.map(jnp.zeros_like, net.init(jax.random.key(0), jnp.zeros((1, 2)), jnp.zeros(1, jnp.int32)))

    def biased(*bias: float) -> Any:
        tree = jax.tree.map(lambda x: x, zeros)
        tree["params"]["MLP_0"]["Dense_2"]["bias"] = jnp.array(bias)
        return tree

    one = jnp.zeros(1, jnp.int32)
    place = jnp.zeros((1, 2))
    items = parts.Items(x=place, aim=one, a=one + 1, r=jnp.array([0.5]), x1=place, togo=jnp.zeros(1))
    error, q = parts.surprise(net, biased(1.0, 2.0, 3.0), biased(5.0, 6.0, 4.0), items)
    np.testing.assert_allclose(error, [(0.5 + 0.9 * 4.0 - 2.0) ** 2], rtol=1e-6)
    assert q.tolist() == [[1.0, 2.0, 3.0]]


def test_soft_actor_and_critic_by_hand() -> None:
    """Logits 0 and values by biases: a uniform policy, with no entropy in the critic's target."""
    one = method("bc_to_sac", temperature=0.5)
    zeros = jax.tree.map(jnp.zeros_like, one.init(jax.random.key(0)).params)
    bias = jnp.arange(9.0)
    values = jax.tree.map(lambda x: x, zeros)
    values["params"]["critic"]["MLP_0"]["Dense_2"]["bias"] = bias
    place = jnp.zeros((1, 2))
    items = parts.Items(
        x=place, aim=jnp.zeros(1, jnp.int32), a=jnp.array([2]), r=jnp.ones(1), x1=place, togo=jnp.zeros(1)
    )
    critic = (1 + 0.9 * 4 - 2) ** 2
    actor = -0.5 * np.log(9) - 4
    weight = jnp.ones(1)
    found = one.loss(values, values, items, weight, jnp.ones(()))
    assert float(found) == pytest.approx(critic + actor, rel=1e-5)
    assert float(one.loss(values, values, items, weight, jnp.zeros(()))) == pytest.approx(np.log(9), rel=1e-5)


def test_the_judge_by_hand() -> None:
    """Features of the labelled successes are their middle; logits fall with the squared distance from it."""
    net = parts.Judge()
    shown = jnp.array([[[1.0, 0.0], [0.0, 1.0], [9.0, 9.0]], [[0.0, 0.0], [2.0, 2.0], [4.0, 0.0]]])
    reached = jnp.array([[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    params = net.init(jax.random.key(0), shown[:, :1], shown, reached)
    params = jax.tree.map(lambda x: x, params)
    params["params"]["success"]["kernel"] = jnp.full((1, 1), -0.1)
    params["params"]["success"]["bias"] = jnp.ones(1)
    features, logits = net.apply(params, shown, shown, reached)
    middle = np.stack([np.asarray(features)[0, :2].mean(0), np.asarray(features)[1, 2]])
    off = ((np.asarray(features)[:, :, None] - middle) ** 2).sum(-1)
    np.testing.assert_allclose(logits, 1 - 0.1 * 30 * off, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("features", ["pretrained", "raw"])
def test_what_features_learn_from(features: str) -> None:
    """Pretrained ones move with captions, not with labels; raw ones not with captions."""
    state = method("robofume").init(jax.random.key(0))
    uniform = jnp.linspace(0.0, 0.99, 32)

    def slope(given: Any) -> Any:
        return jax.grad(lambda p: parts.judge_loss(given, p, uniform, features))(state.judge)["params"]["trunk"]

    plain = slope(WORLD.given)
    labelled = WORLD.given.labelled
    relabelled = WORLD.given._replace(labelled=labelled._replace(reached=jnp.roll(labelled.reached, 1, axis=1)))
    captioned = WORLD.given.captioned
    moved = WORLD.given._replace(captioned=captioned._replace(where=captioned.where + 1.0))
    same = [
        all(np.array_equal(a, b) for a, b in zip(*map(jax.tree.leaves, (plain, slope(g))), strict=True))
        for g in (relabelled, moved)
    ]
    assert same == ([True, False] if features == "pretrained" else [False, True])


def test_raw_terms_by_hand() -> None:
    """Steps tell of their own aim, and successes of others'; a blank judge has log 2 of each."""
    state = method("robofume").init(jax.random.key(0))
    blank = jax.tree.map(jnp.zeros_like, state.judge)
    found = parts.judge_loss(WORLD.given, blank, jnp.linspace(0.0, 0.99, 64), "raw")
    assert float(found) == pytest.approx(2 * np.log(2), rel=1e-5)
    sure = jax.tree.map(lambda x: x, blank)
    sure["params"]["success"]["bias"] = jnp.full(1, 20.0)  # all is success
    uniform = jnp.linspace(0.0, 0.999, 500)
    place = (np.asarray(uniform) * 4000).astype(int)
    reached = np.asarray(WORLD.given.records.r).reshape(-1)[place] > 0
    aim = np.repeat(np.asarray(WORLD.given.records.aim), 20)[place]
    known = 0
    false = 0
    for wanted in (TARGET, TASK.spec.home):
        known += ((aim == wanted) | reached).sum()
        false += ((aim == wanted) & ~reached).sum() + ((aim != wanted) & reached).sum()
    labels = 20 * (1 - np.asarray(WORLD.given.labelled.reached).mean())
    found = parts.judge_loss(WORLD.given, sure, uniform, "raw")
    assert float(found) == pytest.approx(labels + 20 * false / known, rel=1e-4)


def test_a_pretrained_judge_sees_success() -> None:
    """It knows places within a tenth, and judges near and far from the target rightly."""
    state = method("robofume").init(jax.random.key(1))
    rows = jax.random.uniform(jax.random.key(2), (1000, 32))
    state = jax.jit(lambda s: parts.taught(WORLD.given, s, rows, "pretrained"))(state)
    x = jnp.concatenate([jnp.tile(WORLD.aims[TARGET], (200, 1)), jnp.tile(-WORLD.aims[TARGET], (200, 1))])
    behind = jax.random.normal(jax.random.key(3), (400, 4))
    shown = world_of.picture(WORLD.camera, x[:, None], behind)[:, 0]
    where, logits = parts.Judge().apply(state.judge, shown, *WORLD.given.labelled)
    assert float(jnp.sqrt(((where - x) ** 2).mean())) < 0.12
    seen = np.asarray(logits[:, 0] > 0)
    assert seen[:200].mean() > 0.7
    assert seen[200:].mean() < 0.05


def test_means_leave_out_what_has_no_weight() -> None:
    assert float(parts.mean(jnp.array([1.0, 3.0, 9.0]), jnp.array([1.0, 1.0, 0.0]))) == 2
    assert float(parts.mean(jnp.ones(2), jnp.zeros(2))) == 0


@pytest.mark.parametrize("name", NAMES)
def test_what_learns_when(name: str) -> None:
    """The judge in the first half, a policy then too where it learns from records; own walks count in the other."""
    one = method(name)
    before = one.init(jax.random.key(1))
    _, middle = trained(one, 4)
    _, after = trained(one, 8)

    def alike(a: Any, b: Any) -> bool:
        return all(np.array_equal(x, y) for x, y in zip(*map(jax.tree.leaves, (a, b)), strict=True))

    assert not alike(before.judge, middle.judge)
    assert alike(before.params, middle.params) == (name in ("rlpd", "scratch"))
    assert not alike(middle.params, after.params)
    assert int(middle.own.size) == 0
    assert int(after.own.size) == 4 * 2 * 20
    assert int(jax.tree.leaves(after.adam)[0]) == 4 * TASK.updates * (2 if name in ("rlpd", "scratch") else 1)


@pytest.mark.parametrize("name", ["robofume", "bc_to_sac"])
def test_who_doesn_t_fine_tune_stays(name: str) -> None:
    one = method(name, finetunes=False)
    _, middle = trained(one, 4)
    _, after = trained(one, 8)
    for a, b in zip(jax.tree.leaves(middle.params), jax.tree.leaves(after.params), strict=True):
        np.testing.assert_array_equal(a, b)


def test_who_is_told_the_truth_has_no_judge() -> None:
    one = method("robofume")
    _, seen = rounds(Straight(), 5)
    state = one.init(jax.random.key(0))
    np.testing.assert_array_equal(parts.judged(WORLD.given, state.judge, seen[-1], "true"), seen[-1].hidden)
    blank = jax.tree.map(jnp.zeros_like, state.judge)
    blank["params"]["success"]["bias"] = jnp.ones(1)
    assert np.asarray(parts.judged(WORLD.given, blank, seen[-1], "pretrained")).tolist() == np.ones((2, 20)).tolist()


def test_scratch_leaves_records_alone() -> None:
    one = method("scratch")
    params = one.init(jax.random.key(0)).params
    zeros = jnp.zeros(64)
    whole = jnp.zeros(64, jnp.int32)
    items = parts.Items(x=jnp.zeros((64, 2)), aim=whole, a=whole, r=zeros, x1=jnp.zeros((64, 2)), togo=zeros)
    other = items._replace(r=zeros.at[:32].set(7.0))
    same = [float(one.loss(params, params, i, jnp.ones(64), jnp.ones(()))) for i in (items, other)]
    assert same[0] == same[1]
    assert float(one.loss(params, params, items._replace(r=zeros + 7.0), jnp.ones(64), jnp.ones(()))) > same[0]


def test_imitation_reaches_recorded_goals() -> None:
    """After 400 steps on the records, walks to the goals that they go to often end near them."""
    one = method("bc_to_sac", lr=0.01)
    state = one.init(jax.random.key(1))
    records = WORLD.given.records
    items = parts.steps_of(records.x, records.aim, records.a, records.r)
    transform = optim.adam(0.01)
    weight = jnp.ones(len(items.a))

    def step(now: Any, _: None) -> tuple[Any, None]:
        slope = jax.grad(one.loss)(now[0], now[0], items, weight, jnp.zeros(()))
        params, adam = optim.descend(transform, slope, now[1], now[0])
        return (params, adam), None

    params = jax.jit(lambda p: jax.lax.scan(step, (p, transform.init(p)), None, length=400)[0][0])(state.params)
    state = state._replace(params=params)
    aim = jnp.arange(1, 5)
    x, _ = world_of.walk(lambda x, _: one.best(state, x, aim), jnp.zeros((4, 2)), jnp.zeros(20))
    off = np.linalg.norm(np.asarray(x[:, -1] - WORLD.aims[1:5]), axis=-1)
    assert (off < 0.3).all()
