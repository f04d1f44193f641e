"""Designing sequences: which ones are better than all that were ever measured?

A designer is given sequences of moderate values, and a scorer that was trained on them by the study, the same for all.
It may score as many candidates a design as the spec says. The truth is for judging only.

Shapes: l letters of a sequence, a kinds of letters, n sequences that are given, b designs.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp

from toybench.blocks import nn

WIDTHS = (64, 64, 1)  # of the scorer


@dataclass(frozen=True)
class DesignSpec:
    """Letters of a sequence, kinds of letters, sequences that are given, and scores that a design may take."""

    length: int
    letters: int
    given: int
    calls: int


class Evidence(NamedTuple):
    """What is known.

    Attributes:
      sequences: int32 [n, l].
      values: what was measured of them, [n].
      scorer: parameters of the scorer.
    """

    sequences: jax.Array
    values: jax.Array
    scorer: Any

    def top(self) -> jax.Array:
        """The largest value, []."""
        return self.values.max()

    def span(self) -> jax.Array:
        """The largest value minus the least, []."""
        return self.values.max() - self.values.min()


class Designer(Protocol):
    """Changes sequences, or writes new ones."""

    def design(self, state: Any, start: jax.Array, key: jax.Array) -> jax.Array:
        """Sequences int32 [b, l] that should have large values; `start` int32 [b, l] are some that are given."""


def one_hot(x: jax.Array, letters: int) -> jax.Array:
    """Float [..., l a] of sequences [..., l]."""
    return jax.nn.one_hot(x, letters).reshape(*x.shape[:-1], -1)


def score(scorer: Any, x: jax.Array, letters: int) -> jax.Array:
    """What the scorer says [...] of sequences [..., l]."""
    return nn.MLP(WIDTHS).apply(scorer, one_hot(x, letters))[..., 0]


def edited(x: jax.Array, edit: jax.Array, letters: int) -> jax.Array:
    """Sequences [..., l] with one letter changed: the edit int32 [...] is place * a + letter."""
    places = jnp.arange(x.shape[-1]).reshape(*[1] * edit.ndim, -1)
    here = places == (edit // letters)[..., None]
    return jnp.where(here, (edit % letters)[..., None], x)


def likeliest(sites: jax.Array, pairs: jax.Array, triples: jax.Array) -> jax.Array:
    """The sequence int32 [l] with the largest sum of its terms, exactly, by dynamic programming over pairs of letters.

    Terms of sites [l, a], of neighbours [l - 1, a, a], and of three in a row [l - 2, a, a, a].
    """
    letters = sites.shape[1]
    begin = sites[0][:, None] + sites[1][None, :] + pairs[0]

    def advance(best: jax.Array, term: tuple[jax.Array, ...]) -> tuple[jax.Array, jax.Array]:
        site, pair, triple = term
        sums = best[:, :, None] + triple + pair[None] + site[None, None, :]
        return sums.max(0), sums.argmax(0).astype(jnp.int32)

    best, origins = jax.lax.scan(advance, begin, (sites[2:], pairs[1:], triples))
    place = jnp.argmax(best)
    last = (place // letters).astype(jnp.int32), (place % letters).astype(jnp.int32)

    def retreat(two: tuple[jax.Array, jax.Array], origin: jax.Array) -> tuple[Any, jax.Array]:
        before, after = two
        return (origin[before, after], before), after

    ends, rest = jax.lax.scan(retreat, last, origins, reverse=True)
    return jnp.concatenate([jnp.stack(ends), rest])
