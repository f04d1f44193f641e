"""Gradients by a second way, tails by scipy, and what stopping early keeps."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from scipy import integrate, stats

from toybench.blocks import affine_flow
from toybench.plugins import registry
from toybench.tasks.normalizing_flows import Batch, Spec, known_log_prob, normal_log_prob

SPEC = Spec(dims=3, batch=8, samples=40, known=True)
MASKS = affine_flow.digit_masks(6, 3)


def method(name, **fields):
    return registry.load("methods", f"normalizing_flows/{name}")(spec=SPEC, steps=10, **fields)


def array(*shape, seed=0):
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape), jnp.float32)


def flow(seed=0):
    """A flow that is not the identity."""
    start = affine_flow.couplings(jax.random.key(seed), layers=6, dims=3, width=32)
    return start._replace(last_bias=0.2 * array(*start.last_bias.shape))


FLOW = flow()
Z = array(8, 3, seed=1)
BATCH = Batch(x=1.3 * array(8, 3, seed=2), row=jnp.arange(8))


def log_q(params, x):
    z, volume = affine_flow.transform(params, MASKS, x, inverse=True)
    return normal_log_prob(z) + volume


def assert_same(found, wanted):
    for name, a, b in zip(found._fields, found, wanted, strict=True):
        np.testing.assert_allclose(a, b, atol=2e-4 * (1 + float(jnp.abs(b).max())), err_msg=name)


def test_the_ordinary_gradient_by_differences():
    def loss(shift):
        moved = FLOW._replace(last_bias=FLOW.last_bias.at[2, 4].add(shift))
        x, volume = affine_flow.transform(moved, MASKS, Z)
        return float(jnp.mean(normal_log_prob(Z) - volume - known_log_prob(x)))

    found = method("reverse_kl").estimate((), FLOW, Z)
    assert float(found.last_bias[2, 4]) == pytest.approx((loss(0.01) - loss(-0.01)) / 0.02, abs=2e-3)


def test_path_gradients_leave_out_the_score_and_nothing_else():
    """Total derivative - path gradient = d/dtheta mean log q_theta at fixed points, exactly, on every batch."""
    total = method("reverse_kl").estimate((), FLOW, Z)
    path = method("path_gradient").estimate((), FLOW, Z)
    x, _ = affine_flow.transform(FLOW, MASKS, Z)
    score = jax.grad(lambda params: jnp.mean(log_q(params, x)))(FLOW)
    assert_same(path, jax.tree.map(lambda a, b: a - b, total, score))
    assert max(float(jnp.abs(leaf).max()) for leaf in score) > 0.05


def test_path_gradients_by_stopped_parameters():
    def naive(params):
        x, _ = affine_flow.transform(params, MASKS, Z)
        return jnp.mean(log_q(FLOW, x) - known_log_prob(x))

    assert_same(method("path_gradient").estimate((), FLOW, Z), jax.grad(naive)(FLOW))


def test_path_likelihood_is_the_path_gradient_of_the_pulled_back_target():
    def pulled_back(params, z):
        x, volume = affine_flow.transform(params, MASKS, z)
        return known_log_prob(x) + volume

    def naive(params):
        z, _ = affine_flow.transform(params, MASKS, BATCH.x, inverse=True)
        return jnp.mean(pulled_back(FLOW, z) - normal_log_prob(z))

    found = method("path_likelihood").gradient(FLOW, BATCH, jax.random.key(0))
    assert_same(found, jax.grad(naive)(FLOW))
    z, _ = affine_flow.transform(FLOW, MASKS, BATCH.x, inverse=True)
    score = jax.grad(lambda params: jnp.mean(pulled_back(params, z)))(FLOW)
    likelihood = method("maximum_likelihood").gradient(FLOW, BATCH, jax.random.key(0))
    assert_same(likelihood, jax.grad(lambda params: -jnp.mean(log_q(params, BATCH.x)))(FLOW))
    assert_same(found, jax.tree.map(lambda a, b: a - b, likelihood, score))


def test_the_combined_gradient_is_half_of_each():
    key = jax.random.key(5)
    reverse = method("reverse_kl").gradient(FLOW, BATCH, key)
    forward = method("maximum_likelihood").gradient(FLOW, BATCH, key)
    found = method("combined_kl").gradient(FLOW, BATCH, key)
    assert_same(found, jax.tree.map(lambda a, b: (a + b) / 2, reverse, forward))


def test_batches_of_noise_have_the_size_of_the_spec():
    key = jax.random.key(5)
    for name in ("reverse_kl", "path_gradient"):
        one = method(name)
        assert_same(one.gradient(FLOW, BATCH, key), one.estimate((), FLOW, jax.random.normal(key, (8, 3))))


def test_two_updates_for_one_are_four_of_half_a_schedule():
    """Two steps of it are four updates of Adam whose rate falls over twice as many."""
    twice = method("reverse_kl_twice", lr=0.01)
    once = replace(method("reverse_kl", lr=0.01), steps=20)
    state = jax.jit(twice.init)(jax.random.key(0))
    plain = jax.jit(once.init)(jax.random.key(0))
    assert_same(state.params, plain.params)
    for key in jax.random.split(jax.random.key(4), 2):
        state = jax.jit(twice.update)(state, BATCH, key)
        for noise in jax.random.normal(key, (2, 8, 3)):
            gradient = once.estimate((), plain.params, noise)
            transform = once.update.__func__.__globals__["clipped_adam"](0.01, 20)
            with jax.numpy_dtype_promotion("standard"):
                step, adam = transform.update(gradient, plain.adam, plain.params)
                plain = plain._replace(params=optax.apply_updates(plain.params, step), adam=adam)
    assert_same(state.params, plain.params)


def test_three_updates_are_adam_on_clipped_gradients():
    one = method("maximum_likelihood", lr=0.01)
    state = jax.jit(one.init)(jax.random.key(0))
    params = state.params._replace(last_bias=state.params.last_bias.at[5, 4].set(9.0))
    state = state._replace(params=params)
    with jax.numpy_dtype_promotion("standard"):
        by_hand = optax.adam(lambda count: 0.01 * (1 + jnp.cos(jnp.pi * count / 10)) / 2)
        memory = by_hand.init(params)
        for _ in range(3):
            gradient = jax.grad(lambda params: -jnp.mean(log_q(params, BATCH.x)))(params)
            norm = float(optax.tree.norm(gradient))
            gradient = jax.tree.map(lambda leaf, norm=norm: leaf * min(1, 5 / norm), gradient)
            step, memory = by_hand.update(gradient, memory)
            params = optax.apply_updates(params, step)
    assert norm > 5
    update = jax.jit(one.update)
    for _ in range(3):
        state = update(state, BATCH, jax.random.key(1))
    assert_same(state.params, params)
    np.testing.assert_allclose(one.log_prob(state, BATCH.x), log_q(params, BATCH.x), rtol=1e-2)


def test_draws_are_the_flow_of_the_base():
    one = method("maximum_likelihood")
    state = jax.eval_shape(one.init, jax.random.key(0))._replace(params=FLOW)
    x = one.sample(state, jax.random.key(3), 5)
    np.testing.assert_allclose(x, affine_flow.transform(FLOW, MASKS, jax.random.normal(jax.random.key(3), (5, 3)))[0])


def test_early_stopping_keeps_the_best_and_learns_from_the_rest():
    data = 1.3 * array(40, 3, seed=7)
    one = method("early_stopped_likelihood", lr=0.05, held_out=10)
    one = replace(one, given=data)
    state = jax.jit(one.init)(jax.random.key(0))
    update = jax.jit(one.update)
    index = 10 + jnp.arange(8)
    batch = Batch(x=data[index], row=index)
    first = update(state, batch, jax.random.key(0))
    assert_same(first.best, first.params)
    assert float(first.least) == pytest.approx(-float(jnp.mean(log_q(first.params, data[:10]))), rel=1e-3)
    worse = update(first._replace(least=jnp.float32(-99)), batch, jax.random.key(0))
    assert_same(worse.best, first.best)
    assert float(worse.least) == -99 and float(jnp.abs(worse.params.last_bias - first.params.last_bias).max()) > 1e-3
    state = worse
    np.testing.assert_allclose(one.log_prob(state, data), log_q(state.best, data), rtol=1e-3, atol=1e-3)

    index = jnp.array([3, 9, 10, 39, 20, 21, 22, 23])
    seen = update(state, Batch(x=data[index], row=index), jax.random.key(0)).params
    changed = update(state, Batch(x=data[index].at[:2].set(5.0), row=index), jax.random.key(0)).params
    assert_same(seen, changed)
    other = update(state, Batch(x=data[index].at[2].set(5.0), row=index), jax.random.key(0)).params
    assert float(jnp.abs(other.last_bias - seen.last_bias).max()) > 1e-3


def test_who_needs_what():
    without = replace(SPEC, samples=0, known=False)
    for name in ("reverse_kl", "reverse_kl_twice", "path_gradient", "path_likelihood", "combined_kl"):
        assert method(name).fits(SPEC) is None and "energy" in method(name).fits(without)
    for name in ("early_stopped_likelihood", "mtaf", "copula_pareto"):
        assert method(name).fits(SPEC) is None and "training set" in method(name).fits(without)


def test_student_bases():
    parts = registry.load("methods", "normalizing_flows/mtaf").log_prob.__globals__
    z = 3 * array(50)
    freedom = jnp.linspace(0.7, 20, 50)
    np.testing.assert_allclose(parts["student_log_prob"](z, freedom), stats.t.logpdf(z, freedom), atol=1e-4)
    numbers = np.random.default_rng(0).uniform(size=(2, 4000)).astype(np.float32)
    draws = parts["student_draws"](jnp.float32(2.5), *jnp.asarray(numbers))
    assert stats.kstest(np.asarray(draws), stats.t(2.5).cdf).pvalue > 0.01


def test_tail_indices():
    """By hand on a few points; near 1 / nu of Pareto draws, below 1 / 10 of normal ones."""
    tail_index = registry.load("methods", "normalizing_flows/mtaf").init.__globals__["tail_index"]
    logs = np.log(np.array([9.0, 5.0, 3.0]) / 2)
    first, second = logs.mean(), (logs**2).mean()
    wanted = first + 1 - 0.5 / (1 - first**2 / second)
    found = tail_index(jnp.array([[2.0], [-9.0], [1.0], [3.0], [0.1], [-5.0]]), 3)
    assert float(found[0]) == pytest.approx(wanted, rel=1e-4)
    noise = np.random.default_rng(0)
    samples = np.stack([noise.uniform(size=8000) ** (-1 / 3), noise.normal(size=8000)], 1)
    pareto, normal = np.asarray(tail_index(jnp.asarray(samples, jnp.float32), 400))
    assert pareto == pytest.approx(1 / 3, abs=0.12) and normal < 0.1


def tailed():
    """Data with coordinate 1 heavy, the other two light."""
    data = np.random.default_rng(1).normal(size=(8000, 3))
    data[:, 1] = np.random.default_rng(2).standard_t(2, size=8000) / 3
    return jnp.asarray(data, jnp.float32)


def test_mtaf_gives_each_coordinate_its_tail():
    one = replace(method("mtaf"), given=tailed())
    state = jax.jit(one.init)(jax.random.key(0))
    np.testing.assert_array_equal(state.heavy, [0, 1, 0])
    state = state._replace(params=state.params._replace(flow=jax.tree.map(jnp.zeros_like, FLOW)))
    freedom = float(state.params.freedom[1])
    assert 1.2 < freedom < 4
    x = 2 * array(6, 3)
    wanted = stats.norm.logpdf(x[:, 0]) + stats.t.logpdf(x[:, 1], freedom) + stats.norm.logpdf(x[:, 2])
    np.testing.assert_allclose(one.log_prob(state, x), wanted, atol=1e-4)
    moved = jax.jit(one.update)(state, Batch(x=5 * array(8, 3), row=jnp.arange(8)), jax.random.key(0))
    step = np.asarray(moved.params.freedom - state.params.freedom)
    np.testing.assert_allclose(np.abs(step), [0, 0.005, 0], atol=1e-5)
    state = moved._replace(params=moved.params._replace(flow=FLOW))
    heavier = state._replace(params=state.params._replace(freedom=state.params.freedom / 3))
    draws = [np.asarray(one.sample(s, jax.random.key(0), 400)) for s in (state, heavier)]
    np.testing.assert_allclose(draws[0][:, [0, 2]], draws[1][:, [0, 2]], atol=1e-5)
    assert np.abs(draws[1][:, 1]).max() > 2 * np.abs(draws[0][:, 1]).max()
    z, volume = affine_flow.transform(FLOW, MASKS, x, inverse=True, groups=state.heavy)
    freedom = float(state.params.freedom[1])
    wanted = stats.norm.logpdf(z[:, 0]) + stats.t.logpdf(z[:, 1], freedom) + stats.norm.logpdf(z[:, 2]) + volume
    np.testing.assert_allclose(one.log_prob(state, x), wanted, atol=1e-3)


def test_the_shared_tail():
    one = method("taf_shared")
    state = jax.jit(one.init)(jax.random.key(0))
    assert float(jnp.exp(state.params.log_freedom)) == pytest.approx(50, rel=1e-4)
    state = state._replace(params=state.params._replace(flow=FLOW, log_freedom=jnp.log(jnp.float32(2.5))))
    x = 2 * array(6, 3)
    z, volume = affine_flow.transform(FLOW, MASKS, x, inverse=True)
    np.testing.assert_allclose(one.log_prob(state, x), stats.t.logpdf(z, 2.5).sum(1) + volume, atol=1e-3)
    moved = jax.jit(one.update)(state, Batch(x=9 * array(8, 3), row=jnp.arange(8)), jax.random.key(0))
    assert float(moved.params.log_freedom - state.params.log_freedom) == pytest.approx(-0.08, abs=1e-4)
    draws = one.sample(state, jax.random.key(0), 2000)
    base, _ = affine_flow.transform(FLOW, MASKS, draws, inverse=True)
    assert stats.kstest(np.asarray(base).ravel(), stats.t(2.5).cdf).pvalue > 0.01


def test_the_copula_comes_back_from_its_quantiles_and_integrates_to_one():
    one = replace(method("copula_pareto"), given=tailed())
    state = one.init(jax.random.key(0))
    parts = one.log_prob.__func__.__globals__
    knots, freedom = state.params.knots[:, 1], state.params.freedom[:, 1]
    assert freedom == pytest.approx(2, abs=1.0)
    z = jnp.linspace(-4, 4, 41)
    x = parts["quantile"](z, knots, freedom)
    np.testing.assert_allclose(parts["score"](x, knots, freedom)[0], z, atol=0.01)
    places = np.sinh(np.linspace(-12, 12, 6001))
    density = np.exp(np.asarray(parts["score"](jnp.asarray(places, jnp.float32), knots, freedom)[1]))
    assert integrate.trapezoid(density, places) == pytest.approx(1, abs=0.01)
    draws = np.asarray(one.sample(state, jax.random.key(0), 4000))
    for share in (0.02, 0.5, 0.9):
        wanted = np.quantile(tailed(), share, axis=0)
        np.testing.assert_allclose(np.quantile(draws, share, axis=0), wanted, rtol=0.1, atol=0.08)


def test_the_copula_keeps_rank_correlations():
    pair = array(3000, 3, seed=3)
    data = pair.at[:, 2].set(jnp.exp(pair[:, 0] + 0.5 * pair[:, 2]))
    one = replace(method("copula_pareto"), given=data)
    state = one.init(jax.random.key(0))
    draws = np.asarray(one.sample(state, jax.random.key(0), 4000))
    wanted = stats.spearmanr(np.asarray(data)).statistic
    np.testing.assert_allclose(stats.spearmanr(draws).statistic, wanted, atol=0.06)
    correlation = np.asarray(state.params.root @ state.params.root.T)
    x = data[:5]
    z = np.stack(
        [
            np.asarray(
                one.log_prob.__func__.__globals__["score"](
                    x[:, i], state.params.knots[:, i], state.params.freedom[:, i]
                )
            )
            for i in range(3)
        ]
    )
    joint = stats.multivariate_normal(np.zeros(3), correlation).logpdf(z[:, 0].T)
    wanted = joint - stats.norm.logpdf(z[:, 0]).sum(0) + z[:, 1].sum(0)
    np.testing.assert_allclose(one.log_prob(state, x), wanted, atol=1e-3)
