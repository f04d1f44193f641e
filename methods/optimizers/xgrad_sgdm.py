"""XGrad with momentum: the gradient is taken where another step of the present momentum would lead.

**Source**: Guan, Li, Shi, Meng: XGrad: Boosting Gradient-Based Optimizers With Weight Prediction, 2023,
https://arxiv.org/abs/2305.18240; read: the authors' `SGD.py` (guanleics/XGrad).

    g = gradient at w - s rate m
    m <- beta m + g        w <- w - rate (m + decay w)

With s = beta this is Nesterov's momentum; the authors' code has s = 1, which isn't.

**Differs from the paper**: (1) weight decay beside the step and 0 by default, where the code adds it to the gradient.

**Shapes**: those of the task's weights.
"""

import jax
import jax.numpy as jnp

from toybench.blocks.descent import Batch, Descent, Now, Weights, walk
from toybench.methods.optimizers._parts import rates


class XGradSGDM(Descent):
    """Momentum with weight prediction."""

    lr: float = 0.1  # peak learning rate, above 0
    beta: float = 0.9  # forgetting of the sum, 0 to 1
    ahead: float = 1.0  # steps of prediction, 0 or more; the paper's

    paper = "guan2023xgrad"
    unit = 0.1
    space = {"lr": rates(0.0032)}

    def start(self, weights: Weights) -> Weights:
        return jax.tree.map(jnp.zeros_like, weights)

    def step(self, now: Now, weights: Weights, slots: Weights, batch: Batch, key: jax.Array) -> tuple[Weights, Weights]:
        predicted = jax.tree.map(lambda w, m: w - self.ahead * now.rate * m, weights, slots)
        gradient = jax.grad(self.spec.loss)(predicted, batch)
        slots = jax.tree.map(lambda m, g: self.beta * m + g, slots, gradient)
        return walk(weights, slots, now), slots
