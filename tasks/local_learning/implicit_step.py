"""One point a step and a squared loss: is a rule's weight change nearer to the gradient's or to the implicit step?

Isolates the direction of inference learning. The implicit step from weights W on a point is that to the minimiser of
L(W') + |W' - W|^2 / (2 lr); it is found by Gauss-Newton steps for each of 16 probe points, at the learner's own
weights, after training. The gradient's cosine to it, at the same weights, is what a rule has to beat. Plain steps of
constant size, so that a rule also shows at which sizes it is stable. Two hidden layers of 32 tanh units, 2,000 batches
of one point.
"""

from typing import Any

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

from toybench import Metric
from toybench.tasks.local_learning import Examples, Rule, gradient
from toybench.tasks.local_learning._mixture import Mixture, World, cosine, proximal_point, zeros


class ImplicitStep(Mixture):
    """Cosine of a rule's change to the implicit step, and its lead over the gradient's."""

    implicit_lr: float = 1.0  # learning rate of the implicit step
    depth: int = 2
    width: int = 32
    batch: int = 1
    loss: str = "squared"
    optimizer: str = "sgd"

    interface = Rule
    steps = 2000
    checkpoints = 1
    probes = 16
    metrics = {
        **Mixture.metrics,
        "cosine_to_implicit": Metric("max", "cosine of one point's change to minus the implicit step, mean of points"),
        "lead_over_gradient": Metric("max", "the same, less the gradient's at the same weights"),
        "nearer_implicit": Metric("max", "the rule's cosine to the implicit step, less its cosine to the gradient"),
    }

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        weights = learner.forward_weights()
        points = jax.tree.map(lambda v: v[: self.probes, None], world.test)

        def aligned(point: Examples, key: jax.Array) -> tuple[jax.Array, ...]:
            there = proximal_point(self.spec, weights, point, self.implicit_lr)
            step, _ = ravel_pytree(jax.tree.map(jnp.subtract, weights, there))
            ours, _ = ravel_pytree(learner.direction(point, key))
            exact, _ = ravel_pytree(gradient(self.spec, weights, point))
            return cosine(ours, step), cosine(exact, step), cosine(ours, exact)

        ours, exact, both = jax.vmap(aligned)(points, jax.random.split(key, self.probes))
        return {
            **super().evaluate(world, key, learner),
            "cosine_to_implicit": ours.mean(),
            "lead_over_gradient": (ours - exact).mean(),
            "nearer_implicit": (ours - both).mean(),
        }

    def floor(self, world: World) -> Any:
        """A network of zeros that never changes."""
        return zeros(self.spec)

    oracle = None  # type: ignore[assignment]
