"""One hint, one play: does a convention that was learned on small hands serve a larger one?

Isolates how views and moves are encoded. A hand lies in some of four places; one card is to be played. The speaker sees
the cards and says a colour or a rank that some card has; all cards that have it are marked. The listener sees marks and
the word, and plays a place. Training hands have 2 or 3 cards of two of the three colours, and 3 ranks; the test has 4
cards and all colours. Every place, colour and rank is trained on, but never so many at once. Two populations learn
apart, so that a speaker of one can be paired with a listener of the other.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.mdp import pick
from toybench.blocks.random import uniforms
from toybench.tasks.communication_games import GameSpec, HintView, Players, PlayView, Round

PLACES = 4
COLOURS = 3
RANKS = 3
TRAINED = 2  # colours in a training hand
HANDS = (2, 3)  # cards in a training hand
POPULATIONS = 2
EXPLORING = 0.1  # share of random words and of random places in training
NEVER = -1e9  # the rating of what isn't allowed


class World(NamedTuple):
    """Test games: of the sizes trained on, and of the unseen one, both [b]."""

    seen: HintView
    unseen: HintView


class Rater(NamedTuple):
    """A reference without knowledge: rates everything alike."""

    words: int
    places: int

    def say(self, view: HintView) -> jax.Array:
        """Zeros."""
        return jnp.zeros((*view.present.shape[:-1], self.words))

    def play(self, view: PlayView) -> jax.Array:
        """Zeros."""
        return jnp.zeros((*view.present.shape[:-1], self.places))


class Known(NamedTuple):
    """A reference whose metrics are known without a game being played."""

    metrics: dict[str, jax.Array]


class HintGame(Task):
    """Self-play in both populations."""

    batch: int = 48  # games of each population an update
    games: int = 512  # test games of each kind

    interface = Players
    kind = "interactive"
    steps = 2000
    checkpoints = 4
    metrics = {
        "unseen_score": Metric("max", "share of right plays on hands of 4 with all colours, mean of both populations"),
        "seen_score": Metric("max", "the same on hands of 2 and 3 with two colours"),
        "cross_play": Metric("max", "the same as `seen_score`, each speaker with the other population's listener"),
    }

    @property
    def spec(self) -> GameSpec:
        return GameSpec(populations=POPULATIONS, places=PLACES, colours=COLOURS, ranks=RANKS, hands=HANDS)

    def sample(self, key: jax.Array) -> World:
        """Test games."""
        one, two = jax.random.split(key)
        small = training_games(one, (self.games,))
        large = games_of(two, (self.games,), jnp.full(self.games, PLACES), jnp.full(self.games, COLOURS))
        return World(seen=small, unseen=large)

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Round]:
        deal, chance = jax.random.split(key)
        shape = (POPULATIONS, self.batch)
        view = training_games(deal, shape)
        u = uniforms(chance, word=(2, *shape), place=(2, *shape))
        allowed = touched(view, COLOURS + RANKS).max(-1)
        word = choose(learner.say(view), allowed, u["word"])
        play = PlayView(present=view.present, marked=marks_of(view, word), word=word)
        place = choose(learner.play(play), view.present, u["place"])
        reward = jnp.take_along_axis(view.target, place[..., None], axis=-1)[..., 0]
        return world, Round(hint=view, play=play, place=place, reward=reward)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        if isinstance(learner, Known):
            return learner.metrics
        return {
            "unseen_score": score(learner, world.unseen, crossed=False),
            "seen_score": score(learner, world.seen, crossed=False),
            "cross_play": score(learner, world.seen, crossed=True),
        }

    def chance(self, world: World) -> Rater:
        """All words and places alike: the first that is allowed."""
        return Rater(words=COLOURS + RANKS, places=PLACES)

    floor = chance

    def oracle(self, world: World) -> Known:
        """An upper bound, the right card every time: conventions reach it on hands of 2, but not on hands of 4."""
        one = jnp.ones(())
        return Known({"unseen_score": one, "seen_score": one, "cross_play": one})


def games_of(key: jax.Array, shape: tuple[int, ...], cards: jax.Array, colours: jax.Array) -> HintView:
    """Random hands of so many cards, int [...], in random places, with so many of the colours, int [...]."""
    u = uniforms(
        key,
        order=(*shape, PLACES),
        palette=(*shape, COLOURS),
        colour=(*shape, PLACES),
        rank=(*shape, PLACES),
        target=shape,
    )
    turn = jnp.argsort(jnp.argsort(u["order"], axis=-1), axis=-1)
    present = (turn < cards[..., None]).astype(jnp.float32)
    rows = jnp.argsort(u["palette"], axis=-1)  # the first `colours` of them are in the game
    which = (u["colour"] * colours[..., None].astype(jnp.float32)).astype(jnp.int32)
    colour = jnp.take_along_axis(rows, which, axis=-1)
    rank = (u["rank"] * RANKS).astype(jnp.int32)
    here = present.astype(jnp.int32)
    target = jax.nn.one_hot(pick(u["target"], present), PLACES)
    return HintView(present=present, colour=colour * here, rank=rank * here, target=target)


def training_games(key: jax.Array, shape: tuple[int, ...]) -> HintView:
    """Hands of each trained size with the same chance, of two random colours."""
    size, deal = jax.random.split(key)
    which = (jax.random.uniform(size, shape) * len(HANDS)).astype(jnp.int32)
    return games_of(deal, shape, HANDS[0] + which, jnp.full(shape, TRAINED))


def touched(view: HintView, words: int) -> jax.Array:
    """1 where a word is true of a card: [..., w, n]."""
    colour = jax.nn.one_hot(view.colour, words)
    rank = jax.nn.one_hot(COLOURS + view.rank, words)
    return jnp.moveaxis((colour + rank) * view.present[..., None], -1, -2)


def marks_of(view: HintView, word: jax.Array) -> jax.Array:
    """1 at the cards that a word, int32 [...], is true of: [..., n]."""
    marks = touched(view, COLOURS + RANKS)
    return jnp.take_along_axis(marks, word[..., None, None], axis=-2)[..., 0, :]


def choose(values: jax.Array, allowed: jax.Array, uniform: jax.Array | None = None) -> jax.Array:
    """The best of what is allowed; with uniform numbers [2, ...] sometimes a random one: int32 [...]."""
    best = jnp.where(allowed > 0, values, NEVER).argmax(-1).astype(jnp.int32)
    if uniform is None:
        return best
    return jnp.where(uniform[0] < EXPLORING, pick(uniform[1], allowed), best)


def score(learner: Any, games: HintView, crossed: bool) -> jax.Array:
    """Share of right plays when all are greedy, mean of populations; crossed: each listener hears the other: []."""
    view = jax.tree.map(lambda x: jnp.broadcast_to(x[None], (POPULATIONS, *x.shape)), games)
    word = choose(learner.say(view), touched(view, COLOURS + RANKS).max(-1))
    heard = word[::-1] if crossed else word
    play = PlayView(present=view.present, marked=marks_of(view, heard), word=heard)
    place = choose(learner.play(play), view.present)
    return jnp.take_along_axis(view.target, place[..., None], axis=-1).mean()
