"""Two perceptrons, of which the first says the symbol in the middle and the second the answer after it.

**Source**: Chang, Park, Cho, Yang, Ko and Hwang, "The Coverage Principle: A Framework for Understanding Compositional
Generalization", 2025, https://arxiv.org/abs/2505.20278 (authors' code, github.com/kaistAI/coverage-principle:
dataset_generation/twohop.py with --cot: the text is x1 x2 x3 b t).

    min  - mean over training triples of  log p(b | x1, x2, x3) + log p(t | x1, x2, x3, b)
    answer: t after x1, x2, x3 and the likeliest b

**Differs from the paper**: 1. one perceptron a place of the text instead of GPT-2; both see all of the text before
them, and must find out what to ignore. 2. updates and tuning as in `causal_mlp`; each perceptron has one
hidden layer of 48.

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


class Writer(nn.Module):
    """One-hot triples [b, 3 n] and texts [b, 4 n] to logits [b, n] of what comes after each."""

    symbols: int

    @nn.compact
    def __call__(self, triple: jax.Array, text: jax.Array) -> tuple[jax.Array, jax.Array]:
        return MLP((nets.WIDTH, self.symbols))(triple), MLP((nets.WIDTH, self.symbols))(text)


class ChainOfThought(Method):
    """It sees more of a training triple than the others do."""

    lr: float = 0.03  # AdamW's rate, above 0; the authors' is 0.0001
    decay: float = 0.3  # of weights, times the rate at an update; the authors' is 0.1

    paper = "chang2025coverage"
    space = {"lr": (0.01, 0.03, 0.1, 0.3), "decay": (0.1, 0.3, 1.0, 3.0, 10.0)}

    def logits(self, params: Any, x: jax.Array, middle: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Scores [b, n] of the symbol after triples int32 [b, 3], and of the one after them and a middle [b]."""
        text = nets.side_by_side(jnp.concatenate([x, middle[:, None]], axis=1), self.spec.symbols)
        return Writer(self.spec.symbols).apply(params, text[:, : 3 * self.spec.symbols], text)

    def init(self, key: jax.Array) -> nets.State:
        triple = jnp.zeros((1, 3 * self.spec.symbols))
        text = jnp.zeros((1, 4 * self.spec.symbols))
        return nets.start(Writer(self.spec.symbols), key, nets.adamw(self.lr, self.decay, self.steps), triple, text)

    def loss(self, params: Any, batch: Triples) -> jax.Array:
        """-log p(b | x1, x2, x3) - log p(t | x1, x2, x3, b), with the true b in the text."""
        middle, after = self.logits(params, batch.x, batch.middle)
        return nets.cross_entropy(middle, batch.middle) + nets.cross_entropy(after, batch.target)

    def update(self, state: nets.State, batch: Triples, key: jax.Array) -> nets.State:
        return nets.descend(
            nets.adamw(self.lr, self.decay, self.steps), jax.grad(self.loss)(state.params, batch), state
        )

    def answer(self, state: nets.State, x: jax.Array) -> jax.Array:
        middle, _ = self.logits(state.params, x, x[:, 0])  # what is said first doesn't depend on what stands after it
        said = middle.argmax(1).astype(x.dtype)
        _, after = self.logits(state.params, x, said)
        return after
