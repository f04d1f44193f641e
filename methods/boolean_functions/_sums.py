"""The network that adds symbols: one learnt query pools the positions, one layer transforms what it finds.

Shapes: n strings, t positions, w width, h hidden neurons.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench.blocks import optim, random
from toybench.tasks.boolean_functions import SumSpec

WIDTH = 32
HIDDEN = 128
BATCH = 64
FLOOR = 1e-5  # added to a root mean square, the authors'


class Weights(NamedTuple):
    """Embeddings of symbols [modulus, w] and positions [t, w], query [w], values [w, w], and the two layers."""

    symbols: jax.Array
    places: jax.Array
    query: jax.Array
    values: jax.Array
    first: jax.Array
    second: jax.Array


class SumState(NamedTuple):
    """Network, optimiser, and the number of updates so far."""

    params: Weights
    moments: Any
    step: jax.Array


def start(key: jax.Array, spec: SumSpec) -> SumState:
    """Embeddings N(0, 1); matrices N(0, 1 / (3 fan-in)), of the same variance as PyTorch's default."""
    drawn = random.normals(
        key,
        symbols=(spec.modulus, WIDTH),
        places=(spec.positions, WIDTH),
        query=(WIDTH,),
        values=(WIDTH, WIDTH),
        first=(WIDTH, HIDDEN),
        second=(HIDDEN, WIDTH),
    )
    small = (3 * WIDTH) ** -0.5
    params = Weights(
        symbols=drawn["symbols"],
        places=drawn["places"],
        query=small * drawn["query"],
        values=small * drawn["values"],
        first=small * drawn["first"],
        second=(3 * HIDDEN) ** -0.5 * drawn["second"],
    )
    return SumState(params=params, moments=optim.adam(0.0).init(params), step=jnp.zeros(()))


def normalise(x: jax.Array) -> jax.Array:
    """Vectors [..., w] over their root mean square."""
    return x / (jnp.sqrt((x**2).mean(-1, keepdims=True)) + FLOOR)


def attend(params: Weights, tokens: jax.Array) -> tuple[jax.Array, jax.Array]:
    """(weights [n, t], embeddings [n, t, w]) of strings [n, t]; the query looks at the embeddings themselves."""
    kinds = jax.nn.one_hot(tokens, len(params.symbols))  # a product is faster than a lookup's gradient
    embedded = normalise(kinds @ params.symbols + params.places[None])
    return jax.nn.softmax(embedded @ params.query / WIDTH**0.5, axis=1), embedded


def scores(params: Weights, tokens: jax.Array) -> jax.Array:
    """Scores [n, modulus] of the labels; the output matrix is that of the symbols' embeddings."""
    weights, embedded = attend(params, tokens)
    pooled = jnp.einsum("nt,ntw->nw", weights, embedded) @ params.values
    transformed = jax.nn.gelu(normalise(pooled) @ params.first, approximate=False) @ params.second
    return (pooled + transformed) @ params.symbols.T


def train_on(state: SumState, tokens: jax.Array, labels: jax.Array, lr: Any, restart: jax.Array) -> SumState:
    """One step of Adam on a batch [b, t], [b]; its moments are forgotten first where it restarts, []."""

    def error(params: Weights) -> jax.Array:
        return optax.softmax_cross_entropy_with_integer_labels(scores(params, tokens), labels).mean()

    moments = jax.tree.map(lambda m: jnp.where(restart, jnp.zeros_like(m), m), state.moments)
    params, moments = optim.descend(optim.adam(lr), jax.grad(error)(state.params), moments, state.params)
    return SumState(params=params, moments=moments, step=state.step + 1)


def batch_rows(key: jax.Array, strings: int) -> jax.Array:
    """Numbers of the strings of a batch, uniform."""
    return jax.random.randint(key, (BATCH,), 0, strings)
