"""Make a generator produce a class that it was not trained for, by drawing its input from the posterior.

Isolates where a search in the latent space starts. A fixed random network G maps 8 standard normal inputs to the
plane, with outputs of mean 0 and variance 1 in each coordinate. What is asked for is known through a classifier of the
output alone: `label` has 6 classes by the angle of the output, each of a tenth to a quarter of the prior's mass; `rare`
is a disc of a hundredth of it, around the output of a random input. The law to draw from has the density

    p(z | c)  in proportion to  N(z; 0, I) p(c | G(z))

Exact samples are 65,536 draws of the prior, resampled by p(c | G(z)): some 800 effective ones for the disc, thousands
for a class. A learner is trained on pairs of an input and the classifier's probabilities for its output.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks import distances, smc
from toybench.blocks.random import normals
from toybench.tasks.posterior_sampling import Calls, Generator, Latents, LatentSpec, Pairs, log_classes

BATCH = 128  # pairs a step
CLASSES = 6  # of `label`
GAIN = 1.5  # of the first layer: its units are well into their tanh
PRIOR = 65_536  # draws that stand for the prior
EXACT = 256  # exact samples kept of a class


class World(NamedTuple):
    """The generator, and exact inputs [q, r, d] of the classes that are asked for."""

    generator: Generator
    exact: jax.Array


class GeneratorPosterior(Task):
    """Every class, or one disc."""

    region: str = "label"  # `label` or `rare`
    calls: int = 30  # evaluations of the generator for a sample; going backward counts as two
    dims: int = 8  # of an input
    width: int = 32  # of the generator's hidden layer
    mass: float = 0.01  # of the disc without its soft edge
    samples: int = 384  # in all, for the classes that are asked for

    interface = Latents
    steps = 1000
    checkpoints = 1
    metrics = {
        "output_distance": Metric("min", "squared energy distance of outputs to those of exact samples"),
        "posterior_distance": Metric("min", "squared energy distance of inputs to exact samples"),
        "miss_rate": Metric("min", "probability that a sample is not of its class, by the classifier"),
        "network_calls": Metric("info", "evaluations of the generator a sample"),
        "vjp_calls": Metric("info", "vector-Jacobian products through it a sample"),
    }

    @property
    def spec(self) -> LatentSpec:
        classes = 2 if self.region == "rare" else CLASSES
        return LatentSpec(dims=self.dims, classes=classes, region=self.region, calls=self.calls)

    @property
    def asked(self) -> int:
        """How many classes are asked for."""
        return 1 if self.region == "rare" else CLASSES

    def sample(self, key: jax.Array) -> World:
        """A network, scaled by its outputs, and exact samples."""
        network, draws, resampled = jax.random.split(key, 3)
        drawn = normals(network, first=(self.dims, self.width), bias=(self.width,), second=(self.width, 2))
        z = jax.random.normal(draws, (PRIOR, self.dims))
        raw = Generator(
            weights=(GAIN * drawn["first"] / self.dims**0.5, drawn["second"]),
            biases=(0.5 * drawn["bias"], jnp.zeros(2)),
            centre=jnp.zeros(2),
            radius=jnp.zeros(()),
        )
        x = raw.generate(z)
        scale = 1 / x.std(0)
        outputs = (x - x.mean(0)[None, :]) * scale[None, :]
        centre = outputs[0]
        generator = raw._replace(
            weights=(raw.weights[0], raw.weights[1] * scale[None, :]),
            biases=(raw.biases[0], -x.mean(0) * scale),
            centre=centre,
            radius=jnp.quantile(jnp.sqrt(((outputs - centre[None, :]) ** 2).sum(-1)), self.mass),
        )
        log_weights = log_classes(self.spec, generator, outputs)[:, : self.asked].T
        uniforms = jax.random.uniform(resampled, (self.asked,))
        chosen = jax.vmap(lambda w, u: smc.systematic(w, u, EXACT))(log_weights, uniforms)
        return World(generator=generator, exact=z[chosen])

    def given(self, world: World) -> Generator:
        """The generator and its classifier."""
        return world.generator

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Pairs]:
        z = jax.random.normal(key, (BATCH, self.dims))
        return world, Pairs(x=z, y=jnp.exp(log_classes(self.spec, world.generator, world.generator.generate(z))))

    def misses(self, generator: Generator, z: jax.Array) -> jax.Array:
        """Probability [q] that outputs of inputs [q, n, d] are of another class than the q-th."""
        logs = log_classes(self.spec, generator, generator.generate(z))
        own = jnp.stack([logs[q, :, q] for q in range(self.asked)])
        return 1 - jnp.exp(own).mean(-1)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        keys = jax.random.split(key, self.asked)
        wanted = jnp.eye(self.asked, self.spec.classes)
        count = self.samples // self.asked
        z = jax.vmap(lambda c, k: learner.latents(c, k, count))(wanted, keys)
        generate = world.generator.generate
        calls = learner.calls()
        return {
            "output_distance": jax.vmap(distances.energy_distance)(generate(z), generate(world.exact)).mean(),
            "posterior_distance": jax.vmap(distances.energy_distance)(z, world.exact).mean(),
            "miss_rate": self.misses(world.generator, z).mean(),
            "network_calls": calls.network,
            "vjp_calls": calls.vjp,
        }

    def floor(self, world: World) -> Any:
        """Draws from the prior, whatever is asked for."""
        return self._reference(lambda wanted, key, count: jax.random.normal(key, (count, self.dims)))

    def oracle(self, world: World) -> Any:
        """Resamples draws of the prior that are its own by their class probability."""

        def latents(wanted: jax.Array, key: jax.Array, count: int) -> jax.Array:
            draws, shift = jax.random.split(key)
            z = jax.random.normal(draws, (PRIOR // 2, self.dims))
            logs = log_classes(self.spec, world.generator, world.generator.generate(z))
            return z[smc.systematic(logs @ wanted, jax.random.uniform(shift), count)]

        return self._reference(latents)

    def _reference(self, latents: Any) -> Any:
        return SimpleNamespace(latents=latents, calls=lambda: Calls(network=jnp.zeros(()), vjp=jnp.zeros(())))
