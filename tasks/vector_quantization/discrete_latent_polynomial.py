"""Polynomial programming: independent categorical latents, a separable cost of power p, no network at all.

The exact gradient is known in closed form, so what an estimator gets wrong is all that separates its objective from
the optimum. The cost's derivatives at the two ends almost cancel while its values differ, so a first-order estimator
sees a stationary point inside the simplex where there is none. Sizes: 64 latents and 16 samples a step.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.tasks.vector_quantization._estimators import Cost, GradientEstimator, answers, exact, quality


@dataclass(frozen=True)
class Polynomial:
    """A `LatentModel`: free logits [l, k]; latent i has the value of its category, evenly spaced from 1 to 0."""

    latents: int
    categories: int

    def initial(self, key: jax.Array) -> jax.Array:
        return jax.random.uniform(key, (self.latents, self.categories), minval=-0.01, maxval=0.01)

    def logits(self, params: jax.Array, x: jax.Array) -> jax.Array:
        return jnp.broadcast_to(params[None], (len(x), *params.shape))

    def cost(self, given: jax.Array, params: Any, x: jax.Array) -> Cost:
        """Mean over latents of |value - c|^p, with given = [p, c]."""
        power, target = given
        value = jnp.linspace(1.0, 0.0, self.categories)
        corner = jnp.abs(value - target) ** power

        def expected(logits: jax.Array) -> jax.Array:
            return (jax.nn.softmax(logits) @ corner).mean(-1)

        return Cost(lambda z: (jnp.abs(z @ value - target) ** power).mean(-1), expected)

    def penalty(self, params: jax.Array, x: jax.Array) -> jax.Array:
        return jnp.zeros(len(x))


class World(NamedTuple):
    """Logits [points, l, k] at which every estimator is judged."""

    logits: jax.Array


class DiscreteLatentPolynomial(Task):
    """Minimise E ||X - c||_p^p / l over the logits of l independent categorical latents."""

    exponent: float = 1.5  # p; the paper uses 1.5, 2 and 3
    target: float = 0.45  # c, as in the paper
    latents: int = 64  # l; 128 in the paper
    categories: int = 2  # k; 2 in the paper
    batch: int = 16  # samples an estimate; 64 in the paper
    points: int = 2  # parameter settings at which estimators are judged
    estimates: int = 32  # independent estimates a point

    interface = GradientEstimator
    steps = 1000
    metrics = {
        "final_objective": Metric("min", "exact expected cost at the learner's parameters"),
        "gradient_cosine": Metric(
            "max", "cosine of the expected estimate with the exact gradient, at common random parameters"
        ),
        "gradient_bias": Metric("min", "norm of the bias relative to the exact gradient, at common random parameters"),
        "gradient_variance": Metric("min", "variance relative to the squared exact gradient, at the same parameters"),
        "own_alignment": Metric(
            "max", "mean cosine of one estimate with the exact gradient, at the learner's parameters"
        ),
    }

    @property
    def spec(self) -> Polynomial:
        return Polynomial(latents=self.latents, categories=self.categories)

    def sample(self, key: jax.Array) -> World:
        """Standard normal logits, apart from the learner's start."""
        return World(logits=jax.random.normal(key, (self.points, self.latents, self.categories)))

    def given(self, world: World) -> jax.Array:
        """[p, c]."""
        return jnp.stack([jnp.asarray(self.exponent), jnp.asarray(self.target)]).astype(jnp.float32)

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, jax.Array]:
        """As many empty examples as samples are wanted, [b]."""
        return world, jnp.zeros(self.batch)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        x = jnp.zeros(self.batch)
        cost = self.spec.cost(self.given(world), None, x)

        def judge(params: jax.Array, key: jax.Array) -> dict[str, jax.Array]:
            """Estimates of the gradient for shared logits [l, k], each from one batch."""
            logits, keys = self.spec.logits(params, x), jax.random.split(key, self.estimates)
            drawn = jax.lax.map(lambda k: learner.logit_gradient(cost, logits, k).mean(0), keys)
            return quality(drawn, exact(cost, logits).mean(0))

        own, common = learner.weights(), world.logits
        everywhere = jnp.concatenate([own[None], common])
        found = jax.lax.map(lambda a: judge(a[0], a[1]), (everywhere, jax.random.split(key, len(everywhere))))
        return {
            "final_objective": cost.expected(own[None])[0],
            "gradient_cosine": found["cosine"][1:].mean(),
            "gradient_bias": found["bias"][1:].mean(),
            "gradient_variance": found["variance"][1:].mean(),
            "own_alignment": found["alignment"][0],
        }

    def floor(self, world: World) -> Any:
        """Uniform latents, and an estimate that is always 0."""
        return answers(jnp.zeros(world.logits.shape[1:]), lambda cost, logits: jnp.zeros_like(logits))

    def oracle(self, world: World) -> Any:
        """All latents at the category nearest to c, and the exact gradient."""
        distance = jnp.abs(jnp.linspace(1.0, 0.0, self.categories) - self.target)
        best = 20.0 * jax.nn.one_hot(jnp.argmin(distance), self.categories)
        return answers(jnp.broadcast_to(best[None], world.logits.shape[1:]), exact)
