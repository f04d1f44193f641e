"""Single-forward learning of a graph network: each layer pulls nodes towards a virtual node of their class.

**Source**: Park, Wang, Simoulin, Yang, Yang, Rossi, Trivedi and Ahmed, "Forward Learning of Graph Neural Networks",
2024, https://arxiv.org/abs/2403.11004 (section 4, ForwardGNN-SF).

    h_l = relu(gather(h_{l-1} / rms) W_l)
    L_l = cross_entropy over labelled i of softmax_k(<h_i, h_virtual(k)> / tau)
    no gradient passes from a layer to the one below; prediction = argmax_k sum_l softmax_k

**Differs from the paper**: 1. all layers learn at the same time, not one after the other. 2. a layer's input has mean
square 1, not length 1, which moves tau. 3. edges lead into virtual nodes only; the authors' scripts add those back to
the labelled nodes, which `both_ways` does, and which pilots found worse. 4. no early stopping on validation nodes.

**Shapes**: n nodes, c classes and as many virtual nodes; h_l [n + c, n_l].
"""

from typing import Any

import jax

from toybench.blocks import optim
from toybench.methods.local_learning._graph import State, VirtualNodes
from toybench.tasks.local_learning import normalised


class ForwardGNNSF(VirtualNodes):
    """One forward pass a step, no negative examples."""

    paper = "park2024forward"

    def activities(self, params: Any, fixed: Any) -> list[jax.Array]:
        """h_l of all layers."""
        h = fixed["x"]
        found: list[jax.Array] = []
        for layer in params:
            h = self.layer(layer, fixed["reads"], normalised(h))
            found.append(h)
        return found

    def update(self, state: State, batch: tuple, key: jax.Array) -> State:
        grads = jax.grad(lambda p: self.local_losses(self.activities(p, state.fixed)))(state.params)
        params, opt = optim.descend(self.optimizer, grads, state.opt, state.params)
        return State(params=params, fixed=state.fixed, opt=opt)

    def node_scores(self, state: State) -> jax.Array:
        return self.votes(self.activities(state.params, state.fixed))
