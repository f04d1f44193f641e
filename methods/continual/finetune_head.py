"""A linear head on the frozen backbone, trained on the current phase alone.

**Source**: the usual lower control of class-incremental learning.

    W <- W - lr grad CE(phi(x) W, y)        softmax over all classes seen so far

**Differs from the paper**: nothing.

**Shapes**: b batch, f features, c classes.
"""

from toybench.methods.continual._replay import LinearHead


class FinetuneHead(LinearHead):
    """Nothing holds the weights of classes that are gone."""

    space = {"lr": (0.001, 0.003, 0.01)}
