"""What the networks of this study share: layers that read both ways, and the loss on embeddings of known families.

The loss is supervised, as the authors' code has it: a contrast between families plus cross-entropy.

Shapes: b graphs, n nodes, o operators, w hidden width, l layers, c families.
"""

from typing import Any, NamedTuple

import flax.linen as linen
import jax
import jax.numpy as jnp
import optax

from toybench.blocks.nn import MLP
from toybench.tasks.architecture_retrieval import Graphs, Spec

FLOOR = 1e-12  # below a squared length
SELF = -1e9  # a logarithm that no softmax keeps
SPACE = {"lr": (0.001, 0.003, 0.01, 0.03, 0.1), "temperature": (0.1, 0.3, 1.0)}  # of every network


class State(NamedTuple):
    """Parameters of a network, and Adam's moments."""

    params: Any
    adam: optax.OptState


def contrast(embedded: jax.Array, family: jax.Array, temperature: jax.Array | float) -> jax.Array:
    """-log softmax of cosines / temperature over other graphs of the batch, its mean over graphs of one's family."""
    unit = embedded * jax.lax.rsqrt(jnp.square(embedded).sum(-1, keepdims=True) + FLOOR)
    itself = jnp.eye(len(family), dtype=bool)
    logs = jax.nn.log_softmax(jnp.where(itself, SELF, unit @ unit.T / temperature))
    alike = ((family[:, None] == family[None, :]) & ~itself).astype(logs.dtype)
    return -((logs * alike).sum(-1) / jnp.maximum(alike.sum(-1), 1.0)).mean()


def family_loss(embedded: jax.Array, scores: jax.Array, family: jax.Array, temperature: jax.Array | float) -> jax.Array:
    """The contrast between families plus the cross-entropy of their scores [b, c]."""
    right = jnp.take_along_axis(jax.nn.log_softmax(scores), family[:, None], axis=-1)
    return contrast(embedded, family, temperature) - right.mean()


class Stack(linen.Module):
    """Sums over those that a node reads, and those that read it, apart: [b, n, d] to all layers' [b, n, l w]."""

    width: int
    layers: int

    @linen.compact
    def __call__(self, edges: jax.Array, x: jax.Array) -> jax.Array:
        back = jnp.swapaxes(edges, -1, -2)
        h = x
        found = []
        for _ in range(self.layers):
            told = jnp.concatenate([h, edges @ h, back @ h], axis=-1)
            h = linen.elu(MLP((self.width, self.width))(told))
            found.append(h)
        return jnp.concatenate(found, axis=-1)


def shapes(spec: Spec) -> Graphs:
    """One graph without edges, for shapes."""
    return Graphs(
        edges=jnp.zeros((1, spec.nodes, spec.nodes)),
        x=jnp.zeros((1, spec.nodes, spec.operators)),
        mask=jnp.ones((1, spec.nodes)),
    )
