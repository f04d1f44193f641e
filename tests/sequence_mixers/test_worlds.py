"""Streams: what the tokens say is what is asked, read off them by hand."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.plugins import registry
from toybench.protocol import Learner

KEY = jax.random.key(11)


def task(stem: str, **fields: Any) -> Any:
    return registry.load("tasks", f"sequence_mixers/{stem}")(**fields)


def fresh(made: Any, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Tokens, answers and where they are asked, of fresh streams."""
    streams = jax.jit(lambda key: made.streams(key, count, made.length))(KEY)
    return np.asarray(streams.x), np.asarray(streams.answer), np.asarray(streams.scored)


@pytest.mark.parametrize("rewrite", [False, True])
def test_a_segment_is_a_dictionary(rewrite: bool) -> None:
    """Every answer is what a dictionary says that is emptied at resets; the oracle reads the same off the tokens."""
    made = task("segment_recall", rewrite=rewrite)
    x, answer, scored = fresh(made, 40)
    exact = made.oracle(None).predict(jnp.asarray(x)).argmax(-1)
    changed = 0
    for tokens, answers, asked, known in zip(x, answer, scored, np.asarray(exact), strict=True):
        table: dict[int, int] = {}
        for token, right, query, said in zip(tokens, answers, asked, known, strict=True):
            kind, key, value = np.split(token, (3, 11))
            assert kind.sum() == 1
            if kind[2]:
                assert key.sum() == value.sum() == 0
                table = {}
            elif kind[0]:
                before = table.get(int(key.argmax()))
                changed += before is not None and before != value.argmax()
                table[int(key.argmax())] = int(value.argmax())
            else:
                assert query and value.sum() == 0
                assert right == said == table.get(int(key.argmax()), made.values)
            assert query == (kind[1] == 1)
    assert (changed > 0) == rewrite


def test_shares_of_a_segment() -> None:
    made = task("segment_recall")
    x, answer, scored = fresh(made, 2000)
    shares = x[..., :3].mean((0, 1))
    np.testing.assert_allclose(shares, [0.64, 0.3, 0.06], atol=0.01)
    values = np.bincount(answer[scored], minlength=9)
    assert 0.5 < values[8] / values.sum() < 0.6
    np.testing.assert_allclose(values[:8] / values[:8].sum(), 1 / 8, atol=0.02)


def test_floor_and_oracle_of_segments() -> None:
    made = task("segment_recall")

    def scores(key: jax.Array) -> Any:
        world = made.sample(key)
        return [made.evaluate(world, key, reference(world)) for reference in (made.floor, made.oracle)]

    floor, oracle = jax.jit(scores)(KEY)
    assert float(oracle["nll"]) < 1e-6
    assert float(oracle["long_accuracy"]) == 1
    assert 1.5 < float(floor["nll"]) < 1.75
    assert 1.75 < float(floor["long_nll"]) < 1.95


def test_pairs_are_written_once_each() -> None:
    made = task("many_pairs")
    streams = jax.jit(lambda key: made.streams(key, 50))(KEY)
    for tokens, answers, asked in zip(*map(np.asarray, streams), strict=True):
        kind, key, value = np.split(tokens, (2, 26), axis=1)
        written = kind[:, 0] == 1
        np.testing.assert_array_equal(written, ~asked)
        assert sorted(key[written].argmax(1)) == list(range(24))
        table = dict(zip(key[written].argmax(1), value[written].argmax(1), strict=True))
        assert value[asked].sum() == 0
        assert [table[k] for k in key[asked].argmax(1)] == answers[asked].tolist()
    assert len({tuple(row) for row in np.asarray(streams.answer)}) == 50


def test_labels_are_exchanged_half_way() -> None:
    made = task("rebound_labels")
    streams, kind = jax.jit(lambda key: made.streams(key, 300))(KEY)
    answer = np.asarray(streams.answer)
    asked = np.asarray(streams.scored)
    np.testing.assert_allclose(asked.mean(), 0.3, atol=0.02)
    x = np.asarray(streams.x)
    assert (x[..., 16:].sum(-1) == ~asked).all()
    assert (x[..., 16:].argmax(-1) == answer)[~asked].all()
    moved = 0
    for classes, labels in zip(np.asarray(kind), answer, strict=True):
        maps = [dict(zip(classes[half], labels[half], strict=True)) for half in (slice(0, 20), slice(20, 40))]
        for table, half in zip(maps, (slice(0, 20), slice(20, 40)), strict=True):
            assert [table[c] for c in classes[half]] == labels[half].tolist()
            assert len(set(table.values())) == len(table)
        moved += maps[0] != {c: maps[1].get(c, label) for c, label in maps[0].items()}
    assert moved > 280  # a permutation stays as it is once in 120
    points = x[..., :16]
    np.testing.assert_allclose((points**2).sum(-1).mean(), 2, atol=0.05)  # a prototype and noise, of mean square 1 each
    same = [points[b][np.asarray(kind)[b] == 0] for b in range(300)]
    spread = np.mean([((p - p.mean(0)) ** 2).sum() / (len(p) - 1) for p in same if len(p) > 1])
    np.testing.assert_allclose(spread, 1, atol=0.05)


def test_the_bound_of_rebound_labels() -> None:
    made = task("rebound_labels")

    def scores(key: jax.Array) -> Any:
        world = made.sample(key)
        return [made.evaluate(world, key, reference(world)) for reference in (made.floor, made.oracle)]

    floor, oracle = jax.jit(scores)(KEY)
    assert 0.96 < float(oracle["accuracy_after"]) < 1
    assert abs(float(floor["accuracy_after"]) - 0.2) < 0.06


def test_controls_are_exact_where_they_should_be() -> None:
    """The latest value of the same key is the answer where nothing is reset; the vote's limits are two tables."""
    for stem, fields in (("many_pairs", {}), ("segment_recall", {"reset": 0.0, "rewrite": True})):
        made = task(stem, **fields)
        control = registry.load("methods", "sequence_mixers/last_match")(spec=made.spec)
        score = jax.jit(lambda key, m=made, c=control: m.evaluate(m.sample(key), key, Learner(c, ())))(KEY)
        assert float(score["accuracy"]) == 1
    made = task("rebound_labels")
    streams, _ = jax.jit(lambda key: made.streams(key, 20))(KEY)
    vote = registry.load("methods", "sequence_mixers/decayed_vote")
    nearest = registry.load("methods", "sequence_mixers/last_match")(spec=made.spec).predict((), streams.x)
    told = np.asarray(streams.x[..., 16:])
    narrow = np.asarray(vote(spec=made.spec, decay=1.0, width=0.05).predict((), streams.x))
    sure = narrow.max(-1) > np.log(0.02)  # far from all others it has no vote to give
    np.testing.assert_array_equal(narrow.argmax(-1)[sure], np.asarray(nearest).argmax(-1)[sure])
    assert sure.mean() > 0.5
    newest = np.asarray(vote(spec=made.spec, decay=1e-3, width=100.0).predict((), streams.x))
    for b, t in np.ndindex(20, made.length):
        latest = [u for u in range(max(0, t - 1), t + 1) if told[b, u].any()]
        if latest:
            assert newest[b, t].argmax() == told[b, latest[-1]].argmax()
