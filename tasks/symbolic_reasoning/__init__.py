"""Composing two tables of symbols: which new triples follow from those that were seen?

The answer to a triple (x1, x2, x3) is t = f2(b, x3) with b = f1(x1, x2), for two random tables. A learner answers one
of two questions, or both. `Reasoner`: what is the answer to a new triple? `Follower`: which triples could be answered
from some that were seen, if a rule for what follows were applied without error?

A fragment is a pair (x1, x2), and x3 its context. Two fragments are linked if they gave the same answer in enough seen
contexts, and different ones in none; how many are enough is the evidence. Linked fragments are one class. A triple is
covered if a member of its fragment's class was seen in its context, with its answer.

Shapes: b triples asked about, N triples of a set, n symbols, F = n^2 fragments.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp

EVIDENCE = 2  # contexts in which two fragments agree; the least that one chance agreement can't make
ROUNDS = 24  # of passing labels on, each of which also follows labels of labels; more than 576 fragments need


@dataclass(frozen=True)
class TableSpec:
    """How many symbols there are."""

    symbols: int


class Triples(NamedTuple):
    """Triples with what they lead to.

    Attributes:
      x: symbols int32 [N, 3].
      middle: b = f1(x1, x2), int32 [N].
      target: t = f2(b, x3), int32 [N].
    """

    x: jax.Array
    middle: jax.Array
    target: jax.Array


class Reasoner(Protocol):
    """Answers triples."""

    def answer(self, state: Any, x: jax.Array) -> jax.Array:
        """Scores [b, n] of the symbols as the answer to triples int32 [b, 3]."""


class Follower(Protocol):
    """Knows what follows from what."""

    def follows(self, state: Any, triples: Triples, seen: jax.Array) -> jax.Array:
        """bool [N]: which of the triples can be answered from those with seen, float [N] in {0, 1}."""


def fragments(x: jax.Array, symbols: int) -> jax.Array:
    """Numbers int32 [N] of the fragments of triples [N, 3]."""
    return x[:, 0] * symbols + x[:, 1]


def links(triples: Triples, seen: jax.Array, symbols: int, evidence: int) -> jax.Array:
    """bool [F, F]: do two fragments agree in `evidence` seen contexts or more, and differ in none?"""
    count = symbols * symbols
    empty = jnp.zeros((count, symbols, symbols))
    told = empty.at[fragments(triples.x, symbols), triples.x[:, 2], triples.target].max(seen)
    shown = told.max(2)
    alike = told.reshape(count, -1) @ told.reshape(count, -1).T
    shared = shown @ shown.T
    return (alike >= evidence) & (alike == shared)


def classes(linked: jax.Array) -> jax.Array:
    """The class of each fragment, int32 [F], of links bool [F, F]: the least number of a fragment in it."""
    count = len(linked)

    def pass_on(label: jax.Array, _: None) -> tuple[jax.Array, None]:
        least = jnp.minimum(label, jnp.where(linked, label[None, :], count).min(1))
        return jnp.minimum(least, least[least]), None

    label, _ = jax.lax.scan(pass_on, jnp.arange(count, dtype=jnp.int32), None, length=ROUNDS)
    return label


def covered(triples: Triples, seen: jax.Array, symbols: int, evidence: int) -> jax.Array:
    """bool [N]: does each of the triples follow from those with seen, float [N] in {0, 1}, by classes of fragments?"""
    member = classes(links(triples, seen, symbols, evidence))[fragments(triples.x, symbols)]
    context = triples.x[:, 2]
    empty = jnp.zeros((symbols * symbols, symbols, symbols))
    told = empty.at[member, context, triples.target].max(seen)
    return told[member, context, triples.target] > 0


def all_triples(drawn: dict[str, jax.Array], symbols: int) -> Triples:
    """All n^3 triples in random order, by uniform numbers `first` [n, n], `second` [n, n] and `order` [n^3]."""
    first = jnp.floor(drawn["first"] * symbols).astype(jnp.int32)
    second = jnp.floor(drawn["second"] * symbols).astype(jnp.int32)
    place = jnp.argsort(drawn["order"]).astype(jnp.int32)
    x = jnp.stack([place // symbols**2, place // symbols % symbols, place % symbols], axis=1)
    middle = first[x[:, 0], x[:, 1]]
    return Triples(x=x, middle=middle, target=second[middle, x[:, 2]])


def mean_over(values: jax.Array, where: jax.Array) -> jax.Array:
    """Mean of values [N] where it is true; 0 if it is nowhere."""
    weight = where.astype(jnp.float32)
    return (values.astype(jnp.float32) * weight).sum() / jnp.maximum(weight.sum(), 1.0)
