"""How many units of a trained network speak for a class: `prototype_mixture`, with its hidden activities looked at.

Isolates the representation from the accuracy: an objective that asks for large activity on right labels and small
activity on wrong ones may be met by few units a class, where a softmax readout has no such preference. Learners show
what their hidden layers do on test points (with their right labels, where a label is part of the input). ReLU units, so
that a silent unit is a possible answer; three layers of 64.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Metric
from toybench.tasks.local_learning import Transparent
from toybench.tasks.local_learning._mixture import Mixture


class ClassEnsembles(Mixture):
    """Sparsity within a point, and overlap between classes, of the hidden layers' squared activity."""

    activation: str = "relu"  # of hidden units

    interface = Transparent
    metrics = {
        "test_error": Metric("min", "share of fresh points put in a wrong class"),
        "active_fraction": Metric("min", "share of a layer's units that carry 90% of its squared activity on a point"),
        "class_specificity": Metric("max", "mean Jaccard distance between the ensembles of two classes"),
        "dead_fraction": Metric("info", "share of hidden units that are silent on every test point"),
    }
    checkpoints = 2
    shown = 1000  # test points on which the hidden layers are looked at

    def evaluate(self, world: Any, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        x = world.test.x[: self.shown]
        y = world.test.y[: self.shown]
        layers = [h**2 for h in learner.activities(x, y)]
        owner = jax.nn.one_hot(y, self.classes)
        return {
            **super().evaluate(world, key, learner),
            "active_fraction": jnp.stack([active_fraction(h).mean() for h in layers]).mean(),
            "class_specificity": jnp.stack([specificity(h, owner) for h in layers]).mean(),
            "dead_fraction": jnp.stack([(h.max(0) <= 0).astype(h.dtype).mean() for h in layers]).mean(),
        }

    def floor(self, world: Any) -> Any:
        """Always the first class; all units always active."""
        return _reference(super().floor(world), lambda x, y: (jnp.ones((len(x), self.width)) + 0 * x[:, :1],))

    def oracle(self, world: Any) -> Any:
        """The posterior; one unit a class."""

        def activities(x: jax.Array, y: jax.Array) -> tuple[jax.Array, ...]:
            return (jax.nn.one_hot(y, self.width),)

        return _reference(super().oracle(world), activities)


def _reference(reference: Any, activities: Any) -> Any:
    reference.activities = activities
    return reference


def active_fraction(energy: jax.Array, share: float = 0.9) -> jax.Array:
    """Least share of units whose energies, [b, h], add up to `share` of a point's: [b]; 0 where all are silent."""
    ordered = -jnp.sort(-energy, axis=1)
    before = ordered @ jnp.triu(jnp.ones((ordered.shape[1],) * 2), 1)  # what the more active units add up to
    needed = (before < share * energy.sum(1, keepdims=True)) & (ordered > 0)
    return needed.astype(energy.dtype).mean(1)


def specificity(energy: jax.Array, owner: jax.Array) -> jax.Array:
    """Mean Jaccard distance between class ensembles, from energies [b, h] and one-hot classes [b, c].

    A class' ensemble are the units whose mean energy on it is above the layer's; silence belongs to none.
    """
    each = (owner.T @ energy) / jnp.maximum(1.0, owner.sum(0))[:, None]  # [c, h]
    member = (each > each.mean()).astype(energy.dtype)
    both = member @ member.T
    either = member.sum(1)[:, None] + member.sum(1)[None, :] - both
    distance = jnp.where(either > 0, 1 - both / jnp.maximum(1.0, either), 0.0)
    c = owner.shape[1]
    return jnp.where(jnp.eye(c, dtype=bool), 0.0, distance).sum() / (c * (c - 1))
