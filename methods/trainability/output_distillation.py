"""A plain stack that also learns a trained network's outputs.

**Source**: control; Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network", 2015,
https://arxiv.org/abs/1503.02531, section 2.

    loss = cross-entropy + alpha T^2 KL(softmax(g / T) | softmax(z / T))        z, g: logits of the student, the guide

**Differs from the paper**: 1. dense layers. 2. the weights of the two terms need not add up to 1.

**Shapes**: b batch, d features, k classes.
"""

import jax
import jax.numpy as jnp

from toybench.methods.trainability._deep import GUIDED_RATES, Guided, Shapes, State, he
from toybench.tasks.trainability import Examples, Network, Spec, cross_entropy, residual


class OutputDistillation(Guided):
    """Taught by the outputs of the trained guide, in every batch."""

    alpha: float = 1.0  # weight of the guide's outputs beside the labels
    temperature: float = 2.0  # T, above 0

    space = {"lr": GUIDED_RATES, "alpha": (1.0, 3.0, 10.0)}

    def fits(self, spec: Spec) -> str | None:
        return None if spec.guided else "there is no trained guide"

    def frozen_shapes(self, width: int) -> Shapes:
        return {}

    def start(self, noise: dict[str, jax.Array]) -> tuple[Network, tuple]:
        return Network(**{name: he(part) for name, part in noise.items()}), ()

    def gradient(self, state: State, batch: Examples, key: jax.Array) -> Network:
        _, theirs = residual(self.spec.activation, self.given.guide, batch.x)

        def loss(params: Network) -> jax.Array:
            logits = self.logits(params, batch.x)
            return cross_entropy(logits, batch.y) + self.alpha * divergence(theirs, logits, self.temperature)

        return jax.grad(loss)(state.params)


def divergence(theirs: jax.Array, ours: jax.Array, temperature: jax.Array | float) -> jax.Array:
    """T^2 times the mean relative entropy of softened logits [b, k]."""
    soft = jax.nn.log_softmax(theirs / temperature)
    gap = soft - jax.nn.log_softmax(ours / temperature)
    return temperature**2 * (jnp.exp(soft) * gap).sum(-1).mean()
