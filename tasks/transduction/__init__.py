"""Turn one text of symbols into another, or answer a question about it.

A learner (`Transducer`) says how likely each symbol of a target is, given the source and the target's symbols before
it, and writes targets of its own. It is shown pairs of sources and targets. Where nothing else is said, pairs are
fresh at every step; a task with a fixed training set draws its batches from that set.

Shapes: b texts, s places of a source, t places of a target, v symbols.
"""

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp

from toybench.blocks.random import uniforms

WRONG = -20.0  # log-probability that a reference which is sure gives to every symbol but one


class Transducer(Protocol):
    """What a learner answers."""

    def log_prob(self, state: Any, source: jax.Array, target: jax.Array) -> jax.Array:
        """Log-probability of each symbol of targets int32 [b, t], given those before it and sources int32 [b, s]."""

    def decode(self, state: Any, source: jax.Array) -> jax.Array:
        """The learner's own targets, int32 [b, t]: each symbol is the likeliest after those that it wrote itself."""


@dataclass(frozen=True)
class Spec:
    """What a learner may know.

    Attributes:
      source_length: places of a source.
      target_length: places of a target.
      source_symbols: symbols of sources, from 0 on.
      target_symbols: symbols of targets, from 0 on.
    """

    source_length: int
    target_length: int
    source_symbols: int
    target_symbols: int


class Pairs(NamedTuple):
    """Sources int32 [b, s] and their targets int32 [b, t]."""

    source: jax.Array
    target: jax.Array


def symbols(uniform: jax.Array, count: int) -> jax.Array:
    """Symbols from 0 to count - 1, int32, of uniform numbers in [0, 1)."""
    return jnp.minimum((uniform * count).astype(jnp.int32), count - 1)


def minibatch(pairs: Pairs, key: jax.Array, size: int) -> Pairs:
    """Pairs drawn from a set with replacement."""
    rows = symbols(uniforms(key, rows=(size,))["rows"], len(pairs.source))
    return Pairs(source=pairs.source[rows], target=pairs.target[rows])


def nll(learner: Any, pairs: Pairs) -> jax.Array:
    """Mean of -log p over the symbols of targets, in nats, each after the true ones."""
    return -learner.log_prob(pairs.source, pairs.target).mean()


def even(spec: Spec) -> Any:
    """A reference to which all symbols are as likely; it writes the first one always."""
    return SimpleNamespace(
        log_prob=lambda source, target: jnp.full(target.shape, -jnp.log(float(spec.target_symbols))),
        decode=lambda source: jnp.zeros((len(source), spec.target_length), jnp.int32),
    )


def knowing(
    rule: Callable[[jax.Array], jax.Array], right: jax.Array | float = 0.0, wrong: jax.Array | float = WRONG
) -> Any:
    """A reference that knows the rule, sources [b, s] to targets [b, t], with log-probabilities of right and wrong."""
    return SimpleNamespace(
        log_prob=lambda source, target: jnp.where(target == rule(source), right, wrong),
        decode=rule,
    )
