"""Steepest descent under a norm for each role: spectral for linear maps, row by row for the embedding.

**Source**: Bernstein, Newhouse: Old Optimizer, New Norm: An Anthology, 2024, https://arxiv.org/abs/2409.20325; read:
the abstract, and for the norms of embeddings and linear maps the authors' `modula/atom.py` (jxbz/modula).

    m <- b m + (1 - b) g
    linear map, head: u = sqrt(out / in) U V^T of m        embedding: u = each row of m over its root mean square
    bias: u = m over its root mean square        w <- w - rate (u + decay w)

**Differs from the paper**: (1) five of Muon's iterations stand for U V^T. (2) Momentum 0.9. (3) Steps have a fixed
size: the dual norm of the gradient doesn't scale them. (4) All arrays have the same mass.

**Shapes**: linear maps and head [in, out], embedding [entries, width].
"""

import optax

from toybench.blocks.descent import Transformed
from toybench.methods.optimizers._norms import Maps, dual, rows, steepest, whole
from toybench.methods.optimizers._parts import rates


class ModularNorm(Transformed):
    """Norms by role."""

    lr: float = 0.03  # peak learning rate, above 0
    decay: float = 0.01  # weight decay, 0 or more
    beta: float = 0.9  # forgetting of the mean gradient, 0 to 1

    paper = "bernstein2024old"
    unit = 0.03
    space = {"lr": rates(0.001)}

    def transform(self) -> optax.GradientTransformation:
        maps: Maps = {"linear": dual, "head": dual, "embedding": rows, "vector": whole}
        return steepest(self.spec, self.beta, maps)
