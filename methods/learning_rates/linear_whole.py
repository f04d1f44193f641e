"""Linear decay that makes updates in the rehearsal, too: a control for rules that spend batches on choosing a schedule.

**Source**: none, a control: `linear` with twice the updates.

    w <- w - lr (1 - t / 2T) g        at update t = 0, ..., 2T - 1

**Differs from the paper**: nothing.

**Shapes**: those of the weights.
"""

import jax

from toybench.methods.learning_rates._schedules import LastIterate, eighths, share


class LinearWhole(LastIterate):
    """A rate that falls linearly to 0 over all batches, the last iterate."""

    space = {"lr": eighths(0.004)}

    def formula(self, done: jax.Array) -> jax.Array:
        return 0.5 - 0.5 * share(done, self.spec.length)
