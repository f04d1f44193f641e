"""What hypernetworks share: a target network whose weights are generated from a task's embedding.

Shapes: b batch, t tasks, e embedding, w weights of the target network.
"""

import math
from typing import Any

import jax
import jax.numpy as jnp

from methods.continual._task_networks import State, TaskNetwork, layers, restart
from tasks.continual import Points
from toybench.blocks import optim


class Hypernetwork(TaskNetwork):
    """Output-preserving regularisation; a subclass gives `network` and `weights`."""

    beta: float = 0.1  # strength of the regulariser; the paper's toy: 0.005
    embedding: int = 2  # e; the paper's toy: 2
    width: int = 10  # units of the hypernetwork's two hidden layers; the paper's toy: 10

    space = {"lr": (0.003, 0.01), "beta": (0.005, 0.1, 1.0)}

    @property
    def sizes(self) -> tuple[tuple[int, int], ...]:
        """(in, out) of the target network's layers."""
        widths = (1, *self.spec.target, 1)
        return tuple(zip(widths[:-1], widths[1:], strict=True))

    @property
    def target_weights(self) -> int:
        """w."""
        return sum(i * o + o for i, o in self.sizes)

    def weights(self, params: Any, task: jax.Array) -> jax.Array:
        """The target network of a task, [w]."""
        raise TypeError(f"{self.name} generates no weights; give it a method `weights`.")

    def all_weights(self, params: Any) -> jax.Array:
        """Target networks of all tasks, [t, w]."""
        return jax.vmap(self.weights, (None, 0))(params, jnp.arange(self.spec.tasks))

    def predict_with(self, params: Any, x: jax.Array, task: jax.Array) -> jax.Array:
        flat, start, built = self.weights(params, task), 0, []
        for i, o in self.sizes:
            kernel, bias = flat[start : start + i * o].reshape(i, o), flat[start + i * o : start + i * o + o]
            built.append((kernel, bias))
            start += i * o + o
        return layers((1, *self.spec.target, 1), x[:, None], built)[:, 0]

    def remember(self, params: Any) -> jax.Array:
        return self.all_weights(params)

    def update(self, state: State, batch: Points, key: jax.Array) -> State:
        opt = restart(batch.start, self.optimizer.init(state.params), state.opt)
        memory = restart(batch.start, self.all_weights(state.params), state.memory)
        grads = self.own(jax.grad(self.loss)(state.params, memory, batch), batch.task)
        ahead, _ = optim.descend(self.optimizer, grads, opt, state.params)  # theta + delta theta
        held = self.own(jax.grad(self.drift)(ahead, memory, batch.task), batch.task)
        grads = jax.tree.map(lambda g, h: g + self.beta * h, grads, held)
        params, opt = optim.descend(self.optimizer, grads, opt, state.params)
        return State(params=params, opt=opt, memory=memory)

    def drift(self, params: Any, memory: jax.Array, task: jax.Array) -> jax.Array:
        """Squared distance of former tasks' networks to what they were, mean over these tasks."""
        former = (jnp.arange(self.spec.tasks) < task).astype(memory.dtype)
        apart = ((self.all_weights(params) - memory) ** 2).sum(1)
        return (former * apart).sum() / jnp.maximum(former.sum(), 1.0)

    def own(self, grads: Any, task: jax.Array) -> Any:
        """Gradients with those of other tasks' embeddings set to 0: they stay as they were learned."""
        mine = (jnp.arange(self.spec.tasks) == task).astype(grads["tasks"].dtype)
        return {**grads, "tasks": grads["tasks"] * mine[:, None]}


def generator(widths: tuple[int, ...]) -> int:
    """Number of weights of a dense network."""
    return sum(math.prod(s) + s[1] for s in zip(widths[:-1], widths[1:], strict=True))
