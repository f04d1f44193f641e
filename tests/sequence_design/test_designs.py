"""The landscape and its best sequence, and every designer."""

import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.sequence_design import _search as search
from toybench.methods.sequence_design import ice_editor as ice_module
from toybench.methods.sequence_design import scorer_mcmc as chain_module
from toybench.plugins import registry
from toybench.tasks import sequence_design as study
from toybench.tasks.sequence_design import DesignSpec, Evidence
from toybench.tasks.sequence_design import extrapolative_design as task_module

KEY = jax.random.key(23)
RNG = np.random.default_rng(6)
LENGTH = 5
LETTERS = 3


def task(**values: Any) -> Any:
    return registry.load("tasks", "sequence_design/extrapolative_design")(**values)


SMALL = task(length=LENGTH, letters=LETTERS, given_count=200, calls=150)
EVERY = jnp.asarray(list(itertools.product(range(LETTERS), repeat=LENGTH)), jnp.int32)


@pytest.fixture(scope="module")
def world() -> Any:
    return jax.jit(SMALL.sample)(KEY)


def method(stem: str, evidence: Evidence, calls: int = 150, steps: int = 60, **values: Any) -> Any:
    spec = DesignSpec(length=LENGTH, letters=LETTERS, given=len(evidence.sequences), calls=calls)
    return registry.load("methods", f"sequence_design/{stem}")(spec=spec, given=evidence, steps=steps, **values)


def judged(x: jax.Array, evidence: Evidence) -> np.ndarray:
    """What the scorer says."""
    return np.asarray(study.score(evidence.scorer, x, LETTERS))


def designed(learner: Any, start: jax.Array, key: jax.Array = KEY) -> jax.Array:
    """Designs before any update."""

    def run(key: jax.Array) -> jax.Array:
        state = learner.init(key)
        return learner.design(state, start, key)

    return jax.jit(run)(key)


def terms(length: int = 5) -> tuple[jax.Array, jax.Array, jax.Array]:
    shapes = ((length, 3), (length - 1, 3, 3), (length - 2, 3, 3, 3))
    return tuple(jnp.asarray(RNG.normal(size=shape), jnp.float32) for shape in shapes)  # type: ignore[return-value]


def test_values_are_sums_of_terms() -> None:
    sites, pairs, triples = terms()
    truth = task_module.Landscape(sites=sites, pairs=pairs, triples=triples)
    for x, value in zip(np.asarray(EVERY[::17]), np.asarray(truth.value(EVERY[::17])), strict=True):
        total = sum(float(sites[i, x[i]]) for i in range(5))
        total += sum(float(pairs[i, x[i], x[i + 1]]) for i in range(4))
        total += sum(float(triples[i, x[i], x[i + 1], x[i + 2]]) for i in range(3))
        assert value == pytest.approx(np.tanh(total / 3), rel=1e-4, abs=1e-5)


def test_the_best_sequence_by_enumeration() -> None:
    for _ in range(5):
        truth = task_module.Landscape(*terms())
        best = jax.jit(study.likeliest)(*truth)
        values = np.asarray(truth.value(EVERY))
        np.testing.assert_array_equal(best, EVERY[values.argmax()])


def test_edits() -> None:
    x = jnp.asarray([[0, 1, 2, 0, 1]], jnp.int32)
    np.testing.assert_array_equal(study.edited(x[0], jnp.asarray(2 * 3 + 1), 3), [0, 1, 1, 0, 1])
    every = np.asarray(search.all_edits(x, 3))[0]
    assert every.shape == (15, 5)
    differing = (every != np.asarray(x)).sum(1)
    assert sorted(differing) == [0] * 5 + [1] * 10 and len({tuple(e) for e in every}) == 11


def test_what_is_given(world: Any) -> None:
    evidence = world.evidence
    np.testing.assert_allclose(world.truth.value(evidence.sequences), evidence.values, rtol=1e-5)
    assert float(evidence.values.max()) < float(world.truth.value(EVERY).max())
    held = (np.asarray(world.truth.triples) != 0).any((1, 2, 3))
    assert held.sum() == min(6, LENGTH - 2)
    said = judged(evidence.sequences, evidence)
    assert np.corrcoef(said, evidence.values)[0, 1] > 0.9
    np.testing.assert_array_equal(world.start, evidence.sequences[:64])


def test_half_of_the_variance_is_of_single_places() -> None:
    problem = task()
    truth = jax.jit(jax.vmap(lambda key: problem.sample(key).truth))(jax.random.split(KEY, 4))
    spread = [float((np.asarray(leaf) ** 2).sum()) / 6 / 4 for leaf in (truth.sites,)]
    assert spread[0] == pytest.approx(0.5, abs=0.15)
    assert float((np.asarray(truth.pairs) ** 2).sum()) / 36 / 4 == pytest.approx(0.25, abs=0.06)
    assert float((np.asarray(truth.triples) ** 2).sum()) / 216 / 4 == pytest.approx(0.25, abs=0.04)
    assert ((np.asarray(truth.triples) != 0).any((2, 3, 4)).sum(1) == 6).all()


def test_references(world: Any) -> None:
    floor = SMALL.evaluate(world, KEY, SMALL.floor(world))
    oracle = SMALL.evaluate(world, KEY, SMALL.oracle(world))
    assert float(floor["beyond_share"]) == 0
    assert float(floor["mean_value"]) == pytest.approx(float(world.evidence.top()), rel=1e-5)
    assert float(oracle["mean_value"]) == pytest.approx(float(world.truth.value(EVERY).max()), rel=1e-5)
    same = SMALL.evaluate(world, KEY, type("Same", (), {"design": staticmethod(lambda start, key: start)}))
    assert float(same["edits"]) == 0
    values = np.asarray(world.truth.value(world.start))
    assert float(same["mean_value"]) == pytest.approx(values.mean(), rel=1e-4)
    said = judged(world.start, world.evidence)
    assert float(same["optimism"]) == pytest.approx((said - values).mean(), abs=1e-5)
    above = EVERY[np.asarray(world.truth.value(EVERY)) > float(world.evidence.top() + world.evidence.span() / 10)]
    if len(above):
        one = type("One", (), {"design": staticmethod(lambda start, key: start.at[0].set(above[0]))})
        assert float(SMALL.evaluate(world, KEY, one)["beyond_share"]) == pytest.approx(1 / 64)


def test_an_editor_with_all_edits_takes_the_best(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ice_module, "ROUNDS", 1)
    learner = method("ice_editor", world.evidence, calls=1000, top=15, heat=5.0)
    state = learner.init(KEY)
    found = judged(learner.design(state, world.start, KEY), world.evidence)
    best = judged(search.all_edits(world.start, LETTERS), world.evidence).max(1)
    np.testing.assert_allclose(found, best, rtol=1e-4, atol=1e-5)


def test_an_editor_of_one_edit_takes_the_likeliest(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ice_module, "ROUNDS", 1)
    learner = method("ice_editor", world.evidence, top=1, scorer=False)
    state = learner.init(KEY)
    logits = learner.network().apply(state.params, learner.inputs(world.start, 1.0))
    expected = study.edited(world.start, logits.argmax(1).astype(jnp.int32), LETTERS)
    np.testing.assert_array_equal(learner.design(state, world.start, KEY), expected)


def test_what_an_editor_misses_by_hand(world: Any) -> None:
    learner = method("ice_editor", world.evidence)
    state = learner.init(KEY)
    x = jnp.asarray([[0, 1, 2, 0, 1]], jnp.int32)
    to = jnp.asarray([[0, 2, 2, 0, 0]], jnp.int32)
    logits = np.asarray(learner.network().apply(state.params, learner.inputs(x, jnp.asarray([1.0]))), np.float64)[0]
    logs = logits - np.log(np.exp(logits).sum())
    missed = learner.missed(state.params, x, to, jnp.asarray([1.0]))
    assert float(missed[0]) == pytest.approx(-(logs[1 * 3 + 2] + logs[4 * 3 + 0]) / 2, rel=1e-4)


def test_an_editor_learns_up_from_down(world: Any) -> None:
    """The likeliest edit upwards improves on the likeliest one downwards, by the scorer."""
    learner = method("ice_editor", world.evidence, steps=150, band=0.4)

    def run(key: jax.Array) -> tuple[jax.Array, jax.Array]:
        keys = jax.random.split(key, learner.steps)
        state = jax.lax.scan(lambda s, k: (learner.update(s, (), k), None), learner.init(key), keys)[0]
        logits = [learner.network().apply(state.params, learner.inputs(world.start, d)) for d in (1.0, -1.0)]
        up, down = (study.edited(world.start, one.argmax(1).astype(jnp.int32), LETTERS) for one in logits)
        return up, down

    before = judged(world.start, world.evidence)
    up, down = (judged(x, world.evidence) for x in jax.jit(run)(KEY))
    assert up.mean() > before.mean() + 0.02 and down.mean() < before.mean() - 0.02


def test_pairs_out_of_the_band_teach_nothing(world: Any) -> None:
    """With no pair left the network stays as it is."""
    learner = method("ice_editor", world.evidence, band=-1.0)
    state = learner.init(KEY)
    after = jax.jit(learner.update)(state, (), KEY)
    for a, b in zip(jax.tree.leaves(state.params), jax.tree.leaves(after.params), strict=True):
        np.testing.assert_array_equal(a, b)


def test_pairs_above_what_is_given_teach_nothing(world: Any) -> None:
    evidence = world.evidence._replace(values=world.evidence.values - 100)
    learner = method("ice_editor", evidence, band=2.0)
    state = learner.init(KEY)
    after = jax.jit(learner.update)(state, (), KEY)
    for a, b in zip(jax.tree.leaves(state.params), jax.tree.leaves(after.params), strict=True):
        np.testing.assert_array_equal(a, b)


def test_pairs_are_learned_both_ways(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A loss whose sign turns with the way teaches nothing if every pair is there both ways."""

    def odd(self: Any, params: Any, x: jax.Array, to: jax.Array, direction: jax.Array) -> jax.Array:
        return jax.tree.leaves(params)[0].sum() * (direction + (to - x).sum(1).astype(jnp.float32))

    learner = method("ice_editor", world.evidence, band=2.0)
    monkeypatch.setattr(type(learner), "missed", odd)
    state = learner.init(KEY)
    after = jax.jit(learner.update)(state, (), KEY)
    for a, b in zip(jax.tree.leaves(state.params), jax.tree.leaves(after.params), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_generator_sees_what_it_wrote_alone(world: Any) -> None:
    learner = method("conditional_generator", world.evidence)
    x = jnp.asarray([[0, 1, 2, 0, 1]], jnp.int32)
    place = jnp.asarray([2])
    inputs = learner.inputs(x, place, world.evidence.top()[None])
    np.testing.assert_array_equal(inputs, learner.inputs(x.at[0, 2:].set(1), place, world.evidence.top()[None]))
    assert (inputs != learner.inputs(x.at[0, 1].set(0), place, world.evidence.top()[None])).any()
    assert float(inputs[0, -1]) == 0
    lowest = learner.inputs(x, place, world.evidence.values.min()[None])
    assert float(lowest[0, -1]) == pytest.approx(-1)


def test_a_generator_learns_what_is_large(world: Any) -> None:
    learner = method("conditional_generator", world.evidence, steps=200)

    def run(key: jax.Array) -> jax.Array:
        keys = jax.random.split(key, learner.steps)
        state = jax.lax.scan(lambda s, k: (learner.update(s, (), k), None), learner.init(key), keys)[0]
        return learner.design(state, world.start, key)

    values = np.asarray(world.truth.value(jax.jit(run)(KEY)))
    assert values.mean() > float(world.evidence.values.mean()) + 0.1
    many = method("conditional_generator", world.evidence, draws=20)
    state = many.init(KEY)
    one = judged(method("conditional_generator", world.evidence).design(state, world.start, KEY), world.evidence)
    assert judged(many.design(state, world.start, KEY), world.evidence).mean() > one.mean() + 0.05


@pytest.mark.parametrize("stem", ["scorer_mcmc", "scorer_hillclimb", "genetic", "ice_editor"])
def test_searches_find_what_the_scorer_likes(stem: str, world: Any) -> None:
    values = {"top": 15} if stem == "ice_editor" else {}
    found = judged(designed(method(stem, world.evidence, calls=600, steps=0, **values), world.start), world.evidence)
    every = judged(EVERY, world.evidence)
    assert found.mean() > np.quantile(every, 0.97)
    assert found.max() <= every.max() + 1e-5


@pytest.mark.parametrize(("heat", "accepted"), [(0.0, 0.0), (0.5 / np.log(2), 0.5), (1e9, 1.0)])
def test_the_law_of_metropolis(heat: float, accepted: float, world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """One letter off costs a half and two are best: these are found by who took the step down."""
    monkeypatch.setattr(chain_module, "score", lambda _, x, __: jnp.array([0.0, -0.5, 1.0])[(x != 0).sum(-1)])
    evidence = world.evidence._replace(values=jnp.array([0.0, 1.0]))  # the range is the unit of heat
    start = jnp.zeros((20_000, LENGTH), jnp.int32)
    found = np.asarray(designed(method("scorer_mcmc", evidence, calls=3, heat=heat), start))
    both = 2 / 3 * 4 / 5 * 2 / 3  # the first edit changes a letter, and the second one another place
    assert ((found != 0).sum(1) == 2).mean() == pytest.approx(both * accepted, abs=0.012)


def test_a_cold_chain_climbs_and_one_score_leaves_the_start(world: Any) -> None:
    before = judged(world.start, world.evidence)
    cold = judged(designed(method("scorer_mcmc", world.evidence, heat=1e-6), world.start), world.evidence)
    assert (cold >= before - 1e-6).all() and (cold > before).mean() > 0.8
    idle = designed(method("scorer_mcmc", world.evidence, calls=1, heat=0.1), world.start)
    np.testing.assert_array_equal(idle, world.start)


def test_a_climb_ends_on_a_top(world: Any) -> None:
    found = designed(method("scorer_hillclimb", world.evidence, calls=15 * 8), world.start)
    said = judged(found, world.evidence)
    around = judged(search.all_edits(found, LETTERS), world.evidence).max(1)
    assert (around <= said + 1e-5).mean() > 0.95


def test_without_mutations_letters_come_from_the_parents(world: Any) -> None:
    evidence = world.evidence._replace(sequences=world.evidence.sequences.at[:, 2].set(1))
    found = designed(method("genetic", evidence, mutations=0.0), world.start)
    assert (np.asarray(found)[:, 2] == 1).all()
    mutated = designed(method("genetic", evidence, mutations=2.0), world.start)
    assert (np.asarray(mutated)[:, 2] != 1).any()


@pytest.mark.parametrize("stem", ["scorer_mcmc", "scorer_hillclimb", "genetic", "ice_editor"])
def test_nobody_takes_more_scores_than_allowed(stem: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted in a trace: a score in a scan counts as often as it turns. Those of an update are counted apart."""
    problem = task()
    evidence = jax.eval_shape(problem.sample, KEY).evidence
    turns: list[int] = []
    calls: list[int] = []
    scan = jax.lax.scan

    def counted(scorer: Any, x: jax.Array, letters: int) -> jax.Array:
        calls.append(int(np.prod(x.shape[:-1])) * int(np.prod(turns)))
        return jnp.zeros(x.shape[:-1])

    def turning(step: Any, first: Any, xs: Any) -> Any:
        def turn(carry: Any, x: Any) -> Any:
            turns.append(len(jax.tree.leaves(xs)[0]))
            after = step(carry, x)
            turns.pop()
            return after

        return scan(turn, first, xs)

    monkeypatch.setattr(jax.lax, "scan", turning)
    monkeypatch.setattr(search, "score", counted)
    monkeypatch.setattr(f"toybench.methods.sequence_design.{stem}.score", counted, raising=False)

    def run(evidence: Evidence, start: jax.Array) -> jax.Array:
        bound = registry.load("methods", f"sequence_design/{stem}")(spec=problem.spec, given=evidence, steps=1)
        state = bound.update(bound.init(KEY), (), KEY)
        learning = 3 * 256 if stem == "ice_editor" else 0  # pairs: the start once, the changed one twice
        assert sum(calls) == learning
        calls.clear()
        return bound.design(state, start, KEY)

    jax.eval_shape(run, evidence, jnp.zeros((64, 12), jnp.int32))
    assert problem.spec.calls == 1000
    assert 900 <= sum(calls) / 64 <= 1000


def test_ridge_is_the_normal_equations(world: Any) -> None:
    evidence = world.evidence
    found = method("pairwise_ridge_viterbi", evidence, penalty=0.7).init(KEY).sequence

    def features(x: np.ndarray) -> np.ndarray:
        single = np.eye(3)[x].reshape(len(x), -1)
        double = np.eye(9)[x[:, :-1] * 3 + x[:, 1:]].reshape(len(x), -1)
        return np.concatenate([single, double], axis=1)

    phi = features(np.asarray(evidence.sequences))
    y = np.asarray(evidence.values, np.float64)
    weights = np.linalg.solve(phi.T @ phi + 0.7 * np.eye(phi.shape[1]), phi.T @ (y - y.mean()))
    said = features(np.asarray(EVERY)) @ weights
    np.testing.assert_array_equal(found, EVERY[said.argmax()])
    assert method("pairwise_ridge_viterbi", evidence).design(
        method("pairwise_ridge_viterbi", evidence).init(KEY), world.start, KEY
    ).shape == (64, 5)


def test_ridge_is_exact_without_triples() -> None:
    """Sums of places and pairs are what it fits; pairs decide which sequence is best."""
    alone = []
    for _ in range(5):
        sites, pairs, triples = terms()
        truth = task_module.Landscape(sites=sites, pairs=pairs, triples=0 * triples)
        sums = jnp.arctanh(truth.value(EVERY)) * task_module.SOFT
        evidence = Evidence(sequences=EVERY, values=sums, scorer=None)
        found = method("pairwise_ridge_viterbi", evidence, penalty=0.01).init(KEY).sequence
        np.testing.assert_array_equal(found, study.likeliest(*truth))
        alone.append((np.asarray(found) == np.asarray(sites).argmax(1)).all())
    assert not all(alone)
