"""Decision Diffuser: guided diffusion of the places to come, and an action from inverse dynamics.

**Source**: Ajay, Du, Gupta, Tenenbaum, Jaakkola and Agrawal, "Is Conditional Generative Modeling all you need for
Decision-Making?", 2022, https://arxiv.org/abs/2211.15657, in the authors' code `diffuser/models/diffusion.py`
(`GaussianInvDynDiffusion`), `config/locomotion_config.py` and `scripts/evaluate_inv_parallel.py`; the sum over
several conditions, which the release lacks, from memory.

    p = p(none) + weight sum_i (p(y_i) - p(none));  x_t+1 .. x_t+H by denoising;  a = f(x_t, x_t+1)

**Differs from the paper**: 1. the network predicts the plan p without its noise, as the authors' code can; guidance
is the same in both forms. 2. Two layers of 128 units over the whole plan, 16 denoising steps, 2000 updates of 64, no
moving average of weights. 3. Plans reach 12 steps ahead, begin at the first 13 steps of an episode and are remade
every 4; for gates they reach 20 and are made once. 4. What is asked of the return is 0 for the worst and 1 for the
best of the recorded episodes from the same step on.

**Shapes**: b plans in a batch, n episodes, H + 1 places of a plan, k numbers of an action.
"""

import jax

from toybench.methods.offline_control._plans import Params, Planner, inverse_dynamics


class DecisionDiffuser(Planner):
    """Plans of places alone."""

    paper = "ajay2022conditional"
    space = {"lr": (0.003, 0.01, 0.03), "weight": (0.6, 1.2, 2.4, 4.8), "target": (0.9, 1.0)}

    def plans(self, x: jax.Array, u: jax.Array) -> jax.Array:
        return x

    def follow(self, params: Params, x: jax.Array, now: jax.Array, then: jax.Array) -> jax.Array:
        return inverse_dynamics(params, self.spec.actions, x, then[:, :2])
