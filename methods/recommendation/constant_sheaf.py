"""The same diffusion with every map at 1: what Sheaf4Rec is without its sheaf.

**Source**: an ablation of Purificato et al., 2023, https://arxiv.org/abs/2304.09097; their code, `models.py`.

    x <- x - L (x W + c),  L = (D + 1)^-1/2 (D - A) (D + 1)^-1/2        score(u, i) = z_u . z_i, layers concatenated

**Differs from the paper**: 1. Maps are 1, not learned. 2. All that the sheaf's method differs in.

**Shapes**: u users, i items, d numbers of a vector, l layers.
"""

import jax

from toybench.methods.recommendation._ranking import (
    RATES,
    SHEAF_PENALTIES,
    PairwiseRanker,
    SheafWeights,
    Vectors,
    diffused,
    drawn,
    mixed,
    sheaf_layers,
    vectors_of,
)


class ConstantSheaf(PairwiseRanker):
    """No maps."""

    layers: int = 2  # of diffusion, 1 and above

    space = {"lr": RATES, "decay": SHEAF_PENALTIES, "layers": (1, 2)}

    def start(self, key: jax.Array) -> tuple[Vectors, SheafWeights]:
        width = self.spec.width
        noise = drawn(key, self.spec, weights=(self.layers, width, width))
        return vectors_of(noise), sheaf_layers(noise, self.layers, width)

    def scores(self, vectors: Vectors, more: SheafWeights) -> jax.Array:
        users = vectors.users
        items = vectors.items
        total = users @ items.T
        for layer in range(self.layers):
            change = diffused((self.given, self.given), (mixed(more, layer, users), mixed(more, layer, items)))
            users = users - change[0]
            items = items - change[1]
            total = total + users @ items.T
        return total
