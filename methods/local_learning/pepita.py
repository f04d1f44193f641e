"""PEPITA: a second forward pass, on an input modulated by the error, teaches by the difference it makes.

**Source**: Dellaferrera and Kreiman, "Error-driven Input Modulation", 2022, https://arxiv.org/abs/2201.11665;
analysed in Srinivasan, Mignacco, Sorbaro, Refinetti, Cooper, Kreiman and Dellaferrera, "Forward Learning with
Top-Down Feedback: Empirical and Analytical Characterization", 2023, https://arxiv.org/abs/2302.05440.
That the readout learns from the second pass' error is in the first paper's code, github.com/GiorgiaD/PEPITA: `learning`
in `functions.py` and the last layer in `main_pytorch.py`.

    x' = x - e F,   h' = f(x' W_1 + b_1),   e' = the output error of the second pass
    dW_1 = x'^T (h - h') / b,   dW_2 = h'^T e' / b

To first order h - h' = (e F W_1) f'(a_1): feedback alignment through F W_1.

**Differs from the paper**: 1. F is uniform, larger than there (`scale`). 2. the task's optimiser; biases learn too.

**Shapes**: b batch, d features, c classes, h hidden units; F [c, d], e and e' [b, c] output errors.
"""

import jax

from toybench.methods.local_learning._rule import ErrorToInput, State
from toybench.tasks.local_learning import Examples, Weights, assemble, forward, output_error


class PEPITA(ErrorToInput):
    """Two forward passes, no backward one."""

    paper = "srinivasan2023forward"

    def direction(self, state: State, batch: Examples, key: jax.Array) -> Weights:
        hs, error = self.errors(state, batch)
        modulated, output = forward(self.spec.activation, state.params["weights"], batch.x - error @ state.fixed[0])
        second = output_error(self.spec.loss, output, batch.y)
        return assemble(modulated, [hs[1] - modulated[1], second])
