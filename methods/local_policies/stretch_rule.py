"""Forwards by a weighted sum of distance and stretch, whose weights are fitted to the labelled nodes.

**Source**: none, a control: the linear rule on the two features of Chen, Lin and Arora, 2023,
https://arxiv.org/abs/2308.09829. The abstract of its sequel (https://arxiv.org/abs/2509.06640) reads the trained
network as two linear actions.

    argmax_u w . f(u),    w = argmin sum_v sum_u (Q_vu - mean_u Q_vu - w . (f(u) - mean_u f(u)))^2

**Differs from the paper**: 1. the control is ours. Only the ratio of the two weights counts for a choice.

**Shapes**: p packets, k neighbours, v labelled nodes.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.local_policies import FAR, View

RIDGE = 1e-4  # keeps the two equations solvable where all neighbours are alike


class StretchRule(Method):
    """Least squares within the neighbours of each node, closed form."""

    deterministic = True

    def forward(self, state: Any, view: View, key: jax.Array) -> jax.Array:
        scores = view.neighbours @ weights(self.given.view, self.given.worth)
        return jnp.where(view.present, scores, -FAR).argmax(-1)


def weights(view: View, worth: jax.Array) -> jax.Array:
    """Weights [2] of distance and stretch, for the worth [v, k] of the neighbours of labelled nodes."""
    present = view.present.astype(worth.dtype)
    count = present.sum(-1, keepdims=True)
    features = present[..., None] * (view.neighbours - ((present[..., None] * view.neighbours).sum(1) / count)[:, None])
    target = present * (worth - (present * worth).sum(-1, keepdims=True) / count)
    gram = jnp.einsum("vka,vkb->ab", features, features) + RIDGE * jnp.eye(2)
    return jnp.linalg.solve(gram, jnp.einsum("vka,vk->a", features, target))
