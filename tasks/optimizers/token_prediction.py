"""Train a small network to predict tokens: the table of optimisers.

A multilayer perceptron with an embedding and a head, 1,000 batches of fresh windows of a hidden Markov source, so that
there is noise and no overfitting. The exact filter is known: `excess_share` is what the network misses of what four
tokens tell about the fifth. Every rule starts from the same weights and meets the same windows; rates are tuned.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Metric
from toybench.blocks.descent import Budget, Weights
from toybench.tasks.optimizers._tokens import Exact, NextToken, TokenTask, World, divergence, excess

TURNS = 20  # power iterations for the largest singular value
TINY = 1e-30  # keeps a vanished gradient's trace and length away from 0


class TokenPrediction(TokenTask):
    """Next-token prediction at tuned rates."""

    budget: str = "steps"  # steps, or gradients: a rule that costs two an update makes half as many

    steps = 1000
    checkpoints = 5
    metrics = {
        "excess_share": Metric("min", "divergence from the exact filter over that of the tokens' frequencies"),
        "test_loss": Metric("min", "cross-entropy with the exact law of the next token, nats"),
        "gradient_rank": Metric(
            "info", "squared Frobenius over squared spectral norm of a batch's gradient, middle layer"
        ),
    }

    @property
    def spec(self) -> NextToken:
        budget: Budget = "gradients" if self.budget == "gradients" else "steps"
        return NextToken(budget=budget)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        weights = learner.weights()
        share = excess(world, weights)
        entropy = -(world.law * jnp.log(world.law)).sum(-1).mean()
        ignorance = divergence(world.law, jnp.log(world.unigram)[None])
        rank = jnp.zeros(()) if isinstance(weights, Exact) else self.gradient_rank(world, weights)
        return {"excess_share": share, "test_loss": entropy + share * ignorance, "gradient_rank": rank}

    def gradient_rank(self, world: World, weights: Weights) -> jax.Array:
        """The stable rank of the middle layer's gradient on one batch of test windows."""
        gradient = jax.grad(self.spec.loss)(weights, world.windows[: self.batch])["linear1"]
        square = gradient @ gradient.T
        share = square / jnp.maximum(jnp.trace(square), TINY)
        probe = jax.lax.fori_loop(0, TURNS, lambda _, x: unit(share @ x), unit(jnp.ones(len(share))))
        return 1 / jnp.maximum(jnp.linalg.norm(share @ probe), 1 / len(share))


def unit(x: jax.Array) -> jax.Array:
    """A vector at length 1; 0 where it is 0."""
    return x / jnp.maximum(jnp.linalg.norm(x), TINY)
