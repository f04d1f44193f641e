"""Ask for designs at random: the best of many draws.

**Source**: none, a control.

    each design that has not been solved is as likely

**Differs from the paper**: nothing.

**Shapes**: g networks, d designs, m of a round.
"""

import jax

from toybench import Method
from toybench.methods.network_design._search import Told, ask, learn, nothing_told
from toybench.tasks.network_design import Answers


class RandomDesigns(Method):
    """No design twice."""

    deterministic = True

    def init(self, key: jax.Array) -> Told:
        return nothing_told(self.spec)

    def update(self, state: Told, batch: Answers, key: jax.Array) -> Told:
        return learn(state, batch)

    def propose(self, state: Told, key: jax.Array) -> jax.Array:
        return ask(jax.random.uniform(key, state.time.shape), state, self.spec.asked)
