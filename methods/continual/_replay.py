"""Learners by gradient with an optional memory: a linear head, or an adapter and a head, on the backbone.

Shapes: b batch, d inputs, f features, c classes.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.continual import _heads
from toybench.tasks.continual import PhaseStep, features


class State(NamedTuple):
    """Weights, Adam's moments, and the examples kept of earlier phases."""

    params: Any
    opt: Any
    memory: _heads.Memory


def mixed(method: Any, state: State, batch: PhaseStep, key: jax.Array, replay: Any) -> Any:
    """The loss of parameters: cross-entropy of the batch, and of as many stored examples with weight `replay`."""
    old = _heads.recall(state.memory, key, len(batch.y))
    share = replay * old.weight[:1].sum()

    def loss(params: Any) -> jax.Array:
        x = jnp.concatenate([batch.x, old.x])
        y = jnp.concatenate([batch.y, old.y])
        weight = jnp.concatenate([jnp.full(len(batch.y), 1 - share), jnp.full(len(old.y), share)])
        return _heads.cross_entropy(method.logits(params, x), y, weight, batch.seen)

    return loss


class LinearHead(Method):
    """Softmax regression on the frozen features by Adam."""

    lr: float = 0.003  # Adam's learning rate, decayed to 0 by a cosine within each phase
    replay: float = 0.0  # weight of the memory's loss, 0 to 1

    deterministic = True  # starts from zeros

    def init(self, key: jax.Array) -> State:
        params = {"w": jnp.zeros((self.spec.features, self.spec.classes)), "b": jnp.zeros(self.spec.classes)}
        return State(params=params, opt=_heads.MOMENTS.init(params), memory=_heads.empty_memory(self.spec))

    def logits(self, params: Any, x: jax.Array) -> jax.Array:
        """[b, d] to [b, c]."""
        return features(self.given, x) @ params["w"] + params["b"][None, :]

    def update(self, state: State, batch: PhaseStep, key: jax.Array) -> State:
        grads = jax.grad(mixed(self, state, batch, key, self.replay))(state.params)
        lr = self.lr * _heads.decay(batch.position, batch.length)
        params, opt = _heads.adam_step(lr, grads, state.opt, state.params, batch.position)
        return State(params=params, opt=opt, memory=_heads.remember(state.memory, batch))

    def class_scores(self, state: State, x: jax.Array) -> jax.Array:
        return self.logits(state.params, x)
