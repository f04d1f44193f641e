"""Agree on the meaning of words by playing: one player says a word, the other acts on it.

A learner answers two questions for two populations at once, so that players who never met can be paired within one
trial: what each word is worth to a speaker, and what each place is worth to a listener. All words and places are
rated; the task picks. A view shows cards in places, some of them empty, so that games of every size have one shape.
Shapes: p populations (2), b games, n places, c colours, r ranks, w words (c + r; the colours first).
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax


@dataclass(frozen=True)
class GameSpec:
    """Sizes: places for cards, colours and ranks, and the hands that are trained on."""

    populations: int
    places: int
    colours: int
    ranks: int
    hands: tuple[int, ...]

    @property
    def words(self) -> int:
        """Colours and ranks."""
        return self.colours + self.ranks


class HintView(NamedTuple):
    """What a speaker sees.

    Attributes:
      present: 1 where a place holds a card, float [..., n].
      colour, rank: of the card there, int32 [..., n]; 0 where there is none.
      target: 1 at the card that is to be played, float [..., n].
    """

    present: jax.Array
    colour: jax.Array
    rank: jax.Array
    target: jax.Array


class PlayView(NamedTuple):
    """What a listener sees: places with cards and marked cards, float [..., n], and the word, int32 [...]."""

    present: jax.Array
    marked: jax.Array
    word: jax.Array


class Round(NamedTuple):
    """Games of both populations: what was seen, the word and the place that were chosen, int32 [p, b], and the reward,
    1 for the card that was to be played, else 0, float [p, b]."""

    hint: HintView
    play: PlayView
    place: jax.Array
    reward: jax.Array


class Players(Protocol):
    """Rates words and places, each population by itself."""

    def say(self, state: Any, view: HintView) -> jax.Array:
        """What each word is worth to the speakers of every population: views [p, b, ...] to [p, b, w]."""

    def play(self, state: Any, view: PlayView) -> jax.Array:
        """What each place is worth to the listeners of every population: views [p, b, ...] to [p, b, n]."""
