"""Train the network of `token_prediction` at rates over two decades: how much does a wrong rate cost?

Five learning rates a factor 3.2 apart, centred on the one that a rule was published with, run side by side on the same
300 batches. `excess_over_rates` is the mean of what they miss, 1 at most for each.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Metric
from toybench.blocks.descent import each, spread
from toybench.tasks.optimizers._tokens import Exact, NextToken, TokenTask, World, excess

RATES = spread(5, decades=1.0)
WORST = 1.0  # a rate that misses more than the tokens' frequencies do counts as this much


class RateSensitivity(TokenTask):
    """Next-token prediction at five rates."""

    steps = 300
    checkpoints = 3
    metrics = {
        "excess_over_rates": Metric("min", "mean over five rates of excess_share, 1 at most for each"),
        "best_excess": Metric("info", "excess_share at the best of the five rates"),
        "excess_tenth": Metric("info", "excess_share at 0.1 of the published rate"),
        "excess_third": Metric("info", "excess_share at 0.32 of the published rate"),
        "excess_published": Metric("info", "excess_share at the published rate"),
        "excess_triple": Metric("info", "excess_share at 3.2 times the published rate"),
        "excess_tenfold": Metric("info", "excess_share at 10 times the published rate"),
    }

    @property
    def spec(self) -> NextToken:
        return NextToken(rates=RATES)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        weights = learner.weights()
        if isinstance(weights, Exact):
            found = jnp.broadcast_to(excess(world, weights), (len(RATES),))
        else:
            found = each(self.spec, lambda one: excess(world, one), weights)[: len(RATES)]
        capped = jnp.where(found < WORST, found, WORST)  # a rate that diverges too
        tenth, third, published, triple, tenfold = capped
        return {
            "excess_over_rates": capped.mean(),
            "best_excess": capped.min(),
            "excess_tenth": tenth,
            "excess_third": third,
            "excess_published": published,
            "excess_triple": triple,
            "excess_tenfold": tenfold,
        }
