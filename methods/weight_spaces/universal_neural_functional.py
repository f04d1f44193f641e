"""Universal neural functional: all linear maps between tensors that commute with relabelling, derived from their axes.

**Source**: Zhou, Finn and Harrison, "Universal Neural Functionals", 2024, https://arxiv.org/abs/2402.05232; by the
authors `algorithm.py` (`valid_partitions`, `gen_basis`) and `layers.py` (`UNFLayer`) in
https://github.com/AllanYangZhou/universal_neural_functional; the experiment in a digest of the paper.

For each pair of tensors, and each partition of the axes of both into blocks within which all axes are permuted alike, a
term: along equal axes of the input its diagonal is taken, axes that the output lacks are averaged, equal axes of the
output are filled on their diagonal, axes that the input lacks are broadcast. A layer mixes the channels of all terms

    out = relu(sum_terms term(in) theta_term + bias)

and the answer is a network on all terms of a last layer whose output has no axes: the invariants.

**Differs from the paper**: 1. two layers of few channels, a head of 32 units. 2. Least squares on the logit of the
success rate, the paper's loss is the cross-entropy of the rate. 3. Axes of inputs and outputs, of size one here, are
left out; the authors' examples give them permutations of their own, too.

**Shapes**: b networks, m units, c channels.
"""

import itertools
from collections.abc import Iterator

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from toybench.methods.weight_spaces._regression import LR, Head, OnTensors
from toybench.tasks.weight_spaces import Axes, Nets, Spec

DEPTH = 2  # equivariant layers


class UniversalNeuralFunctional(OnTensors):
    """For networks of one layer of hidden units."""

    paper = "zhou2024universal"
    channels: int = 8  # of a weight after a layer
    tied: bool = True  # whether rows and columns of the recurrent weights are one permutation, as they are

    space = {"lr": LR, "channels": (4, 8, 16)}

    def fits(self, spec: Spec) -> str | None:
        return None if spec.kind == "rnn" else "its tensors belong to one layer"

    def module(self) -> nn.Module:
        axes = self.spec.axes if self.tied else tuple((name, apart(group)) for name, group in self.spec.axes)
        return Functional(axes=axes, channels=self.channels)


class Functional(nn.Module):
    """Nets to [b]."""

    axes: Axes
    channels: int

    @nn.compact
    def __call__(self, nets: Nets) -> jax.Array:
        tensors = {name: part[:, 0, ..., None] for name, part in nets.weights.items()}
        size = tensors["bias"].shape[1]
        for _ in range(DEPTH):
            tensors = {
                name: nn.relu(nn.Dense(self.channels)(self.terms(tensors, axes, size))) for name, axes in self.axes
            }
        return Head()(self.terms(tensors, (), size))

    def terms(self, tensors: dict[str, jax.Array], out: tuple[str, ...], size: int) -> jax.Array:
        """All terms [b, *out, terms * c] from all tensors to one with the axes `out`."""
        found = [
            term(tensors[name], place[len(out) :], place[: len(out)], size)
            for name, axes in self.axes
            for place in partitions((*out, *axes))
        ]
        return jnp.concatenate(found, axis=-1)


def apart(axes: tuple[str, ...]) -> tuple[str, ...]:
    """The axes of a tensor with the first of two under a permutation of its own."""
    return ("before", *axes[1:]) if len(axes) > 1 else axes


def partitions(axes: tuple[str, ...]) -> Iterator[tuple[int, ...]]:
    """The block of every axis, for every partition whose blocks hold axes of one permutation each."""
    for blocks in itertools.product(range(len(axes)), repeat=len(axes)):
        firsts = [blocks.index(block) for block in blocks]
        alike = all(axes[first] == axis for first, axis in zip(firsts, axes, strict=True))
        if alike and all(block == first for block, first in zip(blocks, firsts, strict=True)):
            yield blocks  # each block is named after its first axis


def term(x: jax.Array, inner: tuple[int, ...], outer: tuple[int, ...], size: int) -> jax.Array:
    """The term of a partition, [b, m.., c] to [b, m.., c]: `inner` and `outer` are the blocks of the axes of each."""
    name = dict(zip(dict.fromkeys((*outer, *inner)), "ijklmn", strict=False))
    kept = [block for block in dict.fromkeys(outer) if block in inner]
    averaged = len(set(inner) - set(outer))
    before = "".join(name[block] for block in inner)
    after = "".join(name[block] for block in kept)
    y = jnp.einsum(f"b{before}c->b{after}c", x) / size**averaged
    missing = [1 + i for i, block in enumerate(outer) if block not in kept or block in outer[:i]]
    y = jnp.broadcast_to(jnp.expand_dims(y, missing), (len(x), *(size,) * len(outer), x.shape[-1]))
    for i, block in enumerate(outer):
        if block in outer[:i]:  # equal axes of the output: nothing beside the diagonal
            shape = [size if j in (outer.index(block), i) else 1 for j in range(len(outer))]
            y = y * jnp.asarray(np.eye(size, dtype=np.float32).reshape(1, *shape, 1))
    return y
