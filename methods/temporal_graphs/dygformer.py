"""DyGFormer: attention over the patched histories of both ends, with counts of each neighbour in either history.

**Source**: Yu, Sun, Du and Lv, "Towards Better Dynamic Graph Learning: New Architecture and Unified Library", 2023,
https://arxiv.org/abs/2303.13047, in the authors' DyGLib: `models/DyGFormer.py` and `models/modules.py`.

    z_w = f(count of w in u's history) + f(count of w in v's history), f a network of one number
    sequence of u = patches of (features, time, z), each projected; attention over both sequences; mean of either

**Differs from the paper**: 1. Nodes have random features and meetings none, so that there are 3 channels of 6 in place
of 4 of 50, and 1 layer in place of 2. 2. Histories of 15 in patches of 2; the latest comes first. 3. Frequencies of the
time encoding are fixed. 4. No dropout. 5. Without co-occurrence the two other channels have 9 numbers each.

**Shapes**: q queries, s = 1 + k places of a sequence, p patches.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench.blocks.attention import Block
from toybench.blocks.nn import MLP
from toybench.methods.temporal_graphs._links import WIDTH, Merge, Sequences, TrainedLinks
from toybench.tasks.temporal_graphs import NOBODY

PATCH = 2  # places of a patch
HEADS = 2
EXPAND = 4  # hidden width of a block's network over its width


def counts(nodes: jax.Array) -> jax.Array:
    """How often each place's node is in its own sequence and in the other, [q, 2, s, 2], of nodes int32 [q, 2, s]."""
    real = (nodes != NOBODY).astype(jnp.float32)
    sides = []
    for others in (nodes, nodes[:, ::-1]):
        same = (nodes[..., :, None] == others[..., None, :]).astype(real.dtype)
        sides.append(real * same.sum(-1))
    return jnp.stack(sides, axis=-1)


class Network(nn.Module):
    """Scores [q] of sequences."""

    cooccurrence: bool

    @nn.compact
    def __call__(self, told: Sequences) -> jax.Array:
        channels = [told.features, told.times]
        if self.cooccurrence:
            encoded = MLP((WIDTH // 3, WIDTH // 3))(counts(told.nodes)[..., None])
            channels.append(encoded.sum(-2))
        q, _, s = told.nodes.shape
        patched = [x.reshape(q, 2 * s // PATCH, -1) for x in channels]
        tokens = jnp.concatenate([nn.Dense(WIDTH // len(channels))(x) for x in patched], axis=-1)
        everyone = jnp.ones((tokens.shape[1], tokens.shape[1]), bool)
        tokens = Block(heads=HEADS, expand=EXPAND)(tokens, everyone)
        ends = tokens.reshape(q, 2, s // PATCH, WIDTH).mean(2)
        return Merge()(nn.Dense(WIDTH)(ends))


class DyGFormer(TrainedLinks):
    """Both histories at once."""

    cooccurrence: bool = True  # whether counts in both histories are encoded

    paper = "yu2023better"

    def network(self) -> Network:
        return Network(cooccurrence=self.cooccurrence)
