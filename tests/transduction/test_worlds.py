"""Both worlds by their laws, counted one text at a time."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import entr

from toybench.errors import UsageError
from toybench.tasks.transduction import Pairs, minibatch
from toybench.tasks.transduction.rewritten_reversal import LENGTH, SYMBOLS, RewrittenReversal
from toybench.tasks.transduction.two_symbols import A, B, TwoSymbols, exchange

KEY = jax.random.key(0)
NOISY = TwoSymbols(rule="more_often", length=12, train=128, flip=0.1)
QUESTIONS = [TwoSymbols(), TwoSymbols(rule="more_often"), NOISY]


def yes(rule: str, text: list[int]) -> int:
    """The right answer, by counting."""
    if rule == "which_first":
        return int(text.index(A) < text.index(B))
    return int(text.count(A) > text.count(B))


def test_a_target_is_the_source_backwards_through_the_table() -> None:
    task = RewrittenReversal()
    world = task.sample(KEY)
    table = np.asarray(world.table)
    assert table.shape == (SYMBOLS, SYMBOLS + 1) and set(table.ravel()) <= set(range(SYMBOLS))
    _, batch = task.draw(world, jax.random.key(1), None)
    for pairs in (world.test, batch):
        for source, target in zip(np.asarray(pairs.source), np.asarray(pairs.target), strict=True):
            before = [SYMBOLS, *source[:-1]]
            expected = [table[x, y] for x, y in zip(source, before, strict=True)]
            np.testing.assert_array_equal(target, expected[::-1])
    counts = np.bincount(np.asarray(world.test.source).ravel(), minlength=SYMBOLS)
    assert counts.min() > 0.7 * 128 * LENGTH / SYMBOLS


@pytest.mark.parametrize("task", QUESTIONS)
def test_answers_are_right_but_for_the_stated_share_of_training(task: TwoSymbols) -> None:
    world = task.sample(KEY)
    for pairs, wrong in ((world.test, 0.0), (world.train, task.flip)):
        texts = np.asarray(pairs.source).tolist()
        right = [yes(task.rule, text) for text in texts]
        share = np.mean(np.asarray(pairs.target)[:, 0] != right)
        assert share == pytest.approx(wrong, abs=0.06 if wrong else 0)
        for text in texts:
            ones = text.count(A), text.count(B)
            assert ones == (1, 1) if task.rule == "which_first" else ones[0] != ones[1]
        assert set(np.unique(texts)) == {0, 1, 2, 3}


@pytest.mark.parametrize("task", QUESTIONS)
def test_the_test_holds_each_text_with_its_exchange(task: TwoSymbols) -> None:
    world = task.sample(KEY)
    half = len(world.test.source) // 2
    np.testing.assert_array_equal(exchange(world.test.source[:half]), world.test.source[half:])
    np.testing.assert_array_equal(1 - world.test.target[:half], world.test.target[half:])
    np.testing.assert_array_equal(jnp.sort(world.shuffled, axis=1), jnp.sort(world.test.source, axis=1))
    assert float((world.shuffled != world.test.source).mean()) > 0.3


def test_places_of_the_two_symbols_are_uniform() -> None:
    source = np.asarray(TwoSymbols(train=4096).sample(KEY).train.source)
    for symbol in (A, B):
        places = np.bincount((source == symbol).argmax(1), minlength=8)
        assert places.min() > 430 and places.max() < 600  # 512 each, standard deviation 21


@pytest.mark.parametrize("task", [RewrittenReversal(), *QUESTIONS])
def test_references_stand_where_they_should(task: Any) -> None:
    world = task.sample(KEY)
    floor, best = (task.evaluate(world, KEY, reference(world)) for reference in (task.floor, task.oracle))
    assert float(floor["test_nll"]) == pytest.approx(np.log(task.spec.target_symbols), rel=1e-5)
    flip = getattr(task, "flip", 0.0)
    assert float(best["test_nll"]) == pytest.approx(entr(flip) + entr(1 - flip), abs=1e-6)
    name = "token_accuracy" if "token_accuracy" in best else "accuracy"
    assert float(best[name]) == 1.0 and float(floor[name]) < 0.55
    if name == "accuracy":
        assert float(floor["shuffle_change"]) == 0.0
    else:
        assert float(best["exact_match"]) == 1.0 and float(floor["exact_match"]) < 0.02


def test_a_fixed_set_is_what_batches_come_from() -> None:
    pairs = Pairs(
        source=jnp.arange(40, dtype=jnp.int32)[:, None], target=100 + jnp.arange(40, dtype=jnp.int32)[:, None]
    )
    drawn = minibatch(pairs, KEY, 400)
    np.testing.assert_array_equal(drawn.target, drawn.source + 100)
    assert set(np.asarray(drawn.source)[:, 0]) == set(range(40))
    world = NOISY.sample(KEY)
    _, batch = NOISY.draw(world, KEY, None)
    known = {tuple(text) for text in np.asarray(world.train.source).tolist()}
    assert all(tuple(text) in known for text in np.asarray(batch.source).tolist())


def test_a_misspelled_rule_is_named() -> None:
    with pytest.raises(UsageError, match="no rule 'first'; use which_first or more_often"):
        _ = TwoSymbols(rule="first").spec
