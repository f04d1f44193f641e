"""Sheaf4Rec: layers of diffusion on a sheaf, whose maps are learned from the vectors at both ends of a like.

**Source**: Purificato, Cassara, Siciliano, Lio and Silvestri, "Sheaf Neural Networks for Graph-based Recommender
Systems" (later "Sheaf4Rec"), 2023, https://arxiv.org/abs/2304.09097; abstract, and the authors' code, `models.py`
(`SheafConvLayer`, `RecSysGNN`), `evaluation.py` and `train.py` at commit 2cd476f.

    F_ui = tanh(a . x_u + b . x_i),  F_iu = tanh(a . x_i + b . x_u)        scalars, for every like of u and i
    L = (D + 1)^-1/2 (D - F F^T) (D + 1)^-1/2,  D_u = sum_i F_ui^2        x <- x - L (x W + c)

    score(u, i) = z_u . z_i,  z = layers 0 to l, concatenated

**Differs from the paper**: 1. The rate falls to 0 by a cosine. 2. Weights start with the same variances, but normal,
and biases at 0. 3. The penalty's weight is tuned; the released `train.py` names 1e-4 and adds it with weight 1.

**Shapes**: u users, i items, d numbers of a vector, l layers.
"""

import jax
import jax.numpy as jnp

from toybench.methods.recommendation._ranking import (
    RATES,
    SHEAF_PENALTIES,
    PairwiseRanker,
    SheafWeights,
    Sides,
    Vectors,
    diffused,
    drawn,
    mixed,
    sheaf_layers,
    vectors_of,
)


class SheafRecommender(PairwiseRanker):
    """One number a map, as released."""

    paper = "purificato2023sheaf"

    layers: int = 2  # of diffusion; 5 in the authors' runs, 3 to 10 in their search

    space = {"lr": RATES, "decay": SHEAF_PENALTIES, "layers": (1, 2)}

    def start(self, key: jax.Array) -> tuple[Vectors, SheafWeights]:
        width = self.spec.width
        shapes = {"weights": (self.layers, width, width), "maps": (self.layers, 2, width, 1)}
        noise = drawn(key, self.spec, **shapes)
        return vectors_of(noise), sheaf_layers(noise, self.layers, width)

    def maps(self, weights: jax.Array, users: jax.Array, items: jax.Array) -> Sides:
        """The user's and the item's map [u, i] of every like, from weights [2, d, 1] of a node and its neighbour."""
        user_maps = jnp.tanh(users @ weights[0] + (items @ weights[1]).T)
        item_maps = jnp.tanh((items @ weights[0]).T + users @ weights[1])
        return self.given * user_maps, self.given * item_maps

    def scores(self, vectors: Vectors, more: SheafWeights) -> jax.Array:
        users = vectors.users
        items = vectors.items
        total = users @ items.T
        for layer in range(self.layers):
            change = diffused(
                self.maps(more.maps[layer], users, items), (mixed(more, layer, users), mixed(more, layer, items))
            )
            users = users - change[0]
            items = items - change[1]
            total = total + users @ items.T
        return total
