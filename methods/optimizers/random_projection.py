"""GaLore with random projectors: Adam on random directions, drawn anew now and then.

**Source**: Liang, Liu, Chen, Liu: Memory-Efficient LLM Training with Online Subspace Descent, 2024,
https://arxiv.org/abs/2408.12857; read: `galore_torch/galore_projector.py` (kyleliang919/Online-Subspace-Descent), type
`random`.

    every few updates: P = r orthonormal random directions
    R = P^T G        W <- W - rate (scale P adam(R) + decay W)

**Differs from the paper**: (1) orthonormal columns by a QR decomposition, where the code has singular vectors of a
normal matrix: the same law.

**Shapes**: a shorter side of a matrix, c longer side, r rank.
"""

import jax
import jax.numpy as jnp

from toybench.blocks.descent import Now
from toybench.methods.optimizers._low_rank import LowRank, Projectors
from toybench.methods.optimizers._parts import rates


class RandomProjection(LowRank):
    """Projectors that know nothing of the gradient."""

    every: int = 200  # updates between two draws, 1 or more; the authors' default

    paper = "liang2024memoryefficient"
    unit = 0.01
    space = {"lr": rates(0.0018)}

    def remembered(self, projectors: Projectors) -> tuple[()]:
        return ()

    def turn(
        self, now: Now, projectors: Projectors, memory: tuple[()], gradients: Projectors, key: jax.Array
    ) -> tuple[Projectors, Projectors, tuple[()]]:
        sides = [len(p) for p in projectors]

        def draw() -> Projectors:
            drawn = jax.random.normal(key, (sum(sides), self.rank))
            ends = [sum(sides[: i + 1]) for i in range(len(sides))]
            return [jnp.linalg.qr(drawn[end - side : end])[0] for end, side in zip(ends, sides, strict=True)]

        fresh = jax.lax.cond(now.done % self.every == 0, draw, lambda: projectors)
        return fresh, fresh, ()
