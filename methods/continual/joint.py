"""Joint training: everything seen so far is kept and learned again in each session.

**Source**: the upper reference of class-incremental learning, for instance Rebuffi, Kolesnikov, Sperl and Lampert,
"iCaRL: Incremental Classifier and Representation Learning", 2016, https://arxiv.org/abs/1611.07725.

    loss = CE on all examples of all sessions so far

**Differs from the paper**: 1. it goes on from the last network and has the updates of one session, as all methods.

**Shapes**: b examples, c classes, m remembered examples a class.
"""

from toybench.methods.continual.er import ER


class Joint(ER):
    """Replay with a memory that holds everything."""

    balance: float = 0.0  # all examples alike

    space = {"lr": (0.001, 0.003, 0.01)}

    @property
    def kept(self) -> int:
        return self.spec.examples
