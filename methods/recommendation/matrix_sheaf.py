"""Sheaf4Rec with stalks of two dimensions: every like has two matrices as its maps.

**Source**: Purificato et al., 2023, https://arxiv.org/abs/2304.09097, whose abstract gives a node a vector space; their
code's maps are scalars. The matrices are those of Bodnar, Di Giovanni, Chamberlain, Lio and Bronstein, "Neural Sheaf
Diffusion", 2022, https://arxiv.org/abs/2202.04579, section 4 from memory.

    F_ui = tanh(a . x_u + b . x_i)  [s, s],  D_u = 1 + sum_i F_ui^T F_ui,  M_ui = F_ui^T F_iu
    x_u <- x_u - D_u^-1/2 ((D_u - 1) y_u - sum_i M_ui y_i),  y = D^-1/2 (x W + c)

**Differs from the paper**: 1. As the released method. 2. One linear layer mixes a node's numbers, instead of one for
the stalk and one for the features.

**Shapes**: u users, i items, d numbers of a vector, s = 2 rows of d / 2 numbers each, l layers.
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
    drawn,
    mixed,
    sheaf_layers,
    vectors_of,
)
from toybench.tasks.recommendation import Spec

STALK = 2  # the square root of a 2 x 2 matrix has a closed form


def inverse_square_root(m: jax.Array) -> jax.Array:
    """M^-1/2 of symmetric positive definite matrices [n, 2, 2], by the theorem of Cayley and Hamilton."""
    determinant = m[:, 0, 0] * m[:, 1, 1] - m[:, 0, 1] * m[:, 1, 0]
    root = jnp.sqrt(determinant)
    scale = jnp.sqrt(m[:, 0, 0] + m[:, 1, 1] + 2 * root)
    adjugate = (m[:, 0, 0] + m[:, 1, 1])[:, None, None] * jnp.eye(STALK)[None] - m
    return (adjugate + root[:, None, None] * jnp.eye(STALK)[None]) / (root * scale)[:, None, None]


def diffused(maps: Sides, values: Sides) -> Sides:
    """The normalised sheaf Laplacian of maps [u, i, s, s], 0 where there is no edge, times values [n, s, d / s]."""
    user_maps, item_maps = maps
    users, items = values
    user_squares = jnp.einsum("uiba,uibc->uac", user_maps, user_maps)
    item_squares = jnp.einsum("uiba,uibc->iac", item_maps, item_maps)
    user_root = inverse_square_root(user_squares + jnp.eye(STALK)[None])
    item_root = inverse_square_root(item_squares + jnp.eye(STALK)[None])
    users = user_root @ users
    items = item_root @ items
    across = jnp.einsum("uiba,uibc->uiac", user_maps, item_maps)
    from_items = jnp.einsum("uiac,icf->uaf", across, items)
    from_users = jnp.einsum("uiac,uaf->icf", across, users)
    return user_root @ (user_squares @ users - from_items), item_root @ (item_squares @ items - from_users)


class MatrixSheaf(PairwiseRanker):
    """Two by two numbers a map."""

    layers: int = 2  # of diffusion, 1 and above

    space = {"lr": RATES, "decay": SHEAF_PENALTIES, "layers": (1, 2)}

    def fits(self, spec: Spec) -> str | None:
        return "its vectors have two rows; give an even width" if spec.width % STALK else None

    def start(self, key: jax.Array) -> tuple[Vectors, SheafWeights]:
        width = self.spec.width
        shapes = {"weights": (self.layers, width, width), "maps": (self.layers, 2, width, STALK**2)}
        noise = drawn(key, self.spec, **shapes)
        return vectors_of(noise), sheaf_layers(noise, self.layers, width)

    def maps(self, weights: jax.Array, users: jax.Array, items: jax.Array) -> Sides:
        """The user's and the item's map [u, i, s, s] of every like, from weights [2, d, s s]."""
        table = (*self.given.shape, STALK, STALK)
        edges = self.given[:, :, None, None]
        own = (users @ weights[0])[:, None, :] + (items @ weights[1])[None, :, :]
        far = (users @ weights[1])[:, None, :] + (items @ weights[0])[None, :, :]
        return edges * jnp.tanh(own).reshape(table), edges * jnp.tanh(far).reshape(table)

    def scores(self, vectors: Vectors, more: SheafWeights) -> jax.Array:
        users = vectors.users
        items = vectors.items
        total = users @ items.T
        for layer in range(self.layers):
            maps = self.maps(more.maps[layer], users, items)
            user_values = mixed(more, layer, users).reshape(len(users), STALK, -1)
            item_values = mixed(more, layer, items).reshape(len(items), STALK, -1)
            change = diffused(maps, (user_values, item_values))
            users = users - change[0].reshape(users.shape)
            items = items - change[1].reshape(items.shape)
            total = total + users @ items.T
        return total
