"""A perceptron that sees three symbols at once: the control for what reading in order is worth.

**Source**: none, layers of the widths of `causal_mlp` one after another: the first sees all three symbols, the others
only what it makes of them, and the 16 numbers are rectified, too.

    logits = MLP(x1, x2, x3),    cross entropy of t with decay of weights

**Differs from the paper**: 1. it is our control; optimiser, updates and tuning as in `causal_mlp`.

**Shapes**: b triples, n symbols.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.nn import MLP
from toybench.methods.symbolic_reasoning import _nets as nets
from toybench.tasks.symbolic_reasoning import Triples


class DirectMlp(Method):
    """Three hidden layers, the symbols side by side."""

    lr: float = 0.03  # AdamW's rate, above 0
    decay: float = 0.3  # of weights, times the rate at an update

    space = {"lr": (0.01, 0.03, 0.1, 0.3), "decay": (0.1, 0.3, 1.0, 3.0, 10.0)}

    @property
    def network(self) -> MLP:
        """Of three hidden layers."""
        return MLP((nets.WIDTH, nets.STATE, nets.WIDTH, self.spec.symbols))

    def init(self, key: jax.Array) -> nets.State:
        return nets.start(
            self.network, key, nets.adamw(self.lr, self.decay, self.steps), jnp.zeros((1, 3 * self.spec.symbols))
        )

    def loss(self, params: Any, batch: Triples) -> jax.Array:
        """-log p(t | x1, x2, x3)."""
        x = nets.side_by_side(batch.x, self.spec.symbols)
        return nets.cross_entropy(self.network.apply(params, x), batch.target)

    def update(self, state: nets.State, batch: Triples, key: jax.Array) -> nets.State:
        return nets.descend(
            nets.adamw(self.lr, self.decay, self.steps), jax.grad(self.loss)(state.params, batch), state
        )

    def answer(self, state: nets.State, x: jax.Array) -> jax.Array:
        return self.network.apply(state.params, nets.side_by_side(x, self.spec.symbols))
