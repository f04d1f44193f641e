"""The best constant rate of a rule at every batch size, on a noisy quadratic: does it rise, and does it fall again?

Isolates the law between batch size and rate: a quadratic around the present point, with a known gradient and Hessian,
and gradients whose noise falls as the batch grows. The rule starts anew for every batch size, rate and draw of noise,
makes a few updates at that rate, and the mean loss says which rate was best. Nothing is trained: everything is asked
in `evaluate`.

20 dimensions, batches of 1 to 65,536 examples, 24 rates over 3.7 decades, 64 draws, 20 updates.

Shapes: s batch sizes, r rates, k draws, d dimensions.
"""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.descent import spread
from toybench.blocks.random import normals
from toybench.errors import UsageError
from toybench.tasks.learning_rates._sweeps import best_rate

HESSIANS = ("random", "diagonal")
DOUBLINGS = 16  # the largest batch has 2^16 examples, where the noise is about a tenth of a gradient's coordinate
RATES = spread(24, 1.85)  # rates, as multiples of a rule's unit
SIZE = 0.03  # a gradient's typical coordinate, beside noise of 1 an example
WORST = 1e6  # a loss counts as this much at most: rules diverge at high rates, and may overflow
EARLY = 3  # batches an eighth of the peak's, or smaller, are on the rise


class Rule(Protocol):
    """What a learner answers: a direction for each gradient."""

    def rates(self, state: Any) -> jax.Array:
        """The rates to try, rising and equally spaced in the logarithm: float [r]."""

    def start(self, state: Any, weights: jax.Array) -> Any:
        """The memory before the first gradient at weights [s, r, k, d]."""

    def direction(self, state: Any, gradient: jax.Array, memory: Any) -> tuple[jax.Array, Any]:
        """(direction, memory): what is subtracted, for gradients [s, r, k, d], each on its own."""


@dataclass(frozen=True)
class Spec:
    """The dimensions, and the rates to try as multiples of a rule's own unit."""

    dim: int
    rates: tuple[float, ...]


class World(NamedTuple):
    """The gradient at the start [d], the Hessian [d, d], and noise of one example for every update, [h, k, d]."""

    gradient: jax.Array
    hessian: jax.Array
    noise: jax.Array


def sizes() -> jax.Array:
    """Batch sizes [s]."""
    return jnp.array([2.0**i for i in range(DOUBLINGS + 1)])


def sign_law(gradient: jax.Array, hessian: jax.Array) -> jax.Array:
    """The best rate [s] of one step along the sign of a batch's gradient, with noise of variance 1 an example.

    Theorem 2 of Li et al. (2024), with E_i = erf(sqrt(B / 2) mu_i), the mean of the sign:

        sum_i E_i mu_i / (sum_i H_ii + sum_{i != j} E_i E_j H_ij)
    """
    mean = jax.lax.erf(jnp.sqrt(sizes() / 2)[:, None] * gradient[None])
    own = jnp.diagonal(hessian)
    across = ((mean @ hessian) * mean).sum(-1) - mean**2 @ own
    return mean @ gradient / (own.sum() + across)


class BatchSurge(Task):
    """Best rates of a rule over batch sizes, from a known gradient and Hessian."""

    coupling: float = 0.3  # curvature along the gradient's signs, 0 or more: what couples the coordinates
    hessian: str = "random"  # random, or diagonal: the same without its curvature across coordinates
    progress: float = 1.0  # scale of the gradient: it shrinks as training goes on
    horizon: int = 20  # updates
    draws: int = 64  # draws of the noise, even: each comes with its negative

    dim: int = 20

    interface = Rule
    steps = 0
    checkpoints = 0
    metrics = {
        "drop": Metric(direction="max", about="the largest of the best rates over that of the largest batch"),
        "peak_log2_batch": Metric(direction="info", about="log2 of the batch whose best rate is largest"),
        "early_slope": Metric(
            direction="info", about="slope of log rate over log batch, up to an eighth of the peak's batch"
        ),
        "theory_error": Metric(
            direction="info", about="root mean squared log10 of the best rates over the law of one step along signs"
        ),
    }

    def __post_init__(self) -> None:
        if self.hessian not in HESSIANS:
            raise UsageError(f"there is no Hessian '{self.hessian}'; use one of {', '.join(HESSIANS)}.")

    @property
    def spec(self) -> Spec:
        return Spec(dim=self.dim, rates=RATES)

    def sample(self, key: jax.Array) -> World:
        d = self.dim
        drawn = normals(key, size=(d,), sign=(d,), factor=(d, d), noise=(self.horizon, self.draws // 2, d))
        sign = jnp.where(drawn["sign"] < 0, -1.0, 1.0)
        factor = drawn["factor"] / d**0.5
        hessian = factor @ factor.T + self.coupling * sign[:, None] * sign[None]
        return World(
            gradient=self.progress * SIZE * jnp.exp(drawn["size"]) * sign,
            hessian=jnp.diag(jnp.diagonal(hessian)) if self.hessian == "diagonal" else hessian,
            noise=jnp.concatenate([drawn["noise"], -drawn["noise"]], axis=1),
        )

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        log_rates = jnp.log10(learner.rates())
        losses = self.losses(world, learner)
        best = jax.vmap(lambda row: best_rate(log_rates, row))(losses)
        peak = jnp.argmax(best)
        law = jnp.log10(sign_law(world.gradient, world.hessian))
        return {
            "drop": 10 ** (best[peak] - best[-1]),
            "peak_log2_batch": peak.astype(jnp.float32),
            "early_slope": rise(best, jnp.arange(len(best)) <= jnp.maximum(peak - EARLY, 2)),
            "theory_error": jnp.sqrt(((best - law) ** 2).mean()),
        }

    def losses(self, world: World, learner: Any) -> jax.Array:
        """The mean loss [s, r] after `horizon` updates, less that of the start."""
        rates = learner.rates()[None, :, None, None]
        scale = (sizes() ** -0.5)[:, None, None, None]
        weights = jnp.zeros((DOUBLINGS + 1, len(RATES), self.draws, self.dim))

        def move(carry: tuple[jax.Array, Any], noise: jax.Array) -> tuple[tuple[jax.Array, Any], None]:
            weights, memory = carry
            mean = weights @ world.hessian + world.gradient[None, None, None]
            gradient = mean + scale * noise[None, None]
            direction, memory = learner.direction(gradient, memory)
            return (weights - rates * direction, memory), None

        final, _ = jax.lax.scan(move, (weights, learner.start(weights)), world.noise)
        weights = final[0]
        losses = weights @ world.gradient + 0.5 * ((weights @ world.hessian) * weights).sum(-1)
        return jnp.where(losses < WORST, losses, WORST).mean(-1)  # also where it isn't a number

    def floor(self, world: World) -> Any:
        """A rule that stands still, so that no rate is better than another."""
        return SimpleNamespace(
            rates=lambda: jnp.array(RATES),
            start=lambda weights: (),
            direction=lambda gradient, memory: (jnp.zeros_like(gradient), memory),
        )


def rise(best: jax.Array, where: jax.Array) -> jax.Array:
    """Slope of log10 best rates [s] over log10 batch sizes by least squares, over the sizes that `where` marks."""
    x = jnp.log10(sizes())
    heed = where.astype(best.dtype)
    x = x - (heed * x).sum() / heed.sum()
    return (heed * x * best).sum() / (heed * x**2).sum()
