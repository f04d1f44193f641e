"""What each remedy against codebook collapse promises, in small exact cases."""

import functools
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks import nn
from toybench.methods.vector_quantization._autoencoder import State
from toybench.methods.vector_quantization.alternating import apart
from toybench.methods.vector_quantization.cvq import anchoring, anchors
from toybench.methods.vector_quantization.ema import Averages
from toybench.methods.vector_quantization.fsq import LEVELS, bound, grid
from toybench.methods.vector_quantization.lfq import corners, entropies
from toybench.methods.vector_quantization.rotation_trick import rotate
from toybench.plugins import registry
from toybench.tasks.vector_quantization._autoencoder import Quantized, Spec

SPEC = Spec(inputs=5, codes=16, latent=4, batch=8)
X = jax.random.normal(jax.random.key(7), (8, 5))
KEY = jax.random.key(0)


@functools.cache
def drawn(network) -> tuple[dict, jax.Array]:
    """Parameters of the networks and codes, as `init` draws them; most methods share the network."""
    params = dict(jax.jit(lambda key: nn.init(network, key, jnp.zeros((1, network.inputs))))(KEY)["params"])
    return params, params.pop("codebook")["embedding"]


def make(name: str, spec: Spec = SPEC, **fields):
    method = registry.load("methods", f"vector_quantization/{name}")(spec=spec, steps=10, **fields)
    networks, codes = drawn(method.network)
    params, memory = method.prepare({k: v for k, v in networks.items() if k != "codebook"}, codes, KEY)
    if hasattr(method, "optimizers"):
        parts = apart(params)
        return method, State(params, tuple(o.init(p) for o, p in zip(method.optimizers, parts, strict=True)), memory)
    return method, State(params, method.optimizer.init(params), memory)


def pair(seed: int, n: int = 6, d: int = 4) -> tuple[jax.Array, jax.Array]:
    z, q = jax.random.normal(jax.random.key(seed), (2, n * d)).reshape(2, n, d)
    return z, q


def gradient(through, z, q, g) -> tuple[jax.Array, jax.Array]:
    """Gradients that reach z and q when g arrives behind the quantiser."""
    return jax.jit(jax.grad(lambda z, q: (through(z, q) * g).sum(), argnums=(0, 1)))(z, q)


def test_straight_through_copies_the_gradient_to_the_feature_alone() -> None:
    method, _ = make("straight_through")
    z, q = pair(1)
    g, _ = pair(2)
    np.testing.assert_allclose(method.through(z, q), q, atol=1e-6)
    to_z, to_q = gradient(method.through, z, q, g)
    np.testing.assert_array_equal(to_z, g)
    np.testing.assert_array_equal(to_q, jnp.zeros_like(q))


def test_alignment_moves_codes_to_features_and_features_a_quarter_as_much() -> None:
    method, _ = make("straight_through", beta=0.25)
    z, q = pair(3)
    to_z, to_q = jax.grad(method.alignment, argnums=(0, 1))(z, q)
    np.testing.assert_allclose(to_q, 2 * (q - z) / z.size, rtol=1e-5)
    np.testing.assert_allclose(to_z, 0.25 * 2 * (z - q) / z.size, rtol=1e-5)


def test_codes_never_chosen_get_no_gradient() -> None:
    method, state = make("straight_through")
    grads, seen = jax.jit(jax.grad(method.forward, has_aux=True))(state.params, (), X, KEY)
    chosen = np.isin(np.arange(16), seen.index)
    moved = np.abs(grads["codes"]).sum(1) > 0
    assert 0 < chosen.sum() < 16
    np.testing.assert_array_equal(moved, chosen)


def test_rotation_has_the_value_of_the_code_and_the_gradient_of_a_rotation_matrix() -> None:
    z, q = pair(4)
    g, _ = pair(5)
    np.testing.assert_allclose(rotate(z, q), q, atol=1e-5)
    to_z, to_q = gradient(rotate, z, q, g)
    np.testing.assert_array_equal(to_q, jnp.zeros_like(q))
    for zi, qi, gi, found in zip(*(np.asarray(a, np.float64) for a in (z, q, g, to_z)), strict=True):
        # built another way: the rotation by their angle in the plane of z and q, the identity outside it
        a = zi / np.linalg.norm(zi)
        b = qi - (qi @ a) * a
        b /= np.linalg.norm(b)
        cos = a @ qi / np.linalg.norm(qi)
        sin = b @ qi / np.linalg.norm(qi)
        turn = np.eye(4) + (cos - 1) * (np.outer(a, a) + np.outer(b, b)) + sin * (np.outer(b, a) - np.outer(a, b))
        np.testing.assert_allclose(turn @ turn.T, np.eye(4), atol=1e-12)
        scale = np.linalg.norm(qi) / np.linalg.norm(zi)
        np.testing.assert_allclose(found, scale * turn.T @ gi, rtol=1e-4, atol=1e-5)
        # the paper's promise: the gradient keeps its angle, from the code to the feature
        np.testing.assert_allclose(found @ a, scale * gi @ qi / np.linalg.norm(qi), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["rotation_trick", "rotation_trick_ema"])
def test_rotation_is_what_the_methods_use(name: str) -> None:
    method, _ = make(name)
    z, q = pair(6)
    g, _ = pair(7)
    np.testing.assert_allclose(gradient(method.through, z, q, g)[0], gradient(rotate, z, q, g)[0])


def test_synchronised_gradient_reaches_codes_by_nu() -> None:
    method, _ = make("sync", nu=0.3)
    z, q = pair(8)
    g, _ = pair(9)
    np.testing.assert_allclose(method.through(z, q), q, atol=1e-6)
    to_z, to_q = gradient(method.through, z, q, g)
    np.testing.assert_array_equal(to_z, g)
    np.testing.assert_allclose(to_q, 0.3 * g, rtol=1e-6)


def test_running_means_by_hand() -> None:
    method, state = make("ema", decay=0.9)
    before = Averages(count=jnp.full(16, 2.0), total=jnp.ones((16, 4)), codes=jnp.full((16, 4), 0.5))
    z = jnp.array([[1.0, 2.0, 3.0, 4.0], [3.0, 2.0, 1.0, 0.0]])
    _, after = method.remember(state.params, before, Quantized(z, z, jnp.array([3, 3])), KEY)
    np.testing.assert_allclose(after.count[3], 0.9 * 2 + 0.1 * 2, rtol=1e-6)
    np.testing.assert_allclose(after.total[3], 0.9 + 0.1 * np.array([4.0, 4.0, 4.0, 4.0]), rtol=1e-6)
    np.testing.assert_allclose(after.codes[3], np.full(4, 1.3 / 2.0), rtol=1e-6)
    np.testing.assert_allclose(after.codes[0], before.codes[0], rtol=1e-6)  # not chosen: both averages shrink alike


def test_running_means_stay_finite_when_counts_vanish() -> None:
    method, state = make("ema", decay=0.5)
    memory, nobody = state.memory, Quantized(X[:, :4], X[:, :4], jnp.zeros(8, jnp.int32))

    def step(memory, _):
        return method.remember(state.params, memory, nobody, KEY)[1], None

    memory, _ = jax.jit(lambda m: jax.lax.scan(step, m, None, 400))(memory)
    np.testing.assert_allclose(memory.codes[1:], state.memory.codes[1:], rtol=1e-5)
    np.testing.assert_allclose(memory.codes[0], X[:, :4].mean(0), rtol=1e-4, atol=1e-5)


def test_restart_puts_exactly_the_dead_codes_on_features() -> None:
    method, state = make("random_restart", threshold=0.1, decay=0.99)
    count = jnp.where(jnp.arange(16) < 4, 0.01, 1.0)  # an equal share is 8 / 16, a tenth of it 0.05
    memory = state.memory._replace(count=count, total=state.memory.codes * count[:, None])
    z = X[:, :4]
    _, after = method.remember(state.params, memory, Quantized(z, z, jnp.full(8, 9)), KEY)
    on_feature = (np.asarray(after.codes)[:, None] == np.asarray(z)[None]).all(-1).any(1)
    np.testing.assert_array_equal(on_feature, np.arange(16) < 4)


def test_kmeans_places_codes_on_separated_clusters() -> None:
    spec = Spec(inputs=2, codes=3, latent=2, batch=6)
    method, state = make("kmeans_init", spec, per_code=4)
    assert method.batches == 2
    corners_ = jnp.array([[9.0, 0.0], [0.0, 9.0], [-9.0, -9.0]])
    batches = corners_[jnp.arange(12) % 3].reshape(2, 6, 2)
    update = jax.jit(method.update)
    for i, batch in enumerate(batches):
        assert int(state.memory.step) == i
        state = update(state, batch, KEY)
    np.testing.assert_array_equal(state.memory.examples, batches.reshape(12, 2))
    np.testing.assert_allclose(state.params["codes"], method.features(state.params, corners_), rtol=1e-4, atol=1e-5)
    later = update(state, batches[0] + 100.0, KEY)
    np.testing.assert_array_equal(later.memory.examples, state.memory.examples)  # only once
    assert float(jnp.abs(later.params["codes"] - state.params["codes"]).max()) < 2 * method.lr


def test_low_dimensional_codes_are_looked_up_in_the_projection() -> None:
    method, state = make("low_dim_codes", code_width=2)
    seen = method.quantize(state, X)
    assert seen.code.shape == (8, 2) and method.codebook(state).shape == (16, 2)
    np.testing.assert_allclose(seen.feature, method.encode(state.params, X) @ state.params["down"], rtol=1e-5)
    full = seen.code @ state.params["up"]
    plain, _ = make("straight_through")
    np.testing.assert_allclose(method.decode(state, seen.code), plain.reconstruct(state.params, full), rtol=1e-5)


def test_normalised_codes_choose_the_largest_cosine() -> None:
    method, state = make("normalized_codes", code_width=3)
    seen, book = method.quantize(state, X), method.codebook(state)
    np.testing.assert_allclose(jnp.linalg.norm(seen.feature, axis=1), 1.0, rtol=1e-5)
    np.testing.assert_allclose(jnp.linalg.norm(book, axis=1), 1.0, rtol=1e-5)
    np.testing.assert_array_equal(seen.index, jnp.argmax(seen.feature @ book.T, axis=1))


def test_affine_codes_by_hand_and_shared_gradient() -> None:
    method, state = make("affine", speed=10.0)
    np.testing.assert_array_equal(method.codebook(state), state.params["codes"])
    scale, shift = jnp.array([0.1, 0.0, -0.05, 0.0]), jnp.array([0.0, 0.2, 0.0, 0.0])
    params = state.params | {"scale": scale, "shift": shift}
    expected = state.params["codes"] * jnp.array([[2.0, 1.0, 0.5, 1.0]]) + jnp.array([[0.0, 2.0, 0.0, 0.0]])
    np.testing.assert_allclose(method.book(params, ()), expected, rtol=1e-6)
    after = jax.jit(method.update)(state, X, KEY)
    moved = jnp.abs(method.codebook(after) - method.codebook(state)).max(1)
    assert (moved > 0).all()


def test_inner_steps_bring_codes_closer_to_fixed_features() -> None:
    method, state = make("alternating", inner=20, lr=0.05)
    own, _ = jax.jit(method.settle)(state.params, state.memory, state.opt[1], X)
    z = method.features(state.params, X)
    seen = method.quantize(state, X)
    before = ((z - seen.code) ** 2).mean()
    after = ((z - own["codes"][seen.index]) ** 2).mean()
    assert after < 0.5 * before
    chosen = np.isin(np.arange(16), seen.index)
    np.testing.assert_array_equal(own["codes"][~chosen], state.params["codes"][~chosen])


def test_without_inner_steps_alternation_is_plain_straight_through() -> None:
    method, state = make("alternating", inner=0)
    plain, other = make("straight_through")
    left, right = jax.jit(method.update)(state, X, KEY), jax.jit(plain.update)(other, X, KEY)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7), left.params, right.params)


def test_all_three_parts_are_in_the_combination() -> None:
    method, state = make("affine_alternating_sync", inner=3, nu=0.3)
    z, q = pair(10)
    g, _ = pair(11)
    np.testing.assert_allclose(gradient(method.through, z, q, g)[1], 0.3 * g, rtol=1e-6)
    after = jax.jit(method.update)(state, X, KEY)
    assert (jnp.abs(method.codebook(after) - method.codebook(state)).max(1) > 0).all()  # shared scale and shift
    counts = [int(s[0].count) for s in after.opt]
    assert counts == [1, 4]  # a step of the networks, 3 + 1 of the codebook


def test_simvq_moves_all_codes_with_a_frozen_basis() -> None:
    method, state = make("simvq")
    np.testing.assert_allclose(method.codebook(state), state.memory, rtol=1e-6)
    grads, seen = jax.jit(jax.grad(method.forward, has_aux=True))(state.params, state.memory, X, KEY)
    assert len(set(np.asarray(seen.index).tolist())) < 16 and jnp.abs(grads["weight"]).max() > 0
    # the codebook loss of the chosen codes, in W: 2 C' (C W - z) / (b d), summed over the batch
    gap = seen.code - seen.feature
    np.testing.assert_allclose(grads["weight"], 2 * state.memory[seen.index].T @ gap / gap.size, rtol=1e-4, atol=1e-6)
    after = jax.jit(method.update)(state, X, KEY)
    np.testing.assert_array_equal(after.memory, state.memory)
    assert (jnp.abs(method.codebook(after) - method.codebook(state)).max(1) > 0).all()


def test_free_simvq_starts_alike_and_trains_its_basis() -> None:
    (method, state), (frozen, other) = make("simvq_free"), make("simvq")
    np.testing.assert_allclose(method.codebook(state), frozen.codebook(other), rtol=1e-6)
    after = jax.jit(method.update)(state, X, KEY)
    assert float(jnp.abs(after.params["codes"] - state.params["codes"]).max()) > 0


def test_cvq_decay_by_hand() -> None:
    share = jnp.array([0.0, 0.001, 0.25, 0.749])
    expected = np.exp(-np.array([0.0, 0.001, 0.25, 0.749]) * 4 * 10 / (1 - 0.9) - 1e-3)
    np.testing.assert_allclose(anchoring(share, 0.9), expected, rtol=1e-4, atol=1e-30)
    assert expected[0] > 0.99 and expected[2] < 1e-40


def test_cvq_pulls_unused_codes_onto_features_and_leaves_used_ones() -> None:
    method, state = make("cvq", decay=0.99)
    z, codes = X[:, :4], state.params["codes"]
    memory = jnp.where(jnp.arange(16) < 3, 0.0, 1 / 13)
    params, after = method.remember(state.params, memory, Quantized(z, z, jnp.full(8, 5)), KEY)
    np.testing.assert_allclose(after[5], 0.99 / 13 + 0.01, rtol=1e-5)
    np.testing.assert_allclose(after[:3], 0.0)
    np.testing.assert_array_equal(params["codes"][3:], codes[3:])
    pulled = (np.asarray(params["codes"])[:3] - (1 - np.exp(-1e-3)) * np.asarray(codes)[:3]) / np.exp(-1e-3)
    nearest = np.abs(pulled[:, None] - np.asarray(z)[None]).max(-1).min(1)
    assert nearest.max() < 1e-5


def test_cvq_anchors_follow_the_distance_based_probabilities() -> None:
    features = jnp.array([[0.0], [1.0], [2.0]])
    weights = np.exp(-np.array([0.0, 1.0, 4.0]))
    uniform = jnp.linspace(0.0005, 0.9995, 1000)
    found = np.asarray(anchors(jnp.zeros((1000, 1)), features, uniform)).ravel()
    share = [(found == v).mean() for v in (0.0, 1.0, 2.0)]
    np.testing.assert_allclose(share, weights / weights.sum(), atol=2e-3)


@pytest.mark.parametrize("codes", [16, 64, 256])
def test_fsq_codes_enumerate_the_grid(codes: int) -> None:
    levels = LEVELS[codes]
    half = np.array([n // 2 for n in levels])
    book = np.asarray(grid(levels)) * half
    np.testing.assert_allclose(book, book.round(), atol=1e-5)
    every = set(itertools.product(*(range(-(n // 2), n - n // 2) for n in levels)))
    assert {tuple(row) for row in book.round().astype(int).tolist()} == every and len(book) == np.prod(levels)


def test_fsq_rounds_to_each_level_and_numbers_it() -> None:
    method, state = make("fsq", Spec(inputs=5, codes=16, latent=4, batch=8))
    seen = method.quantize(state, 10.0 * X)
    np.testing.assert_allclose(seen.code, method.codebook(state)[seen.index], atol=1e-6)
    half = np.array([n // 2 for n in method.levels])
    assert np.abs((np.asarray(seen.feature) - np.asarray(seen.code)) * half).max() <= 0.501
    z = jnp.linspace(-30.0, 30.0, 2001)[:, None]
    for n in (3, 5, 6, 8):
        reached = np.unique(np.round(np.asarray(bound(z, (n,)))))
        np.testing.assert_array_equal(reached, np.arange(n) - n // 2)


def test_fsq_bounds_and_numbers_as_the_authors_do() -> None:
    """Outputs of `FSQ` in google-research's fsq/fsq.ipynb at commit 5e78683, levels 8, 6 and 5, run elsewhere."""
    levels = (8, 6, 5)
    z = jnp.array([[0.25, 0.6, -7.0], [0.0, 0.0, 0.0], [-0.4, 1.3, 2.0]])
    theirs = [
        [0.81044900, 1.16249895, -1.99799669],
        [-1.41263e-05, -5.42700e-05, 0.0],
        [-1.37610555, 1.76192117, 1.92612720],
    ]
    np.testing.assert_allclose(bound(z, levels), theirs, rtol=1e-5, atol=1e-6)
    codes = np.round(np.asarray(bound(z, levels))) / np.array([4, 3, 2])
    np.testing.assert_allclose(codes, np.asarray(grid(levels))[[37, 124, 235]], atol=1e-6)


def test_fsq_needs_a_size_with_levels() -> None:
    method, _ = make("fsq")
    assert method.fits(SPEC) is None
    assert "100" in method.fits(Spec(inputs=5, codes=100, latent=4, batch=8))


def test_lfq_indices_are_the_bits_of_the_signs() -> None:
    method, state = make("lfq")
    assert method.latent == 4
    seen = method.quantize(state, 5.0 * X)
    bits = (np.asarray(seen.feature) > 0).astype(int)
    np.testing.assert_array_equal(seen.index, bits @ [1, 2, 4, 8])
    np.testing.assert_array_equal(seen.code, 2.0 * bits - 1.0)
    np.testing.assert_array_equal(corners(4)[seen.index], seen.code)
    assert "power" in method.fits(Spec(inputs=5, codes=100, latent=4, batch=8))


def test_lfq_entropies_by_hand() -> None:
    single, batch = entropies(jnp.log(jnp.array([[0.5, 0.5], [0.9, 0.1]])))
    each = [np.log(2), -(0.9 * np.log(0.9) + 0.1 * np.log(0.1))]
    np.testing.assert_allclose(single, np.mean(each), rtol=1e-5)
    np.testing.assert_allclose(batch, -(0.7 * np.log(0.7) + 0.3 * np.log(0.3)), rtol=1e-5)


def test_lfq_gradient_is_finite_where_probabilities_vanish() -> None:
    grads = jax.grad(lambda x: entropies(x)[1])(jnp.array([[1000.0, 0.0, -1000.0]]))
    assert jnp.isfinite(grads).all()


def test_gumbel_temperature_falls_from_one_to_a_sixteenth() -> None:
    method, _ = make("gumbel_softmax")
    np.testing.assert_allclose([method.temperature(jnp.array(s)) for s in (0.0, 5.0, 10.0)], [1.0, 0.25, 0.0625])


def test_gumbel_draws_follow_the_softmax_of_distances() -> None:
    method, state = make("gumbel_softmax")
    x = jnp.tile(X[:1], (4000, 1))
    _, seen = jax.jit(method.forward)(state.params, jnp.zeros(()), x, KEY)
    z, book = method.features(state.params, X[:1]), state.params["codes"]
    chance = jax.nn.softmax(-((z - book) ** 2).sum(-1))
    np.testing.assert_allclose(np.bincount(seen.index, minlength=16) / 4000, chance, atol=0.035)
    np.testing.assert_allclose(seen.code, book[seen.index], atol=1e-5)  # hard forward
    grads, _ = jax.jit(jax.grad(method.forward, has_aux=True))(state.params, jnp.zeros(()), X, KEY)
    assert (jnp.abs(grads["codes"]).sum(1) > 0).all()  # every code shares the gradient
