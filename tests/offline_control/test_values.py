"""Learners of values and policies: limits that equal another method, losses in numpy, and what they come to."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from toybench.methods.offline_control import _codes, _critics, cql
from toybench.plugins import registry
from toybench.tasks.offline_control import DISCOUNT, Batch, Recorded, Spec, Transitions

KEY = jax.random.key(0)


def make(stem, actions=2, data=None, steps=40, **fields):
    method = registry.load("methods", f"offline_control/{stem}")
    return method(spec=Spec(actions=actions, labels=1), steps=steps, given=data, **fields)


def array(*shape, seed=0):
    return jnp.asarray(np.random.default_rng(seed).uniform(-0.9, 0.9, size=shape), jnp.float32)


def batch(actions=2, count=12):
    return Transitions(
        x=array(count, 2, seed=1),
        u=array(count, actions, seed=2),
        r=array(count, seed=3),
        x1=array(count, 2, seed=4),
        label=0.5 + array(count, 1, seed=5) / 2,
    )


def recorded(u, x=None):
    """Episodes of 20 steps with these actions [m, 20, k], labels and rewards that are their first number."""
    count = u.shape[:2]
    x = array(count[0], count[1] + 1, 2, seed=6) if x is None else x
    return Recorded(x=x, u=u, r=u[..., 0], label=(u[..., :1] + 1) / 2)


def train(method, updates, size=32):
    """The state after updates on random places."""
    count = method.given.u.shape[:2]

    def step(state, key):
        place = jax.random.randint(key, (2, size), 0, jnp.array(count)[:, None])
        return method.update(state, Batch(episode=place[0], step=place[1]), key), None

    keys = jax.random.split(jax.random.key(1), updates)
    return jax.jit(lambda key: jax.lax.scan(step, method.init(key), keys)[0])(KEY)


def close(a, b, **tolerance):
    for one, two in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True):
        np.testing.assert_allclose(one, two, **{"rtol": 1e-4, "atol": 1e-5, **tolerance})


def farthest(a, b):
    return max(float(jnp.abs(x - y).max()) for x, y in zip(*map(jax.tree.leaves, (a, b)), strict=True))


def q_of(params, x, u):
    return np.asarray(_critics.critics(params["critics"], x, u), np.float64)


def v_of(params, x):
    return np.asarray(_critics.value(params["value"], x), np.float64)


def test_td3_without_value_is_cloning() -> None:
    method = make("td3_bc", weight=0.0)
    params = method.networks(KEY)
    gradient = jax.grad(method.loss)(params, params, batch(), KEY)
    cloning = make("bc")
    same = jax.grad(cloning.loss)({"policy": params["policy"]}, {}, batch(), KEY)
    close(gradient["policy"], same["policy"])


def test_td3_by_its_equations() -> None:
    method = make("td3_bc", weight=3.0)
    params = method.networks(KEY)
    target = method.networks(jax.random.key(9))
    b = batch()
    noise = np.clip(0.2 * np.asarray(jax.random.normal(KEY, b.u.shape)), -0.5, 0.5)
    u1 = np.clip(np.asarray(_critics.greedy(target["policy"], 2, b.x1)) + noise, -1, 1)
    wanted = (1 - DISCOUNT) * np.asarray(b.r) + DISCOUNT * q_of(target, b.x1, jnp.asarray(u1)).min(0)
    squares = ((q_of(params, b.x, b.u) - wanted) ** 2).mean(1).sum()
    u = _critics.greedy(params["policy"], 2, b.x)
    q = q_of(params, b.x, u)[0]
    expected = squares - 3 * q.mean() / np.abs(q).mean() + ((np.asarray(u) - np.asarray(b.u)) ** 2).mean()
    assert float(method.loss(params, target, b, KEY)) == pytest.approx(expected, rel=1e-3)


def test_td3_climbs_the_first_critic_by_its_own_scale() -> None:
    """A value twice as large pulls no more."""
    method = make("td3_bc", weight=3.0)
    params = method.networks(KEY)
    doubled = jax.tree.map(lambda v: v, params)
    last = doubled["critics"]["params"]["Dense_2"]
    doubled["critics"]["params"]["Dense_2"] = jax.tree.map(lambda v: 2 * v, last)
    one = jax.grad(method.loss)(params, params, batch(), KEY)
    two = jax.grad(method.loss)(doubled, params, batch(), KEY)
    close(one["policy"], two["policy"], rtol=1e-3)
    still = jax.grad(make("td3_bc", weight=0.0).loss)(params, params, batch(), KEY)
    assert max(float(jnp.abs(a - b).max()) for a, b in zip(*map(jax.tree.leaves, (one, still)), strict=True)) > 1e-3


def test_return_conditioning_gives_what_is_asked_for() -> None:
    """Recorded actions are 2 label - 1, in both numbers."""
    u = jnp.broadcast_to(array(30, 20, 1, seed=7), (30, 20, 2))
    for target in (0.3, 0.8):
        method = make("return_conditioned", data=recorded(u), steps=300, target=target)
        state = train(method, 300)
        _, a = method.act(state, (), array(50, 2), KEY)
        assert float(a.mean()) == pytest.approx(2 * target - 1, abs=0.1)


def test_cloning_gives_the_mean_and_a_mixture_the_law() -> None:
    signs = jnp.where(array(40, 20, 1, seed=8) > 0, 0.7, -0.7)
    u = jnp.broadcast_to(signs, (40, 20, 2)) + 0.02 * array(40, 20, 2)
    method = make("bc", data=recorded(u), steps=300)
    assert np.abs(np.asarray(method.act(train(method, 300), (), array(50, 2), KEY)[1])).mean() < 0.3
    method = make("bc_mixture", data=recorded(u), steps=400)
    _, a = method.act(train(method, 400), (), array(200, 2), KEY)
    near = np.abs(np.abs(np.asarray(a)) - 0.7) < 0.15
    assert near.all(axis=1).mean() > 0.8
    assert 0.3 < (np.asarray(a)[:, 0] > 0).mean() < 0.7


def law():
    return _critics.Mixture(
        log_weight=jax.nn.log_softmax(array(4, 3)), mean=array(4, 3, 2, seed=1), log_sd=array(4, 3, 2, seed=2)
    )


def test_mixture_densities_by_scipy() -> None:
    u = array(4, 2, seed=3)
    each = stats.norm.pdf(np.asarray(u)[:, None], law().mean, np.exp(law().log_sd)).prod(-1)
    expected = np.log((np.exp(law().log_weight) * each).sum(1))
    np.testing.assert_allclose(_critics.mixture_log_density(law(), u), expected, rtol=1e-4)


def test_mixture_draws_have_its_mean() -> None:
    narrow = law()._replace(log_sd=jnp.full((4, 3, 2), -4.0))
    draws = jax.vmap(lambda key: _critics.mixture_draw(narrow, key))(jax.random.split(KEY, 4000))
    mean = (np.exp(narrow.log_weight)[..., None] * np.asarray(narrow.mean)).sum(1)
    np.testing.assert_allclose(draws.mean(0), mean, atol=0.05)


def test_iql_by_its_equations() -> None:
    method = make("iql", level=0.8, beta=7.0)
    params = method.networks(KEY)
    target = method.networks(jax.random.key(9))
    b = batch()
    q = q_of(target, b.x, b.u).min(0)
    v = v_of(params, b.x)
    error = q - v
    expectile = (np.where(error > 0, 0.8, 0.2) * error**2).mean()
    wanted = (1 - DISCOUNT) * np.asarray(b.r) + DISCOUNT * v_of(params, b.x1)
    squares = ((q_of(params, b.x, b.u) - wanted) ** 2).mean(1).sum()
    mean, log_sd = _critics.gaussian(params["policy"], 2, b.x)
    density = stats.norm.logpdf(np.asarray(b.u), np.tanh(mean), np.exp(log_sd)).sum(1)
    cloning = -(np.minimum(np.exp(7.0 * error), 100.0) * density).mean()
    found = method.loss(params, target, b, KEY)
    assert float(found) == pytest.approx(expectile + squares + cloning, rel=1e-3)


def test_iql_with_a_mixture_of_one_is_iql() -> None:
    plain = make("iql")
    mixed = make("iql_mixture", parts=1)
    params = plain.networks(KEY)
    last = params["policy"]["params"]["Dense_2"]
    wide = jax.tree.map(lambda v: v, params)
    wide["policy"]["params"]["Dense_2"] = {
        "kernel": jnp.concatenate([jnp.ones((64, 1)), last["kernel"]], 1),
        "bias": jnp.concatenate([jnp.ones(1), last["bias"]]),
    }
    found = mixed.loss(wide, params, batch(), KEY)
    assert float(found) == pytest.approx(float(plain.loss(params, params, batch(), KEY)), rel=1e-4)


def test_the_soft_maximum_of_cql_is_an_integral(monkeypatch) -> None:
    """Importance sampling from both laws, against a fine grid over all actions."""
    monkeypatch.setattr(cql, "TRIED", 3000)
    method = make("cql")
    params = method.networks(KEY)
    x = array(3, 2)
    noise = jax.random.normal(KEY, (3000, 3, 2))
    found = method.soft_maximum(params, x, noise, jax.random.key(2))
    grid = np.linspace(-1, 1, 81)[:-1] + 1 / 80
    u = jnp.asarray(np.stack(np.meshgrid(grid, grid), -1).reshape(-1, 2), jnp.float32)
    q = np.stack([q_of(params, jnp.broadcast_to(one[None], u.shape), u) for one in x], 1)  # [j, n, u]
    exact = (1 - DISCOUNT) * np.log(np.exp(q / (1 - DISCOUNT)).mean(-1) * 4)
    np.testing.assert_allclose(found - (1 - DISCOUNT) * np.log(6000), exact, atol=0.02)


def test_cql_without_pessimism_is_a_soft_actor_critic() -> None:
    """Its loss by the equations; pessimism moves critics, and not the actor."""
    method = make("cql", alpha=0.0)
    params = method.networks(KEY)
    target = method.networks(jax.random.key(9))
    b = batch()
    noises, _ = jax.random.split(KEY)
    noise = cql.normals(noises, now=b.u.shape, then=b.u.shape, tried=(cql.TRIED, *b.u.shape))
    u, density = method.draw(params, b.x, noise["now"])
    u1, _ = method.draw(params, b.x1, noise["then"])
    wanted = (1 - DISCOUNT) * np.asarray(b.r) + DISCOUNT * q_of(target, b.x1, u1).min(0)
    squares = ((q_of(params, b.x, b.u) - wanted) ** 2).mean(1).sum()
    eta = float(np.exp(params["log_eta"]))
    actor = (eta * np.asarray(density) - q_of(params, b.x, u).min(0)).mean()
    expected = squares + actor - eta * (float(density.mean()) - 2)
    assert float(method.loss(params, target, b, KEY)) == pytest.approx(expected, rel=1e-3)
    plain = jax.grad(method.loss)(params, target, b, KEY)
    wary = jax.grad(make("cql", alpha=1.0).loss)(params, target, b, KEY)
    close(plain["policy"], wary["policy"])
    assert farthest(plain["policy"], jax.tree.map(jnp.zeros_like, plain["policy"])) > 1e-4
    assert farthest(plain["critics"], wary["critics"]) > 1e-3


def test_pessimism_pushes_other_actions_down() -> None:
    """Recorded actions are near (0.5, 0.5): with alpha their value exceeds that of others by more."""
    data = recorded(0.5 + 0.05 * array(30, 20, 2))
    gaps = []
    for alpha in (0.0, 1.0):
        method = make("cql", data=data, steps=150, alpha=alpha)
        state = train(method, 150)
        x = array(50, 2)
        q = [q_of(state.params, x, jnp.full((50, 2), a)).mean() for a in (0.5, -0.5)]
        gaps.append(q[0] - q[1])
    assert gaps[1] > gaps[0] + 0.05


def test_targets_follow_at_their_rate() -> None:
    """The second update moves them on from where they are, not from the last parameters."""
    method = make("td3_bc", data=recorded(array(5, 20, 2)))
    at = Batch(episode=jnp.arange(5), step=jnp.arange(5))
    one = method.update(method.init(KEY), at, KEY)
    two = method.update(one, at, jax.random.key(2))
    expected = jax.tree.map(lambda old, new: old + 0.02 * (new - old), one.target, two.params)
    close(two.target, expected, rtol=0.0, atol=3e-7)
    assert farthest(one.target, one.params) > 1e-3


def coded(stem, codes=4, **fields):
    return make(stem, data=recorded(array(30, 20, 2, seed=9)), codes=codes, **fields)


def test_the_coder_by_its_equations() -> None:
    method = coded("saq_bc")
    state = method.init(KEY)
    coder = method.coder.bind(state.params["coder"])
    b = batch()
    z = np.asarray(coder.encoder(jnp.concatenate([_codes.features(b.x), b.u], -1)), np.float64)
    book = np.asarray(coder.book.embedding, np.float64)
    code = ((z[:, None] - book[None]) ** 2).sum(-1).argmin(1)
    np.testing.assert_array_equal(coder.encode(b.x, b.u), code)
    seen = np.asarray(coder.act(b.x, jnp.asarray(code)))
    prior = np.asarray(coder.prior(_codes.features(b.x)), np.float64)
    log_prior = prior - np.log(np.exp(prior).sum(1, keepdims=True))
    entropy = -log_prior[np.arange(12), code].mean()
    expected = ((seen - np.asarray(b.u)) ** 2).sum(1).mean() + 2 * ((z - book[code]) ** 2).mean() + entropy
    assert float(coder(b.x, b.u)) == pytest.approx(expected, rel=1e-3)


def test_codes_learn_both_answers_and_then_rest() -> None:
    signs = jnp.where(array(40, 20, 1, seed=8) > 0, 0.7, -0.7)
    method = make("saq_bc", data=recorded(jnp.broadcast_to(signs, (40, 20, 2))), steps=600, codes=4)
    half = train(method, 302)
    end = train(method, 600)
    close(half.params["coder"], end.params["coder"], atol=1e-6)
    _, a = method.act(end, (), array(100, 2), KEY)
    assert np.abs(np.abs(np.asarray(a)) - 0.7).max() < 0.1


def test_saq_iql_draws_by_values_and_prior() -> None:
    """Without values from the prior; with them in proportion to prior times exp(beta Q)."""
    prior = jnp.log(jnp.array([[0.5, 0.3, 0.15, 0.05]]))
    x = array(1, 2)
    for beta in (0.0, 3.0):
        method = coded("saq_iql", beta=beta)
        params = method.networks(KEY)
        draws = jax.vmap(lambda key, m=method, p=params: m.choose(p, prior, x, key)[0])(jax.random.split(KEY, 4000))
        weight = np.exp(np.asarray(prior)[0] + beta * np.asarray(_codes.output(params["critic"], 4, x))[0])
        found = np.bincount(np.asarray(draws), minlength=4) / 4000
        np.testing.assert_allclose(found, weight / weight.sum(), atol=0.03)


def test_the_prior_has_a_least_value() -> None:
    method = coded("saq_iql")
    state = method.init(KEY)
    last = state.params["coder"]["params"]["prior"]["Dense_2"]
    last["bias"] = jnp.array([50.0, 0.0, 0.0, 0.0])
    found = method.coder.apply(state.params["coder"], array(3, 2), method="log_prior")
    np.testing.assert_allclose(found[:, 1:], -8.0)


def test_losses_over_codes_by_their_equations() -> None:
    b = batch()
    code = jnp.arange(12) % 4
    method = coded("saq_iql", level=0.8)
    params = method.networks(KEY)
    target = method.networks(jax.random.key(9))
    old = np.asarray(_codes.output(target["critic"], 4, b.x), np.float64)[np.arange(12), code]
    v, v1 = (np.asarray(_codes.output(params["value"], 1, x), np.float64)[:, 0] for x in (b.x, b.x1))
    wanted = (1 - DISCOUNT) * np.asarray(b.r) + DISCOUNT * v1
    q = np.asarray(_codes.output(params["critic"], 4, b.x), np.float64)
    expected = (np.where(old > v, 0.8, 0.2) * (old - v) ** 2).mean() + ((q[np.arange(12), code] - wanted) ** 2).mean()
    assert float(method.loss(params, target, b, code)) == pytest.approx(expected, rel=1e-3)

    method = coded("saq_cql", alpha=0.4)
    best = np.asarray(_codes.output(params["critic"], 4, b.x1)).argmax(1)
    after = np.asarray(_codes.output(target["critic"], 4, b.x1), np.float64)[np.arange(12), best]
    wanted = (1 - DISCOUNT) * np.asarray(b.r) + DISCOUNT * after
    recorded_q = q[np.arange(12), code]
    pessimism = (1 - DISCOUNT) * np.log(np.exp(q / (1 - DISCOUNT)).sum(1)) - recorded_q
    expected = ((recorded_q - wanted) ** 2 + 0.4 * pessimism).mean()
    assert float(method.loss(params, target, b, code)) == pytest.approx(expected, rel=1e-3)


def test_greedy_codes() -> None:
    x = array(6, 2)
    for stem, name in (("saq_bc", "policy"), ("saq_cql", "critic")):
        method = coded(stem)
        params = method.networks(KEY)
        np.testing.assert_array_equal(
            method.choose(params, None, x, KEY), np.asarray(_codes.output(params[name], 4, x)).argmax(1)
        )
