"""The network that reads a text's tokens in order, and where its training starts.

Shapes: b texts, t tokens, n nodes.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench.blocks.attention import Transformer, causal_mask
from toybench.blocks.nn import init as initialise
from toybench.tasks.path_models import TextSpec

WIDTH = 32  # 120 in the authors' default


class State(NamedTuple):
    """Network and optimiser."""

    params: Any
    moments: Any


def network(spec: TextSpec) -> Transformer:
    """One block with one head, as in the authors' default; it answers with logits of nodes and "none"."""
    return Transformer(width=WIDTH, layers=1, heads=1, out=spec.nodes + 1)


def features(spec: TextSpec, tokens: jax.Array) -> jax.Array:
    """One-hot tokens and places [b, t, ...]: one matrix on both is a token and a position embedding."""
    tokens_seen = jax.nn.one_hot(tokens, spec.nodes + 1)
    places = jnp.eye(spec.longest + 3)[: tokens.shape[1]]
    return jnp.concatenate([tokens_seen, jnp.broadcast_to(places[None], (*tokens.shape, places.shape[1]))], axis=2)


def logits(spec: TextSpec, params: Any, tokens: jax.Array) -> jax.Array:
    """Logits [b, t, n + 1] of the token after each one."""
    return network(spec).apply(params, features(spec, tokens), causal_mask(tokens.shape[1]))


def start(spec: TextSpec, key: jax.Array, transform: optax.GradientTransformation) -> State:
    """A random network and the optimiser's start."""
    example = jnp.zeros((1, 2), jnp.int32)
    params = initialise(network(spec), key, features(spec, example), causal_mask(2))
    return State(params=params, moments=transform.init(params))
