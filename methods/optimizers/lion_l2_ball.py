"""Lion with steps of Euclidean length 1 instead of signs: a member of the Lion-K family, for a ball.

**Source**: Chen, Liu, Liang, Liu: Lion Secretly Solves Constrained Optimization: As Lyapunov Predicts, ICLR 2024,
https://arxiv.org/abs/2310.05898 (abstract); the family's update as restated by its authors, "Muon is a Nuclear Lion
King" (https://www.cs.utexas.edu/~lqiang/lionk/html/intro.html).

    c = b1 m + (1 - b1) g        w <- w - rate (c / |c| + decay w)        m <- b2 m + (1 - b2) g

c / |c| is a subgradient of K(c) = |c|, whose conjugate is 0 on the unit ball, as |c|_1 is for Lion's box.

**Differs from the paper**: nothing; K is one of those that its family allows.

**Shapes**: those of the task's weights; the norm is of all of them together.
"""

from typing import Any

import jax
import jax.numpy as jnp
import optax

from toybench.blocks.curvature import unit
from toybench.blocks.descent import Transformed
from toybench.methods.optimizers._parts import rates


class LionL2Ball(Transformed):
    """Steps of one length."""

    lr: float = 0.003  # peak learning rate, above 0
    decay: float = 0.1  # weight decay, 0 or more
    b1: float = 0.9  # share of the mean gradient in the step, 0 to 1; Lion's
    b2: float = 0.99  # forgetting of the mean gradient, 0 to 1; Lion's

    unit = 0.003
    space = {"lr": rates(0.0001)}

    def transform(self) -> optax.GradientTransformation:
        def update(gradient: Any, mean: Any, weights: Any = None) -> tuple[Any, Any]:
            mixed = jax.tree.map(lambda m, g: self.b1 * m + (1 - self.b1) * g, mean, gradient)
            mean = jax.tree.map(lambda m, g: self.b2 * m + (1 - self.b2) * g, mean, gradient)
            return unit(mixed), mean

        return optax.GradientTransformation(lambda weights: jax.tree.map(jnp.zeros_like, weights), update)
