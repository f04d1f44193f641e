"""The hint game: deals, marks and scores by enumeration."""

import itertools
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.plugins import registry
from toybench.tasks.communication_games import HintView, PlayView
from toybench.tasks.communication_games.hint_game import (
    COLOURS,
    PLACES,
    RANKS,
    HintGame,
    Rater,
    choose,
    marks_of,
    score,
    touched,
    training_games,
)

KEY = jax.random.key(8)
WORDS = COLOURS + RANKS


@pytest.fixture(scope="module")
def world():
    return jax.jit(HintGame(games=4000).sample)(KEY)


class FirstLast:
    """Colours mean the first marked card, ranks the last; speakers know it."""

    def say(self, view: HintView) -> jax.Array:
        marks = touched(view, WORDS)
        first = marks.argmax(-1)
        last = PLACES - 1 - marks[..., ::-1].argmax(-1)
        colour = jnp.arange(WORDS) < COLOURS
        meant = jnp.where(jnp.broadcast_to(colour, first.shape), first, last)
        return (jax.nn.one_hot(meant, PLACES) * view.target[..., None, :]).sum(-1)

    def play(self, view: PlayView) -> jax.Array:
        way = jnp.where(view.word < COLOURS, -1.0, 1.0)[..., None]
        return view.marked * (PLACES + way * jnp.broadcast_to(jnp.arange(PLACES, dtype=jnp.float32), view.marked.shape))


def by_enumeration(cards: int, colours: int) -> float:
    """How often that convention is right, over all hands and targets."""
    right = 0
    hands = list(itertools.product(range(colours), range(RANKS), repeat=cards))
    for hand in hands:
        hand_colours = hand[::2]
        hand_ranks = hand[1::2]
        reached = {hand_colours.index(c) for c in hand_colours}
        reached |= {cards - 1 - hand_ranks[::-1].index(r) for r in hand_ranks}
        right += len(reached)
    return right / (cards * len(hands))


def test_training_hands_have_two_or_three_cards_of_two_colours(world):
    view = world.seen
    cards = np.asarray(view.present.sum(-1))
    assert set(cards) == {2.0, 3.0} and abs((cards == 2).mean() - 0.5) < 0.03
    for present, colour in zip(np.asarray(view.present[:400]), np.asarray(view.colour[:400]), strict=True):
        assert len(set(colour[present > 0])) <= 2
    assert set(np.asarray(view.colour[view.present > 0])) == {0, 1, 2}
    np.testing.assert_allclose(view.present.mean(0), 2.5 / 4, atol=0.03)


def test_unseen_hands_are_full_and_have_all_colours(world):
    view = world.unseen
    assert (view.present == 1).all()
    for which, count in ((view.colour, COLOURS), (view.rank, RANKS)):
        shares = np.bincount(np.asarray(which).ravel(), minlength=count) / which.size
        np.testing.assert_allclose(shares, 1 / count, atol=0.02)


def test_one_card_that_is_there_is_the_target(world):
    for view in (world.seen, world.unseen):
        np.testing.assert_array_equal(view.target.sum(-1), 1)
        assert ((view.target <= view.present).all()) and abs(np.asarray(view.target.mean(0)) - 0.25).max() < 0.03


def test_words_touch_the_cards_that_they_are_true_of(world):
    view = jax.tree.map(lambda x: x[:200], world.seen)
    marks = np.asarray(touched(view, WORDS))
    for i, w, n in itertools.product(range(200), range(WORDS), range(PLACES)):
        is_true = view.colour[i, n] == w if w < COLOURS else view.rank[i, n] == w - COLOURS
        assert marks[i, w, n] == float(bool(is_true) and view.present[i, n] == 1)
    said = jnp.arange(200) % WORDS
    np.testing.assert_array_equal(marks_of(view, said), marks[np.arange(200), np.asarray(said)])


def test_only_what_is_allowed_is_chosen_and_a_tenth_is_random():
    values = jnp.broadcast_to(jnp.array([3.0, 2.0, 1.0]), (20_000, 3))
    allowed = jnp.broadcast_to(jnp.array([0.0, 1.0, 1.0]), (20_000, 3))
    assert (choose(values, allowed) == 1).all()
    u = jax.random.uniform(KEY, (2, 20_000))
    shares = np.bincount(np.asarray(choose(values, allowed, u)), minlength=3) / 20_000
    np.testing.assert_allclose(shares, [0, 0.95, 0.05], atol=0.01)


def test_a_convention_scores_what_enumeration_says(world):
    assert by_enumeration(2, 2) == 1.0
    unseen = by_enumeration(4, 3)
    seen = (by_enumeration(2, 2) + by_enumeration(3, 2)) / 2
    np.testing.assert_allclose(score(FirstLast(), world.unseen, crossed=False), unseen, atol=0.02)
    np.testing.assert_allclose(score(FirstLast(), world.seen, crossed=False), seen, atol=0.02)


def test_without_knowledge_the_score_is_one_in_the_number_of_cards(world):
    blind = Rater(words=WORDS, places=PLACES)
    np.testing.assert_allclose(score(blind, world.unseen, crossed=False), 0.25, atol=0.03)
    np.testing.assert_allclose(score(blind, world.seen, crossed=False), (1 / 2 + 1 / 3) / 2, atol=0.03)


class Contrary:
    """The first population is `FirstLast`; the second has the two meanings exchanged."""

    def say(self, view: HintView) -> jax.Array:
        values = FirstLast().say(view)
        mirrored = jax.tree.map(lambda x: x[..., ::-1], view)
        return jnp.stack([values[0], FirstLast().say(mirrored)[1]])

    def play(self, view: PlayView) -> jax.Array:
        mirrored = view._replace(present=view.present[..., ::-1], marked=view.marked[..., ::-1])
        return jnp.stack([FirstLast().play(view)[0], FirstLast().play(mirrored)[1, ..., ::-1]])


def test_crossing_pairs_each_speaker_with_the_other_listener(world):
    own = score(Contrary(), world.unseen, crossed=False)
    crossed = score(Contrary(), world.unseen, crossed=True)
    np.testing.assert_allclose(own, by_enumeration(4, 3), atol=0.02)
    assert crossed < own - 0.2
    np.testing.assert_allclose(
        score(FirstLast(), world.unseen, crossed=True), score(FirstLast(), world.unseen, crossed=False), atol=1e-6
    )


def test_a_round_holds_what_was_seen_and_earned():
    task = HintGame(batch=50)
    method = registry.load("methods", "communication_games/fixed_q")()
    players = replace(method, spec=task.spec, steps=10)
    state = jax.jit(players.init)(KEY)

    class Bound:
        def say(self, view):
            return players.say(state, view)

        def play(self, view):
            return players.play(state, view)

    _, batch = jax.jit(lambda k: task.draw((), k, Bound()))(KEY)
    assert batch.reward.shape == (2, 50)
    hit = jnp.take_along_axis(batch.hint.target, batch.place[..., None], axis=-1)[..., 0]
    np.testing.assert_array_equal(batch.reward, hit)
    np.testing.assert_array_equal(batch.play.marked, marks_of(batch.hint, batch.play.word))
    assert (batch.play.marked.sum(-1) > 0).all() and (
        jnp.take_along_axis(batch.play.present, batch.place[..., None], axis=-1) == 1
    ).all()
    assert not jnp.array_equal(training_games(KEY, (5,)).target, training_games(jax.random.key(1), (5,)).target)
