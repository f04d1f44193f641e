"""Generators without steps, and projectors: losses by hand, their limits, and which parameters they move."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks import distances, optim
from toybench.blocks.coupling import sinkhorn
from toybench.methods.flow_matching import _planar as planar
from toybench.methods.flow_matching import gan, idempotent_generative_network
from toybench.methods.flow_matching.conditional_transport import transport_cost
from toybench.methods.flow_matching.energy_generator import mean_length, self_length
from toybench.methods.flow_matching.sinkhorn_generator import divergence, transported
from toybench.plugins import registry
from toybench.tasks.flow_matching import Spec

KEY = jax.random.key(4)
X = jax.random.normal(jax.random.key(1), (8, 2))
Y = 0.5 * jax.random.normal(jax.random.key(2), (8, 2)) + 1.0


def method(stem: str, **values: Any) -> Any:
    return registry.load("methods", f"flow_matching/{stem}")(spec=Spec(reach=2.0), steps=10, **values)


def applied(params: Any, x: Any) -> np.ndarray:
    return np.asarray(planar.plain().apply(params, jnp.asarray(x)))


def test_conditional_transport_by_hand() -> None:
    """A datum (row) looks for a sample (column), and back; weights e^0 : e^log 3 = 1 : 3."""
    cost = jnp.asarray([[1.0, 2.0], [5.0, 10.0]])
    navigator = jnp.asarray([[0.0, math.log(3.0)], [0.0, 0.0]])
    forward = ((1 * 1 + 3 * 2) / 4 + (5 + 10) / 2) / 2
    backward = ((1 + 5) / 2 + (3 * 2 + 1 * 10) / 4) / 2
    for rho in (0.0, 0.3, 1.0):
        expected = rho * forward + (1 - rho) * backward
        assert float(transport_cost(cost, navigator, rho)) == pytest.approx(expected, rel=1e-5)


def test_a_sharp_navigator_finds_identical_points_and_a_flat_one_none() -> None:
    cost = distances.squared_distances(X, X)
    assert float(transport_cost(cost, -1e6 * cost, 0.5)) == pytest.approx(0, abs=1e-5)
    assert float(transport_cost(cost, 0 * cost, 0.5)) == pytest.approx(float(cost.mean()), rel=1e-5)


def test_the_navigator_sees_the_squares_of_each_coordinate() -> None:
    learner = method("conditional_transport", rho=0.3)
    params = learner.init(KEY).params
    samples = applied(params["generator"], jax.random.normal(KEY, X.shape))
    squares = (np.asarray(X)[:, None] - samples[None]) ** 2
    said = planar.plain(1, (16, 16)).apply(params["navigator"], jnp.asarray(squares))[..., 0]
    expected = transport_cost(jnp.asarray(squares.sum(-1)), said, 0.3)
    assert float(learner.loss(params, X, KEY)) == pytest.approx(float(expected), rel=1e-4)
    moved = learner.update(learner.init(KEY), X, KEY).params
    for part in ("generator", "navigator"):  # both descend
        slope = jax.grad(learner.loss)(params, X, KEY)[part]
        change = jax.tree.map(lambda new, old, g: ((new - old) * g).sum(), moved[part], params[part], slope)
        assert sum(float(c) for c in jax.tree.leaves(change)) < 0


def test_the_losses_of_both_players() -> None:
    learner = method("gan")
    params = learner.init(KEY).params
    d = planar.plain(1).apply(params["discriminator"], X)
    fake = planar.plain(1).apply(params["discriminator"], planar.plain().apply(params["generator"], Y))
    p, q = 1 / (1 + np.exp(-np.asarray(d))), 1 / (1 + np.exp(-np.asarray(fake)))
    assert float(gan.generator_loss(params["generator"], params["discriminator"], Y)) == pytest.approx(
        -np.log(q).mean(), rel=1e-4
    )
    told = gan.discriminator_loss(params["discriminator"], X, planar.plain().apply(params["generator"], Y))
    assert float(told) == pytest.approx(-np.log(p).mean() - np.log(1 - q).mean(), rel=1e-4)


@pytest.mark.parametrize("rounds", [1, 2])
def test_the_discriminator_answers_the_new_generator(rounds: int) -> None:
    """Twice: a step of the generator, then `rounds` of the discriminator, whose rate decays over all its steps."""
    learner = method("gan", lr=0.01, rounds=rounds)
    state = learner.init(KEY)
    noise = jax.random.normal(KEY, (rounds + 1, *X.shape))
    transform = optim.adam(0.01, 10, b1=0.5)
    slower = optim.adam(0.01, 10 * rounds, b1=0.5)
    generator = state.params["generator"]
    judge = state.params["discriminator"]
    first = transform.init(generator)
    memory = slower.init(judge)
    for _ in range(2):
        slope = jax.grad(gan.generator_loss)(generator, judge, noise[0])
        generator, first = optim.descend(transform, slope, first, generator)
        for z in noise[1:]:
            slope = jax.grad(gan.discriminator_loss)(judge, X, planar.plain().apply(generator, z))
            judge, memory = optim.descend(slower, slope, memory, judge)
    after = learner.update(learner.update(state, X, KEY), X, KEY).params
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=2e-5), after["generator"], generator)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=2e-5), after["discriminator"], judge)


def test_the_energy_generator_descends_the_energy_distance() -> None:
    answer = 2 * mean_length(X, Y) - self_length(X) - self_length(Y)
    assert float(answer) == pytest.approx(float(distances.energy_distance(X, Y)), rel=1e-3)
    learner = method("energy_generator")
    params = learner.init(KEY).params
    samples = jnp.asarray(applied(params, jax.random.normal(KEY, X.shape)))
    expected = distances.energy_distance(X, samples)
    assert float(learner.loss(params, X, KEY)) == pytest.approx(float(expected), rel=1e-2)
    assert all(bool(jnp.isfinite(g).all()) for g in jax.tree.leaves(jax.grad(learner.loss)(params, 0 * X, KEY)))


def test_the_sinkhorn_divergence_and_its_limits() -> None:
    """0 for a sample and itself; the distance of the means where entropy is all; the cost of matching where none."""
    assert float(divergence(X, X, 0.1)) == pytest.approx(0, abs=1e-5)
    between = ((np.asarray(X).mean(0) - np.asarray(Y).mean(0)) ** 2).sum()
    assert float(divergence(X, Y, 1e5)) == pytest.approx(between, rel=1e-2)
    shifted = X + jnp.asarray([[0.1, 0.0]])
    assert float(transported(X, shifted, 1e-3)) == pytest.approx(0.01, rel=0.05)
    learner = method("sinkhorn_generator", eps=0.2)
    params = learner.init(KEY).params
    samples = jnp.asarray(applied(params, jax.random.normal(KEY, X.shape)))
    assert float(learner.loss(params, X, KEY)) == pytest.approx(float(divergence(X, samples, 0.2)), rel=1e-4)


def test_sinkhorn_s_gradient_moves_a_point_to_where_its_plan_sends_it() -> None:
    cost = distances.squared_distances(X, Y)
    plan = np.asarray(sinkhorn(cost, 0.3, 20))
    expected = 2 * (plan.sum(0)[:, None] * np.asarray(Y) - plan.T @ np.asarray(X))
    np.testing.assert_allclose(jax.grad(transported, argnums=1)(X, Y, 0.3), expected, rtol=1e-3, atol=1e-4)


def test_the_terms_of_idempotence_by_hand() -> None:
    learner = method("idempotent_generative_network", tight=0.4)
    params = learner.init(KEY).params
    z = jax.random.normal(KEY, X.shape)
    once = applied(params, z)
    first = np.abs(applied(params, X) - np.asarray(X)).mean()
    second = np.abs(applied(params, once) - once).mean()
    limit = 1.5 * first
    expected = first + second - 0.4 * limit * np.tanh(second / limit)
    assert float(learner.loss(params, X, KEY)) == pytest.approx(expected, rel=1e-4)


def test_each_term_of_idempotence_moves_one_copy() -> None:
    """Against derivatives by differences along one direction, the other copy held by hand."""
    terms = idempotent_generative_network.terms
    params = method("idempotent_generative_network").init(KEY).params
    step = jax.tree.map(lambda p: jnp.sin(3.7 * jnp.arange(1.0 * p.size) + 1).reshape(p.shape), params)
    slide = lambda h: jax.tree.map(lambda p, d: p + h * d, params, step)  # noqa: E731
    f = lambda p, x: planar.plain().apply(p, x)  # noqa: E731
    gap = lambda outer, inner: float(jnp.abs(f(outer, f(inner, Y)) - f(inner, Y)).mean())  # noqa: E731
    h = 1e-3
    inner = (gap(params, slide(h)) - gap(params, slide(-h))) / (2 * h)
    still = f(params, Y)
    outer = lambda p: float(jnp.abs(f(p, still) - still).mean())  # noqa: E731
    expected = (inner, (outer(slide(h)) - outer(slide(-h))) / (2 * h))
    for place, number in zip((1, 2), expected, strict=True):
        slope = jax.grad(lambda p, place=place: terms(p, X, Y)[place])(params)
        along = sum(float((g * d).sum()) for g, d in zip(jax.tree.leaves(slope), jax.tree.leaves(step), strict=True))
        assert along == pytest.approx(number, rel=0.05)
    assert expected[0] != pytest.approx(expected[1], rel=0.2)


def test_generators_give_noise_and_points() -> None:
    for stem in ("conditional_transport", "gan", "energy_generator", "sinkhorn_generator",
                 "idempotent_generative_network"):  # fmt: skip
        learner = method(stem)
        state = learner.init(KEY)
        network = (
            state.params["generator"]
            if isinstance(state.params, dict) and "generator" in state.params
            else state.params
        )
        way = learner.generate(state, Y, KEY, 8)
        np.testing.assert_array_equal(way[0], Y)
        np.testing.assert_allclose(way[1], applied(network, Y), rtol=1e-5, atol=1e-6)
        np.testing.assert_array_equal(learner.corrupt(state, X, Y, 8), jnp.stack([Y, X]))


def test_projectors() -> None:
    autoencoder = method("autoencoder")
    params = autoencoder.init(KEY).params
    restored = np.asarray(autoencoder.network.apply(params, X))
    assert float(autoencoder.loss(params, X, KEY)) == pytest.approx(
        ((restored - np.asarray(X)) ** 2).sum(-1).mean(), rel=1e-4
    )
    assert min(p.shape[-1] for p in jax.tree.leaves(params) if p.ndim == 2) == 1
    denoising = method("denoising_autoencoder", noise=0.5)
    params = denoising.init(KEY).params
    noisy = np.asarray(X) + 0.5 * np.asarray(jax.random.normal(KEY, X.shape))
    expected = ((applied(params, noisy) - np.asarray(X)) ** 2).sum(-1).mean()
    assert float(denoising.loss(params, X, KEY)) == pytest.approx(expected, rel=1e-4)
    for learner, answer in ((denoising, applied(params, X)), (autoencoder, restored)):
        np.testing.assert_allclose(learner.project(learner.init(KEY), X, KEY), answer, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(method("no_projection").project((), X, KEY), X)


def test_sdedit_keeps_more_the_later_it_starts() -> None:
    """Near the data nothing changes; at the noise the input is forgotten."""
    clean = 0.5 * X
    late = method("sdedit", start=0.9999)
    np.testing.assert_allclose(late.project(late.init(KEY), clean, KEY), clean, atol=0.1)
    early = method("sdedit", start=0.0)
    state = early.init(KEY)
    one = early.project(state, clean, KEY)
    other = early.project(state, clean + 0.5, KEY)
    assert float(jnp.abs(one - other).max()) < 0.2 and float(jnp.abs(one).max()) <= 2.0
    assert float(early.loss(state.params, X, KEY)) == pytest.approx(
        float(method("ddpm").loss(state.params, X, KEY)), rel=1e-6
    )
