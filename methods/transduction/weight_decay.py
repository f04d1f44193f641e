"""The standard transformer with weight decay, the cheap way to keep it from memorising.

**Source**: Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2017, https://arxiv.org/abs/1711.05101
(from memory).

    w <- w - rate (Adam's direction + decay w)    for all parameters

**Differs from the paper**: norms' scales and biases decay too.

**Shapes**: b texts, s places of a source, t places of a target, v symbols.
"""

from toybench.methods.transduction import _encoder_decoder as parts


class WeightDecay(parts.Dense):
    """Its knob is the decay."""

    space = {"decay": (0.3, 1.0, 3.0, 10.0, 30.0)}

    def network(self) -> parts.Network:
        encoder = parts.Encoder(symbols=self.spec.source_symbols)
        return parts.Network(encoder=encoder, symbols=self.spec.target_symbols)
