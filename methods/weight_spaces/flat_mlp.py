"""Network on the flat vector of all weights, whose hidden units are relabelled anew at every step.

**Source**: the usual baseline of networks that read weights, as in Navon, Shamsian, Achituve, Fetaya, Chechik and
Maron, "Equivariant Architectures for Learning in Deep Weight Spaces", 2023, https://arxiv.org/abs/2301.12780, from
memory: an MLP, with permutations as augmentation.

    head(w_1, ..., w_s, residual)

**Differs from the paper**: 1. vectors of smaller networks are padded with zeros, as there are several architectures.

**Shapes**: b networks, s places of weights.
"""

import jax
import jax.numpy as jnp

from toybench.methods.weight_spaces._regression import LR, OnFeatures, listed
from toybench.tasks.weight_spaces import Nets


class FlatMlp(OnFeatures):
    """Must learn the symmetry from examples."""

    augment: bool = True  # whether hidden units are relabelled anew at every step

    space = {"lr": LR, "decay": (0.01, 0.1, 1.0)}

    def features(self, nets: Nets) -> jax.Array:
        padded = {name: self.padded(part) for name, part in nets.weights.items()}
        return jnp.concatenate([listed(self.spec, padded), nets.residual], axis=1)

    def padded(self, part: jax.Array) -> jax.Array:
        """The tensor [b, l, ...] as one of the widest network."""
        return jnp.pad(part, [(0, 0), (0, 0), *((0, self.spec.units - size) for size in part.shape[2:])])
