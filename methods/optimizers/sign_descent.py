"""Steepest descent under the largest entry, for every array whatever its role: the sign of a mean gradient.

**Source**: Bernstein, Newhouse: Old Optimizer, New Norm: An Anthology, 2024, https://arxiv.org/abs/2409.20325; read:
the abstract (Adam without its averages).

    m <- b m + (1 - b) g        w <- w - rate (sign(m) + decay w)

**Differs from the paper**: (1) momentum 0.9. (2) Steps have a fixed size: the dual norm of the gradient doesn't
scale them.

**Shapes**: those of the task's weights.
"""

import jax.numpy as jnp
import optax

from toybench.blocks.descent import Transformed
from toybench.methods.optimizers._norms import Maps, steepest
from toybench.methods.optimizers._parts import rates


class SignDescent(Transformed):
    """One norm for all arrays."""

    lr: float = 0.001  # peak learning rate, above 0
    decay: float = 0.01  # weight decay, 0 or more
    beta: float = 0.9  # forgetting of the mean gradient, 0 to 1

    paper = "bernstein2024old"
    unit = 0.001
    space = {"lr": rates(0.0001)}

    def transform(self) -> optax.GradientTransformation:
        maps: Maps = {"linear": jnp.sign, "head": jnp.sign, "embedding": jnp.sign, "vector": jnp.sign}
        return steepest(self.spec, self.beta, maps)
