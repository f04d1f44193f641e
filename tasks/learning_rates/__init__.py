"""Choose the step: minimise a function that the task owns, where what matters is how far each step goes.

A learner answers its weights, those that are judged; some tasks also ask for the schedule that it used, or its last
rate. Every rule starts from the same weights (`self.given.weights`), meets the same batches, and is handed the loss
(`self.spec`, a `Problem`).
"""

from typing import Any, Protocol

import jax


class Optimizer(Protocol):
    """What a learner of this study answers."""

    def weights(self, state: Any) -> Any:
        """The weights to be judged, a pytree like the given ones; with a leading axis [n] where the task sweeps."""


class Rated(Optimizer, Protocol):
    """A learner that also says how far it goes."""

    def rate(self, state: Any) -> jax.Array:
        """The learning rate of the last update: float [], or [n] where the task sweeps."""
