"""Expressions by recursion, trees by enumeration, and what padding must not change."""

import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.tree_composition import _cell as cell
from toybench.methods.tree_composition import beam_tree_cell, gumbel_tree_cell
from toybench.plugins import registry
from toybench.protocol import Learner
from toybench.tasks.tree_composition import Expressions, TreeSpec
from toybench.tasks.tree_composition.listops import (
    CLOSE,
    DIGITS,
    LONG,
    PAD,
    SHORT,
    evaluate,
    kinds,
    merges,
    shapes,
)

KEY = jax.random.key(8)
SPEC = TreeSpec(symbols=PAD + 1, values=DIGITS)
METHODS = ("beam_tree_cell", "gumbel_tree_cell", "gold_tree_cell", "balanced_tree_cell", "chain_cell", "gru")


def task() -> Any:
    return registry.load("tasks", "tree_composition/listops")()


def method(stem: str, **values: Any) -> Any:
    return registry.load("methods", f"tree_composition/{stem}")(spec=SPEC, steps=100, **values)


@pytest.fixture(scope="module")
def world() -> Any:
    return jax.jit(task().sample)(KEY)


def parsed(tokens: list[int]) -> Any:
    """An expression as nested lists, its operator first."""
    first = tokens.pop(0)
    if first < DIGITS:
        return first
    arguments = []
    while tokens[0] != CLOSE:
        arguments.append(parsed(tokens))
    tokens.pop(0)
    return [first, *arguments]


def by_recursion(tree: Any) -> int:
    if isinstance(tree, int):
        return tree
    values = [by_recursion(argument) for argument in tree[1:]]
    return (max(values), min(values), values[0])[tree[0] - DIGITS]


@pytest.mark.parametrize("name", ["train", "longer", "wider"])
def test_values_by_recursion(world: Any, name: str) -> None:
    asked = getattr(world, name)
    for row, length, value in zip(*map(np.asarray, (asked.tokens, asked.lengths, asked.value)), strict=True):
        left = row[:length].tolist()
        tree = parsed(left)
        assert left == [] and (row[length:] == PAD).all()
        assert by_recursion(tree) == value
        if name == "wider":
            assert len(tree) == 6
    assert len(set(np.asarray(asked.lengths).tolist())) == {"train": 4, "longer": 1, "wider": 1}[name]


def test_all_shapes() -> None:
    """As many as sequences of tokens that parse, counted by trying them."""

    def parses(sequence: tuple[int, ...]) -> bool:
        try:
            left = list(sequence)
            tree = parsed(left)
        except IndexError:
            return False
        sizes = [len(t) - 1 for t in _lists(tree)]
        return not left and all(size in (2, 3) for size in sizes)

    for length in (1, 4, 5, 6, 7, 8):
        found = [s for s in itertools.product((0, DIGITS, CLOSE), repeat=length) if s[0] != CLOSE and parses(s)]
        assert len(found) == len(shapes(length)) == len(set(shapes(length)))
    assert len(shapes(LONG)) == 26 and all(len(kinds(s)) == LONG for s in shapes(LONG))


def _lists(tree: Any) -> list[Any]:
    return [] if isinstance(tree, int) else [tree, *(t for argument in tree[1:] for t in _lists(argument))]


def test_merges_make_every_list_from_the_left() -> None:
    shape = ((), ((), ()), ())
    items: list[Any] = list("(a(bc)d)")
    for place in merges(shape):
        items[place : place + 2] = [(items[place], items[place + 1])]
    inner = ((("(", "b"), "c"), ")")
    assert items == [(((("(", "a"), inner), "d"), ")")]


def test_references(world: Any) -> None:
    t = task()
    low, high = (jax.jit(lambda w, r=r: t.evaluate(w, KEY, r(w)))(world) for r in (t.floor, t.oracle))
    assert {k: float(v) for k, v in high.items() if k != "arguments_drop"} == {
        "accuracy": 1.0,
        "longer_accuracy": 1.0,
        "arguments_accuracy": 1.0,
    }
    assert 0.2 < float(low["longer_accuracy"]) < 0.45


def test_batches_come_from_the_training_set(world: Any) -> None:
    _, batch = task().draw(world, KEY, None)
    np.testing.assert_array_equal(evaluate(batch.tokens), batch.value)
    every = {tuple(row) for row in np.asarray(world.train.tokens).tolist()}
    assert all(tuple(row) in every for row in np.asarray(batch.tokens).tolist())


def test_an_item_is_merged() -> None:
    items = jnp.arange(5.0)[:, None]
    np.testing.assert_array_equal(cell.merged(items, jnp.int32(1), jnp.array([9.0]))[:4, 0], [0, 9, 3, 4])
    np.testing.assert_array_equal(cell.merged(items, jnp.int32(3), jnp.array([9.0]))[:4, 0], [0, 1, 2, 9])


def bound_parts() -> tuple[cell.Parts, Any]:
    state = jax.jit(method("gold_tree_cell").init)(KEY)
    return cell.parts(SPEC).bind(state.params), state.params


def test_enough_beams_are_all_trees() -> None:
    """The mean root over all orders of merges, by enumeration."""
    bound, _ = bound_parts()
    tokens = jnp.array([5, 3, 1, 8], jnp.int32)
    weights = []
    roots = []
    for order in itertools.product(range(3), range(2), range(1)):
        items = list(bound.leaves(tokens))
        log_chance = 0.0
        for place in order:
            parents = [bound.compose(a, b) for a, b in itertools.pairwise(items)]
            scores = jnp.stack([bound.score(parent) for parent in parents])
            log_chance += float(jax.nn.log_softmax(scores)[place])
            items[place : place + 2] = [parents[place]]
        weights.append(np.exp(log_chance))
        roots.append(np.asarray(items[0]))
    assert sum(weights) == pytest.approx(1, abs=1e-5)
    padded = jnp.concatenate([tokens, jnp.full(2, PAD, jnp.int32)])
    found, total = beam_tree_cell.grow(bound, padded, jnp.int32(4), jnp.zeros((5, 6, 5)))
    np.testing.assert_allclose(np.sort(np.exp(total)), np.sort(weights), rtol=1e-4)
    expected = (np.array(weights)[:, None] * np.array(roots)).sum(0)
    np.testing.assert_allclose((jax.nn.softmax(total)[:, None] * found).sum(0), expected, atol=1e-4)


def test_one_beam_is_the_greedy_tree() -> None:
    bound, _ = bound_parts()
    tokens = jnp.array([5, 3, 6, 1, 2, 8, 4, 8], jnp.int32)
    beam, total = beam_tree_cell.grow(bound, tokens, jnp.int32(8), jnp.zeros((7, 1, 7)))
    greedy = gumbel_tree_cell.grow(bound, tokens, jnp.int32(8), jnp.zeros((7, 7)))
    np.testing.assert_allclose(beam[0], greedy, atol=1e-5)
    assert float(total[0]) < 0


def test_more_beams_find_likelier_orders_of_merges() -> None:
    bound, _ = bound_parts()
    tokens = jnp.array([5, 3, 6, 1, 2, 8, 4, 8], jnp.int32)
    few = [beam_tree_cell.grow(bound, tokens, jnp.int32(8), jnp.zeros((7, k, 7)))[1] for k in (1, 2, 64)]
    assert float(few[1][0]) >= float(few[1][1])
    assert float(few[0][0]) <= float(few[1].max()) + 1e-6 <= float(few[2].max()) + 2e-6


@pytest.mark.parametrize("stem", METHODS)
def test_padding_changes_nothing(world: Any, stem: str) -> None:
    learner = method(stem)
    state = jax.jit(learner.init)(KEY)
    few = jax.tree.map(lambda rows: rows[:24], world.alike)
    more = few._replace(
        tokens=jnp.pad(few.tokens, ((0, 0), (0, LONG - SHORT)), constant_values=PAD),
        merges=jnp.pad(few.merges, ((0, 0), (0, LONG - SHORT))),
    )
    values = jax.jit(learner.values)
    np.testing.assert_allclose(values(state, few), values(state, more), atol=1e-4)
    assert len(set(np.asarray(few.lengths).tolist())) > 2


@pytest.mark.parametrize("stem", [m for m in METHODS if m != "gold_tree_cell"])
def test_learners_see_tokens_alone(world: Any, stem: str) -> None:
    learner = method(stem)
    state = jax.jit(learner.init)(KEY)
    few = jax.tree.map(lambda rows: rows[:8], world.alike)
    blind = few._replace(merges=jnp.zeros_like(few.merges), value=jnp.zeros_like(few.value))
    np.testing.assert_array_equal(learner.values(state, few), learner.values(state, blind))


def test_the_given_tree_by_recursion() -> None:
    bound, params = bound_parts()
    tokens = [5, 3, 6, 1, 2, 8, 4, 8]
    asked = Expressions(
        tokens=jnp.array([tokens], jnp.int32),
        lengths=jnp.array([8], jnp.int32),
        merges=jnp.array([merges(((), ((), ()), ()))], jnp.int32),
        value=jnp.zeros(1, jnp.int32),
    )
    leaf = dict(enumerate(bound.leaves(jnp.array(tokens))))
    inner = bound.compose(bound.compose(bound.compose(leaf[2], leaf[3]), leaf[4]), leaf[5])
    root = bound.compose(bound.compose(leaf[0], leaf[1]), inner)
    root = bound.compose(bound.compose(root, leaf[6]), leaf[7])
    np.testing.assert_allclose(method("gold_tree_cell").logits(params, asked)[0], bound.answer(root), atol=1e-4)


def test_a_chain_is_the_tree_that_leans_left(world: Any) -> None:
    _, params = bound_parts()
    few = jax.tree.map(lambda rows: rows[:8], world.alike)
    left = few._replace(merges=jnp.zeros_like(few.merges))
    chain = method("chain_cell").logits(params, few)
    np.testing.assert_allclose(chain, method("gold_tree_cell").logits(params, left), atol=1e-4)


def test_a_balanced_tree_by_hand() -> None:
    bound, params = bound_parts()
    tokens = [5, 3, 1, 2, 8, PAD, PAD, PAD]
    asked = Expressions(
        tokens=jnp.array([tokens], jnp.int32),
        lengths=jnp.array([5], jnp.int32),
        merges=jnp.zeros((1, 7), jnp.int32),
        value=jnp.zeros(1, jnp.int32),
    )
    leaf = bound.leaves(jnp.array(tokens))
    left = bound.compose(bound.compose(leaf[0], leaf[1]), bound.compose(leaf[2], leaf[3]))
    root = bound.compose(left, leaf[4])
    np.testing.assert_allclose(method("balanced_tree_cell").logits(params, asked)[0], bound.answer(root), atol=1e-4)


@pytest.mark.parametrize("stem", METHODS)
def test_losses_fall(world: Any, stem: str) -> None:
    learner = method(stem, lr=0.01)
    batch = jax.tree.map(lambda rows: rows[:32], world.train)

    def loss(state: Any) -> jax.Array:
        rows = jax.nn.log_softmax(Learner(learner, state).values(batch))
        return -jnp.take_along_axis(rows, batch.value[:, None], axis=1).mean()

    def step(state: Any, key: jax.Array) -> tuple[Any, None]:
        return learner.update(state, batch, key), None

    state = jax.jit(learner.init)(KEY)
    after, _ = jax.jit(lambda s: jax.lax.scan(step, s, jax.random.split(KEY, 60)))(state)
    assert float(jax.jit(loss)(after)) < 0.75 * float(jax.jit(loss)(state))


def test_the_choice_is_learned_through_its_score(world: Any) -> None:
    """Two beams have a gradient for what decides; one has none but straight through."""
    batch = jax.tree.map(lambda rows: rows[:8], world.train)
    sizes = []
    for stem, values in (("beam_tree_cell", {"beams": 2}), ("beam_tree_cell", {"beams": 1}), ("gumbel_tree_cell", {})):
        learner = method(stem, **values)
        params = jax.jit(learner.init)(KEY).params
        shape = (8, 7, values["beams"], 7) if values else (8, 7, 7)

        def total(params: Any, learner: Any = learner, shape: Any = shape) -> jax.Array:
            return jax.nn.log_softmax(learner.logits(params, batch, jnp.zeros(shape)))[:, 0].sum()

        sizes.append(float(jnp.abs(jax.jit(jax.grad(total))(params)["params"]["decide"]["kernel"]).max()))
    assert sizes[0] > 1e-6 and sizes[1] == 0 and sizes[2] > 1e-6
