"""An encoder that mixes places by one learned matrix in place of attention.

**Source**: Tolstikhin et al., "MLP-Mixer: An all-MLP Architecture for Vision", 2021, https://arxiv.org/abs/2105.01601
(from memory); the contrast to attention, in Turner, "An Introduction to Transformers", 2023.

    x <- x + W_l norm(x)    over places, the same matrix for every source;    x <- x + FFN_l(norm(x))

**Differs from the paper**: 1. one matrix where the paper has a network of two layers over places. 2. the decoder is
that of the transformers.

**Shapes**: b texts, s places of a source, t places of a target, v symbols, d width.
"""

import flax.linen as nn
import jax

from toybench.blocks.attention import Norm
from toybench.methods.transduction import _encoder_decoder as parts


class Encoder(nn.Module):
    """Sources int32 [b, s] to memories [b, s, d]."""

    symbols: int

    @nn.compact
    def __call__(self, source: jax.Array, thinning: parts.Thinning) -> jax.Array:
        x = parts.embed(source, self.symbols)
        for _ in range(parts.LAYERS):
            turned = Norm()(x).swapaxes(1, 2)
            x = x + nn.Dense(source.shape[1])(turned).swapaxes(1, 2)
            x = x + parts.feed_forward(parts.HIDDEN)(Norm()(x))
        return Norm()(x)


class TokenMixer(parts.Dense):
    """Its matrices are rows of numbers for places, so it knows order without being told."""

    space = {"lr": (3e-4, 1e-3, 3e-3, 1e-2, 3e-2)}

    def network(self) -> parts.Network:
        encoder = Encoder(symbols=self.spec.source_symbols)
        return parts.Network(encoder=encoder, symbols=self.spec.target_symbols)
