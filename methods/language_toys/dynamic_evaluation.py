"""An ordinary LSTM, whose weights go on learning from each word of a test sentence, anew for each sentence.

**Source**: Krause, Kahembwe, Murray and Renals, "Dynamic Evaluation of Neural Sequence Models", 2018,
https://arxiv.org/abs/1709.07432 (with plain SGD; from memory).

    weights <- weights - rate d(-log p(word))/d(weights)        after the word is predicted, within a sentence

**Differs from the paper**: 1. the gradient is taken through the last word read alone. 2. Plain SGD, an update a word,
and weights go back to the trained ones after a sentence. 3. One layer of width 24.

**Shapes**: b sentences, t words, w width, v words of the language.
"""

import jax

from toybench.methods.language_toys._lstm import (
    FEW_RATES,
    Memory,
    Params,
    Seen,
    State,
    TrainedLSTM,
    blank,
    decode,
    log_chance,
    plain,
    step,
)
from toybench.tasks.language_toys import begun

TOGETHER = 32  # test sentences at a time, each with weights of its own


class DynamicEvaluation(TrainedLSTM):
    """Weights change, where recoding changes the memory."""

    rate: float = 0.003  # of SGD in test, from 0 (an LSTM)

    space = {"lr": FEW_RATES, "rate": (0.001, 0.003, 0.01)}

    def answer(self, params: Params, seen: Seen, key: jax.Array) -> tuple[jax.Array, Memory]:
        return plain(params, seen)

    def log_prob(self, state: State, tokens: jax.Array) -> jax.Array:
        words = begun(tokens, self.spec.words)
        return jax.lax.map(lambda sentence: self.follow(state.params, sentence), words, batch_size=TOGETHER)

    def follow(self, params: Params, sentence: jax.Array) -> jax.Array:
        """Logarithms [t] of the probability of each word of a sentence [t + 1] that has its sign."""

        def advance(
            carried: tuple[Params, Memory], each: tuple[jax.Array, jax.Array]
        ) -> tuple[tuple[Params, Memory], jax.Array]:
            weights, memory = carried
            before, word = each

            def surprise(weights: Params) -> tuple[jax.Array, Memory]:
                after, _ = step(weights, memory, before)
                return -log_chance(decode(weights, after.h), word), after

            told, gradient = jax.value_and_grad(surprise, has_aux=True)(weights)
            weights = jax.tree.map(lambda w, g: w - self.rate * g, weights, gradient)
            return (weights, told[1]), -told[0]

        return jax.lax.scan(advance, (params, blank(())), (sentence[:-1], sentence[1:]))[1]
