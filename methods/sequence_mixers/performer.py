"""Linear attention with random features whose mean is the softmax kernel.

**Source**: Choromanski, Likhosherstov, Dohan, Song, Gane, Sarlos, Hawkins, Davis, Mohiuddin, Kaiser, Belanger, Colwell,
Weller: Rethinking Attention with Performers, 2021, https://arxiv.org/abs/2009.14794, section 2, from memory.

    phi(x) = exp(w x - |x|^2 / 2) / sqrt(m), w normal, orthogonal        E phi(q) phi(k) = exp(q k)

**Differs from the paper**: (1) as many features as a head is wide, 16, as all linear rivals here have; (2) they are
drawn once and not again in training; (3) both heads share them; (4) one block of width 32.

**Shapes**: b streams, t tokens, c width of a head.
"""

import flax.linen as nn
import jax

from toybench.blocks.mixers import Projected, linear_attend, orthogonal_directions, positive_features
from toybench.blocks.streams import HEADS, RATES, Mixing

FEATURES = 16  # of a head


class RandomFeatures(nn.Module):
    """Queries or keys [..., c] to positive features [..., FEATURES]; its directions are not trained."""

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        c = x.shape[-1]
        drawn = self.param("kernel", nn.initializers.normal(c**-0.5), (c, FEATURES))  # of variance 1 / c
        directions = orthogonal_directions(jax.lax.stop_gradient(drawn).T * c**0.5)
        return positive_features(x / c**0.25, directions)


class Performer(Mixing):
    """Attention that estimates softmax attention."""

    space = {"lr": RATES}

    def mixer(self) -> nn.Module:
        def mix(x: jax.Array, q: jax.Array, k: jax.Array, v: jax.Array) -> jax.Array:
            features = RandomFeatures()
            return linear_attend(features(q), features(k), v)

        return Projected(heads=HEADS, mix=mix)
