"""A transformer whose encoder isn't told the places of symbols: it reads a source as a set.

**Source**: Turner, "An Introduction to Transformers", 2023, https://arxiv.org/abs/2304.10557 (its block from two
expositions of the tutorial, github.com/stratisMarkou/random-walks and M. Camara Escudero's summary).

    f(X P) = f(X) P    for every permutation P of the source's places

**Differs from the paper**: 1. three encoder layers and one decoder layer of width 32. 2. the decoder's own places are
learned; it reads the encoder's states as a set.

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
        for layer in range(parts.LAYERS):
            x = parts.self_attention(x, thinning.keys[layer], thinning.factor[layer])
            x = x + parts.feed_forward(parts.HIDDEN)(Norm()(x))
        return Norm()(x)


class NoPositions(parts.Dense):
    """What it says of a source doesn't depend on the order of its symbols."""

    paper = "turner2023introduction"
    space = {"lr": (3e-4, 1e-3, 3e-3, 1e-2, 3e-2)}

    def network(self) -> parts.Network:
        encoder = Encoder(symbols=self.spec.source_symbols)
        return parts.Network(encoder=encoder, symbols=self.spec.target_symbols)
