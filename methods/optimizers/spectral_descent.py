"""Steepest descent under the spectral norm, for every matrix whatever its role.

**Source**: Bernstein, Newhouse: Old Optimizer, New Norm: An Anthology, 2024, https://arxiv.org/abs/2409.20325; read:
the abstract (Shampoo without its averages).

    m <- b m + (1 - b) g
    matrix: u = sqrt(out / in) U V^T of m        vector: m / rms(m)        w <- w - rate (u + decay w)

**Differs from the paper**: (1) five of Muon's iterations stand for U V^T. (2) Momentum 0.9. (3) Steps have a fixed
size: the dual norm of the gradient doesn't scale them.

**Shapes**: matrices [in, out]; an embedding [entries, width] counts as one.
"""

import optax

from toybench.blocks.descent import Transformed
from toybench.methods.optimizers._norms import Maps, dual, steepest, whole
from toybench.methods.optimizers._parts import rates


class SpectralDescent(Transformed):
    """One norm for all matrices."""

    lr: float = 0.03  # peak learning rate, above 0
    decay: float = 0.01  # weight decay, 0 or more
    beta: float = 0.9  # forgetting of the mean gradient, 0 to 1

    paper = "bernstein2024old"
    unit = 0.03
    space = {"lr": rates(0.001)}

    def transform(self) -> optax.GradientTransformation:
        maps: Maps = {"linear": dual, "head": dual, "embedding": dual, "vector": whole}
        return steepest(self.spec, self.beta, maps)
