"""Inference learning with the proximal weight step: every layer's own problem is solved, not descended.

**Source**: Alonso, Millidge, Krichmar and Neftci, "A Theoretical Framework for Inference Learning", 2022,
https://arxiv.org/abs/2206.00164 (IL-prox).

    W_l <- argmin_W 1/2 |f(a_{l-1}) W - a_l|^2 + |W - W_l|^2 / (2 lr)
         = W_l - f(a_{l-1})^T (p_l - a_l) / (|f(a_{l-1})|^2 + 1 + 1 / lr)

with the settled activities of `inference_learning`; the 1 is the bias' input.

**Differs from the paper**: 1. as `inference_learning`. 2. in a batch of several points their steps
are averaged.

**Shapes**: b batch; a_l, p_l [b, n_l] activities before the nonlinearity and predictions of them.
"""

import jax

from toybench.methods.local_learning._rule import Network, State, settled
from toybench.tasks.local_learning import Examples, Weights, assemble


class InferenceLearningProx(Network):
    """Bounded steps at any learning rate."""

    rate: float = 0.1  # step size of the activities
    rounds: int = 50  # steps of the activities; the paper uses 15 to 25, with steps of its own

    paper = "alonso2022theoretical"
    space = {"lr": (0.01, 0.03, 0.1, 0.3, 1.0)}

    def direction(self, state: State, batch: Examples, key: jax.Array) -> Weights:
        hs, off = settled(self.spec, state.params["weights"], batch, self.rate, self.rounds)
        sizes = [(h**2).sum(-1, keepdims=True) + 1 for h in hs]
        return assemble(hs, [o / (1 + self.lr * size) for o, size in zip(off, sizes, strict=True)])

    def fits(self, spec: object) -> str | None:
        if getattr(spec, "optimizer", "") != "sgd":
            return "the size of its step is part of the rule, so that it needs plain sgd."
        return None if getattr(spec, "loss", "") == "squared" else "its energy is a squared error, the loss is not."
