"""Which codewords, one a factor, have this elementwise product.

Isolates the search among codewords^factors combinations by a recurrent decoder that holds a superposition of guesses.
Products of 3 codewords from codebooks of random phasors (or signs), 256 dimensions, at most 100 sweeps over the
factors. A product doesn't tell the signs of its factors (an even number of them may be flipped, phases likewise), so
estimates are decoded by the magnitude of their similarity. Solved means right at the last sweep: a right answer that
is left again doesn't count.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.random import uniforms
from toybench.tasks.vector_symbolic import Decoder, FactorSpec, phasors

LEAST = 1e-7  # of a uniform number, whose logarithm is taken


class World(NamedTuple):
    """Codebooks [f, m, d], chosen codewords int32 [b, f], and their products [b, d], noise included."""

    codebooks: jax.Array
    chosen: jax.Array
    products: jax.Array


class Factorization(Task):
    """Factorise products of codewords."""

    codewords: int = 40  # codewords a factor
    codebook: str = "phasor"  # phasor: complex numbers of modulus 1; bipolar: signs
    # phasor: standard deviation of a complex normal, added before phases are taken; bipolar: share of signs flipped
    noise: float = 0.0
    dim: int = 256  # numbers a vector
    factors: int = 3  # factors a product
    products: int = 64  # products a seed
    sweeps: int = 100  # sweeps over the factors

    interface = Decoder
    steps = 0
    checkpoints = 0
    metrics = {
        "iterations": Metric("min", "sweeps until all factors are right for good; all sweeps where they never are"),
        "accuracy": Metric("max", "share of products whose factors are all right at the last sweep"),
    }

    @property
    def spec(self) -> FactorSpec:
        return FactorSpec(dim=self.dim, factors=self.factors, codewords=self.codewords, sweeps=self.sweeps)

    def sample(self, key: jax.Array) -> World:
        """Codebooks, and products of codewords chosen uniformly."""
        m = self.codewords
        each = (self.products, self.dim)
        u = uniforms(
            key,
            codebooks=(self.factors, m, self.dim),
            chosen=(self.products, self.factors),
            size=each,
            turn=each,
        )
        chosen = jnp.minimum((u["chosen"] * m).astype(jnp.int32), m - 1)
        if self.codebook == "bipolar":
            codebooks = jnp.where(u["codebooks"] < 0.5, -1.0, 1.0)
            products = self.multiply(codebooks, chosen)
            flipped = jnp.where(u["size"] < self.noise, -products, products)
            return World(codebooks=codebooks, chosen=chosen, products=flipped)
        codebooks = phasors(u["codebooks"])
        radius = self.noise * jnp.sqrt(-jnp.log(jnp.maximum(u["size"], LEAST)))  # a complex normal, by Box and Muller
        blurred = self.multiply(codebooks, chosen) + radius.astype(codebooks.dtype) * phasors(u["turn"])
        products = blurred / jnp.abs(blurred).astype(codebooks.dtype)
        return World(codebooks=codebooks, chosen=chosen, products=products)

    def multiply(self, codebooks: jax.Array, chosen: jax.Array) -> jax.Array:
        """Products [b, d] of the chosen codewords."""
        return jnp.prod(jnp.stack([codebooks[i, chosen[:, i]] for i in range(self.factors)]), 0)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        trace = learner.factorize(world.products, world.codebooks)  # [sweeps, b, f]
        right = (trace == world.chosen[None]).all(-1)
        stays = jnp.flip(jnp.cumprod(jnp.flip(right.astype(jnp.int32), 0), 0), 0)  # right from here to the end
        solved = stays[-1].astype(jnp.float32)
        first = jnp.minimum(1 + self.sweeps - stays.sum(0), self.sweeps)
        return {"accuracy": solved.mean(), "iterations": first.astype(jnp.float32).mean()}

    def floor(self, world: World) -> Any:
        """The codeword nearest to the product itself, factor by factor."""

        def factorize(products: jax.Array, codebooks: jax.Array) -> jax.Array:
            near = jnp.abs(jnp.einsum("bd,fmd->bfm", products, codebooks.conj()))
            return jnp.broadcast_to(jnp.argmax(near, -1), (self.sweeps, *world.chosen.shape))

        return SimpleNamespace(factorize=factorize)

    def oracle(self, world: World) -> Any:
        """The chosen codewords; without noise an exhaustive search finds them too."""
        return SimpleNamespace(
            factorize=lambda products, codebooks: jnp.broadcast_to(world.chosen, (self.sweeps, *world.chosen.shape))
        )
