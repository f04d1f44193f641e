"""The deep teacher's task, with a residual network at hand that has already learnt it.

Isolates what a guide is good for. The guide has seen 500 batches of its own from the same law, at a rate fixed
beforehand; students may look at its layers, or at its outputs, and unguided ones see what they would lose. All students
descend with Adam, as in the code of guidance's authors: alignment has no scale, so that its gradient is the larger the
nearer the points' representations are to one another. Momentum diverged with it in a pilot.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.blocks import optim
from toybench.blocks.random import normals
from toybench.tasks.trainability import (
    Layer,
    Network,
    Teacher,
    TeacherTask,
    cross_entropy,
    optimizer,
    residual,
)

GUIDE_WIDTH = 32  # units of a layer of the guide, about the budget's width at 24 layers
GUIDE_RATE = 0.1  # learning rate of the guide: what a residual network without one is tuned to


class GuidedTeacher(TeacherTask):
    """Loss and error of a student that may follow a trained guide."""

    guided = True
    optimizer = "adam"

    def guide(self, teacher: Teacher, key: jax.Array) -> Network:
        """A residual network of the students' depth, trained as they are."""
        for_weights, for_batches = jax.random.split(key)
        net = self.untrained(for_weights)
        descent = optimizer("momentum", GUIDE_RATE, self.steps)

        def step(carry: tuple[Network, Any], each: jax.Array) -> tuple[tuple[Network, Any], None]:
            now, memory = carry
            batch = self.examples(teacher, each)
            slope = jax.grad(lambda n: cross_entropy(residual(self.spec.activation, n, batch.x)[1], batch.y))(now)
            return optim.descend(descent, slope, memory, now), None

        start = (net, descent.init(net))
        trained, _ = jax.lax.scan(step, start, jax.random.split(for_batches, self.steps))
        return trained[0]

    def untrained(self, key: jax.Array) -> Network:
        """The guide's start: normal weights of the variance 2 / in, after He and others."""
        drawn = normals(
            key,
            first=(self.features, GUIDE_WIDTH),
            stack=(self.depth, GUIDE_WIDTH, GUIDE_WIDTH),
            last=(GUIDE_WIDTH, self.classes),
        )
        layers = {
            name: Layer(w=w * (2 / w.shape[-2]) ** 0.5, b=jnp.zeros((*w.shape[:-2], w.shape[-1])))
            for name, w in drawn.items()
        }
        return Network(**layers)
