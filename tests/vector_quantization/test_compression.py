"""Compression: rates by hand, rate-distortion function by closed form, marginals that don't depend on the knob."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.vector_quantization import multicodebook_vq, scalar_factorized
from toybench.tasks.vector_quantization._compression import (
    CompressionSpec,
    Vectors,
    at_rate,
    symbol_bits,
    water_filling,
)
from toybench.tasks.vector_quantization.correlated_latent_compression import CorrelatedLatentCompression

SPEC = CompressionSpec(dimensions=4, alphabet=16)


def test_symbol_bits_add_over_positions_and_ignore_order():
    half = jnp.array([0, 0, 1, 1])
    quarter = jnp.array([3, 1, 0, 2])
    never = jnp.zeros(4, jnp.int32)
    found = symbol_bits(jnp.stack([jnp.stack([half, quarter, never], -1), jnp.stack([never] * 3, -1)]), 4)
    assert np.allclose(found, [3.0, 0.0])


def test_water_filling_matches_the_closed_form_where_every_component_is_coded():
    values = jnp.array([4.0, 1.0, 2.0])
    level = (4.0 * 1.0 * 2.0) ** (1 / 3) * 2.0 ** (-2 * 6.0 / 3)
    assert water_filling(values, 6.0) == pytest.approx(3 * level, rel=1e-4)


def test_water_filling_drops_components_below_the_level():
    # at 1 bit the strong component goes from 16 to 4, above the weak one's variance: that is left alone
    assert water_filling(jnp.array([16.0, 1.0]), 1.0) == pytest.approx(4.0 + 1.0, rel=1e-4)
    assert water_filling(jnp.array([16.0, 1.0]), 0.0) == pytest.approx(17.0, rel=1e-3)


def test_time_sharing_takes_the_lower_hull():
    rates, errors, variance = jnp.array([2.0, 4.0, 8.0]), jnp.array([0.9, 0.2, 0.1]), jnp.asarray(1.0)
    assert at_rate(rates, errors, variance, 2.0) == pytest.approx(0.6)  # between nothing and 4 bits, not the point at 2
    assert at_rate(rates, errors, variance, 6.0) == pytest.approx(0.15)
    assert at_rate(rates, errors, variance, 20.0) == pytest.approx(0.1)
    assert at_rate(rates + 100.0, errors, variance, 6.0) == pytest.approx(0.1 + 0.9 * (1 - 6 / 108), rel=1e-4)


def test_distribution_of_a_coordinate_does_not_depend_on_correlation():
    dependent, apart = (
        CorrelatedLatentCompression(correlation=c, tests=20000).sample(jax.random.key(0)) for c in (1.0, 0.0)
    )
    a, b = np.sort(np.asarray(dependent.test), 0), np.sort(np.asarray(apart.test), 0)
    assert np.abs(a - b).mean() < 0.05  # Wasserstein distance of the marginals
    assert np.allclose(dependent.means, apart.means)
    off = ~np.eye(8, dtype=bool)
    assert np.abs(np.corrcoef(np.asarray(apart.test).T)[off]).max() < 0.04
    assert np.abs(np.corrcoef(np.asarray(dependent.test).T)[off]).max() > 0.2


def test_bound_is_below_what_is_reached_and_is_exact_for_scalar_gaussians():
    task = CorrelatedLatentCompression(components=1, correlation=0.0, noise=1.0, rate=8.0)
    assert task.bound() == pytest.approx(2.0 ** (-2 * 8.0 / 8), rel=1e-4)


def test_entropy_model_is_a_distribution_and_its_bits_are_its_logarithm():
    model = {
        "logit": jnp.array([[0.3, -1.0, 0.2]]),
        "place": jnp.array([[-2.0, 0.5, 3.0]]),
        "width": jnp.array([[0.1, -0.5, 0.3]]),
    }
    every = jnp.arange(-60.0, 61.0)[:, None]
    mass = np.exp2(-np.asarray(scalar_factorized.bits(model, every)))
    assert mass.sum() == pytest.approx(1.0, abs=1e-4)
    weight = np.exp(np.asarray(model["logit"][0]) - np.logaddexp.reduce(np.asarray(model["logit"][0])))
    place, width = np.asarray(model["place"][0]), np.exp(np.asarray(model["width"][0]))
    below = [(weight / (1 + np.exp(-(y - place) / width))).sum() for y in (1.5, 2.5)]
    assert mass[60 + 2] == pytest.approx(below[1] - below[0], rel=1e-3)


def test_levels_code_what_is_left_and_restoring_inverts_it_exactly_for_identity_maps():
    method = multicodebook_vq.MulticodebookVQ(spec=SPEC, steps=1, sizes=(4, 4), latent=4)
    state = method.init(jax.random.key(0))
    q = jax.tree.map(lambda x: x[0], state.params["quantiser"])
    books = np.asarray(q["codebooks"])  # [v, g, k, w]
    symbols = jnp.array([[0, 3, 2, 1]])  # level 1 of both groups, then level 2
    choice = jax.nn.one_hot(symbols, 4)
    restored = method.assemble(q, [method.code(q, v, choice[:, 2 * v : 2 * v + 2]) for v in range(2)])
    expected = np.concatenate([books[0, 0, 0] + books[1, 0, 2], books[0, 1, 3] + books[1, 1, 1]])
    assert np.allclose(restored[0], expected, atol=1e-6)


def test_an_absent_code_is_never_sent():
    method = multicodebook_vq.MulticodebookVQ(spec=SPEC, steps=1, sizes=(4, 1, 2, 2), latent=4)
    state = method.init(jax.random.key(0))
    symbols = np.asarray(method.symbols(state, 3.0 * jax.random.normal(jax.random.key(1), (200, 4))))
    assert symbols[0, :, :2].max() == 3 and symbols[0, :, 2:].max() == 0 and symbols[1].max() == 1


def test_idle_codes_move_beside_the_most_used_one():
    method = multicodebook_vq.MulticodebookVQ(spec=SPEC, steps=1, sizes=(4,), levels=1, groups=1, latent=4)
    state = method.init(jax.random.key(0))
    used = jnp.array([0.1, 0.0, 0.7, 0.2])[None, None, None, :]
    use = jnp.array([0.4, 1e-4, 2.8, 0.8])[None, None, None, :]
    params, after = method.tidy(state.params, use, used)
    before, books = (np.asarray(p["quantiser"]["codebooks"])[0, 0, 0] for p in (state.params, params))
    assert np.allclose(books[1], 1.02 * before[2], atol=1e-6)
    assert np.allclose(books[[0, 2, 3]], before[[0, 2, 3]])
    assert after[0, 0, 0, 1] == 1.0


def test_assignment_samples_follow_the_stated_softmax():
    method = multicodebook_vq.MulticodebookVQ(spec=SPEC, steps=1, sizes=(4,), levels=1, groups=1, latent=4)
    state = method.init(jax.random.key(0))
    q, exists = jax.tree.map(lambda x: x[0], state.params["quantiser"]), method.point()[0]
    z = jnp.ones((1, 4))
    apart = ((np.asarray(z) - np.asarray(q["codebooks"][0, 0])) ** 2).sum(-1)
    assert np.allclose(method.level(q, exists, z, 0)[0, 0], -apart / 2.0, atol=1e-4)  # sqrt(4) = 2


def test_a_larger_weight_buys_more_bits():
    method = scalar_factorized.ScalarFactorized(spec=SPEC, steps=300, lr=0.01)
    state = method.init(jax.random.key(0))

    def step(state, key):
        a, b = jax.random.split(key)
        return method.update(state, Vectors(jax.random.normal(a, (128, 4))), b), None

    state, _ = jax.jit(lambda s: jax.lax.scan(step, s, jax.random.split(jax.random.key(1), 300)))(state)
    x = jax.random.normal(jax.random.key(2), (1000, 4))
    symbols = method.symbols(state, x)
    rates = np.asarray(symbol_bits(symbols, SPEC.alphabet))
    errors = np.asarray(((method.restore(state, symbols) - x[None]) ** 2).sum(-1).mean(1))
    assert (np.diff(rates) > 0).all() and (np.diff(errors) < 0).all()
    # no codec is below the rate-distortion function (plug-in entropies of 1000 vectors are low by about 0.05 bits)
    bound = [float(water_filling(jnp.ones(4), r + 0.1)) for r in rates]
    assert (errors > np.array(bound)).all()
    assert dataclasses.asdict(SPEC)["alphabet"] > int(symbols.max())
