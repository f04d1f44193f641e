"""Classes of fragments, coverage, triples and what is counted, by loops and by hand."""

import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.plugins import registry
from toybench.tasks.symbolic_reasoning import Triples, all_triples, classes, covered, fragments, links

KEY = jax.random.key(6)


def task(stem: str, **values: Any) -> Any:
    return registry.load("tasks", f"symbolic_reasoning/{stem}")(**values)


def random_triples(seed: int, symbols: int) -> Triples:
    rng = np.random.default_rng(seed)
    shapes = {"first": (symbols, symbols), "second": (symbols, symbols), "order": (symbols**3,)}
    drawn = {name: jnp.asarray(rng.random(shape), jnp.float32) for name, shape in shapes.items()}
    return all_triples(drawn, symbols)


Pair = tuple[int, int]


def united(x: np.ndarray, target: np.ndarray, symbols: int, evidence: int = 2) -> dict[Pair, Pair]:
    """The least member of each fragment's class, by uniting one pair after another."""
    behaviour: dict[Pair, dict[int, int]] = {}
    for (a, b, c), t in zip(x.tolist(), target.tolist(), strict=True):
        behaviour.setdefault((a, b), {})[c] = t
    leader = {pair: pair for pair in itertools.product(range(symbols), repeat=2)}
    for one, two in itertools.combinations(sorted(behaviour), 2):
        shared = set(behaviour[one]) & set(behaviour[two])
        agree = [behaviour[one][c] == behaviour[two][c] for c in shared]
        if all(agree) and len(agree) >= evidence:
            low, high = sorted((leader[one], leader[two]))
            leader = {pair: low if boss == high else boss for pair, boss in leader.items()}
    return leader


def test_all_triples_are_there_once_with_their_answers() -> None:
    triples = random_triples(0, 5)
    assert len({tuple(row) for row in np.asarray(triples.x).tolist()}) == 125
    assert (np.asarray(triples.x[:-1]) != np.asarray(triples.x[1:])).any(1).all()
    first: dict[tuple[int, int], int] = {}
    second: dict[tuple[int, int], int] = {}
    for (a, b, c), m, t in zip(*(np.asarray(leaf).tolist() for leaf in triples), strict=True):
        assert first.setdefault((a, b), m) == m and second.setdefault((m, c), t) == t
    assert set(first.values()) == set(range(5)) and len(set(second.values())) > 3


@pytest.mark.parametrize(("share", "evidence"), [(0.3, 2), (0.5, 2), (0.3, 1), (0.5, 3)])
def test_classes_and_coverage_by_uniting(share: float, evidence: int) -> None:
    for seed in range(3):
        triples = random_triples(seed, 6)
        count = int(share * 216)
        seen = (jnp.arange(216) < count).astype(jnp.float32)
        x = np.asarray(triples.x)
        target = np.asarray(triples.target)
        leader = united(x[:count], target[:count], 6, evidence)
        got = np.asarray(classes(links(triples, seen, 6, evidence)))
        for (a, b), (c, d) in leader.items():
            assert got[a * 6 + b] == c * 6 + d
        told = {(leader[a, b], c, t) for (a, b, c), t in zip(x[:count].tolist(), target[:count].tolist(), strict=True)}
        expected = [(leader[a, b], c, t) in told for (a, b, c), t in zip(x.tolist(), target.tolist(), strict=True)]
        np.testing.assert_array_equal(covered(triples, seen, 6, evidence), expected)
        assert all(expected[:count])


def test_a_long_chain_of_links_is_one_class() -> None:
    """Fragment i shares two contexts with fragment i + 1 alone."""
    length = 24
    rows = [(i, c, 0) for i in range(length) for c in range(2 * i, 2 * i + 4)]
    x = jnp.asarray([(i // 50, i % 50, c) for i, c, _ in rows], jnp.int32)
    zero = jnp.zeros(len(rows), jnp.int32)
    label = classes(links(Triples(x=x, middle=zero, target=zero), jnp.ones(len(rows)), 50, 2))
    assert (np.asarray(label)[:length] == 0).all() and int(label[length]) == length
    np.testing.assert_array_equal(fragments(x, 50), [i for i, _, _ in rows])


def test_rounds_are_enough_for_the_largest_alphabet() -> None:
    """Linked fragments have one label, wherever classes begin to grow together."""
    triples = jax.jit(lambda key: task("coverage_growth", symbols=24).sample(key).triples)(KEY)
    for count in (1000, 1800, 2700):
        linked = np.asarray(links(triples, (jnp.arange(24**3) < count).astype(jnp.float32), 24, 2))
        label = np.asarray(classes(jnp.asarray(linked)))
        one, two = np.nonzero(linked)
        assert (label[one] == label[two]).all() and (label <= np.arange(24**2)).all()


def test_new_triples_are_new_and_marked() -> None:
    problem = task("two_hop")
    world = jax.jit(problem.sample)(KEY)
    train = {tuple(row) for row in np.asarray(world.train.x).tolist()}
    test = {tuple(row) for row in np.asarray(world.test.x).tolist()}
    assert (len(train), len(test), len(train | test)) == (205, 307, 512)
    leader = united(np.asarray(world.train.x), np.asarray(world.train.target), 8)
    rows = zip(np.asarray(world.train.x).tolist(), np.asarray(world.train.target).tolist(), strict=True)
    told = {(leader[a, b], c, t) for (a, b, c), t in rows}
    new = zip(np.asarray(world.test.x).tolist(), np.asarray(world.test.target).tolist(), strict=True)
    np.testing.assert_array_equal(world.covered, [(leader[a, b], c, t) in told for (a, b, c), t in new])
    assert 0 < int(world.well.sum()) < int(world.covered.sum()) and not bool((world.well & ~world.covered).any())
    _, batch = problem.draw(world, KEY, None)
    np.testing.assert_array_equal(batch.x, world.train.x)


class Marked:
    """Right on covered triples, and on training ones."""

    def __init__(self, world: Any, right: jax.Array):
        self.world = world
        self.right = right

    def answer(self, x: jax.Array) -> jax.Array:
        if len(x) == 205:
            return jax.nn.one_hot(self.world.train.target, 8)
        target = self.world.test.target
        return jax.nn.one_hot(jnp.where(self.right, target, (target + 1) % 8), 8)


def test_what_is_counted() -> None:
    problem = task("two_hop")
    world = jax.jit(problem.sample)(KEY)
    inside = float(world.covered.mean())
    got = problem.evaluate(world, KEY, Marked(world, world.covered))
    assert float(got["accuracy"]) == pytest.approx(inside) == float(got["coverage"])
    assert [float(got[k]) for k in ("covered_accuracy", "uncovered_accuracy", "coverage_gap")] == pytest.approx(
        [1, 0, 1]
    )
    assert float(got["train_accuracy"]) == pytest.approx(1)
    assert float(got["evidence_gain"]) == pytest.approx(0)
    better = problem.evaluate(world, KEY, Marked(world, world.well))
    assert float(better["evidence_gain"]) == pytest.approx(1)
    assert float(better["covered_accuracy"]) == pytest.approx(float(world.well.sum() / world.covered.sum()))
    none = problem.evaluate(world._replace(well=world.covered & False), KEY, Marked(world, world.well))
    assert float(none["evidence_gain"]) == 0
    best = problem.evaluate(world, KEY, problem.oracle(world))
    assert [float(best[k]) for k in ("accuracy", "covered_accuracy", "uncovered_accuracy")] == pytest.approx([1, 1, 1])
    common = np.bincount(np.asarray(world.train.target)).argmax()
    least = problem.evaluate(world, KEY, problem.floor(world))
    assert float(least["accuracy"]) == pytest.approx((np.asarray(world.test.target) == common).mean())


def test_the_least_number_that_is_enough() -> None:
    problem = task("coverage_growth", symbols=4)
    world = jax.jit(problem.sample)(KEY)

    class Late:
        """Knows triples from the 34th on, so that 30 of 33 unseen ones are enough, and 30 of 34 are not."""

        def follows(self, triples: Triples, seen: jax.Array) -> jax.Array:
            return jnp.arange(len(seen)) >= 34

    got = problem.evaluate(world, KEY, Late())
    assert float(got["size_needed"]) == 31 and float(got["share_needed"]) == 31 / 64
    assert float(problem.evaluate(world, KEY, problem.floor(world))["size_needed"]) == 64
    assert float(problem.evaluate(world, KEY, problem.oracle(world))["size_needed"]) == 1
