"""Few-shot codes: information estimates against enumeration, ties at random, equal budgets of bits."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.vector_quantization import _retrieval, _running_codebook, dimco, sign_hash
from toybench.tasks.vector_quantization._retrieval import RetrievalSpec, precision_at_k, stored_bits
from toybench.tasks.vector_quantization.fewshot_discrete_codes import FewshotDiscreteCodes

SPEC = RetrievalSpec(inputs=5, classes=3, length=2, arity=4)


def mutual_information(joint: np.ndarray) -> float:
    """I(A; B) in nats of a joint distribution [a, b]."""
    independent = joint.sum(1, keepdims=True) * joint.sum(0, keepdims=True)
    inside = joint > 0
    return float((joint[inside] * np.log(joint[inside] / independent[inside])).sum())


@pytest.fixture
def soft_codes() -> tuple[np.ndarray, np.ndarray]:
    """Distributions [b, d, k] and labels [b]."""
    rng = np.random.default_rng(0)
    return rng.dirichlet(np.ones(4), (12, 3)).astype(np.float32), np.array([0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2])


def test_label_information_is_that_of_the_enumerated_joint(soft_codes):
    p, y = soft_codes
    found = dimco.label_information(jnp.asarray(p), jax.nn.one_hot(y, 3))
    for i in range(3):
        joint = np.stack([p[y == c, i].sum(0) for c in range(3)], 1) / len(y)  # [value, class]
        assert found[i] == pytest.approx(mutual_information(joint), abs=1e-5)


def test_label_information_is_the_label_entropy_for_a_perfect_code_and_zero_for_a_constant_one():
    y = jnp.repeat(jnp.arange(4), 3)
    perfect, constant = jax.nn.one_hot(y, 4), jax.nn.one_hot(jnp.zeros(12, jnp.int32), 4)
    found = dimco.label_information(jnp.stack([perfect, constant], axis=1), jax.nn.one_hot(y, 4))
    assert np.allclose(found, [np.log(4.0), 0.0], atol=1e-5)


def test_pairwise_information_is_that_of_the_enumerated_joints(soft_codes):
    p, _ = soft_codes
    expected = sum(
        mutual_information(np.einsum("bu,bv->uv", p[:, i], p[:, j]) / len(p)) for i in range(3) for j in range(i + 1, 3)
    )
    assert dimco.pairwise_information(jnp.asarray(p)) == pytest.approx(expected, abs=1e-5)


def test_copied_symbols_are_penalised_by_their_entropy():
    once = jax.nn.one_hot(jnp.arange(8) % 4, 4)
    assert dimco.pairwise_information(jnp.stack([once, once], axis=1)) == pytest.approx(np.log(4.0), abs=1e-5)


def test_similarity_is_the_log_probability_of_the_stored_code():
    method = dimco.DIMCO(spec=SPEC, steps=1)
    state = method.init(jax.random.key(0))
    x = jax.random.normal(jax.random.key(1), (6, 5))
    logp, stored = np.asarray(method.distributions(state.params, x)), np.asarray(method.store(state, x))
    expected = [[sum(logp[q, i, stored[n, i]] for i in range(2)) for n in range(6)] for q in range(6)]
    assert np.allclose(method.score(state, x, jnp.asarray(stored)), expected, atol=1e-5)
    assert (
        np.asarray(method.score(state, x, jnp.asarray(stored))) <= np.asarray(logp.max(-1).sum(-1))[:, None] + 1e-5
    ).all()


def test_precision_counts_the_best_and_averages_over_ties():
    same = jnp.array([[True, False, True, False]])
    assert precision_at_k(jnp.array([[3.0, 2.0, 1.0, 0.0]]), same, 2) == pytest.approx(0.5)
    assert precision_at_k(jnp.array([[3.0, 2.0, 2.0, 2.0]]), same, 2) == pytest.approx((1 + 1 / 3) / 2)
    everything = precision_at_k(jnp.zeros((1, 4)), same, 2)
    assert everything == pytest.approx(0.5)


def test_precision_of_a_constant_score_is_chance_whatever_the_order_of_classes():
    task = FewshotDiscreteCodes(unseen=4, classes=16)
    world = task.sample(jax.random.key(0))
    found = jax.jit(lambda w: task.evaluate(w, jax.random.key(1), task.floor(w)))(world)
    assert found["unseen_precision"] == pytest.approx(15 / 63, abs=1e-6)
    assert found["seen_unseen_gap"] == pytest.approx(0.0, abs=1e-6)


def test_sign_hash_ranks_by_agreement_of_signs_and_packs_into_the_budget():
    method = sign_hash.SignHash(spec=SPEC, steps=1)
    state = method.init(jax.random.key(0))
    x = jax.random.normal(jax.random.key(1), (7, 5))
    stored = method.store(state, x)
    assert stored.shape == (7, 2) and int(stored.max()) < SPEC.arity and stored_bits(stored, SPEC.arity) == 4.0
    h = np.asarray(method.encode(state.params, x))
    expected = h @ np.where(h > 0, 1.0, -1.0).T / np.linalg.norm(h, axis=1, keepdims=True)
    assert np.allclose(method.score(state, x, stored), expected, atol=1e-4)


def test_product_codes_score_by_the_distance_to_what_is_stored():
    method = _retrieval.ProductCodes(spec=SPEC, steps=1, part=3)
    state = method.init(jax.random.key(0))
    x = jax.random.normal(jax.random.key(1), (6, 5))
    stored = method.store(state, x)
    z = np.asarray(method.parts(method.encode(state.params, x)))
    centroids = np.asarray(_running_codebook.codes(state.book))
    decoded = np.stack([centroids[i, np.asarray(stored)[:, i]] for i in range(2)], 1)
    expected = -((z[:, None] - decoded[None]) ** 2).sum((-1, -2))
    assert np.allclose(method.score(state, x, stored), expected, atol=1e-4)


def test_running_codes_end_as_means_of_what_they_win_and_none_is_idle():
    data = jax.random.normal(jax.random.key(2), (64, 1, 2))
    book = _running_codebook.start(jnp.full((1, 4, 2), 50.0) + jnp.arange(4.0)[None, :, None])  # all far from the data
    settle = lambda b, k: (_running_codebook.settle(b, data, k, 0.8, 0.1), None)  # noqa: E731
    book, _ = jax.lax.scan(settle, book, jax.random.split(jax.random.key(3), 200))
    found = np.asarray(_running_codebook.codes(book))[0]
    index = np.asarray(_running_codebook.nearest(data, _running_codebook.codes(book)))[:, 0]
    assert set(index.tolist()) == {0, 1, 2, 3}
    for k in range(4):
        assert np.allclose(found[k], np.asarray(data)[index == k, 0].mean(0), atol=1e-3)
