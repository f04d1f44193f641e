"""Adapter and linear head with replay, trained by the true gradient or by one estimated from forward passes.

Shapes: b batch, f features, c classes, q directions, k trainable numbers.
"""

from collections.abc import Callable
from typing import Any, ClassVar, Literal

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

from toybench import Method
from toybench.methods.continual import _heads
from toybench.methods.continual._replay import State, mixed
from toybench.tasks.continual import PhaseSpec, PhaseStep


def two_point(loss: Callable, params: jax.Array, directions: jax.Array, radius: Any) -> jax.Array:
    """Mean over directions u [q, k] of (L(w + r u) - L(w - r u)) / 2r times u: [k]."""
    slope = jax.vmap(lambda u: (loss(params + radius * u) - loss(params - radius * u)) / (2 * radius))(directions)
    return slope @ directions / len(directions)


def forward(loss: Callable, params: jax.Array, directions: jax.Array) -> jax.Array:
    """Mean over directions u [q, k] of the derivative along u, by forward differentiation, times u: [k]."""
    slope = jax.vmap(lambda u: jax.jvp(loss, (params,), (u,))[1])(directions)
    return slope @ directions / len(directions)


class ReplayAdapter(Method):
    """Base of the first- and zeroth-order learners: a subclass names its estimate of the gradient and its step."""

    lr: float = 0.003  # learning rate, decayed to 0 by a cosine within each phase
    replay: float = 0.5  # weight of the memory's loss, 0 to 1
    width: int = 4  # of each bottleneck

    estimate: ClassVar[Literal["gradient", "two_point", "forward"]] = "gradient"
    adaptive: ClassVar[bool] = False  # Adam's step instead of the plain one

    def fits(self, spec: PhaseSpec) -> str | None:
        return "a few shots a class don't train an adapter" if spec.shots else None

    def init(self, key: jax.Array) -> State:
        head = jnp.zeros((self.spec.features, self.spec.classes))
        params = {
            "adapter": _heads.fresh_adapter(key, self.spec, self.width),
            "w": head,
            "b": jnp.zeros(self.spec.classes),
        }
        return State(params=params, opt=_heads.MOMENTS.init(params), memory=_heads.empty_memory(self.spec))

    def logits(self, params: Any, x: jax.Array) -> jax.Array:
        """[b, d] to [b, c]."""
        return _heads.adapted(self.given, params["adapter"], x) @ params["w"] + params["b"][None, :]

    def update(self, state: State, batch: PhaseStep, key: jax.Array) -> State:
        recalled, drawn = jax.random.split(key)
        loss = mixed(self, state, batch, recalled, self.replay)
        grads = self.direction(loss, state.params, drawn)
        lr = self.lr * _heads.decay(batch.position, batch.length)
        memory = _heads.remember(state.memory, batch)
        if self.adaptive:
            return State(*_heads.adam_step(lr, grads, state.opt, state.params, batch.position), memory)
        return State(jax.tree.map(lambda p, g: p - lr * g, state.params, grads), state.opt, memory)

    def direction(self, loss: Callable, params: Any, key: jax.Array) -> Any:
        """The gradient of `loss` at `params`, or its estimate."""
        return jax.grad(loss)(params)

    def class_scores(self, state: State, x: jax.Array) -> jax.Array:
        return self.logits(state.params, x)


class ZerothOrder(ReplayAdapter):
    """Base of the learners that only see values of the loss (or its derivative along random directions)."""

    queries: int = 1  # random directions a step; each costs two forward passes; the authors' code has 1
    radius: float = 0.001  # of the two-point difference; the authors' code has 0.001

    estimate: ClassVar[Literal["gradient", "two_point", "forward"]] = "two_point"

    def direction(self, loss: Callable, params: Any, key: jax.Array) -> Any:
        flat, unravel = ravel_pytree(params)
        directions = jax.random.normal(key, (self.queries, len(flat)))

        def of(vector: jax.Array) -> jax.Array:
            return loss(unravel(vector))

        if self.estimate == "forward":
            return unravel(forward(of, flat, directions))
        return unravel(two_point(of, flat, directions, self.radius))
