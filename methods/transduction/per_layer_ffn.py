"""The standard encoder-decoder transformer: every block has a feed-forward network of its own.

**Source**: Vaswani et al., "Attention Is All You Need", 2017, https://arxiv.org/abs/1706.03762 (from memory).

    x <- x + attention(norm(x)),   x <- x + FFN_l(norm(x))    in each layer l;    loss = -mean log p(y_t | y_<t, source)

**Differs from the paper**: 1. norms come before, not after. 2. learned places. 3. three encoder layers and one decoder
layer of width 32. 4. `hidden=16` and `hidden=0` are controls: narrow FFNs, and none.

**Shapes**: b texts, s places of a source, t places of a target, v symbols.
"""

from toybench.methods.transduction import _encoder_decoder as parts


class PerLayerFfn(parts.Dense):
    """Teacher forcing: it reads the true symbols before each one."""

    hidden: int = parts.HIDDEN  # of each FFN, the decoder's included; 0: no FFN anywhere

    space = {"lr": (3e-4, 1e-3, 3e-3, 1e-2, 3e-2)}

    def network(self) -> parts.Network:
        encoder = parts.Encoder(symbols=self.spec.source_symbols, hidden=self.hidden)
        return parts.Network(encoder=encoder, symbols=self.spec.target_symbols, hidden=self.hidden)
