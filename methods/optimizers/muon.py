"""Muon: momentum whose singular values are all made about 1; vectors, embedding and head by Adam.

**Source**: Jordan, Jin, Boza, You, Cesista, Newhouse, Bernstein: Muon, an optimizer for hidden layers in neural
networks, 2024, https://kellerjordan.github.io/posts/muon; the direction is optax.contrib.scale_by_muon (_muon.py read).

    m <- b m + (1 - b) g        u = b m' + (1 - b) g', both corrected for their start
    X = u / |u|_F, then five times X <- 3.4445 X - 4.7750 (X X^T) X + 2.0315 (X X^T)^2 X
    w <- w - rate (sqrt(max(1, out / in)) X + decay w)        others: w <- w - rate (share adam + decay w)

**Differs from the paper**: (1) the library's averages are exponential means, not sums: the step is the same, as its
size is normalised. (2) Adam's rate is 0.3 of Muon's, better than 0.1 in a pilot on tuning seeds.
(3) Float32 instead of bfloat16.

**Shapes**: those of the task's weights; linear maps are [in, out].
"""

import jax
import optax
import optax.contrib

from toybench.blocks.descent import Transformed
from toybench.methods.optimizers._parts import labelled, rates


class Muon(Transformed):
    """Orthogonal steps for linear maps."""

    lr: float = 0.03  # peak learning rate, above 0
    decay: float = 0.01  # weight decay, 0 or more
    beta: float = 0.95  # forgetting of the momentum, 0 to 1
    share: float = 0.3  # Adam's rate over Muon's, above 0

    unit = 0.03
    space = {"lr": rates(0.0032)}

    def transform(self) -> optax.GradientTransformation:
        matrices = optax.chain(
            optax.contrib.scale_by_muon(beta=self.beta, weight_dimension_numbers=dimensions),
            optax.stateless(lambda updates, _: jax.tree.map(widened, updates)),
        )
        return optax.partition(
            {"matrix": matrices, "other": optax.chain(optax.scale_by_adam(), optax.scale(self.share))},
            lambda weights: jax.tree.map(which, labelled(self.spec, weights)),
        )


def which(role: str) -> str:
    """Who moves a weight of this role."""
    return "matrix" if role == "linear" else "other"


def dimensions(weights: optax.Params) -> optax.Params:
    """Every matrix is [in, out]."""
    return jax.tree.map(lambda _: optax.contrib.MuonDimensionNumbers(), weights)


def widened(step: jax.Array) -> jax.Array:
    """An orthogonal step [in, out] by sqrt(max(1, out / in))."""
    fan_in, fan_out = step.shape
    return max(1.0, fan_out / fan_in) ** 0.5 * step
