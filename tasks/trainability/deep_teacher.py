"""Learn a shallow teacher with a network that is far deeper than the task asks for.

Isolates trainability: the teacher has one hidden layer, so that depth only costs. It is even, so that a student whose
hidden layers don't learn stays at the floor. All students have about 25,000 parameters, 500 batches of 64 fresh points
and the same optimiser, whose rate is tuned for each. What a plain stack loses with its depth is what an architecture or
an initialisation can win back.
"""

from typing import Any

import jax

from toybench.tasks.trainability import Teacher, TeacherTask


class DeepTeacher(TeacherTask):
    """Loss and error of any student, without a guide."""

    def guide(self, teacher: Teacher, key: jax.Array) -> Any:
        return ()
