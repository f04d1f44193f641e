"""The source of tokens, its exact filter, and what is measured of a network."""

import itertools
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.tasks.optimizers import _tokens
from toybench.tasks.optimizers.rate_sensitivity import RateSensitivity
from toybench.tasks.optimizers.token_prediction import TokenPrediction

TASK = TokenPrediction()


@pytest.fixture(scope="module")
def world() -> _tokens.World:
    return jax.jit(TASK.sample)(jax.random.key(1))


@pytest.fixture(scope="module")
def laws(world) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """First, turn and emit, in double precision."""
    cumulative = jax.tree.map(lambda c: np.asarray(c, np.float64), world.source)
    first, turn, emit = (np.diff(c, prepend=0.0, axis=-1) for c in cumulative)
    return first, turn, emit


def test_the_first_state_is_stationary(laws):
    first, turn, _ = laws
    values, vectors = np.linalg.eig(turn.T)
    law = np.real(vectors[:, np.argmax(np.real(values))])
    np.testing.assert_allclose(first, law / law.sum(), atol=1e-5)


def test_tokens_follow_zipf_s_law_up_to_a_factor(world, laws):
    emit = np.log(laws[2].clip(1e-12))
    ranks = np.log(np.arange(1, 65))
    spread = emit - emit.mean(1, keepdims=True) + ranks[None] - ranks.mean()
    common = emit > -13  # rarer ones are lost to cumulative sums in float32
    assert spread[common].std() == pytest.approx(2.5, abs=0.4)
    np.testing.assert_allclose(world.unigram, laws[0] @ laws[2], atol=1e-5)


def test_the_filter_is_the_sum_over_all_hidden_paths():
    """A small chain, every path of it counted."""
    random = np.random.default_rng(0)
    first, turn, emit = (random.dirichlet(np.ones(n), size) for n, size in ((2, None), (2, 2), (3, 2)))
    context = np.array([[0, 2, 1, 1]])
    joint = np.zeros(3)
    for path in itertools.product(range(2), repeat=5):
        chance = first[path[0]] * np.prod([turn[a, b] for a, b in itertools.pairwise(path)])
        chance *= np.prod([emit[s, x] for s, x in zip(path, context[0], strict=False)])
        joint += chance * emit[path[-1]]
    arrays = (jnp.asarray(x, jnp.float32) for x in (first, turn, emit))
    np.testing.assert_allclose(_tokens.filtered(*arrays, context)[0], joint / joint.sum(), rtol=1e-5)


def test_windows_have_the_source_s_law(world, laws):
    first, turn, emit = laws
    u = jax.random.uniform(jax.random.key(3), (60_000, 10))
    drawn = np.asarray(jax.jit(_tokens.windows)(world.source, u))
    assert drawn.shape == (60_000, 5)
    for place in (0, 4):
        np.testing.assert_allclose(np.bincount(drawn[:, place], minlength=64) / 60_000, first @ emit, atol=0.01)
    pairs = np.zeros((64, 64))
    np.add.at(pairs, (drawn[:, 2], drawn[:, 3]), 1 / 60_000)
    np.testing.assert_allclose(pairs, emit.T @ (first[:, None] * turn) @ emit, atol=0.01)


def test_numbers_are_picked_where_they_fall():
    cumulative = jnp.array([[0.2, 0.5, 0.9]])  # rounding left a gap at the end
    np.testing.assert_array_equal(_tokens.pick(cumulative, jnp.array([0.1, 0.3, 0.6, 0.95])), [0, 1, 2, 2])


def test_contexts_tell_something(world):
    gain = _tokens.divergence(world.law, jnp.log(world.unigram)[None])
    assert 0.25 < gain < 0.7


def test_references_are_0_and_1(world):
    evaluate = jax.jit(lambda w: TASK.evaluate(world, jax.random.key(0), SimpleNamespace(weights=lambda: w)))
    floor = evaluate(TASK.floor(world).weights())
    assert float(floor["excess_share"]) == pytest.approx(1.0, abs=1e-4)
    entropy = -(world.law * jnp.log(world.unigram)[None]).sum(-1).mean()
    assert float(floor["test_loss"]) == pytest.approx(float(entropy), abs=1e-4)
    chance = evaluate(TASK.chance(world).weights())
    assert float(chance["test_loss"]) == pytest.approx(np.log(64), abs=1e-4)
    oracle = evaluate(TASK.oracle(world).weights())
    assert float(oracle["excess_share"]) == pytest.approx(0.0, abs=1e-5)
    assert float(oracle["test_loss"]) < float(floor["test_loss"]) - 0.25


def test_a_loss_is_what_sampled_tokens_cost(world):
    """The exact law only takes the noise away."""
    evaluated = TASK.evaluate(world, jax.random.key(0), SimpleNamespace(weights=lambda: world.start))
    sampled = TASK.spec.losses(world.start, world.windows)
    error = float(sampled.std()) / len(world.windows) ** 0.5
    assert float(evaluated["test_loss"]) == pytest.approx(float(sampled.mean()), abs=4 * error)


def test_the_network_by_hand(world):
    weights = jax.tree.map(lambda w: np.asarray(w, np.float64), world.start)
    weights = {k: v + 0.1 if k.endswith("bias") else v for k, v in weights.items()}
    context = np.array([[3, 1, 4, 1]])
    hidden = np.concatenate([weights["embedding"][t] for t in context[0]])
    for i in range(3):
        hidden = np.maximum(hidden @ weights[f"linear{i}"] + weights[f"linear{i}_bias"], 0)
    logits = hidden @ weights["head"] + weights["head_bias"]
    single = jax.tree.map(lambda w: jnp.asarray(w, jnp.float32), weights)
    expected = logits - np.log(np.exp(logits).sum())
    np.testing.assert_allclose(_tokens.log_law(single, context)[0], expected, rtol=1e-4, atol=1e-4)
    loss = TASK.spec.losses(single, jnp.array([[3, 1, 4, 1, 5]]))
    np.testing.assert_allclose(loss, [-expected[5]], rtol=1e-4)


def test_starts_are_scaled_by_what_enters(world):
    for name, variance in {"embedding": 1.0, "linear1": 2 / 64, "head": 1 / 64}.items():
        assert float(world.start[name].var()) == pytest.approx(variance, rel=0.15)
    assert list(world.start) == sorted(world.start)
    assert len(TASK.spec.roles) == len(jax.tree.leaves(world.start))
    by_name = dict(zip(sorted(world.start), TASK.spec.roles, strict=True))
    assert by_name["embedding"] == "embedding"
    assert by_name["head"] == "head"
    assert by_name["linear2"] == "linear"
    assert by_name["linear2_bias"] == by_name["head_bias"] == "vector"


def test_gradient_rank_is_the_stable_rank(world):
    gradient = jax.grad(TASK.spec.loss)(world.start, world.windows[:64])["linear1"]
    s = np.linalg.svd(np.asarray(gradient, np.float64), compute_uv=False)
    assert float(TASK.gradient_rank(world, world.start)) == pytest.approx((s**2).sum() / s[0] ** 2, rel=0.02)


def test_a_sweep_counts_a_lost_rate_as_1(world):
    task = RateSensitivity()
    floor = task.floor(world).weights()
    lost = {k: v.at[0].set(jnp.nan) for k, v in floor.items()}
    better = {k: v.at[2].set(world.start[k]) for k, v in lost.items()}
    for weights, published in ((lost, 1.0), (better, 1.0)):
        learner = SimpleNamespace(weights=lambda weights=weights: weights)
        found = task.evaluate(world, jax.random.key(0), learner)
        assert float(found["excess_tenth"]) == 1.0
        assert float(found["excess_published"]) == pytest.approx(published, abs=1e-3)
    exact = task.evaluate(world, jax.random.key(0), task.oracle(world))
    assert float(exact["excess_over_rates"]) == pytest.approx(0.0, abs=1e-5)
    np.testing.assert_allclose(task.spec.rates, [0.1, 10**-0.5, 1, 10**0.5, 10], rtol=1e-6)


def test_a_budget_of_gradients_reaches_the_problem():
    assert TokenPrediction(budget="gradients").spec.budget == "gradients"
    assert TASK.spec.budget == "steps"
