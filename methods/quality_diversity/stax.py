"""Novelty search in a space that is learned on the way, with emitters that climb from the rewards that it meets.

**Source**: Paolo, Coninx, Laflaquière and Doncieux, "Discovering and Exploiting Sparse Rewards in a Learned Behavior
Space", 2021, https://arxiv.org/abs/2111.01919 (STAX; abstract, and the authors' code, github.com/GPaolo/STAX:
core/evolvers/serene_taxons.py, taxons.py, serene.py, emitter_evolver.py, core/emitters/elitist_emitter.py,
core/searcher.py, core/auto_encoders/ae.py, parameters.py).

    code(image): the middle of an autoencoder that is trained on the images of archives, parents and children
    parents: the most novel in the code, or the worst reconstructed, as a coin says at each step
    emitters: elitist, begun at rewarded policies, the farthest in the code from where others began first

**Differs from the paper**: 1. as `novelty_hand`, 1 to 7. 2. dense layers 64-32-10-32-64 of SELU on 8 x 8 grey pixels
instead of convolutions on 64 x 64 colours; the output is linear. 3. ten batches of 64 after each exploring step, Adam
at 0.003, instead of at most 100 epochs at growing intervals, at 0.001.

**Shapes**: n policies, z numbers of a code, d pixels.
"""

from typing import Any, NamedTuple

import flax.linen as linen
import jax
import jax.numpy as jnp

from toybench.blocks import nn, optim
from toybench.methods.quality_diversity._novelty import NoveltySearch

CODE = 10  # numbers of a code, as in the authors' parameters
HIDDEN = 32
BATCHES = 10  # after each exploring step
BATCH = 64  # images
RATE = 0.003  # of Adam


class Autoencoder(linen.Module):
    """Codes of images [n, d], and images that are rebuilt from them."""

    pixels: int

    def setup(self) -> None:
        self.encoder = nn.MLP((HIDDEN, CODE), linen.selu)
        self.decoder = nn.MLP((HIDDEN, self.pixels), linen.selu)

    def encode(self, image: jax.Array) -> jax.Array:
        return linen.selu(self.encoder(image))

    def __call__(self, image: jax.Array) -> jax.Array:
        return self.decoder(self.encode(image))


class Model(NamedTuple):
    """Weights of the autoencoder, and Adam's state."""

    params: Any
    moments: Any


class Stax(NoveltySearch):
    """Is told nothing of what matters in an image."""

    trained: bool = True  # false: the authors' STAX-NT, a random network, and novelty alone

    lucky = BATCHES * BATCH
    paper = "paolo2021discovering"
    space = {"sd": (0.03, 0.1, 0.3, 1.0), "share": (0.01, 0.03, 0.1, 0.3)}

    @property
    def network(self) -> Autoencoder:
        return Autoencoder(self.spec.pixels)

    def start(self, key: jax.Array) -> Model:
        params = nn.init(self.network, key, jnp.zeros((1, self.spec.pixels)))
        return Model(params=params, moments=optim.adam(RATE).init(params))

    def codes(self, model: Model, image: jax.Array, place: jax.Array) -> jax.Array:
        return self.network.apply(model.params, image, method="encode")

    def errors(self, params: Any, image: jax.Array) -> jax.Array:
        """Squared error of the reconstruction of each image, [n]."""
        return ((self.network.apply(params, image) - image) ** 2).mean(-1)

    def fit(self, model: Model, image: jax.Array, counts: jax.Array, luck: jax.Array) -> Model:
        if not self.trained:
            return model
        ends = jnp.cumsum(counts) / counts.sum()
        rows = jnp.searchsorted(ends, luck.reshape(BATCHES, BATCH), side="right")

        def step(now: Model, batch: jax.Array) -> tuple[Model, None]:
            gradients = jax.grad(lambda params: self.errors(params, image[batch]).mean())(now.params)
            params, moments = optim.descend(optim.adam(RATE), gradients, now.moments, now.params)
            return Model(params=params, moments=moments), None

        return jax.lax.scan(step, model, rows)[0]

    def criterion(self, novelty: jax.Array, model: Model, image: jax.Array, coin: jax.Array) -> jax.Array:
        if not self.trained:
            return novelty
        return jnp.where(coin < 0.5, novelty, self.errors(model.params, image))
