"""Single-forward learning of a graph network whose layers also see the layer above, as it was before.

**Source**: Park, Wang, Simoulin, Yang, Yang, Rossi, Trivedi and Ahmed, "Forward Learning of Graph Neural Networks",
2024, https://arxiv.org/abs/2403.11004 (section 4, top-down signals to the input).

    h_l = relu(gather([h_{l-1} / rms, h_{l+1} / rms]) W_l),   losses and votes as in `forwardgnn_sf`
    a step renews every second layer from what there is, then the layers between them

Above the last layer stand the labels: one-hot where known and for virtual nodes, uniform elsewhere.

**Differs from the paper**: 1. see `forwardgnn_sf`. 2. a prediction starts from one upward pass with nothing above, and
sums the votes of the following 6 steps.

**Shapes**: n nodes, c classes and as many virtual nodes; h_l [n + c, n_l].
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench.blocks import optim
from toybench.methods.local_learning._graph import VirtualNodes
from toybench.tasks.local_learning import normalised

SETTLING = 6  # steps whose votes make a prediction


class Running(NamedTuple):
    """Layers, what never changes, Adam's moments, and the activities of the last step, each [n + c, h]."""

    params: Any
    fixed: Any
    opt: Any
    hs: list[jax.Array]


class ForwardGNNSFTopDown(VirtualNodes):
    """Upper layers inform lower ones without a backward pass."""

    paper = "park2024forward"

    def weight_shapes(self) -> list[tuple[int, int]]:
        sizes = (self.spec.features, *self.spec.hidden, self.spec.classes)
        times = 1 if self.spec.conv == "gcn" else 2
        return [(times * (m + above), n) for m, n, above in zip(sizes[:-2], sizes[1:-1], sizes[2:], strict=True)]

    def init(self, key: jax.Array) -> Running:
        state = super().init(key)
        known = jnp.where(self.labels.sum(1, keepdims=True) > 0, self.labels, 1 / self.spec.classes)
        fixed = {**state.fixed, "top": jnp.concatenate([known, jnp.eye(self.spec.classes)])}
        return Running(params=state.params, fixed=fixed, opt=state.opt, hs=self.upward(state.params, fixed))

    def upward(self, params: Any, fixed: Any) -> list[jax.Array]:
        """h_l of one pass from below, with zeros from above."""
        h = fixed["x"]
        found: list[jax.Array] = []
        for layer, above in zip(params, (*self.spec.hidden[1:], self.spec.classes), strict=True):
            h = self.layer(layer, fixed["reads"], jnp.concatenate([normalised(h), jnp.zeros((len(h), above))], axis=1))
            found.append(h)
        return found

    def step(self, params: Any, fixed: Any, hs: list[jax.Array]) -> list[jax.Array]:
        """h_l of the next step, from those of this one: of the first, third... layer, then of those between."""
        all_ = [fixed["x"], *hs, fixed["top"]]
        for first in (0, 1):
            for i in range(first, len(params), 2):
                shown = jnp.concatenate([normalised(all_[i]), normalised(all_[i + 2])], axis=1)
                all_[i + 1] = self.layer(params[i], fixed["reads"], shown)
        return all_[1:-1]

    def update(self, state: Running, batch: tuple, key: jax.Array) -> Running:
        def loss(params: Any) -> tuple[jax.Array, list[jax.Array]]:
            hs = self.step(params, state.fixed, state.hs)
            return self.local_losses(hs), hs

        grads, hs = jax.grad(loss, has_aux=True)(state.params)
        params, opt = optim.descend(self.optimizer, grads, state.opt, state.params)
        return Running(params=params, fixed=state.fixed, opt=opt, hs=hs)

    def node_scores(self, state: Running) -> jax.Array:
        def settle(hs: list[jax.Array], _: None) -> tuple[list[jax.Array], jax.Array]:
            hs = self.step(state.params, state.fixed, hs)
            return hs, self.votes(hs)

        return jax.lax.scan(settle, self.upward(state.params, state.fixed), None, length=SETTLING)[1].sum(0)
