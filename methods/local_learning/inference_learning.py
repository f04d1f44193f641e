"""Inference learning: activities first settle between input and label, then every layer predicts its neighbour better.

**Source**: Alonso, Millidge, Krichmar and Neftci, "A Theoretical Framework for Inference Learning", 2022,
https://arxiv.org/abs/2206.00164.

    F = sum_l 1/2 |a_l - p_l|^2,   p_l = f(a_{l-1}) W_l + b_l,   a_L = onehot(y)
    a_l <- a_l - rate dF / da_l for `rounds` rounds, from a_l = p_l;   then dW_l = f(a_{l-1})^T (p_l - a_l) / b

**Differs from the paper**: 1. dense layers, the output clamped to the label, equal weights of the layers' energies.

**Shapes**: b batch; a_l, p_l [b, n_l] activities before the nonlinearity and predictions of them.
"""

import jax

from toybench.methods.local_learning._rule import Network, State, settled
from toybench.tasks.local_learning import Examples, Weights, assemble


class InferenceLearning(Network):
    """With few rounds and a small rate it comes near back-propagation."""

    rate: float = 0.1  # step size of the activities
    rounds: int = 50  # steps of the activities; the paper uses 15 to 25, with steps of its own

    paper = "alonso2022theoretical"

    def direction(self, state: State, batch: Examples, key: jax.Array) -> Weights:
        hs, off = settled(self.spec, state.params["weights"], batch, self.rate, self.rounds)
        return assemble(hs, off)

    def fits(self, spec: object) -> str | None:
        return None if getattr(spec, "loss", "") == "squared" else "its energy is a squared error, the loss is not."
