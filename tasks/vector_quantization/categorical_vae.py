"""A variational autoencoder small enough to enumerate: 4 latents of 4 categories, 256 codes, 16 binary pixels.

The cost of a code is a nonlinear decoder's negative log-likelihood, so no estimator of finite order is exact, and the
gradient that training needs comes from the estimator alone; the KL term is exact for everybody. The bound and its
gradient are sums over the 256 codes. Sizes: 32 fresh patterns a step.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import flax.linen as linen
import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks import nn
from toybench.tasks.vector_quantization._estimators import Cost, GradientEstimator, answers, exact, quality


class Networks(linen.Module):
    """Encoder and decoder with one hidden layer each."""

    hidden: int
    inner: int  # width of the flattened latents
    pixels: int

    def setup(self) -> None:
        self.encoder = nn.MLP((self.hidden, self.inner))
        self.decoder = nn.MLP((self.hidden, self.pixels))

    def __call__(self, x: jax.Array) -> jax.Array:
        return self.decode(self.encode(x))

    def encode(self, x: jax.Array) -> jax.Array:
        """Patterns [b, pixels] to logits [b, inner]."""
        return self.encoder(x)

    def decode(self, z: jax.Array) -> jax.Array:
        """Flattened latents [b, inner] to pixel logits [b, pixels]."""
        return self.decoder(z)


@dataclass(frozen=True)
class Autoencoder:
    """A `LatentModel` with a uniform prior."""

    latents: int
    categories: int
    pixels: int
    hidden: int

    @property
    def networks(self) -> Networks:
        return Networks(self.hidden, self.latents * self.categories, self.pixels)

    def initial(self, key: jax.Array) -> dict[str, Any]:
        return nn.init(self.networks, key, jnp.zeros((1, self.pixels)))

    def logits(self, params: dict[str, Any], x: jax.Array) -> jax.Array:
        flat = self.networks.apply(params, x, method="encode")
        return flat.reshape(len(x), self.latents, self.categories)

    def decode(self, params: dict[str, Any], z: jax.Array) -> jax.Array:
        """Pixel logits [c, pixels] of latents [c, l, k]."""
        return self.networks.apply(params, z.reshape(len(z), -1), method="decode")

    def codes(self) -> jax.Array:
        """All latents, one-hot [k^l, l, k]."""
        number = jnp.arange(self.categories**self.latents)
        digits = number[:, None] // self.categories ** jnp.arange(self.latents)[None, :] % self.categories
        return jax.nn.one_hot(digits, self.categories)

    def cost(self, given: Any, params: dict[str, Any], x: jax.Array) -> Cost:
        """Negative log-likelihood of patterns x [b, pixels], in nats."""

        def expected(logits: jax.Array) -> jax.Array:
            every = self.codes()
            output = self.decode(params, every)
            loss = jax.nn.softplus(output).sum(-1)[None, :] - x @ output.T  # [b, codes]
            log_q = jnp.einsum("blk,clk->bc", jax.nn.log_softmax(logits), every)
            return jnp.sum(jnp.exp(log_q) * loss, axis=-1)

        def sampled(z: jax.Array) -> jax.Array:
            output = self.decode(params, z)
            return (jax.nn.softplus(output) - x * output).sum(-1)

        return Cost(sampled, expected)

    def penalty(self, params: dict[str, Any], x: jax.Array) -> jax.Array:
        """KL divergence from the uniform prior, in nats."""
        log_q = jax.nn.log_softmax(self.logits(params, x))
        return (jnp.exp(log_q) * (log_q + jnp.log(float(self.categories)))).sum((-2, -1))


class World(NamedTuple):
    """A teacher's templates [l, k, pixels], test patterns, and the point at which estimators are judged."""

    templates: jax.Array
    test: jax.Array  # [n, pixels]
    logits: jax.Array  # [estimated, l, k]
    params: dict[str, Any]  # of a random model


class CategoricalVAE(Task):
    """Maximise the evidence lower bound of patterns that a sum of categorical templates generates."""

    latents: int = 4  # l; the paper's grid has 4 to 64
    categories: int = 4  # k; the paper's grid has 2 to 64
    pixels: int = 16  # 784 in the paper
    hidden: int = 32  # width of encoder and decoder; 512 and 256 in the paper
    contrast: float = 2.0  # standard deviation of a template's logits
    batch: int = 32  # patterns a step; 200 in the paper
    test: int = 256  # test patterns
    estimated: int = 16  # patterns at which estimates are compared with the exact gradient
    estimates: int = 64  # independent estimates

    interface = GradientEstimator
    steps = 1500
    metrics = {
        "negative_elbo": Metric("min", "exact negative evidence lower bound of test patterns, nats"),
        "gradient_cosine": Metric(
            "max", "cosine of the expected estimate with the exact gradient, at common random parameters"
        ),
        "gradient_bias": Metric("min", "norm of the bias relative to the exact gradient, at common random parameters"),
        "gradient_variance": Metric("min", "variance relative to the squared exact gradient, at the same parameters"),
        "own_alignment": Metric(
            "max", "mean cosine of one estimate with the exact gradient, at the learner's parameters"
        ),
        "own_bias": Metric("min", "norm of the bias relative to the exact gradient, at the learner's parameters"),
    }

    @property
    def spec(self) -> Autoencoder:
        return Autoencoder(latents=self.latents, categories=self.categories, pixels=self.pixels, hidden=self.hidden)

    def sample(self, key: jax.Array) -> World:
        """A teacher, its test patterns, and a random model with doubled weights, whose cost is far from linear."""
        a, b, c = jax.random.split(key, 3)
        shape = (self.latents, self.categories, self.pixels)
        size, points = self.latents * self.categories, (self.estimated, self.latents, self.categories)
        noise = jax.random.normal(a, (size * self.pixels + self.estimated * size,))
        templates = self.contrast * noise[: size * self.pixels].reshape(shape)
        params = jax.tree.map(lambda w: 2.0 * w, self.spec.initial(c))
        return World(
            templates, self.patterns(templates, b, self.test), noise[size * self.pixels :].reshape(points), params
        )

    def patterns(self, templates: jax.Array, key: jax.Array, count: int) -> jax.Array:
        """Random latents, one template each, summed to logits of independent pixels: [count, pixels] of 0 and 1."""
        u = jax.random.uniform(key, (count, self.latents + self.pixels))
        choice = (u[:, : self.latents] * self.categories).astype(jnp.int32)
        logits = templates[jnp.arange(self.latents)[None, :], choice].sum(1)
        return (u[:, self.latents :] < jax.nn.sigmoid(logits)).astype(jnp.float32)

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, jax.Array]:
        """Fresh patterns [b, pixels]."""
        return world, self.patterns(world.templates, key, self.batch)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        spec, own = self.spec, learner.weights()
        x, keys = world.test[: self.estimated], jax.random.split(key, self.estimates)

        def judge(at: tuple) -> dict[str, jax.Array]:
            """Estimates for the logits [estimated, l, k] under the decoder of `params`."""
            params, logits = at
            cost = spec.cost((), params, x)
            return quality(jax.lax.map(lambda k: learner.logit_gradient(cost, logits, k), keys), exact(cost, logits))

        here, common = (own, spec.logits(own, x)), (world.params, world.logits)
        found = jax.lax.map(judge, jax.tree.map(lambda a, b: jnp.stack([a, b]), here, common))
        bound = spec.cost((), own, world.test).expected(spec.logits(own, world.test)) + spec.penalty(own, world.test)
        shared = {f"gradient_{name}": found[name][1] for name in ("cosine", "bias", "variance")}
        own_quality = {f"own_{name}": found[name][0] for name in ("alignment", "bias")}
        return {"negative_elbo": bound.mean(), **shared, **own_quality}

    def floor(self, world: World) -> Any:
        """A model whose weights are 0: uniform latents, every pixel even; an estimate that is always 0."""
        return answers(jax.tree.map(jnp.zeros_like, world.params), lambda cost, logits: jnp.zeros_like(logits))
