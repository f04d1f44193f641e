"""TabForest: the same in-context transformer, trained only on tables labelled by random trees.

**Source**: den Breejen, Bae, Cha and Yun, "Why In-Context Learning Transformers are Tabular Data Classifiers", 2024,
https://arxiv.org/abs/2405.13396.

    x ~ N(0, I),  y = [ leaf value of a random tree at x > median ],  then TabPFN's loss on such tables

**Differs from the paper**: 1. a tree's splits are drawn instead of fitted to random targets, depth 2 to 5 instead of
up to 25; 2. no categorical features, 2 balanced classes; 3. no fine-tuning on the table at hand; 4. a smaller
transformer, as for TabPFN here.

**Shapes**: n tables, c context rows, q query rows, f features.
"""

from toybench.methods.in_context._pfn import TablePFN
from toybench.tasks.in_context._tabular import Pretraining, Tables


class PFNForest(TablePFN):
    """Trained on jagged boundaries only."""

    paper = "breejen2024incontext"

    def prior(self, batch: Pretraining) -> Tables:
        return batch.forest
