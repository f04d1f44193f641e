"""A perceptron that reads a triple in order: what it makes of the first two symbols doesn't depend on the third.

**Source**: Chang, Park, Cho, Yang, Ko and Hwang, "The Coverage Principle: A Framework for Understanding Compositional
Generalization", 2025, https://arxiv.org/abs/2505.20278 (authors' code, github.com/kaistAI/coverage-principle:
README, dataset_generation/twohop.py; of the paper the abstract and summaries).

    s = A(x1, x2),    logits = B(s, x1, x2, x3),    cross entropy of t with decay of weights

**Differs from the paper**: 1. the two places of a decoder that matter here, with attention fixed: the second symbol's
place sees two symbols, the third one's sees that place's state and all symbols. The authors train GPT-2 of eight
layers. A transformer of two blocks that learns where to look was slower in a pilot: it answered a third of the new
triples after 1,800 updates of 64 triples, and still rose. 2. 2,400 updates of all training triples instead of up to
1.5 million of 512. 3. Adam's rate and the decay of weights are tuned; the authors' are 0.0001 and 0.1.
4. the rate falls to 0 in the last fifth of the updates; the authors' stays after a warm-up.

**Shapes**: b triples, n symbols.
"""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.nn import MLP
from toybench.methods.symbolic_reasoning import _nets as nets
from toybench.tasks.symbolic_reasoning import Triples


class Reader(nn.Module):
    """One-hot fragments [b, 2 n] and triples [b, 3 n] to logits [b, n]."""

    symbols: int

    @nn.compact
    def __call__(self, fragment: jax.Array, triple: jax.Array) -> jax.Array:
        state = MLP((nets.WIDTH, nets.STATE))(fragment)
        return MLP((nets.WIDTH, self.symbols))(jnp.concatenate([state, triple], axis=1))


class CausalMlp(Method):
    """It is not told what lies between."""

    lr: float = 0.03  # AdamW's rate, above 0; the authors' is 0.0001
    decay: float = 0.3  # of weights, times the rate at an update; the authors' is 0.1

    paper = "chang2025coverage"
    space = {"lr": (0.01, 0.03, 0.1, 0.3), "decay": (0.1, 0.3, 1.0, 3.0, 10.0)}

    def logits(self, params: Any, x: jax.Array) -> jax.Array:
        """Scores [b, n] of the answers to triples int32 [b, 3]."""
        triple = nets.side_by_side(x, self.spec.symbols)
        return Reader(self.spec.symbols).apply(params, triple[:, : 2 * self.spec.symbols], triple)

    def init(self, key: jax.Array) -> nets.State:
        triple = jnp.zeros((1, 3 * self.spec.symbols))
        fragment = jnp.zeros((1, 2 * self.spec.symbols))
        return nets.start(Reader(self.spec.symbols), key, nets.adamw(self.lr, self.decay, self.steps), fragment, triple)

    def loss(self, params: Any, batch: Triples) -> jax.Array:
        """-log p(t | x1, x2, x3)."""
        return nets.cross_entropy(self.logits(params, batch.x), batch.target)

    def update(self, state: nets.State, batch: Triples, key: jax.Array) -> nets.State:
        return nets.descend(
            nets.adamw(self.lr, self.decay, self.steps), jax.grad(self.loss)(state.params, batch), state
        )

    def answer(self, state: nets.State, x: jax.Array) -> jax.Array:
        return self.logits(state.params, x)
