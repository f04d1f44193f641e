"""Networks with one output for all classes, trained task after task by Adam.

Shapes: b batch, c classes, d inputs.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import optim
from toybench.methods.continual._task_networks import dense, layers, restart
from toybench.tasks.continual import LabelledBatch


class State(NamedTuple):
    """Parameters, Adam's moments, and what a method keeps of former tasks."""

    params: Any
    opt: Any
    memory: Any


class Coreset(NamedTuple):
    """k points of every class, x [c, k, d], and whether the class has been met, bool [c]."""

    x: jax.Array
    met: jax.Array


class ClassNetwork(Method):
    """Cross-entropy over the classes met so far. A subclass says what it adds."""

    lr: float = 0.01  # Adam's rate, decayed to 0 by a cosine within every task
    hidden: int = 32  # tanh units of the one hidden layer

    space = {"lr": (0.003, 0.01, 0.03)}

    @property
    def optimizer(self) -> optax.GradientTransformation:
        return optim.adam(self.lr, self.spec.length)

    @property
    def widths(self) -> tuple[int, ...]:
        return (self.spec.dims, self.hidden, self.spec.classes)

    def init(self, key: jax.Array) -> State:
        params = self.network(key)
        return State(params=params, opt=self.optimizer.init(params), memory=self.remember(params))

    def network(self, key: jax.Array) -> Any:
        """Initial parameters."""
        return dense(key, self.widths)

    def remember(self, params: Any) -> Any:
        """The memory before the first task."""
        return ()

    def after(self, params: Any, memory: Any, batch: LabelledBatch) -> Any:
        """The memory after a step."""
        return memory

    def update(self, state: State, batch: LabelledBatch, key: jax.Array) -> State:
        opt = restart(batch.start, self.optimizer.init(state.params), state.opt)
        grads = jax.grad(self.loss)(state.params, state.memory, batch, key)
        params, opt = optim.descend(self.optimizer, grads, opt, state.params)
        return State(params=params, opt=opt, memory=self.after(params, state.memory, batch))

    def loss(self, params: Any, memory: Any, batch: LabelledBatch, key: jax.Array) -> jax.Array:
        return cross_entropy(layers(self.widths, batch.x, params), batch.y, batch.seen).mean()

    def single_head(self, state: State, x: jax.Array) -> jax.Array:
        return layers(self.widths, x, state.params)


def cross_entropy(scores: jax.Array, y: jax.Array, seen: jax.Array) -> jax.Array:
    """-log softmax over the classes met so far, bool [c]: scores [b, c] and labels [b] to [b]."""
    logp = jax.nn.log_softmax(jnp.where(seen[None, :], scores, -1e9))
    return -jnp.take_along_axis(logp, y[:, None], 1)[:, 0]


def nothing_kept(spec: Any, size: int) -> Coreset:
    """An empty coreset."""
    return Coreset(x=jnp.zeros((spec.classes, size, spec.dims)), met=jnp.zeros(spec.classes, bool))


def keep(coreset: Coreset, batch: LabelledBatch) -> Coreset:
    """The coreset with the first points of the task's two classes, where the task ends."""
    size, half = coreset.x.shape[1], len(batch.all_y) // 2
    first, second = batch.all_y[0], batch.all_y[half]
    filled = coreset.x.at[first].set(batch.all_x[:size]).at[second].set(batch.all_x[half : half + size])
    return restart(batch.end, Coreset(x=filled, met=coreset.met.at[first].set(True).at[second].set(True)), coreset)


def rehearse(coreset: Coreset, batch: LabelledBatch, key: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    """The batch and as many points of the coreset: x [2b, d], y [2b], weight [2b], 0 while nothing is kept."""
    b, size = len(batch.y), coreset.x.shape[1]
    draw = jax.random.uniform(key, (2, b))
    many = coreset.met.sum()  # classes are met in their order
    label = (draw[0] * many.astype(draw.dtype)).astype(jnp.int32)
    point = (draw[1] * size).astype(jnp.int32)
    weight = jnp.concatenate([jnp.ones(b), jnp.broadcast_to((many > 0).astype(draw.dtype), (b,))])
    return jnp.concatenate([batch.x, coreset.x[label, point]]), jnp.concatenate([batch.y, label]), weight
