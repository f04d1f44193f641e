"""The worlds of language_toys: exact laws by enumeration, what a sentence holds, and references."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.tasks.language_toys import ambiguous_tags as tags
from toybench.tasks.language_toys import garden_path as path
from toybench.tasks.language_toys.ambiguous_tags import AmbiguousTags
from toybench.tasks.language_toys.garden_path import Exact, GardenPath

KEY = jax.random.key(3)


def laws():
    return path.draw_laws(KEY, path.OWN)


def test_laws_are_laws() -> None:
    """At the words that can stand before; the last word of all is the end."""
    table = np.asarray(laws())
    total = table.sum(-1)
    assert total[0, :, path.WORDS] == pytest.approx(1)
    np.testing.assert_allclose(total[1:4, :, path.FIRST : path.CLUE], 1, rtol=1e-5)
    np.testing.assert_allclose(total[4:6], 1, rtol=1e-5)
    np.testing.assert_allclose(total[6:10, :, path.LATER :][..., :5], 1, rtol=1e-5)
    np.testing.assert_allclose(table[10, :, :, path.END], 1)


def test_readings_open_alike_and_follow_apart() -> None:
    table = np.asarray(laws())
    np.testing.assert_array_equal(table[:4, 0], table[:4, 1])
    assert np.abs(table[6, 0] - table[6, 1]).max() > 0.2
    own = table[4, 0, 1]
    assert own[path.CLUE : path.CLUE + 2].sum() == pytest.approx(path.OWN, rel=1e-5)
    assert own[path.CLUE + 2 : path.CLUE + 4].sum() == 0
    assert table[4, 1, 1, path.CLUE + 2 : path.CLUE + 4].sum() == pytest.approx(path.OWN, rel=1e-5)


def test_the_exact_law_by_enumeration() -> None:
    """log p(x_t | x_<t) is a difference of logarithms of sums over both readings."""
    table = np.asarray(laws(), np.float64)
    sentences = np.asarray(path.sentences(jax.random.key(4), laws(), 5, 0.5))
    found = Exact(laws()).log_prob(jnp.asarray(sentences))
    for sentence, answers in zip(sentences, np.asarray(found), strict=True):
        joint = np.array([1 - path.RARE, path.RARE])
        before = path.WORDS
        for place, word in enumerate(sentence):
            after = joint * table[place, :, before, word]
            assert answers[place] == pytest.approx(np.log(after.sum() / joint.sum()), abs=1e-4)
            joint = after
            before = word


def test_sentences_have_the_rare_reading_as_often_as_said() -> None:
    words = np.asarray(path.sentences(jax.random.key(5), laws(), 20000, path.RARE))
    own = (words[:, 4] == path.CLUE + 2) | (words[:, 4] == path.CLUE + 3)
    assert own.mean() == pytest.approx(path.RARE * path.OWN, abs=0.01)
    assert (words[:, 4] == path.CLUE + 4).mean() == pytest.approx(1 - path.OWN, abs=0.01)
    counts = np.bincount(words.ravel(), minlength=path.WORDS) / words.size
    np.testing.assert_allclose(path.frequencies(laws()), counts, atol=0.004)


def test_rare_sentences_reveal_their_reading() -> None:
    task = GardenPath()
    world = jax.jit(task.sample)(KEY)
    assert set(np.unique(world.rare[:, 4])) == {path.CLUE + 2, path.CLUE + 3}
    blind = world.laws.at[:, 1].set(world.laws[:, 0]).at[4].set(world.laws[4])
    assert task.evaluate(world, KEY, Exact(blind))["post_reveal_excess"] > 0.3


def test_references_of_the_garden_path() -> None:
    task = GardenPath()
    world = jax.jit(task.sample)(KEY)
    best = task.evaluate(world, KEY, task.oracle(world))
    floor = task.evaluate(world, KEY, task.floor(world))
    chance = task.evaluate(world, KEY, task.chance(world))
    assert best["excess_nll"] == pytest.approx(0, abs=1e-6)
    assert best["post_reveal_excess"] == pytest.approx(0, abs=1e-6)
    assert chance["perplexity"] == pytest.approx(path.WORDS, rel=1e-5)
    assert best["perplexity"] < 0.5 * floor["perplexity"] < 0.5 * chance["perplexity"]


def source(right=0.5):
    return tags.transitions(right), tags.draw_emission(KEY)


def test_sources_are_laws() -> None:
    transition, emission = source()
    np.testing.assert_allclose(transition.sum(1), 1, rtol=1e-6)
    np.testing.assert_allclose(emission.sum(1), 1, rtol=1e-5)


def test_the_posterior_by_enumeration() -> None:
    """Over all 25^4 paths of four states."""
    transition, emission = (np.asarray(x, np.float64) for x in source())
    words = np.array([12, 17, 7, 1])
    joint = np.zeros((4, tags.TAGS))
    which = np.asarray(tags.tags_of_states())
    reachable = [s for s in range(tags.STATES) if emission[s, words[0]] > 0]
    for states in itertools.product(reachable, *[range(tags.STATES)] * 3):
        p = transition[0, states[0]] * emission[states[0], words[0]]
        for place in range(1, 4):
            p = p * transition[states[place - 1], states[place]] * emission[states[place], words[place]]
            if p == 0:
                break
        for place, state in enumerate(states):
            joint[place, which[state]] += p
    expected = joint / joint.sum(1, keepdims=True)
    found = tags.Exact(*source()).tag(jnp.asarray(words)[None])[0]
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("right", [0.0, 0.5, 1.0])
def test_clues_stand_where_they_are_said_to(right: float) -> None:
    """As often as the chain of states says: sentences are short, and begin after a plain word."""
    said = tags.speak(jax.random.key(6), *source(right), 3000)
    chain = np.asarray(source(right)[0], np.float64)
    chances = np.eye(tags.STATES)[0]
    shares = np.zeros(2)
    for place in range(tags.LENGTH - 2):
        chances = chances @ chain
        if place >= 2:
            shares += [sum(chances[tags.state(k, name)] for k in range(tags.KINDS)) for name in tags.NAMES]
    early = shares[0] / shares.sum()
    assert early == pytest.approx(1 - right, abs=0.12)
    words = np.asarray(said.tokens)
    tagged = np.asarray(said.tags)
    ambiguous = (words >= tags.PLAIN) & (words < tags.PLAIN + tags.AMBIGUOUS)
    np.testing.assert_array_equal(ambiguous, tagged > 0)
    clue = words >= tags.PLAIN + tags.AMBIGUOUS
    inner = ambiguous[:, 2:-2]
    assert (clue[:, 1:-3] & clue[:, :-4])[inner].mean() == pytest.approx(early, abs=0.02)
    assert (clue[:, 3:-1] & clue[:, 4:])[inner].mean() == pytest.approx(1 - early, abs=0.02)
    kind = (words - tags.PLAIN - tags.AMBIGUOUS) // tags.CLUES + 1
    beside = kind[:, 3:-1] if right == 1 else kind[:, 1:-3]
    share = (beside == tagged[:, 2:-2])[inner].mean()
    clear = tags.OWN + (1 - tags.OWN) / tags.KINDS
    assert share == pytest.approx(clear * (early if right < 1 else 1), abs=0.02)


def test_references_of_tags() -> None:
    task = AmbiguousTags()
    world = jax.jit(task.sample)(KEY)
    assert world.labelled.tokens.shape == (32, 12)
    floor = task.evaluate(world, KEY, task.floor(world))["entity_f1"]
    best = task.evaluate(world, KEY, task.oracle(world))["entity_f1"]
    assert floor == pytest.approx(1 / 6, abs=0.02)
    assert 0.8 < best < 0.98


def test_f1_by_scikit_learn() -> None:
    from sklearn.metrics import f1_score

    task = AmbiguousTags(sentences=64)
    world = jax.jit(task.sample)(KEY)
    guess = np.random.default_rng(0).integers(0, 4, size=world.test.tags.shape)

    class Guess:
        def tag(self, tokens):
            return jax.nn.one_hot(jnp.asarray(guess), 4)

    expected = f1_score(np.asarray(world.test.tags).ravel(), guess.ravel(), labels=[1, 2, 3], average="macro")
    assert task.evaluate(world, KEY, Guess())["entity_f1"] == pytest.approx(expected, rel=1e-5)
