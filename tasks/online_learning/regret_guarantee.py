"""What does following the regularised leader promise on a stream, and does it keep the promise, round for round?

The weights are x_t = theta_t / lambda_t with lambda_t = sqrt(t) / rate, and theta moves by -z_t. The task recovers z_t
from theta and takes the guarantee from it, by Fenchel and Young, with psi_t(u) = lambda_t |u|^2 / 2:

    regret(u) <= psi_{T+1}(u) + psi*_{T+1}(theta_{T+1}) + sum_t l_t(x_t) + l*_t(z_t)

Of this, H_t(z) = psi*_{t+1}(theta_t - z) + l*_t(z) is the learner's to choose in round t. The stream is that of
`scaled_stream`, and u its best fixed weights. Dual vectors are a multiple of the inputs: z_t = c_t a_t.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric
from toybench.tasks.online_learning import DualForecaster, Example, Known, losses, slopes
from toybench.tasks.online_learning._streams import LARGEST_LOSS, RATES, Stream, StreamTask

LEAST = 1e-6  # of a guarantee a round, so that it has a logarithm
TINY = 1e-30  # keeps 0 / 0 away


class World(NamedTuple):
    """The stream, and what a learner did before this round.

    Attributes:
      theta: its dual vectors of the round before, [r, d].
      paid: sum of losses, [r].
      conjugates: sum of l*_t(z_t), [r], and the sum of their sizes.
      excess: largest H_t(z_t) - H_t(g_t) so far, [r], in shares of the sizes of H's terms.
    """

    stream: Stream
    theta: jax.Array
    paid: jax.Array
    conjugates: jax.Array
    sizes: jax.Array
    excess: jax.Array


class RegretGuarantee(StreamTask):
    """Accounts for a round when the next one begins, as its dual vector is known by then."""

    interface = DualForecaster
    checkpoints = 1
    metrics = {
        "log_guarantee_over_rates": Metric("min", "log10 of the guarantee a round, capped at 1e6, mean over the rates"),
        "surrogate_violation": Metric("zero", "largest relative excess of H_t at the dual vector over the gradient's"),
        "bound_violation": Metric("zero", "largest relative excess of the regret over its guarantee"),
    }

    def sample(self, key: jax.Array) -> World:
        zero = jnp.zeros(len(RATES))
        theta = jnp.zeros((len(RATES), self.dim))
        return World(stream=self.stream(key), theta=theta, paid=zero, conjugates=zero, sizes=zero, excess=zero)

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Example]:
        world = self.account(world, learner.dual())
        example = world.stream.example()
        stream = world.stream._replace(step=world.stream.step + 1)
        return world._replace(stream=stream), example

    def account(self, world: World, theta: jax.Array) -> World:
        """The world after the round before, which ended with these dual vectors [r, d]; nothing before the first."""
        begun = (world.stream.step > 0).astype(jnp.float32)
        before = world.stream._replace(step=jnp.maximum(world.stream.step - 1, 0)).example()
        t = jnp.maximum(world.stream.step, 1).astype(jnp.float32)
        square = (before.x**2).sum()
        score = world.theta @ before.x
        predicted = score / strength(t)
        taken = (world.theta - theta) @ before.x / square
        gradient = slopes(self.loss, predicted, before.y)
        later = strength(t + 1)
        moved = taken + gradient
        change = moved * square / (2 * later) - score / later + before.y + self.curvature * moved / 2
        size = (world.theta**2).sum(-1) / (2 * later) + jnp.abs(gradient * before.y) + self.curvature * gradient**2
        conjugate = taken * before.y + self.curvature * taken**2 / 2
        return world._replace(
            theta=theta,
            paid=world.paid + begun * losses(self.loss, predicted, before.y),
            conjugates=world.conjugates + begun * conjugate,
            sizes=world.sizes + begun * jnp.abs(conjugate),
            excess=jnp.maximum(world.excess, begun * (taken - gradient) * change / (size + TINY)),
        )

    @property
    def curvature(self) -> float:
        """The second derivative of the loss in its score: l*(c a) is c y, and c^2 / 2 more if this is 1."""
        return float(self.loss == "squared")

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        if isinstance(learner, Known):
            return learner.metrics
        return self.judge(self.account(world, learner.dual()))

    def judge(self, world: World) -> dict[str, jax.Array]:
        """The metrics of all rounds so far."""
        rounds = jnp.maximum(world.stream.step, 1).astype(jnp.float32)
        later = strength(rounds + 1)
        ours = later * (world.stream.best**2).sum() / 2
        theirs = (world.theta**2).sum(-1) / (2 * later)
        guarantee = ours + theirs + world.paid + world.conjugates
        best = losses(self.loss, world.stream.x @ world.stream.best, world.stream.y).sum()
        broken = (world.paid - best - guarantee) / (ours + theirs + world.paid + world.sizes + best)
        return {
            "log_guarantee_over_rates": jnp.log10(jnp.clip(guarantee / rounds, LEAST, LARGEST_LOSS)).mean(),
            "surrogate_violation": world.excess.max(),
            "bound_violation": jnp.maximum(broken, 0.0).max(),
        }

    def floor(self, world: World) -> Known:
        """Weights 0, and dual vectors 0 that keep them there."""
        still = jnp.zeros_like(world.theta)

        def wait(world: World, _: None) -> tuple[World, None]:
            stream = world.stream._replace(step=world.stream.step + 1)
            return self.account(world._replace(stream=stream), still), None

        world, _ = jax.lax.scan(wait, world, None, length=self.steps)
        return Known(self.judge(world))


def strength(t: jax.Array) -> jax.Array:
    """lambda_t of each rate, [r]."""
    return jnp.sqrt(t) / jnp.asarray(RATES)
