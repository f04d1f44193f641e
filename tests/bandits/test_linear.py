"""Linear methods: ridge regression against dense solves, and the cases in which two methods must be the same."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.bandits._linear import radius
from toybench.plugins import registry
from toybench.tasks.bandits._linear import LinearRound, LinearSpec

SPEC = LinearSpec(instances=3, dim=4, noise=1.0, quietest=0.05)
KEY = jax.random.key(0)


def method(name: str, spec: LinearSpec = SPEC, **knobs):
    return replace(registry.load("methods", f"bandits/{name}")(**knobs), spec=spec, steps=100)


def rounds(count: int = 60, sigma: float | None = 1.0, seed: int = 0) -> LinearRound:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, 3, 4))
    x /= np.linalg.norm(x, axis=-1, keepdims=True)
    y = x @ rng.normal(size=4) + rng.normal(size=(count, 3))
    s = np.full((count, 3), sigma) if sigma else rng.choice([0.05, 1.0], size=(count, 3))
    return LinearRound(*(jnp.asarray(v, jnp.float32) for v in (x, y, s)))


def learned(learner, data: LinearRound):
    return jax.lax.scan(lambda s, b: (learner.update(s, b, KEY), None), learner.init(KEY), data)[0]


@pytest.fixture(scope="module")
def offer():
    x = np.random.default_rng(9).normal(size=(3, 12, 4))
    return jnp.asarray(x / np.linalg.norm(x, axis=-1, keepdims=True), jnp.float32)


def assert_same_choice(a, b, data, offer) -> None:
    mask = jnp.ones(offer.shape[:2], bool)
    for upto in (1, 7, 60):
        some = jax.tree.map(lambda v, n=upto: v[:n], data)
        chosen = [m.choose(learned(m, some), offer, mask, KEY) for m in (a, b)]
        np.testing.assert_array_equal(*chosen)


def test_rank_one_steps_are_the_dense_solution():
    data = rounds(sigma=None)
    state = learned(method("weighted_oful", lam=0.7), data)
    for i in range(3):
        x, w = np.asarray(data.x[:, i], float), np.asarray(data.sigma[:, i], float) ** -2
        dense = np.linalg.inv(0.7 * np.eye(4) + (x.T * w) @ x)
        np.testing.assert_allclose(state.inverse[i], dense, atol=2e-3)
        np.testing.assert_allclose(state.moment[i], (x.T * w) @ np.asarray(data.response[:, i], float), rtol=1e-3)


def test_weighted_is_plain_where_all_rounds_have_noise_1(offer):
    assert_same_choice(method("weighted_oful"), method("oful"), rounds(), offer)


def test_multi_level_is_plain_where_all_rounds_have_the_largest_noise(offer):
    assert_same_choice(method("multi_level_ftrl"), method("oful"), rounds(), offer)


def test_multi_level_ignores_noisy_rounds_beside_many_quiet_ones(offer):
    """Its estimates come from one level each: the quiet level's are those of the quiet rounds alone."""
    data = rounds(sigma=None)
    learner = method("multi_level_ftrl")
    state = learned(learner, data)
    quiet = learner.levels - 1
    assert learner.levels == 5  # 2^-5 < 0.05 <= 2^-4
    for i in range(3):
        x = np.asarray(data.x[:, i])[np.asarray(data.sigma[:, i]) < 0.5]
        np.testing.assert_allclose(state.inverse[i * 5 + quiet], np.linalg.inv(np.eye(4) + x.T @ x), atol=1e-3)
    assert float(learner.used(state)[0]) == 60


def test_no_threshold_is_plain(offer):
    assert_same_choice(method("ds_oful", threshold=0.0), method("oful"), rounds(), offer)


def test_no_misspecification_is_plain(offer):
    assert_same_choice(method("oful_misspecified"), method("oful"), rounds(), offer)
    wide = method("oful_misspecified", replace(SPEC, zeta=0.2))
    state = learned(wide, rounds())
    np.testing.assert_allclose(wide.extent(state) - method("oful").extent(state), 0.2 * 60**0.5, rtol=1e-4)


def test_no_width_is_greedy(offer):
    a, b = method("oful", replace(SPEC, norm=0.0), c=0.0), method("linear_greedy")
    assert_same_choice(a, b, rounds(), offer)


@pytest.mark.parametrize("threshold", [0.2, 0.4])
def test_selected_rounds_obey_the_elliptical_bound(threshold):
    """n threshold^2 <= sum of |x|^2 in the inverse design <= 2 d log(1 + n / d) for rounds of unit contexts."""
    state = learned(method("ds_oful", threshold=threshold), rounds(3000))
    n = np.asarray(state.used)
    assert (n < 3000).all() and (n > 10).all()
    assert (n * threshold**2 <= 2 * 4 * np.log(1 + n / 4)).all()


def test_withdrawn_contexts_are_not_chosen(offer):
    mask = jnp.zeros(offer.shape[:2], bool).at[:, 5].set(True)
    for name in ("oful", "multi_level_ftrl", "ds_oful"):
        learner = method(name)
        assert (learner.choose(learned(learner, rounds()), offer, mask, KEY) == 5).all()


def test_the_gap_holds_in_every_round():
    task = registry.load("tasks", "bandits/contextual_arms")(gap=0.5, zeta=0.2, instances=5)
    world = task.sample(KEY)

    class Random:
        def choose(self, offer, mask, key):
            pick = jnp.where(mask, jax.random.uniform(key, mask.shape), -1.0)
            return jnp.argmax(pick, axis=-1)

    for i in range(20):
        after, _ = task.draw(world, jax.random.key(i), Random())
        lost = np.asarray(after.regret - world.regret)
        assert ((lost == 0) | (lost > 0.5 - 1e-4)).all()
        world = after
    assert (np.asarray(world.regret) > 0).all()


def test_forecasters_predict_what_numpy_does():
    data, x = rounds(20), rounds(1, seed=4).x[0]
    ftrl, vaw = method("ftrl", lam=0.3), method("vovk_azoury_warmuth", lam=0.3)
    for i in range(3):
        a, y, q = (np.asarray(v, float) for v in (data.x[:, i], data.response[:, i], x[i]))
        ridge = np.linalg.solve(0.3 * np.eye(4) + a.T @ a, a.T @ y)
        forward = np.linalg.solve(0.3 * np.eye(4) + a.T @ a + np.outer(q, q), a.T @ y)
        np.testing.assert_allclose(ftrl.predict(learned(ftrl, data), x)[i], q @ ridge, rtol=1e-3)
        np.testing.assert_allclose(vaw.predict(learned(vaw, data), x)[i], q @ forward, rtol=1e-3)


def test_the_radius_by_hand():
    got = radius(jnp.array([30.0]), 4, 0.5, 2.0, 3.0)
    want = 0.5 * np.sqrt(4 * np.log(1 + 30 / 8) + 2 * np.log(20)) + np.sqrt(2) * 3
    np.testing.assert_allclose(got, want, rtol=1e-5)
    state = learned(method("oful", replace(SPEC, noise=0.3), c=0.5), rounds())
    want = 0.15 * np.sqrt(4 * np.log(1 + 60 / 4) + 2 * np.log(20)) + 1
    np.testing.assert_allclose(method("oful", replace(SPEC, noise=0.3), c=0.5).extent(state), want, rtol=1e-5)


def test_weighted_radius_grows_with_the_weights():
    learner = method("weighted_oful", c=0.5)
    data = rounds(sigma=0.5)
    want = 0.5 * np.sqrt(4 * np.log(1 + 240 / 4) + 2 * np.log(20)) + 1
    np.testing.assert_allclose(learner.extent(learned(learner, data)), want, rtol=1e-4)


def test_optimism_adds_the_width(offer):
    """An upper bound by numpy: x theta + radius |x| in the inverse design."""
    learner = method("oful", c=0.7)
    state = learned(learner, rounds())
    x = np.asarray(offer, float)
    inverse = np.asarray(state.inverse, float)
    theta = np.einsum("nij,nj->ni", inverse, np.asarray(state.moment, float))
    wide = np.sqrt(np.einsum("nki,nij,nkj->nk", x, inverse, x))
    upper = np.einsum("nkd,nd->nk", x, theta) + np.asarray(learner.extent(state))[:, None] * wide
    got = learner.choose(state, offer, jnp.ones(offer.shape[:2], bool), KEY)
    np.testing.assert_array_equal(got, upper.argmax(-1))


def test_multi_level_takes_the_tightest_bound(offer):
    """Two levels by numpy: noise of 1 and of 0.05, which is the fifth level and has radius factor 2^-4."""
    learner = method("multi_level_ftrl", c=0.7)
    data = rounds(sigma=None)
    got = learner.choose(learned(learner, data), offer, jnp.ones(offer.shape[:2], bool), KEY)
    for i in range(3):
        upper = []
        for noise, factor in ((1.0, 1.0), (0.05, 2.0**-4)):
            here = np.isclose(np.asarray(data.sigma[:, i]), noise)
            x, y = np.asarray(data.x[here, i], float), np.asarray(data.response[here, i], float)
            inverse = np.linalg.inv(np.eye(4) + x.T @ x)
            extent = 0.7 * factor * np.sqrt(4 * np.log(1 + here.sum() / 4) + 2 * np.log(20)) + 1
            q = np.asarray(offer[i], float)
            upper.append(q @ inverse @ (x.T @ y) + extent * np.sqrt(np.einsum("ki,ij,kj->k", q, inverse, q)))
        assert got[i] == np.min(upper, axis=0).argmax()


def test_online_gradient_by_hand():
    learner = method("online_gradient", c=0.5)
    state = learner.init(KEY)._replace(params=jnp.ones((3, 4)), rounds=jnp.array(9.0))
    x = jnp.tile(jnp.array([1.0, 2.0, 0.0, -1.0]), (3, 1))
    after = learner.update(state, LinearRound(x=x, response=jnp.full(3, 5.0), sigma=jnp.ones(3)), KEY)
    np.testing.assert_allclose(after.params[0], 1 + 0.05 * 3 * np.array([1, 2, 0, -1]), rtol=1e-5)
    first = learner.update(learner.init(KEY), LinearRound(x=x, response=jnp.full(3, 5.0), sigma=jnp.ones(3)), KEY)
    np.testing.assert_allclose(first.params[0], 0.25 * 5 * np.array([1, 2, 0, -1]), rtol=1e-5)  # capped at 1 / d


def test_a_constant_rate_has_ratio_1_and_a_round_counts_once():
    task = registry.load("tasks", "bandits/contextual_arms")(instances=5, steps=9, offered=100)
    world = task.sample(KEY)

    class Same:
        def choose(self, offer, mask, key):
            return jnp.argmin(jnp.einsum("nkd,nd->nk", offer, jnp.ones((5, 8))), axis=-1)

        def used(self):
            return jnp.zeros(5)

    for i in range(9):
        world, _ = task.draw(world, jax.random.key(i), Same())
    got = task.evaluate(world, KEY, Same())
    np.testing.assert_allclose(got["slope_ratio"], 1.0, rtol=1e-4)
    np.testing.assert_allclose(got["late_slope"], got["cumulative_regret"] / 9, rtol=1e-4)
