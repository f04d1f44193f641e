"""A transformer whose attention weights are dropped at random in training.

**Source**: Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", 2014, on attention
weights as in Vaswani et al., "Attention Is All You Need", 2017 (both from memory).

    weights <- weights * Bernoulli(1 - rate) / (1 - rate)    after the softmax, for each text, head, query and key

**Differs from the paper**: 1. the encoder's attention alone has dropout. 2. `ensemble=8` averages the predictions of
eight networks with dropout, each with one mask for all texts; the masks are drawn once.

**Shapes**: b texts, s places of a source, t places of a target, v symbols, l layers, h heads.
"""

import jax
import jax.numpy as jnp

from toybench.blocks.random import uniforms
from toybench.methods.transduction import _encoder_decoder as parts


class AttentionDropout(parts.Trained):
    """The usual way to thin attention: weights aren't made to sum to 1 again."""

    rate: float = 0.1  # chance of a weight to be dropped, in [0, 1)
    ensemble: int = 0  # networks with dropout whose predictions are averaged; 0: one without

    space = {"rate": (0.1, 0.2, 0.4, 0.6, 0.8)}

    def network(self) -> parts.Network:
        encoder = parts.Encoder(symbols=self.spec.source_symbols)
        return parts.Network(encoder=encoder, symbols=self.spec.target_symbols)

    def dropped(self, key: jax.Array, networks: int, texts: int) -> parts.Thinning:
        """Thinnings of `networks`, with a mask for each of `texts`."""
        places = self.spec.source_length
        uniform = uniforms(key, drop=(networks, parts.LAYERS, texts, parts.HEADS, places, places))["drop"]
        kept = (uniform >= self.rate).astype(jnp.float32) / (1 - self.rate)
        return parts.Thinning(keys=jnp.ones((networks, parts.LAYERS, places), bool), factor=kept)

    def thinning(self, step: jax.Array, key: jax.Array, texts: int) -> parts.Thinning:
        return jax.tree.map(lambda x: x[0], self.dropped(key, 1, texts))

    def logits(self, state: parts.State, source: jax.Array, target: jax.Array) -> jax.Array:
        if not self.ensemble:
            return self.network().apply(state.params, source, target, parts.dense(source.shape[1]))
        thinnings = self.dropped(state.key, self.ensemble, 1)
        return parts.ensemble(self.network(), state.params, source, target, thinnings)
