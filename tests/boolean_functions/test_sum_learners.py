"""The network with one query, its curriculum, and elimination."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import special

from toybench.errors import UsageError
from toybench.methods.boolean_functions import _sums as sums
from toybench.methods.boolean_functions import modular_elimination
from toybench.plugins import registry
from toybench.tasks.boolean_functions import Strings, SumSpec

KEY = jax.random.key(13)
SPEC = SumSpec(positions=5, support=2, modulus=3)
RNG = np.random.default_rng(3)


def given() -> Strings:
    tokens = RNG.integers(0, 3, (12, 5)).astype(np.int32)
    easy = RNG.integers(0, 2, (12, 5)).astype(np.int32)
    return Strings(
        tokens=jnp.asarray(tokens),
        labels=jnp.asarray((tokens[:, 1] + tokens[:, 4]) % 3),
        easy=jnp.asarray(easy),
        easy_labels=jnp.asarray((easy[:, 1] + easy[:, 4]) % 2),
        other_labels=jnp.asarray((easy[:, 0] + easy[:, 2]) % 2),
    )


GIVEN = given()


def method(stem: str, steps: int = 8, **values: Any) -> Any:
    return registry.load("methods", f"boolean_functions/{stem}")(spec=SPEC, given=GIVEN, steps=steps, **values)


def test_scores_by_hand() -> None:
    params = sums.start(KEY, SPEC).params
    p = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), params)
    assert p.symbols.shape == (3, 32) and p.places.shape == (5, 32)
    attention, embedded = sums.attend(params, GIVEN.tokens)
    assert embedded.shape == (12, 5, 32)
    for i, string in enumerate(np.asarray(GIVEN.tokens)):
        e = np.array([p.symbols[s] + p.places[t] for t, s in enumerate(string)])
        e = e / (np.sqrt((e**2).mean(1, keepdims=True)) + 1e-5)
        a = np.exp(e @ p.query / 32**0.5)
        a = a / a.sum()
        np.testing.assert_allclose(attention[i], a, rtol=1e-4)
        v = a @ e @ p.values
        z = v / (np.sqrt((v**2).mean()) + 1e-5) @ p.first
        expected = p.symbols @ (v + z * special.ndtr(z) @ p.second)
        np.testing.assert_allclose(sums.scores(params, GIVEN.tokens[i : i + 1])[0], expected, rtol=2e-3, atol=2e-4)


def test_weights_start_as_they_should() -> None:
    params = sums.start(KEY, SPEC).params
    spreads = {name: float(np.std(leaf)) for name, leaf in params._asdict().items()}
    assert spreads["symbols"] == pytest.approx(1, rel=0.2)
    assert spreads["places"] == pytest.approx(1, rel=0.2)
    for name, fan_in in (("query", 32), ("values", 32), ("first", 32), ("second", 128)):
        assert spreads[name] == pytest.approx((3 * fan_in) ** -0.5, rel=0.3 if name == "query" else 0.08)


def test_a_step_is_adams_and_a_restart_forgets() -> None:
    """A first step, and one after a restart, is the rate times the sign of the gradient of the cross entropy."""
    state = sums.start(KEY, SPEC)
    step = jax.jit(lambda s, restart: sums.train_on(s, GIVEN.tokens, GIVEN.labels, 0.01, restart))

    def error(params: sums.Weights) -> jax.Array:
        scores = sums.scores(params, GIVEN.tokens)
        right = jnp.take_along_axis(scores, GIVEN.labels[:, None], axis=1)[:, 0]
        return (jax.scipy.special.logsumexp(scores, axis=1) - right).mean()

    slope = jax.jit(jax.grad(error))
    after = step(state, jnp.asarray(False))
    again = step(after, jnp.asarray(True))
    onward = step(after, jnp.asarray(False))
    for old, new in ((state, after), (after, again)):
        for g, a, b in zip(*map(jax.tree.leaves, (slope(old.params), old.params, new.params)), strict=True):
            large = np.abs(g) > 1e-4
            np.testing.assert_allclose((b - a)[large], -0.01 * np.sign(g)[large], rtol=5e-3, atol=1e-6)
    assert float(again.step) == 2
    assert any((a != b).any() for a, b in zip(*map(jax.tree.leaves, (again.params, onward.params)), strict=True))


def test_without_an_easy_part_both_are_one() -> None:
    ends = []
    for learner in (method("hard_only", lr=0.01, decay=0.0), method("easy_first", lr=0.01, share=0.0)):
        state = learner.init(KEY)
        update = jax.jit(learner.update)
        for step in range(3):
            state = update(state, (), jax.random.fold_in(KEY, step))
        ends.append(state)
        np.testing.assert_array_equal(learner.scores(state, GIVEN.tokens), sums.scores(state.params, GIVEN.tokens))
        np.testing.assert_array_equal(
            learner.attention(state, GIVEN.tokens), sums.attend(state.params, GIVEN.tokens)[0]
        )
    for a, b in zip(*map(jax.tree.leaves, (end.params for end in ends)), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("support", ["same", "other"])
def test_what_is_trained_on_and_when(support: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple] = []

    def record(state: Any, tokens: jax.Array, labels: jax.Array, lr: Any, restart: jax.Array) -> Any:
        seen.append((np.asarray(tokens), np.asarray(labels), bool(restart)))
        return state._replace(step=state.step + 1)

    learner = method("easy_first", steps=8, share=0.4, support=support)
    state = learner.init(KEY)
    monkeypatch.setattr(sums, "train_on", record)
    rows = np.asarray(sums.batch_rows(KEY, 12))
    assert rows.shape == (64,) and set(rows) == set(range(12))
    for _ in range(6):
        state = learner.update(state, (), KEY)
    easy = GIVEN.easy_labels if support == "same" else GIVEN.other_labels
    for step, (tokens, labels, restart) in enumerate(seen):  # 3 of 8 steps are easy, as 0.4 of 8 is 3.2
        np.testing.assert_array_equal(tokens, np.asarray(GIVEN.easy if step < 3 else GIVEN.tokens)[rows])
        np.testing.assert_array_equal(labels, np.asarray(easy if step < 3 else GIVEN.labels)[rows])
        assert restart == (step == 3)


def test_weight_decay_shrinks_before_the_step(monkeypatch: pytest.MonkeyPatch) -> None:
    learner = method("hard_only", lr=0.1, decay=2.0)
    state = learner.init(KEY)
    kept: list[Any] = []
    monkeypatch.setattr(sums, "train_on", lambda s, tokens, labels, lr, restart: kept.append((s, restart)) or s)
    learner.update(state, (), KEY)
    for old, new in zip(jax.tree.leaves(state.params), jax.tree.leaves(kept[0][0].params), strict=True):
        np.testing.assert_allclose(new, 0.8 * old, rtol=1e-6)
    assert not kept[0][1]


@pytest.mark.parametrize("prime", [2, 3, 7])
def test_elimination_solves_modulo_a_prime(prime: int) -> None:
    matrix = RNG.integers(0, prime, (20, 6))
    coefficients = RNG.integers(0, prime, 6)
    found = modular_elimination.solve_modular(matrix, matrix @ coefficients % prime, prime)
    np.testing.assert_array_equal(found, coefficients)
    short = matrix[:3]  # too few equations: any solution will do
    found = modular_elimination.solve_modular(short, short @ coefficients % prime, prime)
    np.testing.assert_array_equal(short @ found % prime, short @ coefficients % prime)


def test_elimination_answers() -> None:
    learner = method("modular_elimination")
    state = learner.init(KEY)
    np.testing.assert_array_equal(state.coefficients, [0, 1, 0, 0, 1])
    fresh = RNG.integers(0, 3, (6, 5))
    np.testing.assert_array_equal(learner.scores(state, fresh).argmax(1), (fresh[:, 1] + fresh[:, 4]) % 3)
    np.testing.assert_array_equal(learner.attention(state, fresh), np.tile([0, 0.5, 0, 0, 0.5], (6, 1)))


def test_a_misspelled_knob_is_named() -> None:
    with pytest.raises(UsageError, match="support is 'pari'; use one of"):
        method("easy_first", support="pari").init(KEY)
