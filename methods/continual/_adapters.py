"""Adapters on the backbone with a cosine head over all classes.

Shapes: b batch, d inputs, f features, c classes, t adapters (one a phase).
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.continual import _heads
from toybench.tasks.continual import PhaseSpec, PhaseStep


class State(NamedTuple):
    """{adapter, head [c, f]} and Adam's moments."""

    params: Any
    opt: Any


class AdapterMethod(Method):
    """An adapter and a cosine head by Adam, with cross-entropy over the classes of the current phase."""

    lr: float = 0.01  # Adam's learning rate, decayed to 0 by a cosine within each phase
    scale: float = 30.0  # of the cosines, before the softmax; in the authors' code it is learnt
    width: int = 8  # of each bottleneck; the authors' code has 16 for 768 features

    def fits(self, spec: PhaseSpec) -> str | None:
        return "a few shots a class don't train an adapter" if spec.shots else None

    def start(self, key: jax.Array) -> State:
        """A new adapter and a random head."""
        a, b = jax.random.split(key)
        head = jax.random.normal(b, (self.spec.classes, self.spec.features))
        params = {"adapter": _heads.fresh_adapter(a, self.spec, self.width), "head": head}
        return State(params=params, opt=_heads.MOMENTS.init(params))

    def cosine(self, head: jax.Array, z: jax.Array) -> jax.Array:
        """Logits [b, c] of features [b, f]."""
        return self.scale * _heads.unit(z) @ _heads.unit(head).T

    def fit(self, state: State, batch: PhaseStep, length: jax.Array) -> State:
        """One of `length` steps on the phase; only classes that occur in its data compete."""
        present = (jax.nn.one_hot(batch.data.y, self.spec.classes) * batch.data.weight[:, None]).sum(0) > 0

        def loss(params: Any) -> jax.Array:
            logits = self.cosine(params["head"], _heads.adapted(self.given, params["adapter"], batch.x))
            return _heads.cross_entropy(logits, batch.y, jnp.ones(len(batch.y)), present)

        grads = jax.grad(loss)(state.params)
        lr = self.lr * _heads.decay(batch.position, length)
        return State(*_heads.adam_step(lr, grads, state.opt, state.params, batch.position))
