"""What follows by truth tables, what rewriting must not change, and that only chains tell candidates apart."""

import itertools
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks.random import uniforms
from toybench.methods.rule_inference import _reader as reading
from toybench.plugins import registry
from toybench.protocol import Learner
from toybench.tasks.rule_inference import Items, RuleSpec, contrapositive, edges, follows
from toybench.tasks.rule_inference.implication_rules import CANDIDATES, RULES, SYMBOLS, TEST, TRAIN, contents

KEY = jax.random.key(6)
SPEC = RuleSpec(symbols=SYMBOLS, rules=RULES, candidates=CANDIDATES)
METHODS = (
    "rule_transformer",
    "equivalent_extension",
    "symbol_renaming",
    "renamed_extension",
    "both_forms",
    "second_attention",
    "path_reasoner",
)
SETS = {"train": {1, 2}, "direct": {1}, "chained": {2}, "longer": {3}}


def task() -> Any:
    return registry.load("tasks", "rule_inference/implication_rules")()


def method(stem: str, **values: Any) -> Any:
    return registry.load("methods", f"rule_inference/{stem}")(spec=SPEC, steps=200, **values)


@pytest.fixture(scope="module")
def world() -> Any:
    return jax.jit(task().sample)(KEY)


def few(items: Items, count: int = 12) -> Items:
    return jax.tree.map(lambda rows: rows[:count], items)


def last(items: Items, count: int) -> Items:
    return jax.tree.map(lambda rows: rows[-count:], items)


def holds(rule: np.ndarray, truth: tuple[bool, ...]) -> bool:
    """Whether an implication is true where symbols are true or not."""
    values = [truth[literal // 2] ^ bool(literal % 2) for literal in rule.tolist()]
    return not values[0] or values[1]


@pytest.mark.parametrize("name", SETS)
def test_the_right_candidate_is_true_in_every_model(world: Any, name: str) -> None:
    asked = last(getattr(world, name), 8)
    for rules, candidates, answer in zip(*map(np.asarray, asked), strict=True):
        every = itertools.product((False, True), repeat=SYMBOLS)
        models = [truth for truth in every if all(holds(rule, truth) for rule in rules)]
        assert all(holds(candidates[answer], truth) for truth in models)


@pytest.mark.parametrize("name", SETS)
def test_one_candidate_follows_in_every_item(world: Any, name: str) -> None:
    items = getattr(world, name)
    assert len(items.answer) == (TRAIN if name == "train" else TEST)
    found = jax.vmap(lambda r, c: follows(r, c, SYMBOLS))(items.rules, items.candidates)
    np.testing.assert_array_equal(found, jax.nn.one_hot(items.answer, CANDIDATES, dtype=bool))


def about(rules: np.ndarray, candidates: np.ndarray) -> frozenset:
    """Those rules that have an asked symbol, whatever their form."""
    asked = set((candidates[0] // 2).tolist())
    pairs = [tuple(rule) for rule in rules.tolist() if asked & {rule[0] // 2, rule[1] // 2}]
    return frozenset(frozenset(((a, b), (b ^ 1, a ^ 1))) for a, b in pairs)


def test_tests_have_no_training_item_in_another_form(world: Any) -> None:
    def every(name: str) -> list[frozenset]:
        items = getattr(world, name)
        return [about(r, c) for r, c in zip(np.asarray(items.rules), np.asarray(items.candidates), strict=True)]

    train = every("train")
    assert len(set(train)) > TRAIN / 2
    for name in ("direct", "chained", "longer"):
        assert not set(train) & set(every(name))
    number = np.asarray(contents(world.train)).tolist()
    assert len(set(number)) == len(set(train)) == len(set(zip(number, train, strict=True)))


def test_closure_by_hand() -> None:
    rules = jnp.array([[0, 2], [5, 3], [4, 9]], jnp.int32)  # a -> b, not c -> not b, c -> not e
    asked = jnp.array([[0, 2], [3, 1], [0, 4], [0, 9], [8, 1], [2, 0], [0, 5]], jnp.int32)
    assert np.asarray(follows(rules, asked, SYMBOLS)).tolist() == [True, True, True, True, True, False, False]


@pytest.mark.parametrize("name", SETS)
def test_chains_are_as_long_as_told(world: Any, name: str) -> None:
    seen = set()
    for rules, candidates, answer in zip(*map(np.asarray, last(getattr(world, name), 40)), strict=True):
        both = np.concatenate([rules, rules[:, ::-1] ^ 1]).tolist()
        start, end = candidates[answer].tolist()
        reached = {start}
        hops = 0
        while end not in reached:
            reached = {b for a, b in both if a in reached}
            hops += 1
        seen.add(hops)
    assert seen == SETS[name]


@pytest.mark.parametrize("name", SETS)
def test_candidates_begin_and_end_alike(world: Any, name: str) -> None:
    """One rule leads from each candidate's start and one to its end, so that ends alone tell nothing."""
    items = getattr(world, name)

    def ends(rules: jax.Array, candidates: jax.Array) -> tuple[jax.Array, jax.Array]:
        hops = edges(rules, SYMBOLS)
        return hops.sum(1)[candidates[:, 0]], hops.sum(0)[candidates[:, 1]]

    leaving, arriving = jax.vmap(ends)(items.rules, items.candidates)
    assert (np.asarray(leaving) == 1).all() and (np.asarray(arriving) == 1).all()
    both = np.concatenate([items.rules, contrapositive(items.rules)], axis=1)
    counts = (both[:, :, 0, None] == np.asarray(items.candidates)[:, None, :, 0]).sum(1)
    assert (counts == 1).all()


def test_candidates_are_about_two_symbols_and_differ(world: Any) -> None:
    candidates = np.asarray(world.chained.candidates)
    symbols = np.sort(candidates // 2, axis=2)
    assert (symbols == symbols[:, :1]).all() and (symbols[..., 0] != symbols[..., 1]).all()
    either = np.minimum(candidates @ [16, 1], (candidates[..., ::-1] ^ 1) @ [16, 1])
    assert all(len(set(row)) == CANDIDATES for row in either.tolist())
    shares = np.bincount(np.asarray(world.chained.answer), minlength=CANDIDATES) / len(candidates)
    assert np.abs(shares - 1 / CANDIDATES).max() < 0.08


def test_references(world: Any) -> None:
    t = task()
    low, high = (jax.jit(lambda w, r=r: t.evaluate(w, KEY, r(w)))(world) for r in (t.floor, t.oracle))
    assert all(float(v) == 1 for v in high.values()) and all(0.17 < float(v) < 0.33 for v in low.values())


def test_accuracy_is_of_both_kinds_in_equal_parts(world: Any) -> None:
    """A learner that is right where a rule is the answer, and else says the first."""

    def scores(rules: jax.Array, candidates: jax.Array) -> jax.Array:
        return jax.vmap(lambda r, c: edges(r, SYMBOLS)[c[:, 0], c[:, 1]])(rules, candidates)

    found = jax.jit(lambda w: task().evaluate(w, KEY, SimpleNamespace(scores=scores)))(world)
    first = float((world.chained.answer == 0).mean())
    np.testing.assert_allclose(float(found["chained_accuracy"]), first, atol=1e-6)
    np.testing.assert_allclose(float(found["accuracy"]), (1 + first) / 2, atol=1e-6)


def test_shared_symbols_leave_two_candidates(world: Any) -> None:
    learner = method("symbol_chains")
    for name, ranks in (("direct", [3.0, 2.0]), ("chained", [2.0, 2.0]), ("longer", [1.0, 1.0])):
        items = getattr(world, name)
        scores = np.asarray(learner.scores((), items.rules, items.candidates))
        rows = np.arange(len(scores))
        right = scores[rows, items.answer]
        start, end = np.moveaxis(np.asarray(items.candidates)[rows, items.answer], 1, 0)
        negated = np.stack([start ^ 1, end ^ 1], 1)
        turned = np.stack([end, start], 1)
        rival = (items.candidates == negated[:, None]).all(-1) | (items.candidates == turned[:, None]).all(-1)
        assert (np.asarray(rival).sum(1) == 1).all()
        assert (right == ranks[0]).mean() > 0.6 and (right >= ranks[0]).all()
        other = scores[np.asarray(rival)]
        assert (other >= ranks[1]).all()


def test_rewriting_changes_no_answer(world: Any) -> None:
    items = few(world.train, 64)
    drawn = uniforms(KEY, flips=(64, RULES + CANDIDATES), order=(64, SYMBOLS), signs=(64, SYMBOLS))
    extended = reading.extended(items, drawn["flips"], 0.5)
    renamed = reading.renamed(items, drawn["order"], drawn["signs"])
    for new in (extended, renamed, items._replace(rules=reading.doubled(items.rules))):
        found = jax.vmap(lambda r, c: follows(r, c, SYMBOLS))(new.rules, new.candidates)
        np.testing.assert_array_equal(found, jax.nn.one_hot(items.answer, CANDIDATES, dtype=bool))
    for old, new, flips in (
        (items.rules, extended.rules, drawn["flips"][:, :RULES]),
        (items.candidates, extended.candidates, drawn["flips"][:, RULES:]),
    ):
        np.testing.assert_array_equal((new == old).all(-1), flips >= 0.5)
    assert float((renamed.rules == items.rules).mean()) < 0.2


def test_no_rewriting_at_rate_zero(world: Any) -> None:
    batch = few(world.train, 32)
    extension = "equivalent_extension"
    learners = (method("rule_transformer"), method(extension, rate=0.0), method(extension))
    after = [jax.tree.leaves(jax.jit(lambda m=m: m.update(m.init(KEY), batch, KEY).params)()) for m in learners]
    apart = [max(float(jnp.abs(a - b).max()) for a, b in zip(after[0], p, strict=True)) for p in after[1:]]
    assert apart[0] == 0 < apart[1]


def without_paths(tree: Any) -> Any:
    """Parameters without those of the paths."""
    return {k: without_paths(v) for k, v in tree.items() if k != "paths"} if isinstance(tree, dict) else tree


def scaled(tree: Any, scale: float) -> Any:
    """Parameters whose weights of paths are all the same."""
    if not isinstance(tree, dict):
        return tree
    return {k: jnp.full((2,), scale) if k == "scale" and v.shape == (2,) else scaled(v, scale) for k, v in tree.items()}


@pytest.mark.parametrize("pooled", [True, False])
def test_without_weight_on_paths_it_is_the_second_attention(world: Any, pooled: bool) -> None:
    items = few(world.chained)
    paths = method("path_reasoner", pooled=pooled)
    plain = method("second_attention", pooled=pooled)
    params = jax.jit(paths.init)(KEY).params
    want = jax.jit(plain.reader.apply)(without_paths(params), items.rules, items.candidates)
    scores = jax.jit(paths.reader.apply)
    np.testing.assert_array_equal(scores(scaled(params, 0.0), items.rules, items.candidates), want)
    assert float(jnp.abs(scores(scaled(params, 1.0), items.rules, items.candidates) - want).max()) > 1e-4


@pytest.mark.parametrize("stem", METHODS)
def test_the_order_of_rules_is_nothing_and_candidates_are_apart(world: Any, stem: str) -> None:
    """A candidate's score stays when rules are exchanged, and when another candidate is replaced."""
    learner = method(stem)
    state = jax.jit(learner.init)(KEY)
    items = few(world.chained)
    rules = np.random.default_rng(0).permutation(RULES)
    order = np.random.default_rng(1).permutation(CANDIDATES)
    scores = jax.jit(learner.scores)
    as_it_is = scores(state, items.rules, items.candidates)
    turned = scores(state, items.rules[:, rules], items.candidates[:, order])
    np.testing.assert_allclose(turned, as_it_is[:, order], atol=1e-5)
    other = items.candidates.at[:, 0].set(items.rules[:, 0])
    replaced = scores(state, items.rules, other)
    np.testing.assert_allclose(replaced[:, 1:], as_it_is[:, 1:], atol=1e-5)
    assert float(jnp.abs(replaced[:, 0] - as_it_is[:, 0]).max()) > 1e-4


def test_both_forms_do_not_mind_the_form(world: Any) -> None:
    items = few(world.chained)
    for turn in ("rules", "candidates"):
        flipped = items._replace(**{turn: contrapositive(getattr(items, turn))})
        apart = []
        for stem in ("both_forms", "path_reasoner"):
            learner = method(stem)
            state = jax.jit(learner.init)(KEY)
            scores = jax.jit(learner.scores)
            after = scores(state, flipped.rules, flipped.candidates)
            apart.append(float(jnp.abs(after - scores(state, items.rules, items.candidates)).max()))
        assert apart[0] < 1e-5 and apart[1] > 1e-3


def test_paths_by_hand() -> None:
    """Scores 1, 3, -2 and a chain of three tokens: A has the rectified means, and its square joins the ends."""
    shared = jnp.zeros((1, 3, 3)).at[0, jnp.array([0, 1, 1, 2]), jnp.array([1, 0, 2, 1])].set(1.0)
    x = jnp.array([[[1.0], [3.0], [-8.0]]])
    params = {"Dense_0": {"kernel": jnp.ones((1, 1)), "bias": jnp.zeros(1)}, "scale": jnp.array([10.0, 1.0])}
    bias = reading.Paths().apply({"params": params}, x, shared)
    low = reading.LEAK * -2.5
    a = np.array([[0, 2, 0], [2, 0, low], [0, low, 0]])
    np.testing.assert_allclose(np.asarray(bias)[0], 10 * a + a @ a, atol=1e-5)
    assert abs(float(bias[0, 0, 2]) - 2 * low) < 1e-6


def test_tokens_share_symbols_with_rules_alone() -> None:
    pairs = jnp.array([[[0, 2], [3, 4], [6, 8], [1, 4], [0, 5]]], jnp.int32)
    asked = jnp.array([False, False, False, True, True])
    want = np.zeros((5, 5))
    for i, j in ((0, 1), (1, 0), (3, 0), (4, 0), (3, 1), (4, 1)):
        want[i, j] = 1
    np.testing.assert_array_equal(np.asarray(reading.sharing(pairs, asked))[0], want)


def test_renaming_is_training_on_items_with_other_names(world: Any) -> None:
    batch = few(world.train, 32)
    size = (32, SYMBOLS)
    alone = uniforms(KEY, order=size, signs=size)
    both = uniforms(KEY, flips=(32, RULES + CANDIDATES), order=size, signs=size)
    extended = reading.extended(batch, both["flips"], 0.5)
    plain = method("rule_transformer")
    state = jax.jit(plain.init)(KEY)
    step = jax.jit(plain.update)
    for stem, new in (
        ("symbol_renaming", reading.renamed(batch, alone["order"], alone["signs"])),
        ("renamed_extension", reading.renamed(extended, both["order"], both["signs"])),
    ):
        got = jax.jit(method(stem).update)(state, batch, KEY)
        want = step(state, new, KEY)
        for a, b in zip(jax.tree.leaves(got.params), jax.tree.leaves(want.params), strict=True):
            np.testing.assert_allclose(a, b, atol=1e-6)


@pytest.mark.parametrize("stem", [stem for stem in METHODS if "renam" not in stem])
def test_losses_halve(world: Any, stem: str) -> None:
    """On one batch, which a network that sees rules and candidates can learn by heart."""
    learner = method(stem, lr=0.03, decay=0.01)
    batch = few(world.train, 8)

    def loss(state: Any) -> jax.Array:
        rows = jax.nn.log_softmax(Learner(learner, state).scores(batch.rules, batch.candidates))
        return -jnp.take_along_axis(rows, batch.answer[:, None], axis=1).mean()

    def step(state: Any, key: jax.Array) -> tuple[Any, None]:
        return learner.update(state, batch, key), None

    state = jax.jit(learner.init)(KEY)
    after, _ = jax.jit(lambda s: jax.lax.scan(step, s, jax.random.split(KEY, 150)))(state)
    assert float(jax.jit(loss)(after)) < 0.5 * float(jax.jit(loss)(state))
