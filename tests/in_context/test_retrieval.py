"""Demonstrations: what is retrieved, how the frozen predictor reads it, and the contrastive loss by hand."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.in_context.invariant_select import invariance_loss
from toybench.plugins import registry
from toybench.tasks.in_context._retrieval import Given, Pool, Predictor, RetrievalSpec, nearest, predict, unit

SPEC = RetrievalSpec(features=2, classes=2, domains=2, shots=2)


def method(name: str, given: Given, **knobs):
    return replace(registry.load("methods", f"in_context/{name}")(**knobs), spec=SPEC, steps=10, given=given)


@pytest.fixture
def given() -> Given:
    """Four items: class is the sign of the second feature, domain shifts the first by 10."""
    x = jnp.array([[1.0, 1.0], [0.0, -1.0], [11.0, 1.0], [10.0, -1.0]])
    pool = Pool(x, jnp.array([0, 1, 0, 1]), jnp.array([0, 0, 1, 1]))
    return Given(pool, Predictor(jnp.zeros((2, 2)), jnp.array([0.1, 0.0]), jnp.float32(0.0), jnp.float32(2.0)))


def test_nearest_by_hand():
    keys = jnp.array([[1.0, 0.0], [0.0, 3.0], [-1.0, 0.0], [2.0, 2.0]])
    assert nearest(jnp.array([[5.0, 1.0], [-0.1, -4.0]]), keys, 2).tolist() == [[0, 3], [2, 0]]


def test_predictor_by_hand():
    model = Predictor(jnp.array([[1.0, 0.0], [0.0, 2.0]]), jnp.array([0.5, 0.0]), jnp.float32(1.0), jnp.float32(3.0))
    query, x, y = jnp.array([[1.0, 0.0]]), jnp.array([[[2.0, 0.0], [0.0, 1.0]]]), jnp.array([[1, 0]])
    share = np.exp(1) / (np.exp(1) + 1)  # cosines 1 and 0
    np.testing.assert_allclose(predict(model, query, x, y), [[1.5 + 3 * (1 - share), 3 * share]], rtol=1e-5)
    np.testing.assert_allclose(predict(model, query, x[:, :0], y[:, :0]), [[1.5, 0.0]], rtol=1e-6)


def test_more_of_the_right_label_never_lowers_its_score():
    rng = np.random.default_rng(0)
    model = Predictor(
        *(jnp.asarray(rng.normal(size=s), jnp.float32) for s in ((4, 3), 3)), jnp.float32(2), jnp.float32(4)
    )
    query, x = (jnp.asarray(rng.normal(size=s), jnp.float32) for s in ((5, 4), (5, 6, 4)))
    y = jnp.asarray(rng.integers(0, 3, (5, 6)))
    before = jax.nn.softmax(predict(model, query, x, y))
    after = jax.nn.softmax(predict(model, query, x, y.at[:, 0].set(2)))
    assert (after[:, 2] >= before[:, 2] - 1e-6).all() and (after[:, 2] > before[:, 2] + 1e-3).any()


def test_contrastive_loss_by_hand():
    z = jnp.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.6, 0.8]])
    y, domain = jnp.array([0, 0, 1, 0]), jnp.array([0, 1, 0, 0])
    score = np.asarray(z @ z.T) / 0.5
    # item 0: positive 1; item 3 is of its class and domain, so it is left out; item 2 is a negative
    first = -(score[0, 1] - np.log(np.exp(score[0, 1]) + np.exp(score[0, 2])))
    second = -np.mean([score[1, j] - np.log(np.exp(score[1, [0, 3, 2]]).sum()) for j in (0, 3)])
    fourth = -(score[3, 1] - np.log(np.exp(score[3, 1]) + np.exp(score[3, 2])))  # item 2 has no positive
    np.testing.assert_allclose(invariance_loss(z, y, domain, 0.5), (first + second + fourth) / 3, rtol=1e-5)


def test_contrastive_loss_is_least_where_the_domain_is_gone():
    y, domain = jnp.array([0, 0, 1, 1]), jnp.array([0, 1, 0, 1])
    by_class = unit(jnp.array([[1.0, 0.0], [1.0, 0.0], [-1.0, 0.0], [-1.0, 0.0]]))
    by_domain = by_class[jnp.array([0, 2, 0, 2])]
    assert invariance_loss(by_class, y, domain, 0.2) < 1e-3 < invariance_loss(by_domain, y, domain, 0.2)
    none = jnp.zeros(4, jnp.int32)
    assert np.isfinite(invariance_loss(by_class, y, none, 0.2))  # a batch without positives


def test_raw_similarity_follows_the_domain_and_centring_the_class(given):
    query = jnp.array([[20.0, 3.0], [22.0, 3.0], [20.0, -3.0], [22.0, -3.0]])  # a third domain
    raw = method("nearest_raw", given)
    assert set(np.asarray(nearest(raw.embed((), query), raw.keys(()), 2)).reshape(-1)) <= {
        2,
        3,
    }  # domain 1 for everyone
    centred = method("domain_centred", given)
    np.testing.assert_allclose(centred.keys(()), [[0.5, 1], [-0.5, -1], [0.5, 1], [-0.5, -1]], atol=1e-6)
    chosen = nearest(centred.embed((), query), centred.keys(()), 2)
    assert (given.pool.y[chosen] == jnp.array([[0], [0], [1], [1]])).all()
    assert jnp.argmax(centred.answer((), query), axis=1).tolist() == [0, 0, 1, 1]
    assert jnp.argmax(raw.answer((), query), axis=1).tolist() == [0, 0, 0, 0]


def test_invariant_select_is_nearest_raw_under_an_identity_head(given):
    learner = method("invariant_select", given, width=2)
    state = learner.init(jax.random.key(0))
    state = state._replace(params=jax.tree.map(lambda v: jnp.eye(2) if v.ndim == 2 else jnp.zeros(2), state.params))
    query = jnp.array([[20.0, 3.0], [1.0, -2.0]])
    np.testing.assert_allclose(learner.answer(state, query), method("nearest_raw", given).answer((), query), atol=1e-6)


def test_zero_shot_reads_no_demonstrations_and_random_ones_are_distinct(given):
    query = jnp.array([[20.0, 3.0], [1.0, -2.0]])
    np.testing.assert_allclose(method("zero_shot_prediction", given).answer((), query), [[0.1, 0.0]] * 2, atol=1e-6)
    learner = replace(method("random_demonstrations", given), spec=replace(SPEC, shots=4))
    told = learner.answer(learner.init(jax.random.key(0)), query)  # all four items: two of each class
    np.testing.assert_allclose(told, [[1.1, 1.0]] * 2, atol=1e-5)


def test_domains_share_a_nuisance_subspace_and_the_pool_lacks_the_target():
    task = registry.load("tasks", "in_context/demonstration_retrieval")(noise=0.0)
    world = jax.jit(task.sample)(jax.random.key(0))
    pool = world.given.pool
    assert set(np.unique(pool.domain)) == set(range(6)) and set(np.unique(world.target.domain)) == {6}
    assert set(np.unique(world.source.domain)) == {0}

    def rank(x: jax.Array) -> int:
        return int(np.linalg.matrix_rank(np.asarray(x - x.mean(0, keepdims=True)), tol=1e-2))

    within = [pool.x[(pool.y == c)] for c in range(5)]
    assert [rank(x) for x in within] == [6] * 5  # without noise one class varies in the nuisance directions only
    assert rank(jnp.concatenate([within[0], world.target.x[world.target.y == 0]])) == 6
