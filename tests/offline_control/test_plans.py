"""Planners, learners against novelty and their controls: identities of guidance, what rests when, what search finds."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks import pointmass
from toybench.methods.offline_control import _novelty, _plans, conditional_bc, shooting_planner
from toybench.plugins import registry
from toybench.tasks.offline_control import DISCOUNT, Batch, Recorded, Spec, Transitions

KEY = jax.random.key(0)


def make(stem, labels=1, actions=2, data=None, steps=40, **fields):
    method = registry.load("methods", f"offline_control/{stem}")
    return method(spec=Spec(actions=actions, labels=labels), steps=steps, given=data, **fields)


def array(*shape, seed=0):
    return jnp.asarray(np.random.default_rng(seed).uniform(-0.9, 0.9, size=shape), jnp.float32)


def recorded(labels=1, count=30, actions=2):
    """Episodes that go right by 0.05 and 0.1 a step, the second half twice as fast and labelled 1."""
    fast = (jnp.arange(count) >= count // 2).astype(jnp.float32)
    pace = 0.04 * (1 + fast)
    steps = jnp.arange(21.0)
    x = jnp.stack([-0.8 + pace[:, None] * steps[None], jnp.zeros((count, 21))], -1)
    u = jnp.zeros((count, 20, actions)).at[..., 0].set(pace[:, None] / pointmass.STEP)
    label = jax.nn.one_hot(fast.astype(jnp.int32), labels) if labels > 1 else fast[:, None]
    return Recorded(x=x, u=u, r=u[..., 0], label=jnp.broadcast_to(label[:, None], (count, 20, labels)))


def train(method, updates, size=32):
    def step(state, key):
        place = jax.random.randint(key, (2, size), 0, jnp.array(method.given.u.shape[:2])[:, None])
        return method.update(state, Batch(episode=place[0], step=place[1]), key), None

    keys = jax.random.split(jax.random.key(1), 600)[:updates]
    return jax.jit(lambda key: jax.lax.scan(step, method.init(key), keys)[0])(KEY)


def alike(a, b):
    """Up to rounding: two programs may round a start differently."""
    return all(bool(jnp.allclose(x, y, atol=1e-6)) for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True))


@pytest.fixture(scope="module")
def planner():
    method = make("decision_diffuser", labels=3, data=recorded(3))
    return method, method.init(KEY).params


def test_guidance_is_a_sum_over_what_is_wanted(planner) -> None:
    method, params = planner
    plan = array(4, 21, 2)
    time = jnp.asarray(0.4)
    wanted = jnp.array([[1.0, 0, 1], [0, 1, 1], [0, 0, 1], [0, 0, 0]])
    mind = method.begin((), wanted)
    free = method.clean(params, plan, time, jnp.zeros((4, 4)))
    each = [
        method.clean(params, plan, time, (jnp.eye(4)[i] + jnp.eye(4)[3])[None] + jnp.zeros((4, 4))) for i in range(3)
    ]
    expected = free + 2.5 * sum(wanted[:, i, None, None] * (each[i] - free) for i in range(3))
    found = make("decision_diffuser", labels=3, weight=2.5).guided(params, mind, plan, time)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    one = make("decision_diffuser", labels=3, weight=1.0).guided(params, mind, plan, time)
    np.testing.assert_allclose(one[2], each[2][2], rtol=1e-4, atol=1e-5)
    none = make("decision_diffuser", labels=3, weight=0.0).guided(params, mind, plan, time)
    np.testing.assert_allclose(none, free, atol=1e-6)


def test_guiding_plans_is_guiding_noise(planner) -> None:
    """At one level noise is affine in the plan, so that both guidances end in the same plan."""
    method, params = planner
    plan = array(2, 21, 2)
    at = _plans.level("cosine", jnp.asarray(0.3))
    mind = method.begin((), jnp.array([[1.0, 1, 0], [0, 1, 1]]))
    clean = [method.clean(params, plan, jnp.asarray(0.3), c) for c in (0 * mind.conditions[0], *mind.conditions)]
    noise = [(plan - at.alpha * c) / at.sigma for c in clean]
    guided = noise[0] + method.weight * sum(
        mind.weights[i, :, None, None] * (noise[i + 1] - noise[0]) for i in range(3)
    )
    expected = (plan - at.sigma * guided) / at.alpha
    found = method.guided(params, mind, plan, jnp.asarray(0.3))
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)


def test_plans_begin_where_the_mass_is(planner) -> None:
    method, params = planner
    x = array(4, 2)
    plan = method.sample(params, method.begin((), jnp.ones((4, 3))), x, KEY)
    assert plan.shape == (4, 21, 2)
    np.testing.assert_array_equal(plan[:, 0], x)
    assert float(jnp.abs(plan).max()) <= 1.0 + 1e-5


@pytest.mark.parametrize("stem", ["decision_diffuser", "diffuser_joint"])
def test_planners_do_what_is_asked_for(stem: str) -> None:
    """The fast episodes are labelled 1: asked for 1 it goes as they do, asked for 0 as the slow ones."""
    for target, pace in ((1.0, 0.08), (0.0, 0.04)):
        method = make(stem, data=recorded(), steps=600, lr=0.01, weight=1.0, target=target)
        state = train(method, 600)
        act = jax.jit(method.act)
        mind = method.start(state, 8)
        x = jnp.zeros((8, 2)).at[:, 0].set(-0.8)
        for key in jax.random.split(KEY, 8):
            mind, u = act(state, mind, x, key)
            x = pointmass.move(x, u, radius=0.0)
        assert float(x[:, 0].mean()) == pytest.approx(-0.8 + 8 * pace, abs=0.1)


def test_plans_are_remade_every_four_steps_or_kept_for_gates() -> None:
    for labels, remade in ((1, [0, 4, 8]), (3, [0])):
        method = make("decision_diffuser", labels=labels, data=recorded(labels))
        state = method.init(KEY)
        mind = method.start(state, 3) if labels == 1 else method.begin(state, jnp.ones((3, 3)))
        seen = []
        for step, key in enumerate(jax.random.split(KEY, 9)):
            before = mind.plan
            mind, _ = method.act(state, mind, array(3, 2), key)
            seen += [] if alike(before, mind.plan) else [step]
        assert seen == remade


def test_inverse_dynamics_learn_at_every_step() -> None:
    """Also behind the steps at which plans begin."""
    method = make("decision_diffuser", labels=3, data=recorded(3), steps=400, lr=0.01)
    params = train(method, 400).params
    data = method.given
    u = _plans.inverse_dynamics(params, 2, data.x[:, 18], data.x[:, 19])
    np.testing.assert_allclose(u, data.u[:, 18], atol=0.08)


def transitions(actions=2):
    return Transitions(
        x=array(12, 2, seed=1), u=array(12, actions, seed=2), r=array(12, seed=3), x1=array(12, 2, seed=4), label=None
    )


def wary(stem, **fields):
    x = array(30, 21, 2, seed=5)
    data = Recorded(x=x, u=0.3 * jnp.tanh(x[:, :-1] @ array(2, 4, seed=6) * 3), r=x[:, 1:, 0], label=x[:, 1:, :1])
    return make(stem, actions=4, data=data, **fields)


def test_embeddings_by_numpy() -> None:
    u = array(5, 3)
    x = array(5, 2, seed=1)
    params = _novelty.nn.init(_novelty.Modulated(), KEY, u, x)
    dense = [(np.asarray(d["kernel"]), np.asarray(d["bias"])) for d in params["params"].values()]
    by_shape = {k.shape: (k, b) for k, b in dense}
    relu = lambda v: np.maximum(v, 0)  # noqa: E731
    hidden = relu(u @ by_shape[3, 64][0])
    names = [n for n, d in params["params"].items() if d["kernel"].shape == (2, 64)]
    scale, shift = (np.asarray(x) @ np.asarray(params["params"][n]["kernel"]) for n in sorted(names))
    last = relu(scale * (hidden @ by_shape[64, 64][0]) + shift)
    np.testing.assert_allclose(_novelty.Modulated().apply(params, u, x), last @ by_shape[64, 32][0], atol=1e-4)
    params = _novelty.nn.init(_novelty.Bilinear(), KEY, u, x)
    mlp = params["params"]["MLP_0"]
    hidden = (u[:, :, None] * x[:, None, :]).reshape(5, 6)
    for name in ("Dense_0", "Dense_1"):
        hidden = relu(hidden @ np.asarray(mlp[name]["kernel"]))
    last = hidden @ np.asarray(mlp["Dense_2"]["kernel"])
    np.testing.assert_allclose(_novelty.Bilinear().apply(params, u, x), last, atol=1e-4)
    still = _novelty.Bilinear().apply(params, u, 0 * x)
    np.testing.assert_allclose(
        still, 0.0, atol=1e-6
    )  # without biases nothing is left of an action where the place is 0


def test_without_weight_novelty_is_nothing() -> None:
    """The loss of sac_rnd at weight 0, and its gradient, are those of sac_offline."""
    method = wary("sac_rnd", weight=0.0)
    plain = wary("sac_offline")
    state = method.init(KEY)
    one = jax.grad(lambda p: method.loss(state, p, transitions(4), KEY))(state.params)
    two = jax.grad(lambda p: plain.loss(state, p, transitions(4), KEY))(state.params)
    for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(two), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_soft_actor_critic_by_its_equations() -> None:
    method = wary("sac_rnd", weight=0.7)
    state = method.init(KEY)._replace(moments=jnp.array([10.0, 5.0, 12.5]))  # a variance of 1
    params = state.params
    b = transitions(4)
    noise = _novelty.normals(KEY, now=b.u.shape, then=b.u.shape)
    eta = _novelty.FIRST_ETA
    u, density = _novelty.squashed(*_novelty.gaussian(params, 4, b.x), noise["now"])
    u1, density1 = _novelty.squashed(*_novelty.gaussian(params, 4, b.x1), noise["then"])
    bonus = [method.error(params["predictor"], state.prior, x, a) for x, a in ((b.x, u), (b.x1, u1))]
    actor = eta * density + 0.7 * bonus[0] - _novelty.critics(params["critics"], b.x, u).min(0)
    after = _novelty.critics(state.target, b.x1, u1).min(0) - eta * density1 - 0.7 * bonus[1]
    wanted = (1 - DISCOUNT) * b.r + DISCOUNT * after
    squares = ((_novelty.critics(params["critics"], b.x, b.u) - wanted[None]) ** 2).mean(1).sum()
    expected = actor.mean() + squares - eta * (density.mean() - 4)
    assert float(method.loss(state, params, b, KEY)) == pytest.approx(float(expected), rel=1e-4)


def test_cloning_by_novelty_sees_no_rewards() -> None:
    """Its loss by the equation, which rewards don't change."""
    for stem in ("bc_rnd", "bc_rnd_concat"):
        method = wary(stem)
        state = method.init(KEY)
        b = transitions(4)
        u, density = _novelty.squashed(*_novelty.gaussian(state.params, 4, b.x), jax.random.normal(KEY, b.u.shape))
        eta = _novelty.FIRST_ETA
        expected = (eta * density + method.bonus(state, b.x, u)).mean() - eta * (density.mean() - 4)
        assert float(method.loss(state, state.params, b, KEY)) == pytest.approx(float(expected), rel=1e-6)
        rich = transitions(4)._replace(r=jnp.full(12, 100.0))
        assert float(method.loss(state, state.params, transitions(4), KEY)) == pytest.approx(
            float(method.loss(state, state.params, rich, KEY))
        )
        gradient = jax.grad(lambda p, m=method, s=state: m.loss(s, p, transitions(4), KEY))(state.params)
        assert max(float(jnp.abs(leaf).max()) for leaf in jax.tree.leaves(gradient["critics"])) == 0.0
        assert max(float(jnp.abs(leaf).max()) for leaf in jax.tree.leaves(gradient["policy"])) > 0.0


def test_the_predictor_learns_first_and_all_else_later() -> None:
    method = wary("sac_rnd", steps=40)
    start = train(method, 0)
    early = train(method, 10)
    assert alike(early.params["policy"], start.params["policy"])
    assert alike(early.params["critics"], start.params["critics"])
    assert not alike(early.params["predictor"], start.params["predictor"])
    late = train(method, 40)
    assert alike(early.params["predictor"], late.params["predictor"])
    assert alike(early.prior, late.prior)
    assert alike(early.moments, late.moments)
    assert float(late.moments[0]) == 10 * 32
    assert not alike(early.params["policy"], late.params["policy"])


@pytest.mark.parametrize("stem", ["bc_rnd", "sac_rnd_concat"])
def test_novelty_is_small_where_actions_were_recorded(stem: str) -> None:
    method = wary(stem, steps=1200)
    state = train(method, 300)
    x = method.given.x[:, :-1].reshape(-1, 2)
    known = method.bonus(state, x, method.given.u.reshape(-1, 4))
    other = method.bonus(state, x, array(len(x), 4, seed=8))
    assert float(known.mean()) < 0.3 * float(other.mean())


def test_in_turn_asks_for_one_gate_in_each_half(monkeypatch) -> None:
    method = make("conditional_bc", labels=3, data=recorded(3), in_turn=True)
    asked = []
    monkeypatch.setattr(conditional_bc, "output", lambda params, k, x, label: asked.append(label) or jnp.zeros((2, k)))
    state = method.init(KEY)
    mind = method.begin(state, jnp.array([[1.0, 0, 1], [0, 1, 1]]))
    for _ in range(20):
        mind, _ = method.act(state, mind, jnp.zeros((2, 2)), KEY)
    np.testing.assert_array_equal(asked[9], [[1, 0, 0], [0, 1, 0]])
    np.testing.assert_array_equal(asked[0], asked[9])
    np.testing.assert_array_equal(asked[10], [[0, 0, 1], [0, 0, 1]])
    np.testing.assert_array_equal(asked[19], asked[10])


def test_conditional_cloning_goes_as_its_label() -> None:
    method = make("conditional_bc", labels=2, data=recorded(2), steps=300)
    state = train(method, 300)
    for label, pace in ((0, 0.04), (1, 0.08)):
        mind = method.begin(state, jnp.broadcast_to(jnp.eye(2)[label], (3, 2)))
        _, u = method.act(state, mind, jnp.array([[-0.7, 0.0], [-0.5, 0.0], [-0.3, 0.0]]), KEY)
        np.testing.assert_allclose(u[:, 0], pace / pointmass.STEP, atol=0.1)


BLANK = {"model": None, "score": None}


def known_world(monkeypatch):
    """The true moves, and scores that are 4 in a gate and -4 elsewhere: at 0.6 to the right, and above."""

    def output(params, outputs, x, *others):
        if others:
            return others[0]
        gates = jnp.array([[0.6, 0.0], [0.0, 0.6]])
        inside = ((x[..., None, :] - gates.reshape((1,) * (x.ndim - 1) + (2, 2))) ** 2).sum(-1) < 0.3**2
        return jnp.where(inside, 4.0, -4.0)

    monkeypatch.setattr(shooting_planner, "output", output)


def test_search_passes_both_gates(monkeypatch) -> None:
    known_world(monkeypatch)
    method = make("shooting_planner", labels=2)
    mind = method.begin((), jnp.ones((16, 2)))
    state = SimpleNamespace(params=BLANK)
    x = jnp.zeros((16, 2))
    passed = jnp.zeros((16, 2), bool)
    act = jax.jit(lambda mind, x, key: method.act(state, mind, x, key))
    for key in jax.random.split(KEY, 20):
        mind, u = act(mind, x, key)
        x = pointmass.move(x, u, radius=0.0)
        passed = passed | (shooting_planner.output(None, 2, x) > 0)
    assert float(passed.all(1).mean()) > 0.7


def test_the_worth_of_a_plan_by_hand(monkeypatch) -> None:
    """Straight to the right for 20 steps meets the first gate; a gate met before counts, one after the end doesn't."""
    known_world(monkeypatch)
    method = make("shooting_planner", labels=2)
    mind = method.begin((), jnp.ones((1, 2)))
    plan = jnp.broadcast_to(jnp.array([1.0, 0.0]), (1, 4, 2))
    log = lambda s: -np.log1p(np.exp(-s))  # noqa: E731
    assert float(method.worth(BLANK, mind, jnp.zeros((1, 2)), plan)[0]) == pytest.approx(log(4) + log(-4), rel=1e-5)
    before = mind._replace(passed=jnp.array([[-4.0, 4.0]]))
    assert float(method.worth(BLANK, before, jnp.zeros((1, 2)), plan)[0]) == pytest.approx(2 * log(4), rel=1e-5)
    late = mind._replace(step=jnp.asarray(19))
    assert float(method.worth(BLANK, late, jnp.zeros((1, 2)), plan)[0]) == pytest.approx(2 * log(-4), rel=1e-5)
