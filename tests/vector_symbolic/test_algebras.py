"""What the algebras promise about records: exact ways back, rates of loss, what commutes, recall by the closed form."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate, stats

from toybench.plugins import registry
from toybench.protocol import Learner
from toybench.tasks.vector_symbolic import Spec, cosine, inner
from toybench.tasks.vector_symbolic.nested_records import NestedRecords

SPEC = Spec(dim=256, symbols=60, keys=4)
ISOMETRIES = ("mbat_orthogonal", "mbat_permutation", "map_i", "map_b", "binary_spatter", "hrr_unitary", "fhrr")
COMMUTE = {"map_i", "map_b", "binary_spatter", "hrr", "hrr_unitary", "fhrr"}
ALL = (*ISOMETRIES, "mbat_gaussian", "mbat_ridge", "vtb", "hrr")


def learner(name, spec=SPEC, seed=0):
    method = registry.load("methods", f"vector_symbolic/{name}")(spec=spec)
    return Learner(method, jax.jit(lambda k: method.init(k))(jax.random.key(seed)))


def along(ask, keys, vectors):
    """Vectors bound or unbound by one key after another."""
    for k in keys:
        vectors = ask(jnp.full(len(vectors), k), vectors)
    return vectors


def path_cosine(name, path, seed=0):
    """Mean cosine of symbols with themselves after a path and back."""
    who = learner(name, seed=seed)
    symbols = who.symbols()
    back = along(who.unbind, path, along(who.bind, path[::-1], symbols))
    return float(jnp.mean(cosine(back, symbols)))


@pytest.mark.parametrize("name", ISOMETRIES)
def test_an_isometry_comes_back_from_any_path_and_keeps_inner_products(name):
    who, path = learner(name), (0, 3, 3, 1, 2)
    symbols = who.symbols()
    bound = along(who.bind, path, symbols)
    assert path_cosine(name, path) == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(inner(bound, bound), inner(symbols, symbols), atol=1e-5)
    assert float(jnp.abs(jnp.mean(cosine(bound, symbols)))) < 0.1  # and yet it moves every vector


@pytest.mark.parametrize("path", [(0, 1), (0, 1, 2, 3), (2, 2), (2, 2, 2, 2)])
def test_normal_matrices_lose_direction_at_the_fuss_catalan_rate(path):
    found = np.mean([path_cosine("mbat_gaussian", path, seed) for seed in (0, 1)])
    assert found == pytest.approx((len(path) + 1) ** -0.5, abs=0.02)
    assert abs(found - len(path) ** -0.5) > 0.03  # the rate of one binding fewer is told apart


def test_a_ridge_inverse_lies_between_the_inverse_and_the_transpose():
    method = registry.load("methods", "vector_symbolic/mbat_ridge")(spec=replace(SPEC, dim=64))
    unbinds = {r: jax.jit(replace(method, ridge=r).init)(jax.random.key(0)).keys for r in (0.0, 1e4)}
    (matrix, inverse), (_, transpose) = unbinds[0.0], unbinds[1e4]
    np.testing.assert_allclose(inverse @ matrix, np.broadcast_to(np.eye(64), (4, 64, 64)), atol=0.02)
    np.testing.assert_allclose(transpose * 1e4, matrix.swapaxes(1, 2), atol=1e-3)


@pytest.mark.parametrize("name", ALL)
def test_unbinding_is_the_adjoint_of_binding(name):
    """<bind u, v> = <u, unbind v>; the ridge inverse is no adjoint."""
    who = learner(name)
    u, v = who.symbols()[:8], who.symbols()[8:16]
    key = jnp.full(8, 1)
    there, back = inner(who.bind(key, u), v), inner(u, who.unbind(key, v))
    assert bool(jnp.allclose(there, back, atol=1e-4)) == (name != "mbat_ridge")


@pytest.mark.parametrize("name", ALL)
def test_which_bindings_commute(name):
    who = learner(name)
    symbols = who.symbols()[:20]
    ab, ba = along(who.bind, (0, 1), symbols), along(who.bind, (1, 0), symbols)
    assert bool(jnp.allclose(ab, ba, atol=1e-4)) == (name in COMMUTE)


def test_convolution_is_the_sum_that_defines_it():
    who = learner("hrr", replace(SPEC, dim=8))
    k, v = np.asarray(who.state.keys[1]), np.asarray(who.symbols()[0])
    expected = [sum(k[j] * v[(i - j) % 8] for j in range(8)) for i in range(8)]
    np.testing.assert_allclose(who.bind(jnp.array([1]), v[None])[0], expected, atol=1e-5)


def test_vtb_applies_its_folded_key_to_every_block():
    who = learner("vtb", replace(SPEC, dim=9))
    folded, v = np.asarray(who.state.keys[2]), np.asarray(who.symbols()[0])
    expected = np.concatenate([folded @ v[i : i + 3] for i in (0, 3, 6)])
    np.testing.assert_allclose(who.bind(jnp.array([2]), v[None])[0], expected, atol=1e-5)
    assert registry.load("methods", "vector_symbolic/vtb")().fits(replace(SPEC, dim=10))


def test_a_spatter_code_is_exclusive_or_and_majority():
    """On bits in NumPy; and it is map_b with bits read as signs."""
    spatter, signs = learner("binary_spatter"), learner("map_b")
    bits = np.asarray(spatter.state.items[0]).astype(bool)
    keys = np.asarray(spatter.state.keys).astype(bool)
    which = np.array([0, 1, 2])
    bound = spatter.bind(jnp.array(which), spatter.symbols()[:3])
    xor = bits[:3] ^ keys[which]
    np.testing.assert_allclose(bound * SPEC.dim**0.5, 1 - 2.0 * xor, atol=1e-5)
    kept = np.asarray(spatter.settle(bound.sum(0, keepdims=True)))[0] < 0
    np.testing.assert_array_equal(kept, xor.sum(0) >= 2)
    np.testing.assert_array_equal(spatter.symbols() < 0, np.asarray(signs.symbols()) < 0)
    pair = spatter.symbols()[:2].sum(0, keepdims=True)  # half of the votes tie
    np.testing.assert_array_equal(spatter.settle(pair), signs.settle(pair))


def recall(depth, dim, symbols=200):
    """int phi(t) Phi(t + 1/s)^(symbols - 1) dt, s^2 = 2 depth / dim: crosstalk of 2 * depth other symbols."""
    signal = (dim / (2 * depth)) ** 0.5
    return integrate.quad(lambda t: stats.norm.pdf(t) * stats.norm.cdf(t + signal) ** (symbols - 1), -8, 8)[0]


def test_recall_of_an_isometry_is_the_closed_form():
    task = NestedRecords(depth=8, records=400, probes=64)
    world = jax.jit(task.sample)(jax.random.key(0))
    metrics = {}
    for name in ("mbat_permutation", "map_i", "mbat_gaussian"):
        who = learner(name, task.spec)
        ask = jax.jit(lambda w, s, m=who.method: task.evaluate(w, jax.random.key(0), Learner(m, s)))
        metrics[name] = ask(world, who.state)
    for name in ("mbat_permutation", "map_i"):
        assert float(metrics[name]["recall"]) == pytest.approx(recall(8, 256), abs=0.06)
    assert float(metrics["mbat_gaussian"]["recall"]) < 0.5
    swaps = {name: float(m["swap_accuracy"]) for name, m in metrics.items()}
    assert swaps == {
        "mbat_permutation": pytest.approx(1, abs=0.05),
        "map_i": 0.5,
        "mbat_gaussian": swaps["mbat_gaussian"],
    }
    assert recall(4, 256) == pytest.approx(0.996, abs=2e-3)


def test_a_comb_is_the_sum_over_its_paths():
    """Encoding from the deepest node up equals binding each symbol under its whole path."""
    task = NestedRecords(depth=3, records=2, probes=4, symbols=30)
    world, who = task.sample(jax.random.key(1)), learner("mbat_gaussian", replace(task.spec, dim=32))
    total = jnp.zeros((1, 32))
    for level in range(3):
        for place in range(3):
            if place or level == 2:
                path = [int(world.keys[0, m, 0]) for m in range(level)] + [int(world.keys[0, level, place])]
                filler = int(world.fillers[0, level, place])
                total = total + along(who.bind, path[::-1], who.symbols()[filler][None])
    np.testing.assert_allclose(task.encode(who, who.symbols(), world)[:1], who.settle(total), atol=1e-5)
