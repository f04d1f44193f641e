"""One gradient step preconditioned by the inverse covariance of the inputs, at the step size of least loss.

**Source**: Mahankali, Hashimoto and Ma, "One Step of Gradient Descent is Provably the Optimal In-Context Learner with
One Layer of Linear Self-Attention", 2023, https://arxiv.org/abs/2307.03576 (inputs N(0, S), weights N(0, S^-1)).

    w = eta S^-1 sum_i y_i x_i,      eta = 1 / (n + d + 1 + sigma^2)

**Differs from the paper**: 1. eta in closed form for the task's priors, so also for longer prompts than in training.

**Shapes**: b prompts, n context pairs, d inputs.
"""

import jax

from toybench.methods.in_context._weights import WeightEstimator
from toybench.tasks.in_context._regression import one_step


class PreconditionedGD(WeightEstimator):
    """Gradient descent after whitening the inputs; with isotropic inputs the same as `one_step_gd`."""

    paper = "mahankali2023one"

    def weights(self, x: jax.Array, y: jax.Array) -> jax.Array:
        return one_step(self.spec, x, y, preconditioned=True)
