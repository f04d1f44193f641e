"""Decoding against a loop that asks a table for one token at a time, and cross-entropy by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks import decode as decoding

SYMBOLS = 5


def scorer(table: jax.Array):
    """A causal law that depends on all tokens so far: a row of `table` [17, v] chosen by their weighted sum."""

    def score(tokens: jax.Array) -> jax.Array:
        weights = jnp.arange(1, tokens.shape[-1] + 1).reshape((1,) * (tokens.ndim - 1) + (-1,))
        return table[jnp.cumsum(tokens * weights, axis=-1) % len(table)]

    return score


def one_by_one(
    table: np.ndarray, text: np.ndarray, start: int, noise: np.ndarray | None, stop: int | None
) -> list[int]:
    found = [int(s) for s in text[:start]]
    for place in range(start, len(text)):
        total = sum((i + 1) * s for i, s in enumerate(found))
        logits = table[total % len(table)] / (1.0 if noise is None else 0.5)
        symbol = int(np.argmax(logits + (0 if noise is None else noise[place - start])))
        found.append(stop if stop is not None and place > start and found[-1] == stop else symbol)
    return found


@pytest.mark.parametrize("stop", [None, 2])
@pytest.mark.parametrize("sampled", [False, True])
def test_decoding_is_asking_for_one_token_after_the_other(sampled: bool, stop: int | None) -> None:
    keys = jax.random.split(jax.random.key(3), 3)
    table = jax.random.normal(keys[0], (17, SYMBOLS))
    texts = jax.random.randint(keys[1], (6, 9), 0, SYMBOLS)
    noise = jax.random.gumbel(keys[2], (6, 6, SYMBOLS)) if sampled else None
    found = decoding.decode(scorer(table), texts, 3, noise, 0.5, stop)
    for row in range(len(texts)):
        own = None if noise is None else np.asarray(noise[row])
        expected = one_by_one(np.asarray(table), np.asarray(texts[row]), 3, own, stop)
        assert found[row].tolist() == expected


def test_what_stands_behind_the_start_does_not_matter() -> None:
    table = jax.random.normal(jax.random.key(0), (17, SYMBOLS))
    texts = jnp.array([[1, 2, 0, 0, 0], [1, 2, 4, 3, 1]])
    first, second = decoding.decode(scorer(table), texts, 2)
    assert first.tolist() == second.tolist()


def test_a_prompt_that_ends_with_the_stop_is_answered() -> None:
    score = scorer(jnp.broadcast_to(jnp.array([[0.0, 1.0, 0.0, 0.0, 0.0]]), (17, SYMBOLS)))
    assert decoding.decode(score, jnp.array([2, 0, 0]), 1, stop=2).tolist() == [2, 1, 1]


def test_cross_entropy_by_hand() -> None:
    logits = jnp.log(jnp.array([[[0.5, 0.25, 0.25], [0.1, 0.8, 0.1]]]))
    nll = decoding.token_nll(logits, jnp.array([[0, 2]]))
    np.testing.assert_allclose(nll, [[np.log(2), np.log(10)]], rtol=1e-6)
    np.testing.assert_allclose(decoding.masked_mean(nll, jnp.array([[0, 1]])), np.log(10), rtol=1e-6)
    assert decoding.masked_mean(nll, jnp.zeros((1, 2), bool)) == 0
