"""Reconstruct a mixture of curved clusters through a codebook that a plain VQ autoencoder leaves mostly unused.

An example is a point near one of `clusters` centres on a low-dimensional surface that a random network bends into
`inputs` dimensions. Between centres and inside a cluster there is more to tell than any codebook here can hold, so each
code that is not used costs reconstruction error. A code that is never the nearest gets no gradient and stays unused:
the collapse whose remedies the study compares.

No method can reconstruct better than the best `codes` points in input space, so the oracle is k-means there.
Shapes: b examples, i inputs, m dimensions of the surface.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.tasks.vector_quantization._autoencoder import (
    Quantized,
    QuantizedAutoencoder,
    Spec,
    divergence,
    lloyd,
    perplexity,
    squared_distances,
    usage,
)

BEND = 32  # hidden units of the network that bends it
LLOYD = 15  # iterations of the oracle's k-means


class World(NamedTuple):
    """Centres [c, m], bending network [m, h] and [h, i], units (mean [i] and scale []), held-out examples [n, i]."""

    centres: jax.Array
    inner: jax.Array
    outer: jax.Array
    mean: jax.Array
    scale: jax.Array
    heldout: jax.Array


class CodebookCollapse(Task):
    """One code an example: 256 codes for 64 clusters that each fill a part of a curved surface."""

    codes: int = 256  # size of the codebook
    latent: int = 32  # width of the encoder's output
    inputs: int = 16  # dimensions of an example
    surface: int = 4  # dimensions of the surface, m
    clusters: int = 64  # mixture components
    spread: float = 0.3  # standard deviation of a cluster on the surface, where the centres have 1
    batch: int = 64  # examples a step

    interface = QuantizedAutoencoder
    steps = 2000
    metrics = {
        "reconstruction_mse": Metric("min", "squared error per input on held-out examples; the data have variance 1"),
        "perplexity": Metric("max", "perplexity of the codes chosen for held-out examples, as a share of the codebook"),
        "usage": Metric("max", "share of the codebook chosen for at least one held-out example"),
        "quantization_error": Metric("min", "squared distance of feature and code, relative to the features' variance"),
        "embedding_code_divergence": Metric("min", "gap of features and codes in mean and spread, relative likewise"),
    }

    @property
    def spec(self) -> Spec:
        return Spec(inputs=self.inputs, codes=self.codes, latent=self.latent, batch=self.batch)

    def sample(self, key: jax.Array) -> World:
        """Centres, a network, and 8 held-out examples a code (a code of equal share is then missed once in 3,000)."""
        a, b = jax.random.split(key)
        sizes = (self.clusters * self.surface, self.surface * BEND, BEND * self.inputs)
        flat, shapes = (
            jax.random.normal(a, (sum(sizes),)),
            ((self.clusters, self.surface), (self.surface, BEND), (BEND, -1)),
        )
        cuts = jnp.split(flat, (sizes[0], sizes[0] + sizes[1]))
        centres, inner, outer = (c.reshape(s) for c, s in zip(cuts, shapes, strict=True))
        world = World(centres, inner, outer, jnp.zeros(self.inputs), jnp.ones(()), jnp.zeros(()))
        raw = self.examples(world, b, 8 * self.codes)
        mean, scale = raw.mean(0), raw.std(0).mean()
        return world._replace(mean=mean, scale=scale, heldout=(raw - mean[None, :]) / scale)

    def examples(self, world: World, key: jax.Array, count: int) -> jax.Array:
        """Fresh examples [count, i]."""
        noise = jax.random.normal(key, (count, self.surface + 1))
        share = jax.scipy.stats.norm.cdf(noise[:, 0])  # uniform: one draw serves cluster and position
        cluster = jnp.minimum((share * self.clusters).astype(jnp.int32), self.clusters - 1)
        place = world.centres[cluster] + self.spread * noise[:, 1:]
        return (jnp.tanh(place @ world.inner) @ world.outer - world.mean[None, :]) / world.scale

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, jax.Array]:
        """Fresh examples, float [b, i]."""
        return world, self.examples(world, key, self.batch)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        seen, book = learner.quantize(world.heldout), learner.codebook()
        error = learner.decode(seen.code) - world.heldout
        shares = usage(seen.index, self.codes)
        variance = seen.feature.var(0).sum() + 1e-6
        return {
            "reconstruction_mse": (error**2).mean(),
            "perplexity": perplexity(shares) / self.codes,
            "usage": (shares > 0).astype(jnp.float32).mean(),
            "quantization_error": ((seen.feature - seen.code) ** 2).sum(-1).mean() / variance,
            "embedding_code_divergence": divergence(seen.feature, book),
        }

    def floor(self, world: World) -> Any:
        """One code, decoded to the mean of the data."""
        return SimpleNamespace(
            quantize=lambda x: Quantized(jnp.zeros((len(x), 1)), jnp.zeros((len(x), 1)), jnp.zeros(len(x), jnp.int32)),
            decode=lambda code: jnp.zeros((len(code), self.inputs)),
            codebook=lambda: jnp.zeros((self.codes, 1)),
        )

    def oracle(self, world: World) -> Any:
        """Lloyd's k-means in input space, on 16 fresh examples a code: features are inputs, nothing is decoded."""
        train = self.examples(world, jax.random.key(0), 16 * self.codes)
        book = lloyd(train, train[: self.codes], LLOYD)

        def quantize(x: jax.Array) -> Quantized:
            index = jnp.argmin(squared_distances(x, book), axis=1)
            return Quantized(x, book[index], index)

        return SimpleNamespace(quantize=quantize, decode=lambda code: code, codebook=lambda: book)
