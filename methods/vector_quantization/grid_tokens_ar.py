"""Autoregression over the tokens of a grid, in raster order: a tokeniser that keeps one code a cell of a coarse grid.

**Source**: van den Oord, Vinyals and Kavukcuoglu, "Neural Discrete Representation Learning", 2017,
https://arxiv.org/abs/1711.00937, section 3 (grid of codes, autoregressive prior); the volumetric-grid control of
Qian et al., 2024, https://arxiv.org/abs/2402.12225.

    token_ij = nearest code of the encoder's feature at cell ij      p(tokens) = prod_n p(token_n | tokens before it)

**Differs from the paper**: 1. 8 x 8 shapes, a 4 x 4 grid of tokens, windows and small MLPs instead of deep
convolutions; 2. codebook by running means with restarts; 3. a transformer as prior.

**Shapes**: b shapes, r side, t = 16 tokens, p width of a code.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.blocks import nn
from toybench.methods.vector_quantization._shapes import TokenisedShapes, windows


class GridTokensAR(TokenisedShapes):
    """A token sees a window of 4 x 4 and is decoded with its eight neighbours."""

    @property
    def tokens(self) -> int:
        return (self.spec.side // 2) ** 2

    @property
    def encoder(self) -> nn.MLP:
        return nn.MLP((self.hidden, self.hidden, self.width))

    @property
    def decoder(self) -> nn.MLP:
        return nn.MLP((self.hidden, self.hidden, 4))

    def networks(self, key: jax.Array) -> Any:
        a, b = jax.random.split(key)
        encoder = nn.init(self.encoder, a, jnp.zeros((1, 16)))
        return {"encoder": encoder, "decoder": nn.init(self.decoder, b, jnp.zeros((1, 9 * self.width)))}

    def features(self, params: Any, shape: jax.Array) -> jax.Array:
        z = self.encoder.apply(params["encoder"], windows(shape[..., None], 4, 2, 1))
        return z.reshape(len(shape), self.tokens, self.width)

    def logits(self, params: Any, z: jax.Array) -> jax.Array:
        b, cells = len(z), self.spec.side // 2
        cell = self.decoder.apply(params["decoder"], windows(z.reshape(b, cells, cells, -1), 3, 1, 1))  # [b, 4, 4, 4]
        cell = cell.reshape(b, cells, cells, 2, 2).transpose(0, 1, 3, 2, 4)
        return cell.reshape(b, self.spec.side, self.spec.side)
