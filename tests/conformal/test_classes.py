"""Reasoning against enumeration, bounds against points inside the box, thresholds against counting."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.conformal._classes import lower_quantile, reason
from toybench.plugins import registry
from toybench.protocol import Learner
from toybench.tasks.conformal._classes import ClassesSpec, Knowledge, Labelled, Readings
from toybench.tasks.conformal.attribute_classes import codes, read

KEY = jax.random.key(0)
SPEC = ClassesSpec(classes=10, attributes=6, calibration=60)
GIVEN = Knowledge(codes(), jnp.float32(0.1))


def make(name: str, **fields):
    return registry.load("methods", f"conformal/{name}")(spec=SPEC, steps=1, given=GIVEN, **fields)


def readings(seed: int, b: int = 5) -> Readings:
    z = jnp.asarray(np.random.default_rng(seed).normal(0, 2, (b, 16)), jnp.float32)
    return Readings(z[:, :10], z[:, 10:])


@pytest.mark.parametrize("weight", [0.0, 1.5])
def test_reasoning_equals_enumeration_of_all_worlds(weight: float) -> None:
    r = readings(0, 1)
    p, q = (np.asarray(jax.nn.sigmoid(z[0]), np.float64) for z in r)
    has, logit = np.asarray(codes()), []
    for j in range(10):
        mass = np.zeros(2)
        for y, world in itertools.product((0, 1), itertools.product((0, 1), repeat=6)):
            v = np.array(world)
            holds = 6 if y == 0 else (v == has[j]).sum()
            mass[y] += (p[j] if y else 1 - p[j]) * np.prod(np.where(v, q, 1 - q)) * np.exp(weight * holds)
        logit.append(np.log(mass[1] / mass[0]))
    found = reason(weight, codes(), r.classes, r.attributes, r.attributes)[0]
    np.testing.assert_allclose(found, logit, rtol=2e-4, atol=2e-4)


def test_without_rules_the_class_model_stands() -> None:
    r = readings(1)
    want = jax.nn.log_softmax(r.classes, axis=1)
    np.testing.assert_allclose(make("colep_star", weight=0.0).score(None, r), want, atol=1e-5)


@pytest.mark.parametrize("name", ["robust_conformal", "adaptive_sets", "colep_star", "colep_binary"])
def test_scores_stay_within_their_bounds(name: str) -> None:
    method, centre, reach = make(name), readings(2), readings(3)
    reach = jax.tree.map(lambda z: jnp.abs(z) / 3, reach)
    low, high = (jax.tree.map(lambda c, d, s=s: c + s * d, centre, reach) for s in (-1, 1))
    least, most = method.bounds(None, low, high)
    rng = np.random.default_rng(4)
    inside = [
        jax.tree.map(lambda c, d, u=u: c + d * jnp.asarray(u(c.shape), jnp.float32), centre, reach)
        for u in [lambda s: rng.uniform(-1, 1, s), lambda s: rng.choice([-1.0, 1.0], s)] * 100
    ]
    scores = jnp.stack([method.score(None, r) for r in inside])
    assert (scores >= least[None] - 1e-5).all()
    assert (scores <= most[None] + 1e-5).all()
    assert float(jnp.mean(most - least)) > 0.05


def test_bounds_of_reasoning_are_attained() -> None:
    """The worst case for a class: its own logit low, the others' high, its attributes against it."""
    r, weight = readings(5, 1), 2.0
    low, high = (jax.tree.map(lambda z, s=s: z + s, r) for s in (-0.5, 0.5))
    least = reason(weight, codes(), low.classes, low.attributes, high.attributes)[0]
    for j in range(10):
        worst = jnp.where(codes()[j], low.attributes, high.attributes)
        assert float(reason(weight, codes(), low.classes, worst, worst)[0, j]) == pytest.approx(
            float(least[j]), abs=1e-4
        )


def test_a_new_score_falls_below_the_threshold_as_seldom_as_promised() -> None:
    n = 27
    bag = np.random.default_rng(0).permutation(n + 1).astype(np.float32)
    rest = jnp.asarray(np.stack([np.delete(bag, i) for i in range(n + 1)]))
    cut = jax.vmap(lambda s: lower_quantile(s, n, jnp.float32(0.1)))(rest)
    assert np.mean(bag < np.asarray(cut)) == pytest.approx(np.floor(0.1 * (n + 1)) / (n + 1))
    assert lower_quantile(jnp.arange(5.0), 5, jnp.float32(0.1)) == -jnp.inf


def test_scores_by_hand() -> None:
    r = Readings(jnp.zeros((1, 10)).at[0, :2].set(jnp.array([2.0, 1.0])), jnp.zeros((1, 6)))
    weight = np.exp([2.0, 1.0] + [0.0] * 8)
    share = weight / weight.sum()
    above = make("adaptive_sets").score(None, r)[0]
    np.testing.assert_allclose(above, [-share[0], -share[:2].sum()] + [-1.0] * 8, atol=1e-6)
    own = make("robust_conformal").score(None, r)[0]
    np.testing.assert_allclose(own[:2], -np.log1p(np.exp([-2.0, -1.0])), atol=1e-6)
    np.testing.assert_allclose(own, make("class_conditional").score(None, r)[0])


def test_bounds_of_no_interval_are_the_score() -> None:
    r = readings(11)
    for name in ("robust_conformal", "class_conditional", "adaptive_sets", "colep_star", "colep_binary"):
        method = make(name)
        for bound in method.bounds(None, r, r):
            np.testing.assert_allclose(bound, method.score(None, r), atol=1e-5)


def test_the_floor_has_each_class_as_often_as_promised_and_certifies_none(problem) -> None:
    task, world = problem
    found = jax.jit(lambda w: task.evaluate(w, KEY, task.floor(w)))(world)
    assert float(found["coverage"]) == pytest.approx(0.9, abs=0.03)
    assert float(found["set_size"]) == pytest.approx(9, abs=0.1)
    assert float(found["certified_coverage"]) == 0
    assert float(found["robust_set_size"]) == pytest.approx(10)


@pytest.mark.parametrize("shift", [0.0, 5.0])
def test_a_binary_set_a_class_takes_the_threshold_of_a_union_bound(shift: float) -> None:
    """Of 400 points the floor(401 * 0.1 / 16) = 2nd smallest logit of the label that is true for class j, at most 0."""
    r = readings(8, 400)
    label = jnp.asarray(np.random.default_rng(9).integers(0, 10, 400), jnp.int32)
    is_label = np.arange(10)[None] == np.asarray(label)[:, None]
    r = r._replace(classes=r.classes + shift * jnp.where(jnp.asarray(is_label), 2.0, -2.0))
    method = make("colep_binary", weight=0.7)
    cut = method.threshold(method.update(method.init(KEY), Labelled(r, label), KEY))
    logit = np.asarray(method.score(None, r))
    conforms = np.sort(np.where(is_label, logit, -logit), axis=0)
    np.testing.assert_allclose(cut, np.minimum(conforms[1], 0), rtol=1e-6)


def test_a_class_has_the_threshold_of_its_own_points() -> None:
    r, label = readings(6, 60), jnp.asarray(np.random.default_rng(7).integers(0, 3, 60), jnp.int32)
    method = make("class_conditional")
    cut = method.update(method.init(KEY), Labelled(r, label), KEY).cut
    own = np.asarray(method.score(None, r))[np.arange(60), label]
    for j in range(3):
        mine = np.sort(own[np.asarray(label) == j])
        assert cut[j] == mine[int(np.floor(0.1 * (len(mine) + 1))) - 1]
    assert (cut[3:] == -jnp.inf).all()


@pytest.fixture(scope="module")
def problem():
    task = registry.load("tasks", "conformal/attribute_classes")()
    return task, jax.jit(lambda k: task.sample(k))(KEY)


def test_a_model_sees_its_own_block_alone(problem) -> None:
    seen = np.asarray(problem[1].weights) != 0
    assert seen[:8, :10].all()
    assert not seen[8:, :10].any()
    for a in range(6):
        assert seen[8 + 3 * a : 11 + 3 * a, 10 + a].all()
        assert seen[:, 10 + a].sum() == 3


def test_the_ball_moves_a_logit_as_far_as_the_bound_and_no_further(problem) -> None:
    task, world = problem
    x, w = world.x[:3], world.weights[:, 4]
    low, high = task.ball(world, x)
    moved = read(world, x + task.eps * (w / jnp.linalg.norm(w))[None])
    np.testing.assert_allclose(moved.classes[:, 4], high.classes[:, 4], atol=1e-5)
    assert (moved.classes <= high.classes + 1e-5).all()
    assert (moved.attributes >= low.attributes - 1e-5).all()


@pytest.mark.parametrize("name", ["robust_conformal", "colep_star"])
def test_no_attack_beats_the_certificate(problem, name: str) -> None:
    task, world = problem
    method = make(name)
    batch = task.draw(world, KEY, None)[1]

    @jax.jit
    def judge(world, batch):
        return task.evaluate(world, KEY, Learner(method, method.update(method.init(KEY), batch, KEY)))

    found = judge(world, batch)
    assert found["attacked_coverage"] >= found["certified_coverage"]
    assert found["robust_coverage"] >= found["attacked_coverage"]
    assert 0.85 < found["coverage"] < 0.95
    if name == "robust_conformal":  # one linear logit: the attack is exact
        assert found["attacked_coverage"] == pytest.approx(float(found["certified_coverage"]), abs=2e-3)


def test_classes_differ_in_two_attributes() -> None:
    has = np.asarray(codes()).astype(int)
    apart = np.abs(has[:, None] - has[None]).sum(-1) + 9 * np.eye(10, dtype=int)
    assert apart.min() >= 2
    assert ((has.sum(0) > 2) & (has.sum(0) < 8)).all()
