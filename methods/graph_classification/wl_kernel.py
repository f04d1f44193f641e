"""Weisfeiler-Lehman subtree kernel: how many nodes of two graphs have one colour, over the rounds of refinement.

**Source**: Morris, Kriege, Bause, Kersting, Mutzel and Neumann, "TUDataset: A collection of benchmark datasets for
learning with graphs", 2020, https://arxiv.org/abs/2007.08663 (abstract) and the authors' code:
`tud_benchmark/main_kernel.py` and `auxiliarymethods/kernel_evaluation.py`; the kernel is Shervashidze et al.'s (2011).

    colour_i <- hash(colour_i, {(bond_ij, colour_j)})
    k(G, H) = sum over rounds and nodes i, j of [colour_i = colour_j]

The kernel is divided by the root of both graphs' own, as in the code.

**Differs from the paper**: 1. ridge regression on the classes instead of a support vector machine; its penalty by four
folds, where the code holds out a tenth. 2. The number of rounds is tuned on other worlds, not on the held-out part.

**Shapes**: p and q graphs, h colours (n nodes of all rounds).
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench.blocks.graphs import colours
from toybench.methods.graph_classification._kernel import GraphKernel, normalised
from toybench.tasks.graph_classification import Graphs


class Coloured(NamedTuple):
    """Colours uint32 [p, rounds + 1, n], masks [p, n], and kernel values with itself [p]."""

    colours: jax.Array
    mask: jax.Array
    own: jax.Array


def shared(colour: jax.Array, mask: jax.Array, others: jax.Array, masks: jax.Array) -> jax.Array:
    """Pairs of nodes with one colour in one round: a graph's [rounds + 1, n] and those of others [q, rounds + 1, n]."""
    alike = (others[:, :, :, None] == colour[None, :, None, :]).sum(1).astype(mask.dtype)
    return jnp.einsum("qij,qi,j->q", alike, masks, mask)


class WLKernel(GraphKernel):
    """Counts of colours."""

    rounds: int = 2  # of refinement, 1 or more; 1 to 5 in the authors' code

    space = {"rounds": (1, 2, 3, 4, 5)}

    def describe(self, graphs: Graphs) -> Coloured:
        labels = graphs.x.argmax(-1)
        found = jax.vmap(lambda edges, label: colours(edges, label, self.rounds))(graphs.edges, labels)
        own = jax.vmap(lambda c, m: shared(c, m, c[None], m[None])[0])(found, graphs.mask)
        return Coloured(colours=found, mask=graphs.mask, own=own)

    def kernel(self, a: Coloured, b: Coloured) -> jax.Array:
        one = lambda row: shared(row[0], row[1], b.colours, b.mask)  # noqa: E731
        return normalised(jax.lax.map(one, (a.colours, a.mask)), a.own, b.own)
