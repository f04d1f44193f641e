"""Networks by hand and by steps; rules by loops."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.plugins import registry
from toybench.protocol import Learner
from toybench.tasks.symbolic_reasoning import TableSpec, Triples, classes, covered, links

KEY = jax.random.key(4)
NETWORKS = ("causal_mlp", "direct_mlp", "chain_of_thought")
SPEC = TableSpec(symbols=5)
RNG = np.random.default_rng(2)
FIRST = RNG.integers(0, 5, (5, 5))
SECOND = RNG.integers(0, 5, (5, 5))


def triples(rows: Any) -> Triples:
    x = np.asarray(rows)
    middle = FIRST[x[:, 0], x[:, 1]]
    target = SECOND[middle, x[:, 2]]
    return Triples(
        x=jnp.asarray(x, jnp.int32), middle=jnp.asarray(middle, jnp.int32), target=jnp.asarray(target, jnp.int32)
    )


EVERY = RNG.permutation(np.array(list(np.ndindex(5, 5, 5))))
SEEN = triples(EVERY[:50])
NEW = triples(EVERY[50:])


def method(stem: str, steps: int = 300, **values: Any) -> Any:
    return registry.load("methods", f"symbolic_reasoning/{stem}")(spec=SPEC, given=SEEN, steps=steps, **values)


def trained(learner: Any, steps: int) -> Any:
    def step(state: Any, key: jax.Array) -> tuple[Any, None]:
        return learner.update(state, SEEN, key), None

    return jax.jit(lambda s: jax.lax.scan(step, s, jax.random.split(KEY, steps))[0])(learner.init(KEY))


def log_likelihood(logits: jax.Array, target: jax.Array) -> float:
    rows = np.asarray(logits, np.float64)
    chance = rows - np.log(np.exp(rows).sum(1, keepdims=True))
    return float(chance[np.arange(len(rows)), np.asarray(target)].mean())


def layers(params: Any) -> dict[str, Any]:
    return jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), params)["params"]


def perceptron(part: Any, h: np.ndarray) -> np.ndarray:
    """Dense layers with rectifiers between them."""
    for i in range(len(part)):
        h = h @ part[f"Dense_{i}"]["kernel"] + part[f"Dense_{i}"]["bias"]
        h = h if i + 1 == len(part) else np.maximum(h, 0)
    return h


def one_hot(x: Any) -> np.ndarray:
    return np.eye(5)[np.asarray(x)].reshape(len(x), -1)


def shifted(learner: Any) -> Any:
    """Its first state with biases that aren't 0."""
    state = learner.init(KEY)
    return state._replace(params=jax.tree.map(lambda leaf: leaf + 0.1 * (leaf.ndim == 1), state.params))


def test_a_triple_is_read_in_order() -> None:
    learner = method("causal_mlp")
    state = shifted(learner)
    parts = layers(state.params)
    known = perceptron(parts["MLP_0"], one_hot(SEEN.x[:, :2]))
    expected = perceptron(parts["MLP_1"], np.concatenate([known, one_hot(SEEN.x)], axis=1))
    assert known.shape == (50, 16)
    np.testing.assert_allclose(learner.answer(state, SEEN.x), expected, rtol=1e-3, atol=1e-4)
    assert float(learner.loss(state.params, SEEN)) == pytest.approx(-log_likelihood(expected, SEEN.target), rel=1e-4)


def test_a_perceptron_by_hand() -> None:
    learner = method("direct_mlp")
    state = shifted(learner)
    expected = perceptron(layers(state.params), one_hot(SEEN.x))
    np.testing.assert_allclose(learner.answer(state, SEEN.x), expected, rtol=1e-3, atol=1e-4)
    assert float(learner.loss(state.params, SEEN)) == pytest.approx(-log_likelihood(expected, SEEN.target), rel=1e-4)


def test_a_chain_is_taught_the_true_middle_and_answers_by_its_own() -> None:
    learner = method("chain_of_thought")
    state = shifted(learner)
    parts = layers(state.params)
    first = perceptron(parts["MLP_0"], one_hot(SEEN.x))
    text = np.concatenate([one_hot(SEEN.x), one_hot(SEEN.middle)], axis=1)
    expected = -log_likelihood(first, SEEN.middle) - log_likelihood(perceptron(parts["MLP_1"], text), SEEN.target)
    assert float(learner.loss(state.params, SEEN)) == pytest.approx(expected, rel=1e-4)
    said = first.argmax(1)
    assert (said != np.asarray(SEEN.middle)).any()
    text = np.concatenate([one_hot(SEEN.x), one_hot(said)], axis=1)
    np.testing.assert_allclose(learner.answer(state, SEEN.x), perceptron(parts["MLP_1"], text), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("stem", NETWORKS)
def test_steps_are_adamws(stem: str) -> None:
    """By hand: a rate that grows from 0, a long memory of squares, and weights that shrink beside the step."""
    learner = method(stem, lr=0.02, decay=2.0)
    state = learner.init(KEY)
    slopes = jax.jit(jax.grad(learner.loss))
    update = jax.jit(learner.update)
    mean = jax.tree.map(lambda leaf: np.zeros(leaf.shape), state.params)
    square = mean
    for step in range(1, 5):
        slope = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), slopes(state.params, SEEN))
        mean = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, mean, slope)
        square = jax.tree.map(lambda v, g: 0.98 * v + 0.02 * g**2, square, slope)
        after = update(state, SEEN, KEY)
        leaves = map(jax.tree.leaves, (state.params, after.params, slope, mean, square))
        for p, got, g, m, v in zip(*leaves, strict=True):
            direction = m / (1 - 0.9**step) / (np.sqrt(v / (1 - 0.98**step)) + 1e-8)
            expected = np.asarray(p) - 0.02 * (step - 1) / 20 * (direction + 2.0 * np.asarray(p))
            steep = np.abs(g) > 1e-5
            np.testing.assert_allclose(np.asarray(got)[steep], expected[steep], rtol=1e-3, atol=1e-6)
        state = after


@pytest.mark.parametrize("stem", NETWORKS)
def test_networks_learn_what_they_see(stem: str) -> None:
    learner = method(stem, lr=0.03, decay=0.1)
    state = trained(learner, 300)
    assert float((learner.answer(state, SEEN.x).argmax(1) == SEEN.target).mean()) > 0.95


def test_coverage_answers_what_it_covers() -> None:
    """Where links are true, a covered triple is answered; the commonest answer stands where nothing is at hand."""
    learner = method("coverage_closure")
    state = learner.init(KEY)
    said = np.asarray(learner.answer(state, SEEN.x).argmax(1))
    both = jax.tree.map(lambda *leaves: jnp.concatenate(leaves), SEEN, NEW)
    marks = np.asarray(covered(both, (jnp.arange(125) < 50).astype(jnp.float32), 5, 2))
    votes = np.asarray(learner.answer(state, both.x))
    voted = votes.max(1) >= 1
    assert marks[:50].all() and (voted >= marks).all()
    assert (said == np.asarray(SEEN.target)).mean() > 0.9
    common = np.bincount(np.asarray(SEEN.target), minlength=5)
    assert (votes[~voted].argmax(1) == common.argmax()).all()
    np.testing.assert_array_equal(learner.follows((), both, (jnp.arange(125) < 50).astype(jnp.float32)), marks)


@pytest.mark.parametrize("evidence", [1, 3])
def test_classes_follow_the_evidence(evidence: int) -> None:
    """Votes are those of the fragment's class, by this evidence and no other."""
    learner = method("coverage_closure", evidence=evidence)
    state = learner.init(KEY)
    member = np.asarray(classes(links(SEEN, jnp.ones(50), 5, evidence)))
    other = np.asarray(classes(links(SEEN, jnp.ones(50), 5, 2)))
    assert (member != other).any()
    votes = np.asarray(learner.answer(state, NEW.x))
    own = member[np.asarray(SEEN.x[:, 0] * 5 + SEEN.x[:, 1])]
    for x, row in zip(np.asarray(NEW.x), votes, strict=True):
        with_it = (own == member[x[0] * 5 + x[1]]) & (np.asarray(SEEN.x[:, 2]) == x[2])
        expected = np.bincount(np.asarray(SEEN.target)[with_it], minlength=5)
        expected = expected + 1e-4 * np.bincount(np.asarray(SEEN.target), minlength=5)
        np.testing.assert_allclose(row, expected, rtol=1e-4)
    seen = jnp.where(jnp.arange(50) < 30, 1.0, 0.0)
    np.testing.assert_array_equal(learner.follows((), SEEN, seen), covered(SEEN, seen, 5, evidence))


def test_facts_by_loops() -> None:
    learner = method("fact_tables")
    state = learner.init(KEY)
    first = {
        (a, b): m for (a, b, _), m in zip(np.asarray(SEEN.x).tolist(), np.asarray(SEEN.middle).tolist(), strict=True)
    }
    second = {(m, c): t for (_, _, c), m, t in zip(*(np.asarray(leaf).tolist() for leaf in SEEN), strict=True)}
    both = jax.tree.map(lambda *leaves: jnp.concatenate(leaves), SEEN, NEW)
    said = np.asarray(learner.answer(state, both.x)).argmax(1)
    common = np.bincount(np.asarray(SEEN.target), minlength=5).argmax()
    known = []
    for (a, b, c), s in zip(np.asarray(both.x).tolist(), said.tolist(), strict=True):
        middle = first.get((a, b), -1)
        known.append((middle, c) in second)
        assert s == second.get((middle, c), common)
    follows = learner.follows((), both, (jnp.arange(125) < 50).astype(jnp.float32))
    np.testing.assert_array_equal(follows, known)
    assert 0.3 < np.mean(known) < 1


def test_votes_by_loops() -> None:
    learner = method("one_change_vote")
    votes = np.asarray(Learner(learner, learner.init(KEY)).answer(NEW.x))
    for x, row in zip(np.asarray(NEW.x), votes, strict=True):
        near = (np.asarray(SEEN.x) != x).sum(1) == 1
        expected = np.bincount(np.asarray(SEEN.target)[near], minlength=5)
        expected = expected + 1e-4 * np.bincount(np.asarray(SEEN.target), minlength=5)
        np.testing.assert_allclose(row, expected, rtol=1e-4)
    assert (np.asarray(learner.answer((), SEEN.x)).argmax(1) == np.asarray(SEEN.target)).all()


def test_votes_by_degrees() -> None:
    """A clash costs more than an agreement gives; a fragment that was never shared counts as one."""
    learner = method("graded_exchange")
    votes = np.asarray(Learner(learner, learner.init(KEY)).answer(NEW.x))
    seen: dict[tuple[int, int], dict[int, int]] = {}
    for (a, b, c), t in zip(np.asarray(SEEN.x).tolist(), np.asarray(SEEN.target).tolist(), strict=True):
        seen.setdefault((a, b), {})[c] = t
    for (a, b, c), row in zip(np.asarray(NEW.x).tolist(), votes, strict=True):
        own = seen.get((a, b), {})
        expected = np.zeros(5)
        for told in seen.values():
            same = sum(own[context] == told[context] for context in own.keys() & told.keys())
            other = len(own.keys() & told.keys()) - same
            if c in told:
                expected[told[c]] += np.exp(1.5 * same - 2.5 * other)
        np.testing.assert_allclose(row, expected, rtol=1e-4)


@pytest.mark.parametrize("stem", NETWORKS)
def test_the_rate_falls_to_nothing(stem: str) -> None:
    """The last of 300 updates is a sixtieth of one in the middle; those before the last fifth are whole."""
    learner = method(stem, lr=0.02, decay=5.0)
    state = learner.init(KEY)

    def moved(count: int) -> float:
        there = jax.tree.map(lambda leaf: jnp.full_like(leaf, count) if leaf.ndim == 0 else leaf, state.moments)
        after = learner.update(state._replace(moments=there), SEEN, KEY)
        pairs = zip(jax.tree.leaves(state.params), jax.tree.leaves(after.params), strict=True)
        return float(sum(jnp.abs(p - q).sum() for p, q in pairs))

    whole = moved(200)
    assert moved(240) == pytest.approx(whole, rel=0.01) and moved(299) == pytest.approx(whole / 60, rel=0.01)
