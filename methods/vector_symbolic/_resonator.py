"""Recurrent decoders of products: every factor's guess is cleaned up in turn, given the others' guesses.

Shapes: b products, f factors, m codewords a factor, d dimensions.
"""

import abc
from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method

TINY = 1e-12  # keeps the norm of a guess of 0 from being divided by


class State(NamedTuple):
    """A random sign [d] for every tie, and the data of a key for what noise a decoder adds."""

    ties: jax.Array
    noise: jax.Array


class Resonator(Method, abc.ABC):
    """Sweeps over the factors; a subclass says how codewords are weighed in a guess, and how a guess is bounded."""

    @abc.abstractmethod
    def weigh(self, state: State, similar: jax.Array, codebook: jax.Array, key: jax.Array) -> jax.Array:
        """Weights [b, m] of the codewords [m, d] in the new guess, from their inner products [b, m]."""

    @abc.abstractmethod
    def bound(self, state: State, guess: jax.Array) -> jax.Array:
        """Guesses [b, d] of the length of a codeword."""

    def init(self, key: jax.Array) -> State:
        of_ties, of_noise = jax.random.split(key)
        ties = jnp.where(jax.random.bernoulli(of_ties, 0.5, (self.spec.dim,)), 1.0, -1.0)
        return State(ties=ties, noise=jax.random.key_data(of_noise))

    def clean_up(self, state: State, query: jax.Array, codebook: jax.Array, key: jax.Array) -> jax.Array:
        """A new guess [b, d] for what the other factors leave of the products, [b, d].

        With signs the inner products and the sums are integers, and exact: a tie is a tie.
        """
        similar = query @ codebook.conj().T
        weights = self.weigh(state, similar, codebook, key).astype(codebook.dtype)
        return self.bound(state, weights @ codebook)

    def factorize(self, state: State, products: jax.Array, codebooks: jax.Array) -> jax.Array:
        f = self.spec.factors
        root = jax.random.wrap_key_data(state.noise)
        means = [self.bound(state, codebooks[i].sum(0, keepdims=True)) for i in range(f)]
        start = tuple(jnp.broadcast_to(mean, products.shape) for mean in means)

        def sweep(guesses: tuple, t: jax.Array) -> tuple[tuple, jax.Array]:
            new = list(guesses)
            found = []
            for i in range(f):
                query = products
                for j in [j for j in range(f) if j != i]:
                    query = query * new[j].conj()
                new[i] = self.clean_up(state, query, codebooks[i], jax.random.fold_in(root, t * f + i))
                found.append(jnp.argmax(jnp.abs(new[i] @ codebooks[i].conj().T), -1))
            return tuple(new), jnp.stack(found, -1)

        return jax.lax.scan(sweep, start, jnp.arange(self.spec.sweeps))[1]


def as_phases(state: State, guess: jax.Array) -> jax.Array:
    """Guesses [b, d] as signs or phases, entry by entry; an entry of 0 takes the sign drawn for ties."""
    ties = jnp.broadcast_to(state.ties, guess.shape).astype(guess.dtype)
    size = jnp.abs(guess)
    return jnp.where(size == 0, ties, guess / jnp.where(size == 0, 1.0, size).astype(guess.dtype))


def of_norm(guess: jax.Array, norm: float) -> jax.Array:
    """Guesses [b, d] scaled to a norm; nothing else is asked of their entries."""
    own = jnp.sqrt(jnp.sum(jnp.abs(guess) ** 2, -1, keepdims=True))
    return guess * (norm / jnp.maximum(own, TINY)).astype(guess.dtype)
