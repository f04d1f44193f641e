"""A transformer with one feed-forward network: all encoder layers share it, and the decoder has none.

**Source**: Pessoa Pires, Lopes, Assogba and Setiawan, "One Wide Feedforward is All You Need", 2023,
https://arxiv.org/abs/2309.01826 (abstract alone, and summaries of its sections).

    x <- x + attention_l(norm(x)),   x <- x + FFN(norm(x))    the same FFN in each layer l of the encoder

**Differs from the paper**: 1. three encoder layers and one decoder layer of width 32. 2. each layer has a norm of its
own before the shared FFN. 3. `hidden=256` has as many parameters as the four FFNs of `per_layer_ffn`; `hidden=64` is
the small one, with one quarter of them.

**Shapes**: b texts, s places of a source, t places of a target, v symbols, d width.
"""

import flax.linen as nn
import jax

from toybench.blocks.attention import Norm
from toybench.methods.transduction import _encoder_decoder as parts


class Encoder(nn.Module):
    """Sources int32 [b, s] to memories [b, s, d]."""

    symbols: int
    hidden: int

    @nn.compact
    def __call__(self, source: jax.Array, thinning: parts.Thinning) -> jax.Array:
        shared = parts.feed_forward(self.hidden)
        x = parts.embed(source, self.symbols) + parts.places(source.shape[1])
        for layer in range(parts.LAYERS):
            x = parts.self_attention(x, thinning.keys[layer], thinning.factor[layer])
            x = x + shared(Norm()(x))
        return Norm()(x)


class OneWideFfn(parts.Dense):
    """Trained by teacher forcing."""

    hidden: int = 4 * parts.HIDDEN  # of the one FFN; the paper widens it until the network has its old size

    paper = "pessoapires2023one"
    space = {"lr": (3e-4, 1e-3, 3e-3, 1e-2, 3e-2)}

    def network(self) -> parts.Network:
        encoder = Encoder(symbols=self.spec.source_symbols, hidden=self.hidden)
        return parts.Network(encoder=encoder, symbols=self.spec.target_symbols, hidden=0)
