"""A transformer whose encoder is told the places of symbols by sines and cosines.

**Source**: Turner, "An Introduction to Transformers", 2023, https://arxiv.org/abs/2304.10557 (its block from two
expositions of the tutorial, github.com/stratisMarkou/random-walks and M. Camara Escudero's summary); the waves of
Vaswani et al., "Attention Is All You Need", 2017, https://arxiv.org/abs/1706.03762 (from memory).

    x_n = embedding + [sin(n w_i), cos(n w_i)]_i,    w_i = 10000^(-2 i / d)

**Differs from the paper**: three encoder layers and one decoder layer of width 32.

**Shapes**: b texts, s places of a source, t places of a target, v symbols, d width.
"""

import flax.linen as nn
import jax

from toybench.blocks.attention import Norm
from toybench.blocks.positions import sinusoidal
from toybench.methods.transduction import _encoder_decoder as parts


class Encoder(nn.Module):
    """Sources int32 [b, s] to memories [b, s, d]."""

    symbols: int

    @nn.compact
    def __call__(self, source: jax.Array, thinning: parts.Thinning) -> jax.Array:
        x = parts.embed(source, self.symbols) + sinusoidal(source.shape[1], parts.WIDTH)[None]
        for layer in range(parts.LAYERS):
            x = parts.self_attention(x, thinning.keys[layer], thinning.factor[layer])
            x = x + parts.feed_forward(parts.HIDDEN)(Norm()(x))
        return Norm()(x)


class SinusoidalPositions(parts.Dense):
    """Places are given, not learned."""

    paper = "turner2023introduction"
    space = {"lr": (3e-4, 1e-3, 3e-3, 1e-2, 3e-2)}

    def network(self) -> parts.Network:
        encoder = Encoder(symbols=self.spec.source_symbols)
        return parts.Network(encoder=encoder, symbols=self.spec.target_symbols)
