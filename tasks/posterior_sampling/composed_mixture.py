"""Draw from a power, a product or a guided mixture of densities of which only noised scores are known.

Isolates what adding scores gets wrong: scores of noised densities do not add up to the score of the noised product, so
that following their sum leads to another law, with another balance of the modes. Densities are Gaussian mixtures of 6
components N(mean, 0.25^2), means N(0, 1.2^2), weights Dirichlet(2). Targets: `power` is p^4, `product` is p q,
`guided` is p^-2 p_c^3 with p_c made of the first two components of p. In the plane the law is exact on a lattice; in
more dimensions powers of well separated components have weights w_k^power.

A trial has four targets. The distance in law is the total variation over 16 x 16 cells of [-5, 5]^2, or over nearest
components in more than two dimensions: 1,024 exact samples come to some 0.05, as cells are few.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks import distances, mixture
from toybench.blocks.mixture import Mixture
from toybench.blocks.random import normals, uniforms
from toybench.tasks.posterior_sampling import ComposedSpec, Composition, Particles, Target

REACH = 5.0  # the plane's edge: four standard deviations of the means
LATTICE = 160  # lattice points a side
CELLS = 16  # cells a side


class World(NamedTuple):
    """Targets, each array with a leading axis q."""

    targets: Target


class ComposedMixture(Task):
    """Four targets, 1,024 particles each."""

    target: str = "power"  # `power`, `product` or `guided`
    power: float = 4.0  # of `power`
    guidance: float = 3.0  # weight of the condition in `guided`
    dims: int = 2
    components: int = 6
    std: float = 0.25  # of a component
    spread: float = 1.2  # standard deviation of the means
    particles: int = 1024
    targets: int = 4

    interface = Composition
    steps = 0
    checkpoints = 0
    metrics = {
        "tv": Metric("min", "total variation distance of the weighted samples to the target, over cells"),
        "minimum_ess": Metric("info", "least effective share of the particles on the way"),
    }

    @property
    def spec(self) -> ComposedSpec:
        return ComposedSpec(dims=self.dims, steps=300)

    def sample(self, key: jax.Array) -> World:
        """Random mixtures and their powers."""
        a, b = jax.random.split(key)
        shape = (self.targets, 2, self.components)
        means = self.spread * normals(a, means=(*shape, self.dims))["means"]
        ratio = -jnp.log(1 - uniforms(b, gamma=(*shape, 2))["gamma"]).sum(-1)  # gamma(2): two exponentials
        weights = ratio / ratio.sum(-1, keepdims=True)
        powers = {"power": (self.power, 0.0), "product": (1.0, 1.0), "guided": (1 - self.guidance, self.guidance)}
        first = self.mixture(weights[:, 0], means[:, 0])
        second = self.mixture(weights[:, 1], means[:, 1])
        if self.target == "guided":
            pair = weights[:, 0, :2]
            second = self.mixture(pair / pair.sum(-1, keepdims=True), means[:, 0, :2])
        each = jnp.broadcast_to(jnp.array(powers[self.target])[None, :], (self.targets, 2))
        return World(targets=Target(parts=(first, second), powers=each))

    def mixture(self, weights: jax.Array, means: jax.Array) -> Mixture:
        """One mixture for each target."""
        return Mixture(weights=weights, means=means, std=jnp.full(self.targets, self.std))

    def density(self, target: Target) -> jax.Array:
        """Probabilities [CELLS^2 * (LATTICE / CELLS)^2] of the lattice's points."""
        points, _ = mixture.lattice(-REACH, REACH, LATTICE)
        logs = [mixture.log_density(part, jnp.asarray(points)) for part in target.parts]
        return jax.nn.softmax(target.powers[0] * logs[0] + target.powers[1] * logs[1])

    def truth(self, target: Target) -> jax.Array:
        """Probabilities of the cells, or of the components."""
        if self.dims > 2:
            return jax.nn.softmax(self.power * jnp.log(target.parts[0].weights))
        inner = LATTICE // CELLS
        return self.density(target).reshape(CELLS, inner, CELLS, inner).sum((1, 3)).ravel()

    def shares(self, target: Target, particles: Particles) -> jax.Array:
        """What the weighted samples say of the same."""
        weights = jax.nn.softmax(particles.log_weights)
        if self.dims > 2:
            apart = distances.squared_distances(particles.points, target.parts[0].means)
            cell = apart.argmin(-1)
            return jnp.zeros(self.components).at[cell].add(weights)
        place = jnp.clip((particles.points + REACH) / (2 * REACH) * CELLS, 0, CELLS - 1).astype(jnp.int32)
        return jnp.zeros(CELLS**2).at[place[:, 0] * CELLS + place[:, 1]].add(weights)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        def judge(target: Target, key: jax.Array) -> tuple[jax.Array, jax.Array]:
            particles = learner.compose(target, key, self.particles)
            tv = 0.5 * jnp.abs(self.shares(target, particles) - self.truth(target)).sum()
            return tv, particles.ess

        tv, ess = jax.vmap(judge)(world.targets, jax.random.split(key, self.targets))
        return {"tv": tv.mean(), "minimum_ess": ess.mean() / self.particles}

    def floor(self, world: World) -> Any:
        """Draws from the first density alone."""

        def compose(target: Target, key: jax.Array, count: int) -> Particles:
            points, _ = mixture.sample(target.parts[0], key, count)
            return Particles(points=points, log_weights=jnp.zeros(count), ess=jnp.asarray(float(count)))

        return SimpleNamespace(compose=compose)

    def oracle(self, world: World) -> Any:
        """Draws from the target: off the lattice, or from the mixture that a power comes to."""
        points, area = mixture.lattice(-REACH, REACH, LATTICE)

        def compose(target: Target, key: jax.Array, count: int) -> Particles:
            choice, noise = jax.random.split(key)
            law = jnp.cumsum(self.density(target) if self.dims == 2 else self.truth(target))
            uniform = jax.random.uniform(choice, (count,)) * law[-1]
            drawn = jnp.minimum(jnp.searchsorted(law, uniform), law.shape[0] - 1)
            if self.dims == 2:
                x = jnp.asarray(points)[drawn] + area**0.5 * (jax.random.uniform(noise, (count, 2)) - 0.5)
            else:
                around = self.std / self.power**0.5 * jax.random.normal(noise, (count, self.dims))
                x = target.parts[0].means[drawn] + around
            return Particles(points=x, log_weights=jnp.zeros(count), ess=jnp.asarray(float(count)))

        return SimpleNamespace(compose=compose)
