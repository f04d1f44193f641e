"""Memories of sets: error rates and variances by their closed forms, and what a Bloom filter never does."""

import math
from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.vector_symbolic._algebra import agreement, prefix_inner
from toybench.plugins import registry
from toybench.protocol import Learner
from toybench.tasks.vector_symbolic import Spec
from toybench.tasks.vector_symbolic.set_intersection import SetIntersection
from toybench.tasks.vector_symbolic.set_membership import crossing, slope

SPEC = Spec(dim=400, symbols=60, codebooks=2)
METHODS = ("map_i", "map_b", "binary_spatter", "hrr", "fhrr", "sparse_binary", "counting_sparse",
           "hopfield_outer", "hopfield_signed")  # fmt: skip


def learner(name, spec=SPEC, seed=0):
    method = registry.load("methods", f"vector_symbolic/{name}")(spec=spec)
    return Learner(method, jax.jit(lambda k: method.init(k))(jax.random.key(seed)))


def sets(items, count=30, spec=SPEC, seed=5):
    """Random sets [c, s, n] of `items` symbols."""
    u = jax.random.uniform(jax.random.key(seed), (spec.codebooks, count, spec.symbols))
    return jnp.argsort(jnp.argsort(u, -1), -1) < items


@pytest.mark.parametrize("name", METHODS)
def test_a_roomy_memory_is_right_about_every_symbol_and_a_tight_one_isn_t(name):
    who, members = learner(name), sets(5)
    dims = who.ladder(5, 80)
    answers = who.contains(who.store(members, 5, dims), 5, dims)
    wrong = np.asarray((answers != members[None]).any(-1).mean((1, 2)))
    assert wrong[0] > 0.5
    assert wrong[-1] < 0.05


@pytest.mark.parametrize("name", ["sparse_binary", "counting_sparse"])
def test_a_bloom_filter_never_denies_a_member(name):
    who, members = learner(name), sets(20)
    for dims in ((8,), (40, 80), who.ladder(20, 112)):
        answers = who.contains(who.store(members, 20, dims), 20, dims)
        assert bool((answers | ~members[None]).all())
        assert bool((answers & ~members[None]).any()) == (dims[0] < 400)  # it does err on the other side


def test_a_bloom_filter_fails_as_its_formula_says():
    """False positives at the design dimension: 2^-k a symbol, to within the meeting of hashes."""
    spec = Spec(dim=1, symbols=400, codebooks=4)
    who, members = learner("sparse_binary", spec), sets(20, 60, spec)
    dims = (20 * 8,)  # k = 5.5 -> 6
    false = (who.contains(who.store(members, 20, dims), 20, dims)[0] & ~members).sum() / (~members).sum()
    ones = 1 - (1 - 1 / 160) ** (20 * 6)
    assert float(false) == pytest.approx(ones**6, rel=0.15)


def test_spatter_codes_answer_like_map_b():
    members = sets(10)
    bits, signs = learner("binary_spatter"), learner("map_b")
    dims = bits.ladder(10, 40)
    assert dims == signs.ladder(10, 40)
    stored = bits.store(members, 10, dims), signs.store(members, 10, dims)
    np.testing.assert_array_equal(1 - 2 * stored[0], stored[1])
    np.testing.assert_array_equal(bits.contains(stored[0], 10, dims), signs.contains(stored[1], 10, dims))


@pytest.mark.parametrize("items", [1, 2, 3, 4, 5, 6])
def test_agreement_with_the_majority_by_enumeration(items):
    votes = np.array(list(product((-1, 1), repeat=items)))
    assert agreement(items) == pytest.approx((votes[:, 0] * np.sign(votes.sum(1))).mean())


def test_map_b_stores_the_majority_and_breaks_ties_evenly():
    who, members = learner("map_b"), sets(4)
    dims = (400,)
    total = np.einsum("csn,cnd->csd", members, who.state.items)
    stored = np.asarray(who.store(members, 4, dims))
    assert set(np.unique(stored)) == {-1.0, 1.0}
    np.testing.assert_array_equal(stored[total != 0], np.sign(total[total != 0]))
    ties = stored[total == 0]
    assert len(ties) > 1000 and abs(ties.mean()) < 4 / len(ties) ** 0.5
    both = (total[:, 0] == 0) & (total[:, 1] == 0)  # two sets tie independently
    assert abs((stored[:, 0] * stored[:, 1])[both].mean()) < 0.35


def test_a_sum_of_signs_fails_as_the_normal_law_says():
    """Non-members pass d / 2 with probability Q(sqrt(d / 4n))."""
    spec = Spec(dim=120, symbols=400, codebooks=3)
    who, members = learner("map_i", spec), sets(10, 80, spec)
    dims = (120,)
    passed = (who.contains(who.store(members, 10, dims), 10, dims)[0] & ~members).sum() / (~members).sum()
    assert float(passed) == pytest.approx(0.5 * math.erfc((120 / 40) ** 0.5 / 2**0.5), rel=0.12)


@pytest.mark.parametrize("name", ["hopfield_outer", "hopfield_signed"])
def test_the_hopfield_energy_is_the_matrix_form(name):
    """x^T H x with H written out; a member's mean is d (d - 1), and half of it the threshold."""
    who, members, d = learner(name), sets(6, 4), 24
    x, charge = np.asarray(who.state.items)[0, :, :d], np.asarray(who.state.charge)[0]
    answers = np.asarray(who.contains(who.store(members, 6, (d,)), 6, (d,)))[0, 0]
    seen = 0
    for i, chosen in enumerate(np.asarray(members)[0]):
        h = sum(charge[j] * (np.outer(x[j], x[j]) - np.eye(d)) for j in np.flatnonzero(chosen))
        assert (np.diag(h) == 0).all()
        energy = np.einsum("nd,de,ne->n", x, h, x)
        energy = np.abs(energy) if name == "hopfield_signed" else energy
        np.testing.assert_array_equal(answers[i], energy >= d * (d - 1) / 2)
        seen += (answers[i] != chosen).sum()
    assert seen > 0  # close enough to the threshold to err
    alone = jnp.zeros((2, 1, 60), bool).at[:, 0, 3].set(True)
    only = who.contains(who.store(alone, 1, (d,)), 1, (d,))[0, 0, 0]
    assert bool(only[3]) and int(only.sum()) == 1
    assert who.numbers(jnp.array(24.0)) == len(np.triu_indices(d, 1)[0])


def test_prefixes_answer_every_dimension():
    a, b = jax.random.normal(jax.random.key(0), (2, 2, 7, 30))
    dims = (10, 20, 30)
    found = prefix_inner(jax.lax.complex(a, b), jax.lax.complex(b, a), dims)
    for i, d in enumerate(dims):
        x, y = np.asarray(a)[..., :d], np.asarray(b)[..., :d]
        left, right = x + 1j * y, y + 1j * x
        np.testing.assert_allclose(found[i], np.einsum("csd,cnd->csn", left, right.conj()).real, atol=1e-4)
    with pytest.raises(ValueError, match="even steps"):
        prefix_inner(a, b, (10, 25))


def test_where_a_failure_rate_crosses_delta():
    dims = (10, 20, 40, 80)
    assert float(crossing(dims, jnp.array([1.0, 0.2, 0.05, 0.0]), 0.1, 0.01)) == pytest.approx(20 * 2**0.5, rel=1e-5)
    assert float(crossing(dims, jnp.ones(4), 0.1, 0.01)) == pytest.approx(80, rel=1e-5)
    assert float(crossing(dims, jnp.zeros(4), 0.1, 0.01)) == pytest.approx(10, rel=1e-5)
    assert float(crossing(dims, jnp.array([1.0, 0.0, 0.5, 0.0]), 0.1, 0.01)) > 40  # the last crossing counts
    assert float(slope(jnp.array([0.0, 1.0, 2.0]), jnp.array([1.0, 3.0, 5.0]))) == pytest.approx(2)


VARIANCE = {  # of the estimated intersection, times d: enumerated below for signs, Isserlis' theorem for normals
    "map_i": lambda x, y, c: x * y + c**2 - 2 * c,
    "hrr": lambda x, y, c: x * y + c**2,
}


@pytest.mark.parametrize("name", list(VARIANCE))
def test_the_variance_of_an_intersection(name):
    task = SetIntersection(pairs=600, dim=256, codebooks=4)
    world, who = task.sample(jax.random.key(2)), learner(name, task.spec)
    found = jax.jit(lambda w, s: task.evaluate(w, jax.random.key(0), Learner(who.method, s)))(world, who.state)
    assert float(found["rmse"]) ** 2 * 256 == pytest.approx(VARIANCE[name](10, 12, 4), rel=0.1)
    assert abs(float(found["bias"])) < 0.08


def test_the_variance_for_signs_by_enumeration():
    """All signs of 5 symbols, the first 2 of which are in both sets: one coordinate's product of the sums."""
    votes = np.array(list(product((-1, 1), repeat=5)))
    sums = votes[:, :3].sum(1) * (votes[:, :2].sum(1) + votes[:, 3:].sum(1))
    assert sums.mean() == 2
    assert sums.var() == VARIANCE["map_i"](3, 4, 2)


@pytest.mark.parametrize("name", ["counting_sparse", "hopfield_outer", "hopfield_signed", "fhrr", "sparse_binary"])
def test_intersections_without_bias(name):
    task = SetIntersection(pairs=300, dim=256, codebooks=4)
    world, who = task.sample(jax.random.key(3)), learner(name, task.spec)
    found = jax.jit(lambda w, s: task.evaluate(w, jax.random.key(0), Learner(who.method, s)))(world, who.state)
    assert abs(float(found["bias"])) < 0.12
    assert float(found["rmse"]) < 1.5
