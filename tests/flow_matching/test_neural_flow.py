"""A learned noising process: its ends, its slopes, both drifts and the bound, by hand and by differences."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.flow_matching import _neural_flow as neural
from toybench.plugins import registry
from toybench.tasks.flow_matching import Spec

KEY = jax.random.key(6)
X = jax.random.normal(jax.random.key(1), (5, 2))
EPS = jax.random.normal(jax.random.key(2), (5, 2))
U = jnp.asarray([0.1, 0.3, 0.5, 0.7, 0.9])


def method(stem: str, **values: Any) -> Any:
    return registry.load("methods", f"flow_matching/{stem}")(spec=Spec(reach=2.0), steps=10, **values)


def process(learner: Any, params: Any, u: Any) -> neural.Noising:
    return learner.noising(params, X, jnp.asarray(u))


def test_the_process_by_the_notebook_s_formula() -> None:
    learner = method("nfdm")
    params = learner.init(KEY).params
    both = np.asarray(neural.noising_network().apply(params["noising"], X, U))
    u = np.asarray(U)[:, None]
    here = process(learner, params, U)
    np.testing.assert_allclose(here.mean, (1 - u) * np.asarray(X) + u * (1 - u) * both[:, :2], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(here.scale, np.exp((1 - u) * math.log(0.01) + u * (1 - u) * both[:, 2:]), rtol=1e-4)
    h = 1e-2
    before = process(learner, params, U - h)
    after = process(learner, params, U + h)
    np.testing.assert_allclose(here.d_mean, (after.mean - before.mean) / (2 * h), rtol=0.02, atol=0.02)
    np.testing.assert_allclose(here.d_scale, (after.scale - before.scale) / (2 * h), rtol=0.02, atol=0.02)


def test_the_process_ends_in_the_data_and_in_noise() -> None:
    learner = method("nfdm_ot")
    params = learner.init(KEY).params
    data = process(learner, params, jnp.zeros(5))
    np.testing.assert_allclose(data.mean, X, atol=1e-6)
    np.testing.assert_allclose(data.scale, 0.01, rtol=1e-4)
    noise = process(learner, params, jnp.ones(5))
    np.testing.assert_allclose(noise.mean, 0, atol=1e-6)
    np.testing.assert_allclose(noise.scale, 1, rtol=1e-5)


def test_a_fixed_process_is_a_diffusion() -> None:
    """Its mean and scale don't look at its network, and the log signal-to-noise ratio is 2 log((1 - u) 100^(1 - u))."""
    learner = method("nfdm", learned=False)
    params = learner.init(KEY).params
    here = process(learner, params, U)
    ratio = (1 - np.asarray(U)) * 100 ** (1 - np.asarray(U))
    np.testing.assert_allclose(here.mean[:, 0] / X[:, 0] / here.scale[:, 0], ratio, rtol=1e-4)
    slope = jax.grad(learner.loss)(params, X, KEY)
    assert all(float(jnp.abs(g).max()) == 0 for g in jax.tree.leaves(slope["noising"]))
    assert any(float(jnp.abs(g).max()) > 0 for g in jax.tree.leaves(slope["volatility"]))


def test_the_predictor_is_the_point_itself_near_the_data() -> None:
    learner = method("nfdm")
    params = learner.init(KEY).params
    raw = neural.predictor().apply(params["predictor"], X, U)
    u = np.asarray(U)[:, None]
    np.testing.assert_allclose(
        neural.predict(params, X, U), (1 - u) * np.asarray(X) + (u + 0.01) * np.asarray(raw), rtol=1e-4, atol=1e-5
    )


def test_both_drifts_by_hand() -> None:
    """dF/du = d_mean + d_scale eps; the score is -eps / scale."""
    here = neural.Noising(*(jnp.asarray(v)[None] for v in ([1.0, 2.0], [0.5, 0.25], [3.0, -1.0], [0.2, 0.4])))
    z = jnp.asarray([[2.0, 1.0]])  # eps = (2, -4)
    np.testing.assert_allclose(neural.drift(here, z, jnp.zeros((1, 1))), [[3.4, -2.6]], rtol=1e-6)
    np.testing.assert_allclose(neural.drift(here, z, jnp.full((1, 1), 0.5)), [[3.4 + 1.0, -2.6 - 4.0]], rtol=1e-6)


def test_the_bound_s_terms_from_their_definition() -> None:
    learner = method("nfdm")
    params = learner.init(KEY).params
    truth = process(learner, params, U)
    z = truth.mean + truth.scale * EPS
    guess = learner.noising(params, neural.predict(params, z, U), U)
    g2 = np.asarray(neural.volatility(params, U))[:, None] ** 2
    ours = truth.d_mean + truth.d_scale * EPS + 0.5 * g2 * EPS / truth.scale
    implied = (z - guess.mean) / guess.scale
    theirs = guess.d_mean + guess.d_scale * implied + 0.5 * g2 * implied / guess.scale
    expected = (np.asarray(ours - theirs) ** 2 / (2 * g2)).sum(-1)
    np.testing.assert_allclose(learner.bound_terms(params, X, EPS, U), expected, rtol=1e-3)
    u, noise = neural.uniform_times(KEY, 5)
    assert float(learner.loss(params, X, KEY)) == pytest.approx(
        float(learner.bound_terms(params, X, noise, u).mean()), rel=1e-5
    )
    assert bool((neural.volatility(params, U) > 0).all())


def test_a_perfect_prediction_leaves_the_reconstruction(monkeypatch: pytest.MonkeyPatch) -> None:
    """Data at one point, a predictor that knows it: only the noise of the cleanest copy is left to say."""
    learner = method("nfdm")
    state = learner.init(KEY)
    one = jnp.tile(X[:1], (5, 1))
    monkeypatch.setattr(neural, "predict", lambda params, z, u: jnp.broadcast_to(X[:1], z.shape))
    nats = np.asarray(learner.nats(state, one, KEY))
    np.testing.assert_allclose(nats, math.log(2 * math.pi * 1e-4) + 1, atol=0.02)
    assert float(learner.is_bound(state)) == 1


def test_the_bound_is_a_mean_over_times_of_its_terms() -> None:
    learner = method("nfdm", learned=False)
    state = learner.init(KEY)
    keys = jax.random.uniform(jax.random.key(3), (4000,))
    noise = jax.random.normal(jax.random.key(4), (4000, 2))
    terms = learner.bound_terms(state.params, jnp.tile(X[:1], (4000, 1)), noise, keys)
    expected = float(terms.mean()) + math.log(2 * math.pi * 1e-4) + 1
    spread = float(terms.std()) / 4000**0.5
    assert float(learner.nats(state, X[:1], KEY)[0]) == pytest.approx(expected, abs=5 * spread)


def test_ways_follow_the_flow_from_noise_to_data() -> None:
    learner = method("nfdm")
    state = learner.init(KEY)
    x = X
    way = [X]
    for i in range(3):
        x = x - learner.flow(state.params, x, jnp.full(5, 1 - i / 3)) / 3
        way.append(x)
    np.testing.assert_allclose(learner.generate(state, X, KEY, 3), jnp.stack(way), rtol=1e-4, atol=1e-5)
    back = learner.corrupt(state, X, EPS, 2)
    np.testing.assert_allclose(back[0], EPS, atol=1e-5)
    middle = process(learner, state.params, jnp.full(5, 0.5))
    np.testing.assert_allclose(back[1], middle.mean + middle.scale * EPS, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(back[2], X + 0.01 * EPS, atol=1e-5)


def test_the_flow_moves_a_point_with_its_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the data known, z = mean + scale eps for one eps all the way."""
    learner = method("nfdm")
    params = learner.init(KEY).params
    monkeypatch.setattr(neural, "predict", lambda params, z, u: X)
    here = process(learner, params, U)
    speed = learner.flow(params, here.mean + here.scale * EPS, U)
    np.testing.assert_allclose(speed, here.d_mean + here.d_scale * EPS, rtol=1e-3, atol=1e-4)


def test_the_penalty_is_the_change_of_velocity_along_the_way() -> None:
    learner = method("nfdm_ot", curvature=0.5)
    params = learner.init(KEY).params
    h = 5e-3
    speed = learner.flow(params, X, U)
    after = learner.flow(params, X + h * speed, U + h)
    before = learner.flow(params, X - h * speed, U - h)
    bend = learner.acceleration(params, X, U)
    np.testing.assert_allclose(bend, (after - before) / (2 * h), rtol=0.05, atol=0.5)
    u, noise = neural.uniform_times(KEY, 5)
    here = learner.noising(params, X, u)
    bend = learner.acceleration(params, here.mean + here.scale * noise, u)
    penalty = float((bend**2).sum(-1).mean())
    plain = float(learner.bound_terms(params, X, noise, u).mean())
    assert float(learner.loss(params, X, KEY)) == pytest.approx(plain + 0.5 * penalty, rel=1e-4)
