"""Experience replay: a linear head on the frozen backbone, trained on new examples and on ten stored ones a class.

**Source**: Chaudhry et al., "On Tiny Episodic Memories in Continual Learning", 2019, https://arxiv.org/abs/1902.10486.

    (1 - a) CE(new batch) + a CE(memory batch)

**Differs from the paper**: 1. the memory keeps the first ten examples of each class instead of a reservoir. 2. the
weight a of the memory is tuned: half each, or about the stored examples' share of all.

**Shapes**: b batch, f features, c classes.
"""

from toybench.methods.continual._replay import LinearHead


class ERHead(LinearHead):
    """Memory from earlier phases alone; in the first phase there is none."""

    replay: float = 0.5  # weight of the memory's loss, 0 to 1

    space = {"lr": (0.001, 0.003, 0.01), "replay": (0.2, 0.5)}
