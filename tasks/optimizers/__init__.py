"""Minimise a function that the task owns, batch by batch, by an update rule.

A learner answers its weights: those that are judged, which a rule may have averaged. Every rule starts from the same
ones (`self.given.weights`), meets the same batches, and is handed the loss (`self.spec`, a `Problem`).
"""

from typing import Any, Protocol


class Optimizer(Protocol):
    """What a learner of this study answers."""

    def weights(self, state: Any) -> Any:
        """The weights to be judged, a pytree like the given ones; with a leading axis [n] where the task sweeps."""
