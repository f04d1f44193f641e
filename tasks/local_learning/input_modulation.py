"""The clusters of `prototype_mixture` under one hidden layer: what does learning by a modulated second pass amount to?

Isolates the first layer's change under rules that bring the output error to the input through fixed weights F: to first
order it is that of feedback alignment through F W_1, a matrix that moves with the forward weights, and not that of
feedback alignment through F W_1 as it was at the start. Every learner is compared with both rules at its own weights.
One hidden layer of 128 tanh units, 1,500 batches of 64.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Metric
from toybench.tasks.local_learning import Examples, Modulated, forward, output_error, through_input
from toybench.tasks.local_learning._mixture import Mixture, World, cosine, zeros


class InputModulation(Mixture):
    """Test error, and the first layer's cosines to the adaptive and to the fixed rule."""

    depth: int = 1
    width: int = 128

    interface = Modulated
    probes = 8  # batches that cosines are averaged over
    metrics = {
        **Mixture.metrics,
        "cosine_to_adaptive": Metric("max", "first layer's cosine to feedback alignment through F W_1, W_1 of now"),
        "cosine_to_fixed": Metric("info", "first layer's cosine to feedback alignment through F W_1, W_1 of the start"),
        "adaptive_lead": Metric(
            "max", "how much nearer the adaptive rule is than the fixed one: difference of the cosines"
        ),
    }

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        weights = learner.forward_weights()
        f, first = learner.feedback()
        count = self.probes * self.batch
        batches = jax.tree.map(lambda v: v[:count].reshape(self.probes, self.batch, *v.shape[1:]), world.test)

        def aligned(batch: Examples, key: jax.Array) -> tuple[jax.Array, jax.Array]:
            ours = learner.direction(batch, key)[0].w
            hs, z = forward(self.activation, weights, batch.x)
            error = output_error(self.loss, z, batch.y)
            now = through_input(self.spec, hs, error, f, weights[0].w)[0].w
            then = through_input(self.spec, hs, error, f, first)[0].w
            return cosine(ours, now), cosine(ours, then)

        now, then = jax.vmap(aligned)(batches, jax.random.split(key, self.probes))
        return {
            **super().evaluate(world, key, learner),
            "cosine_to_adaptive": now.mean(),
            "cosine_to_fixed": then.mean(),
            "adaptive_lead": (now - then).mean(),
        }

    def floor(self, world: World) -> Any:
        """A network of zeros that never changes."""
        f = jnp.zeros((self.classes, self.features))
        return zeros(self.spec, feedback=lambda: (f, jnp.zeros((self.features, self.width))))

    oracle = None  # type: ignore[assignment]
