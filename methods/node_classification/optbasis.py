"""OptBasisGNN: a learned polynomial filter whose basis is orthonormal for each channel's own signal.

**Source**: Guo and Wei, "Graph Neural Networks with Learnable and Optimal Polynomial Bases", 2023,
https://arxiv.org/abs/2302.12432, the recurrence of the optimal basis; from memory.

    v_(k+1) = (P v_k - <P v_k, v_k> v_k - <P v_k, v_(k-1)> v_(k-1)) / norm,    v_0 = h / |h|
    scores = (sum_k alpha_k v_k) W,    P = D^-1/2 A D^-1/2, a filter alpha a channel

**Differs from the paper**: 1. The filter starts at h itself. 2. A basis vector of norm below 1e-6 is left at 0.

**Shapes**: n nodes, d features, w channels, c classes.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench.blocks import graphs
from toybench.methods.node_classification._nodes import RATES, Inputs, Supervised
from toybench.tasks.node_classification import Graph, NodeSpec

LEAST = 1e-6  # norm of a vector that is none: the signal's Krylov space is exhausted


class Network(nn.Module):
    """A linear layer, a filter a channel, a linear layer."""

    spec: NodeSpec
    order: int

    @nn.compact
    def __call__(self, moves: jax.Array, x: jax.Array) -> jax.Array:
        h = nn.relu(nn.Dense(self.spec.width)(x))
        moved = self.param("moved", nn.initializers.zeros, (self.order + 1, self.spec.width))
        basis = orthonormal_basis(moves, h, self.order)
        size = jnp.sqrt((h**2).sum(0) + LEAST**2)
        filtered = h + (size[None, None, :] * moved[:, None, :] * basis).sum(0)
        return nn.Dense(self.spec.classes)(nn.relu(filtered))


def orthonormal_basis(moves: jax.Array, h: jax.Array, order: int) -> jax.Array:
    """Vectors [order + 1, n, w], orthonormal over the nodes in every channel of h [n, w], by three terms."""

    def step(last: tuple[jax.Array, jax.Array], _: None) -> tuple[tuple[jax.Array, jax.Array], jax.Array]:
        v, before = last
        moved = moves @ v
        rest = moved - (moved * v).sum(0, keepdims=True) * v - (moved * before).sum(0, keepdims=True) * before
        return (unit(rest), v), v

    _, basis = jax.lax.scan(step, (unit(h), jnp.zeros_like(h)), None, length=order + 1)
    return basis


def unit(v: jax.Array) -> jax.Array:
    """Channels [n, w] of length 1, or 0 where there is next to nothing."""
    square = (v**2).sum(0, keepdims=True)
    enough = square > LEAST**2
    return jnp.where(enough, v * jax.lax.rsqrt(jnp.where(enough, square, 1.0)), 0.0)


class OptBasis(Supervised):
    """The optimal basis, without tuning it."""

    decay: float = 5.0  # decoupled weight decay, 0 and above; five times the others', by a pilot
    order: int = 10  # degree of the polynomial; 10 in the paper

    space = {"lr": RATES, "order": (2, 5, 10, 15)}

    def network(self) -> Network:
        return Network(spec=self.spec, order=self.order)

    def read(self, graph: Graph) -> Inputs:
        return graphs.symmetric_normalised(graph.reads, loops=False), graph.x
