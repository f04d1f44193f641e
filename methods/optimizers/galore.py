"""GaLore: Adam on the gradient's leading singular directions, refreshed now and then.

**Source**: Zhao, Zhang, Chen, Wang, Anandkumar, Tian: GaLore: Memory-Efficient LLM Training by Gradient Low-Rank
Projection, 2024, https://arxiv.org/abs/2403.03507; read: `galore_torch/galore_projector.py` and `adamw.py` as in
kyleliang919/Online-Subspace-Descent, type `std`; optax.contrib.galore for comparison.

    every few updates: P = the first r left singular vectors of G [a, c], a <= c
    R = P^T G        W <- W - rate (scale P adam(R) + decay W)

Adam's averages are kept when P turns. `galore[every=1000]` keeps the first P for good.

**Differs from the paper**: (1) singular vectors from the eigenvectors of G G^T. (2) The library optax projects the
longer side; here it is the shorter one, as in the authors' code.

**Shapes**: a shorter side of a matrix, c longer side, r rank.
"""

import jax

from toybench.blocks.descent import Now
from toybench.methods.optimizers._low_rank import LowRank, Projectors, leading
from toybench.methods.optimizers._parts import rates


class GaLore(LowRank):
    """Projectors by singular vectors of the present gradient."""

    every: int = 200  # updates between two refreshes, 1 or more; the authors' default

    paper = "liang2024memoryefficient"
    unit = 0.01
    space = {"lr": rates(0.0018)}

    def remembered(self, projectors: Projectors) -> tuple[()]:
        return ()

    def turn(
        self, now: Now, projectors: Projectors, memory: tuple[()], gradients: Projectors, key: jax.Array
    ) -> tuple[Projectors, Projectors, tuple[()]]:
        fresh = jax.lax.cond(
            now.done % self.every == 0, lambda: [leading(g, self.rank) for g in gradients], lambda: projectors
        )
        return fresh, fresh, ()
