"""TabForestPFN: the same in-context transformer, half of its tables from causal models and half from random trees.

**Source**: den Breejen, Bae, Cha and Yun, "Why In-Context Learning Transformers are Tabular Data Classifiers", 2024,
https://arxiv.org/abs/2405.13396.

    loss = 1/2 loss on tables of structural causal models + 1/2 loss on tables of random trees

**Differs from the paper**: 1. as for the forest-pretrained network: drawn splits, shallow trees, 2 classes, no
fine-tuning on the table at hand.

**Shapes**: n tables, c context rows, q query rows, f features.
"""

import jax
import jax.numpy as jnp

from toybench.methods.in_context._pfn import TablePFN
from toybench.tasks.in_context._tabular import Pretraining, Tables


class PFNMixed(TablePFN):
    """As many tables a step as with one law."""

    paper = "breejen2024incontext"

    def prior(self, batch: Pretraining) -> Tables:
        half = len(batch.scm.y) // 2
        return jax.tree.map(lambda a, b: jnp.concatenate([a[:half], b[half:]]), batch.scm, batch.forest)
