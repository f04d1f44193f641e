"""One step of gradient descent on the prompt's squared error, from zero weights, at the step size of least loss.

**Source**: Mahankali, Hashimoto and Ma, "One Step of Gradient Descent is Provably the Optimal In-Context Learner with
One Layer of Linear Self-Attention", 2023, https://arxiv.org/abs/2307.03576 (isotropic inputs; nonlinear responses).

    w = eta sum_i y_i x_i,      eta = E[u'X'y] / E[|X'y|^2]      u: the best linear weights given the context
      = 1 / (n + d + 1 + sigma^2)                                for standard normal inputs and weights

**Differs from the paper**: 1. eta in closed form for the task's priors, so also for longer prompts than in training.

**Shapes**: b prompts, n context pairs, d inputs.
"""

import jax

from toybench.methods.in_context._weights import WeightEstimator
from toybench.tasks.in_context._regression import one_step


class OneStepGD(WeightEstimator):
    """No metric of the input space is known to it: for anisotropic inputs the step is the best common one."""

    paper = "mahankali2023one"

    def weights(self, x: jax.Array, y: jax.Array) -> jax.Array:
        return one_step(self.spec, x, y, preconditioned=False)
