"""Sequential max-margin: each visit projects the last weights onto the task's margin set.

**Source**: Evron, Moroshko, Buzaglo, Khriesh, Marjieh, Srebro and Soudry, "Continual Learning in Linear Classification
on Separable Data", 2023, https://arxiv.org/abs/2306.03534, scheme 2.

    w_t = argmin_w |w - w_{t-1}|   subject to  y x.w >= 1 on the task's points

**Differs from the paper**: nothing.

**Shapes**: n points of a task, d dimensions.
"""

import jax

from toybench.methods.continual._margins import Margins, State
from toybench.tasks.continual import SignedPoints, project


class SequentialMaxMargin(Margins):
    """Alternating projection onto convex sets; the small quadratic programme by dual coordinate ascent."""

    paper = "evron2023continual"

    def update(self, state: State, batch: SignedPoints, key: jax.Array) -> State:
        return State(params=project(state.params, batch.z, sweeps=200))
