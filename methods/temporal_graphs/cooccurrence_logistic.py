"""Logistic regression on a few numbers of a pair's histories: the cheap rival that counts by hand.

**Source**: standard; the numbers are those that DyGFormer's co-occurrence encoding can count (see `dygformer`), each
also with recent meetings weighed more.

    sum over u's history of [w = v] r^age,  and  sum over w of (sum_u [w] r^age) (sum_v [w] r^age),  for four r

**Differs from the paper**: 1. Four decays are fixed; their weights are learned. 2. Logarithms of 0.01 + each number.

**Shapes**: q queries, s = 1 + k places of a sequence, f decays.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from toybench.methods.temporal_graphs._links import Sequences, TrainedLinks
from toybench.tasks.temporal_graphs import NOBODY

HORIZONS = np.array([10.0, 30.0, 100.0, np.inf])  # events after which a meeting weighs 1/e
SMALL = 0.01  # added before a logarithm: a meeting long ago weighs about that


class Network(nn.Module):
    """Scores [q] of sequences."""

    @nn.compact
    def __call__(self, told: Sequences) -> jax.Array:
        nodes = told.nodes
        own = nodes[:, :, :1]
        ages = told.ages[:, :, 1:, None]
        real = (nodes != NOBODY).astype(ages.dtype)[:, :, 1:, None]
        weight = real * jnp.exp(-ages / jnp.asarray(HORIZONS, ages.dtype)[None, None, None, :])
        direct = (weight * (nodes[:, :, 1:] == own[:, ::-1]).astype(ages.dtype)[..., None]).sum(2).mean(1)
        same = (nodes[:, 0, 1:, None] == nodes[:, 1, None, 1:]).astype(ages.dtype)
        common = jnp.einsum("qaf,qab,qbf->qf", weight[:, 0], same, weight[:, 1])
        numbers = jnp.log(SMALL + jnp.concatenate([direct, common], axis=-1))
        return nn.Dense(1)(numbers)[:, 0]


class CooccurrenceLogistic(TrainedLinks):
    """Eight numbers and their weights."""

    space = {"lr": (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)}

    def network(self) -> Network:
        return Network()
