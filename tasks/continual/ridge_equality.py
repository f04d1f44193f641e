"""The stream of `pretrained_incremental`, asked one question: do the learner's weights equal those of all data at once?

Isolates the promise of analytic continual learning from how well its features classify. The reference is ridge
regression on everything shown so far, solved from the accumulated Gram matrix in float32, whose own error is about
1e-5. One step a phase is enough for learners in closed form. Sizes as in `pretrained_incremental`.
"""

from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp

from toybench import Metric
from toybench.tasks.continual._pretrained import Analytic, World, expansion, features
from toybench.tasks.continual._stream import ShiftedStream


class RidgeEquality(ShiftedStream):
    """10 phases of all classes in random shares, or 5 of 4 new classes each."""

    order: str = "blurry"  # disjoint: 5 phases of 4 classes; blurry: 10 phases of all classes in random shares

    interface = Analytic
    kind = "stream"
    steps = 10
    checkpoints = 5
    metrics = {
        "weight_gap": Metric("min", "distance of the weights to those of ridge regression on all data, relative"),
        "prediction_gap": Metric("min", "largest difference of a test point's scores to that regression's"),
    }

    def keep_score(self, world: World, learner: Any, phase: jax.Array, position: jax.Array) -> jax.Array:
        return world.history

    def joint(self, world: World, ridge: jax.Array) -> jax.Array:
        """Weights [e, c] of ridge regression on all phases so far."""
        shown = jnp.arange(self.spec.phases) * self.length < jnp.maximum(world.step, 1)
        weight = world.data.weight * shown[:, None].astype(jnp.float32)
        x = expansion(world.backbone, features(world.backbone, world.data.x)) * weight[..., None]
        y = jax.nn.one_hot(world.data.y, self.spec.classes) * weight[..., None]
        x, y = x.reshape(-1, x.shape[-1]), y.reshape(-1, y.shape[-1])
        return jnp.linalg.solve(x.T @ x + ridge * jnp.eye(x.shape[-1]), x.T @ y)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        known = self.joint(world, learner.ridge())
        apart = learner.solution() - known
        z = expansion(world.backbone, features(world.backbone, world.test))
        return {
            "weight_gap": jnp.linalg.norm(apart) / jnp.linalg.norm(known),
            "prediction_gap": jnp.abs(z @ apart).max(),
        }

    def floor(self, world: World) -> Any:
        """Weights of zero."""
        zeros = jnp.zeros((self.spec.expanded, self.spec.classes))
        return SimpleNamespace(solution=lambda: zeros, ridge=lambda: jnp.ones(()))

    def oracle(self, world: World) -> Any:
        """The regression itself."""
        known = self.joint(world, jnp.ones(()))
        return SimpleNamespace(solution=lambda: known, ridge=lambda: jnp.ones(()))
