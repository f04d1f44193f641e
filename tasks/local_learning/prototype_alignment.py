"""The clusters of `prototype_mixture` under five hidden layers: does a rule's weight change point along the gradient?

Isolates how well a rule replaces the transposed weights, where it is hard: errors pass four matrices on their way to
the first layer. Momentum instead of Adam, whose rescaling hides how large a rule's errors come out in each layer. The
cosine is taken layer by layer before any optimiser, and over hidden layers alone, since the readout's change is exact
under most rules. Five hidden layers of 64 tanh units, 1,500 batches of 64.
"""

from typing import Any

import jax

from toybench import Metric
from toybench.tasks.local_learning import Examples, Rule, gradient, loss
from toybench.tasks.local_learning._mixture import Mixture, World, cosine, hidden_cosine, zeros


class PrototypeAlignment(Mixture):
    """Test error, and the cosine to the gradient at the learner's own weights."""

    depth: int = 5
    optimizer: str = "momentum"

    interface = Rule
    probes = 8  # batches that cosines are averaged over
    metrics = {
        **Mixture.metrics,
        "gradient_cosine": Metric("max", "cosine of weight change and gradient, mean over hidden layers"),
        "first_layer_cosine": Metric("max", "the same, of the layer that errors reach last"),
        "test_loss": Metric("min", "mean loss of fresh points, nats under cross-entropy"),
    }

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        weights = learner.forward_weights()
        count = self.probes * self.batch
        batches = jax.tree.map(lambda v: v[:count].reshape(self.probes, self.batch, *v.shape[1:]), world.test)

        def aligned(batch: Examples, key: jax.Array) -> tuple[jax.Array, jax.Array]:
            ours = learner.direction(batch, key)
            exact = gradient(self.spec, weights, batch)
            return hidden_cosine(ours, exact), cosine(ours[0].w, exact[0].w)

        every, first = jax.vmap(aligned)(batches, jax.random.split(key, self.probes))
        return {
            **super().evaluate(world, key, learner),
            "gradient_cosine": every.mean(),
            "first_layer_cosine": first.mean(),
            "test_loss": loss(self.spec, weights, world.test),
        }

    def floor(self, world: World) -> Any:
        """A network of zeros that never changes."""
        return zeros(self.spec)

    oracle = None  # type: ignore[assignment]
