"""What the methods on a pretrained backbone share: adapters, a memory of examples, losses and steps.

Shapes: b batch, d inputs, h hidden units, f features, c classes, m examples kept a class, r width of an adapter.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench.blocks import optim
from toybench.tasks.continual import Backbone, Examples, PhaseSpec, PhaseStep, hidden

KEPT = 10  # examples a class in the memory of a replay method


class Adapter(NamedTuple):
    """Residual bottlenecks after the hidden layer, [h, r] and [r, h], and after the features, [f, r] and [r, f]."""

    down: jax.Array
    up: jax.Array
    down2: jax.Array
    up2: jax.Array


def fresh_adapter(key: jax.Array, spec: PhaseSpec, width: int) -> Adapter:
    """Random projections down, zeros up: an adapter that changes nothing yet."""
    h, f = spec.hidden, spec.features
    noise = jax.random.normal(key, ((h + f) * width,))
    down, down2 = noise[: h * width].reshape(h, width) / h**0.5, noise[h * width :].reshape(f, width) / f**0.5
    return Adapter(down, jnp.zeros((width, h)), down2, jnp.zeros((width, f)))


def adapted(backbone: Backbone, adapter: Adapter, x: jax.Array) -> jax.Array:
    """Features [b, f] of the backbone with the adapter in it."""
    a = hidden(backbone, x)
    a = a + jax.nn.relu(a @ adapter.down) @ adapter.up
    z = jax.nn.relu(a @ backbone.second + 0.5)
    return z + jax.nn.relu(z @ adapter.down2) @ adapter.up2


def unit(z: jax.Array) -> jax.Array:
    """z [..., k] at length 1."""
    return z * jax.lax.rsqrt((z**2).sum(-1, keepdims=True) + 1e-8)


def cross_entropy(logits: jax.Array, y: jax.Array, weight: jax.Array, allowed: jax.Array) -> jax.Array:
    """Weighted mean cross-entropy of logits [b, c] over the classes that `allowed` bool [c] marks."""
    logs = jax.nn.log_softmax(jnp.where(allowed[None, :], logits, -1e9), -1)
    return -(weight * jnp.take_along_axis(logs, y[:, None], 1)[:, 0]).sum() / jnp.maximum(weight.sum(), 1.0)


class Memory(NamedTuple):
    """The first examples that were met of each class: x [c, m, d], and how many there are, int32 [c]."""

    x: jax.Array
    filled: jax.Array


def empty_memory(spec: PhaseSpec) -> Memory:
    return Memory(jnp.zeros((spec.classes, KEPT, spec.inputs)), jnp.zeros(spec.classes, jnp.int32))


def remember(memory: Memory, batch: PhaseStep) -> Memory:
    """The memory with the phase's examples in its free places; at the phase's last step only."""

    def store() -> Memory:
        data, classes, places = batch.data, jnp.arange(len(memory.filled)), jnp.arange(KEPT)
        member = (data.y[None, :] == classes[:, None]) & (data.weight > 0)[None, :]  # [c, n]
        first = jnp.argsort(~member, axis=-1)[:, :KEPT]  # stable: the class's own examples first
        new = jnp.minimum(member.sum(-1), KEPT)
        at = jnp.clip(places[None, :] - memory.filled[:, None], 0, KEPT - 1)
        fill = (places[None, :] >= memory.filled[:, None]) & (places[None, :] < (memory.filled + new)[:, None])
        x = data.x[jnp.take_along_axis(first, at, 1)]
        filled = jnp.minimum(memory.filled + new, KEPT).astype(jnp.int32)
        return Memory(jnp.where(fill[..., None], x, memory.x), filled)

    return jax.lax.cond(batch.position == batch.length - 1, store, lambda: memory)


def recall(memory: Memory, key: jax.Array, many: int) -> Examples:
    """`many` stored examples, drawn uniformly; weights are 0 while there are none."""
    stored = (jnp.arange(KEPT)[None, :] < memory.filled[:, None]).reshape(-1)
    total = stored.sum().astype(jnp.float32)
    at = jnp.argsort(~stored)[(jax.random.uniform(key, (many,)) * total).astype(jnp.int32)]
    return Examples(memory.x.reshape(len(stored), -1)[at], at // KEPT, jnp.full(many, (total > 0).astype(jnp.float32)))


def decay(position: jax.Array, length: jax.Array) -> jax.Array:
    """Cosine from 1 to 0 over `length` steps."""
    return 0.5 * (1 + jnp.cos(jnp.pi * position.astype(jnp.float32) / length.astype(jnp.float32)))


MOMENTS = optim.lenient(optax.scale_by_adam())


def adam_step(lr: jax.Array, grads: Any, opt: Any, params: Any, position: jax.Array) -> tuple[Any, Any]:
    """(params, moments) after one Adam step; the moments start anew at position 0."""
    opt = jax.tree.map(lambda x: jnp.where(position == 0, jnp.zeros_like(x), x), opt)
    moved, opt = MOMENTS.update(grads, opt)
    return jax.tree.map(lambda p, u: p - lr * u, params, moved), opt


def class_sums(data: Examples, z: jax.Array, classes: int) -> tuple[jax.Array, jax.Array]:
    """(sums [c, k], counts [c]) of vectors z [n, k] by class."""
    member = jax.nn.one_hot(data.y, classes) * data.weight[:, None]
    return member.T @ z, member.sum(0)
