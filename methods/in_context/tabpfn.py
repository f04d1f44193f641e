"""TabPFN: a set transformer trained once on tables from random structural causal models.

**Source**: Hollmann, Müller, Eggensperger and Hutter, "TabPFN: A Transformer That Solves Small Tabular Classification
Problems in a Second", 2022, https://arxiv.org/abs/2207.01848.

    loss(theta) = E over causal models, over tables (D, x, y) drawn from them,  - log q_theta(y | x, D)
    answer      = q_theta(y | x, D) in one forward pass: approximates the posterior predictive under that prior

**Differs from the paper**: 1. tables of 2 features and 2 balanced classes; 2. causal models of 2 layers of 6 nodes; in
half of the tables the features are their root causes, for the paper's other half, Bayesian neural networks; 3. 2 layers
of width 32 instead of 12 of width 512; 4. one pass instead of an ensemble over feature and class orders.

**Shapes**: n tables, c context rows, q query rows, f features.
"""

from toybench.methods.in_context._pfn import TablePFN
from toybench.tasks.in_context._tabular import Pretraining, Tables


class TabPFN(TablePFN):
    """Its prior is smooth: also the smooth-pretrained control of the forest's."""

    paper = "hollmann2022tabpfn"

    def prior(self, batch: Pretraining) -> Tables:
        return batch.scm
