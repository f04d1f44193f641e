"""What the players share: two populations of networks, trained to predict the reward of the word and place chosen.

Texts are lists of short phrases, each a set of words; a phrase is encoded from the sum of its words. Shapes: as on the
study's page, and f phrases, v words of the vocabulary, d width.
"""

import abc
from typing import Any, NamedTuple

import flax.linen as linen
import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import nn, optim
from toybench.tasks.communication_games import GameSpec, HintView, PlayView, Round


class State(NamedTuple):
    """Parameters and optimiser state, each with a leading axis for the populations."""

    params: Any
    opt: Any


class Players(Method, abc.ABC):
    """Learns the value of moves by regression on rewards; a subclass gives `start`, `rate_words` and `rate_places`."""

    lr: float = 0.003  # Adam's step, above 0

    space = {"lr": (0.0003, 0.001, 0.002, 0.005, 0.01, 0.02)}

    @abc.abstractmethod
    def start(self, key: jax.Array) -> Any:
        """Parameters of one population."""

    @abc.abstractmethod
    def rate_words(self, params: Any, view: HintView) -> jax.Array:
        """Values [b, w] of the words for views [b, ...], by one population."""

    @abc.abstractmethod
    def rate_places(self, params: Any, view: PlayView) -> jax.Array:
        """Values [b, n] of the places for views [b, ...], by one population."""

    def init(self, key: jax.Array) -> State:
        params = jax.vmap(self.start)(jax.random.split(key, self.spec.populations))
        return State(params=params, opt=optim.adam(self.lr).init(params))

    def update(self, state: State, batch: Round, key: jax.Array) -> State:
        """One step on the squared errors of what was chosen; a game ends with the play, so that nothing follows."""
        gradients = jax.grad(self.loss)(state.params, batch)
        params, opt = optim.descend(optim.adam(self.lr), gradients, state.opt, state.params)
        return State(params=params, opt=opt)

    def loss(self, params: Any, batch: Round) -> jax.Array:
        """Sum over populations of the mean squared errors of speakers and listeners."""
        said = chosen(jax.vmap(self.rate_words)(params, batch.hint), batch.play.word)
        played = chosen(jax.vmap(self.rate_places)(params, batch.play), batch.place)
        return ((said - batch.reward) ** 2 + (played - batch.reward) ** 2).mean(-1).sum()


def chosen(values: jax.Array, move: jax.Array) -> jax.Array:
    """Values of the moves made: [p, b, m] at int32 [p, b] to [p, b]."""
    return jnp.take_along_axis(values, move[..., None], axis=-1)[..., 0]


class Text(NamedTuple):
    """Phrases as counts of words, [..., f, v], and 1 where there is a phrase, [..., f]."""

    words: jax.Array
    present: jax.Array


TARGET, MARKED, PLAIN, HINT, SAY, PLAY = range(6)  # words besides places, colours and ranks
OTHERS = 6


def vocabulary(spec: GameSpec) -> int:
    """How many words the texts have: places, colours, ranks and six others."""
    return spec.places + spec.words + OTHERS


def _place(spec: GameSpec) -> jax.Array:
    """Each place's word: [n, v]."""
    return jnp.eye(spec.places, vocabulary(spec))


def _word(spec: GameSpec, index: jax.Array) -> jax.Array:
    """A colour's or rank's word: int32 [...] to [..., v]."""
    return jax.nn.one_hot(spec.places + index, vocabulary(spec))


def _other(spec: GameSpec, which: int) -> jax.Array:
    """One of the other words: [v]."""
    return jax.nn.one_hot(spec.places + spec.words + which, vocabulary(spec))


def hint_text(spec: GameSpec, view: HintView) -> Text:
    """A phrase for each card: its place, colour and rank, and whether it is the target."""
    words = _word(spec, view.colour) + _word(spec, spec.colours + view.rank)
    words = words + view.target[..., None] * _other(spec, TARGET)[None, None]
    return Text(words=words + _place(spec)[None], present=view.present)


def play_text(spec: GameSpec, view: PlayView) -> Text:
    """A phrase for each card: its place, and whether it is marked; and one for the word that was said."""
    marked = view.marked[..., None]
    cards = (
        _place(spec)[None] + marked * _other(spec, MARKED)[None, None] + (1 - marked) * _other(spec, PLAIN)[None, None]
    )
    hint = (_word(spec, view.word) + _other(spec, HINT)[None])[:, None]
    present = jnp.concatenate([view.present, jnp.ones_like(view.present[:, :1])], axis=1)
    return Text(words=jnp.concatenate([cards, hint], axis=1), present=present)


def word_texts(spec: GameSpec) -> Text:
    """The moves of a speaker, one phrase each: [w, 1, v]."""
    words = _word(spec, jnp.arange(spec.words)) + _other(spec, SAY)[None]
    return Text(words=words[:, None], present=jnp.ones((spec.words, 1)))


def place_texts(spec: GameSpec) -> Text:
    """The moves of a listener, one phrase each: [n, 1, v]."""
    words = _place(spec) + _other(spec, PLAY)[None]
    return Text(words=words[:, None], present=jnp.ones((spec.places, 1)))


def mean_of_phrases(phrases: jax.Array, present: jax.Array) -> jax.Array:
    """Mean [..., d] of the phrases [..., f, d] that there are."""
    weight = present[..., None]
    return (phrases * weight).sum(-2) / weight.sum(-2)


class Encoder(linen.Module):
    """Phrases, their mean, and a small network on it: counts [..., f, v] to [..., d]."""

    width: int

    @linen.compact
    def __call__(self, words: jax.Array, present: jax.Array) -> jax.Array:
        phrases = linen.relu(linen.Dense(self.width)(linen.relu(linen.Dense(self.width)(words))))
        return nn.MLP((2 * self.width, self.width))(mean_of_phrases(phrases, present))


def padded_hint(spec: GameSpec, view: HintView) -> jax.Array:
    """A speaker's view as one vector, 0 where a place is empty: [..., n (2 + c + r)]."""
    colour = jax.nn.one_hot(view.colour, spec.colours) * view.present[..., None]
    rank = jax.nn.one_hot(view.rank, spec.ranks) * view.present[..., None]
    cards = jnp.concatenate([view.present[..., None], view.target[..., None], colour, rank], axis=-1)
    return cards.reshape(*cards.shape[:-2], -1)


def padded_play(spec: GameSpec, view: PlayView) -> jax.Array:
    """A listener's view as one vector: [..., 2 n + w]."""
    return jnp.concatenate([view.present, view.marked, jax.nn.one_hot(view.word, spec.words)], axis=-1)
