"""The worlds of pre_caching: what is asked, by hand, and their references."""

from typing import Any

import jax
import numpy as np
import pytest

from toybench.plugins import registry
from toybench.protocol import Learner

KEY = jax.random.key(3)


def task(stem: str, **fields: Any) -> Any:
    return registry.load("tasks", f"pre_caching/{stem}")(**fields)


def scores(made: Any, *references: str) -> list[dict[str, float]]:
    """What the named references get in one world."""

    def run(key: jax.Array) -> list[Any]:
        world = made.sample(key)
        return [made.evaluate(world, key, getattr(made, name)(world)) for name in references]

    return [{name: float(value) for name, value in found.items()} for found in jax.jit(run)(KEY)]


def test_sums_by_hand() -> None:
    """The sum has the terms before the token, not its own; a token that doesn't ask has its number."""
    made = task("delayed_function", window=3, length=9)
    text = jax.jit(lambda key: made.streams(key, 200))(KEY)
    x = np.asarray(text.x)
    for tokens, right in zip(x, np.asarray(text.y)[..., 0], strict=True):
        for t, (number, asked) in enumerate(tokens):
            terms = [np.sin(made.frequency * tokens[s, 0]) for s in range(max(0, t - 3), t)]
            assert right[t] == pytest.approx(sum(terms) if asked else number, abs=1e-5)
    assert set(np.unique(x[..., 1])) == {0.0, 1.0}
    np.testing.assert_allclose(x[..., 1].mean(), 0.3, atol=0.03)
    np.testing.assert_allclose([x[..., 0].mean(), x[..., 0].std()], [0, 1], atol=0.05)


def test_floor_and_oracle_of_sums() -> None:
    """Always 0: the variance of a sine of a normal number, as often as there are terms."""
    made = task("delayed_function")
    floor, oracle = scores(made, "floor", "oracle")
    variance = made.window * (1 - np.exp(-2 * made.frequency**2)) / 2
    assert floor["gated_mse"] == pytest.approx(variance, rel=0.1)
    assert floor["mse"] == pytest.approx(0.3 * variance, rel=0.15)
    assert abs(floor["precache_r2"]) < 1e-3
    assert oracle["gated_mse"] < 1e-10
    assert oracle["precache_r2"] > 0.999
    assert oracle["probe_r2"] > 0.999


def test_a_state_that_is_the_token_holds_nothing_beyond_it() -> None:
    """A probe of the number explains what a line explains of the sine: (b exp(-b^2 / 2))^2 of its variance."""
    made = task("delayed_function", frequency=1.0)

    class Same:
        def predict(self, state: Any, x: jax.Array) -> jax.Array:
            return x[..., :1]

        def hidden(self, state: Any, x: jax.Array) -> jax.Array:
            return x[..., :1]

    found = jax.jit(lambda key: made.evaluate(made.sample(key), key, Learner(Same(), ())))(KEY)  # type: ignore[arg-type]
    assert abs(float(found["precache_r2"])) < 0.01
    assert float(found["probe_r2"]) == pytest.approx(2 * np.exp(-1) / (1 - np.exp(-2)), abs=0.03)


def test_chains_follow_their_chances() -> None:
    made = task("markov_text", symbols=3)
    chain = jax.nn.softmax(jax.random.normal(KEY, (3, 3, 3)), axis=-1)
    symbol = np.asarray(jax.jit(lambda key: made.streams(chain, key, 4000))(KEY))
    counts = np.zeros((3, 3, 3))
    np.add.at(counts, (symbol[:, :-2], symbol[:, 1:-1], symbol[:, 2:]), 1)
    np.testing.assert_allclose(counts / counts.sum(-1, keepdims=True), chain, atol=0.02)
    np.testing.assert_allclose(np.bincount(symbol[:, :2].ravel()) / 8000, 1 / 3, atol=0.02)


def test_what_follows_is_what_comes_next() -> None:
    """A batch tells the symbols themselves, judging asks for their chances."""
    made = task("markov_text", symbols=4)
    world, batch = jax.jit(lambda key: made.draw(made.sample(key), key, None))(KEY)
    x = np.asarray(batch.x).argmax(-1)
    np.testing.assert_array_equal(np.asarray(batch.y).argmax(-1)[:, :-1], x[:, 1:])
    shown = np.asarray(world.test.x).argmax(-1)
    for t in range(1, made.length):
        rows = np.asarray(world.chain)[shown[:, t - 1], shown[:, t]]
        np.testing.assert_allclose(np.asarray(world.test.y)[:, t], rows, atol=1e-6)


def test_floor_and_oracle_of_chains() -> None:
    made = task("markov_text")
    floor, oracle = scores(made, "floor", "oracle")
    assert floor["excess_share"] == pytest.approx(1, abs=1e-5)
    assert oracle["excess_share"] == pytest.approx(0, abs=1e-5)
    assert 1.2 < oracle["nll"] < 1.6
    assert floor["nll"] > oracle["nll"] + 0.7
