"""Counts which two neighbours of the source tell each place of the target most, and what follows from them.

**Source**: none; the cheap control, an n-gram table with an alignment of places.

    place s of target place t = argmax_s max-likelihood of y_t given (x_{s-1}, x_s);   p(y_t) = its smoothed counts

**Differs from the paper**: nothing.

**Shapes**: b texts, s places of a source, t places of a target, v symbols of a source, w symbols of a target.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.decode import token_nll
from toybench.tasks.transduction import Pairs, Spec

SMOOTHING = 0.01  # added to every count
TINY = 1e-6  # keeps the log of a share finite


class State(NamedTuple):
    """How often symbol w stood at t when (x_{s-1}, x_s) stood at s: [t, s, (v + 1) v, w]."""

    counts: jax.Array


class AlignedCounts(Method):
    """It knows that a place of the target hangs on two neighbours of the source, and must find which ones."""

    deterministic = True

    def fits(self, spec: Spec) -> str | None:
        return None if spec.target_length == spec.source_length else "places of source and target must be as many"

    def init(self, key: jax.Array) -> State:
        spec = self.spec
        contexts = (spec.source_symbols + 1) * spec.source_symbols
        return State(counts=jnp.zeros((spec.target_length, spec.source_length, contexts, spec.target_symbols)))

    def contexts(self, source: jax.Array) -> jax.Array:
        """One-hot [b, s, (v + 1) v] of each place's symbol and the one before it."""
        count = self.spec.source_symbols
        first = jnp.full((len(source), 1), count, source.dtype)
        before = jnp.concatenate([first, source[:, :-1]], axis=1)
        return jax.nn.one_hot(before * count + source, (count + 1) * count)

    def update(self, state: State, batch: Pairs, key: jax.Array) -> State:
        right = jax.nn.one_hot(batch.target, self.spec.target_symbols)
        return State(counts=state.counts + jnp.einsum("bsc,btw->tscw", self.contexts(batch.source), right))

    def logits(self, state: State, source: jax.Array) -> jax.Array:
        """Log-shares [b, t, w] by the place that tells most."""
        share = state.counts / jnp.maximum(state.counts.sum(-1, keepdims=True), 1.0)
        likelihood = (state.counts * jnp.log(share + TINY)).sum((2, 3))
        place = jax.nn.one_hot(likelihood.argmax(1), self.spec.source_length)
        table = jnp.einsum("ts,tscw->tcw", place, state.counts)
        known = jnp.einsum("bsc,ts->btc", self.contexts(source), place)
        return jnp.log(jnp.einsum("btc,tcw->btw", known, table) + SMOOTHING)

    def log_prob(self, state: State, source: jax.Array, target: jax.Array) -> jax.Array:
        return -token_nll(self.logits(state, source), target)

    def decode(self, state: State, source: jax.Array) -> jax.Array:
        return self.logits(state, source).argmax(-1).astype(jnp.int32)
