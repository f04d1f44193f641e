"""What hypernetworks share: a target network whose weights are generated from a task's embedding.

Shapes: b batch, t tasks, e embedding, w weights of the target network.
"""

import itertools
from typing import Any

import jax
import jax.numpy as jnp

from toybench.blocks import optim
from toybench.methods.continual._task_networks import State, TaskNetwork, layers, restart
from toybench.tasks.continual import Points


class Hypernetwork(TaskNetwork):
    """Output-preserving regularisation; a subclass gives `network` and `generate`."""

    beta: float = 0.1  # strength of the regulariser; the paper's toy: 0.005
    embedding: int = 2  # e; the paper's toy: 2
    width: int = 10  # units of the hypernetwork's two hidden layers; the paper's toy: 10

    space = {"lr": (0.01, 0.03), "beta": (0.01, 0.1, 1.0)}

    @property
    def sizes(self) -> tuple[tuple[int, int], ...]:
        """(in, out) of the target network's layers."""
        widths = (1, *self.spec.target, 1)
        return tuple(itertools.pairwise(widths))

    @property
    def target_weights(self) -> int:
        """w."""
        return sum(i * o + o for i, o in self.sizes)

    def generate(self, params: Any, embeddings: jax.Array) -> jax.Array:
        """Target networks [t, w] of embeddings [t, e]."""
        raise TypeError(f"{self.name} generates no weights; give it a method `generate`.")

    def predict_with(self, params: Any, x: jax.Array, task: jax.Array) -> jax.Array:
        flat, start, built = self.generate(params, params["tasks"][task][None, :])[0], 0, []
        for i, o in self.sizes:
            kernel, bias = flat[start : start + i * o].reshape(i, o), flat[start + i * o : start + i * o + o]
            built.append((kernel, bias))
            start += i * o + o
        return layers((1, *self.spec.target, 1), x[:, None], built)[:, 0]

    def remember(self, params: Any) -> jax.Array:
        return self.generate(params, params["tasks"])

    def update(self, state: State, batch: Points, key: jax.Array) -> State:
        opt = restart(batch.start, self.optimizer.init(state.params), state.opt)
        memory = restart(batch.start, self.remember(state.params), state.memory)
        grads = self.own(jax.grad(self.loss)(state.params, memory, batch), batch.task)
        ahead, _ = optim.descend(self.optimizer, grads, opt, state.params)  # theta + delta theta
        held = self.own(jax.grad(self.drift)(ahead, memory, batch.task), batch.task)
        grads = jax.tree.map(lambda g, h: g + self.beta * h, grads, held)
        params, opt = optim.descend(self.optimizer, grads, opt, state.params)
        return State(params=params, opt=opt, memory=memory)

    def drift(self, params: Any, memory: jax.Array, task: jax.Array) -> jax.Array:
        """Squared distance of former tasks' networks to what they were, mean over these tasks."""
        former = (jnp.arange(self.spec.tasks) < task).astype(memory.dtype)
        apart = ((self.remember(params) - memory) ** 2).sum(1)
        return (former * apart).sum() / jnp.maximum(former.sum(), 1.0)

    def own(self, grads: Any, task: jax.Array) -> Any:
        """Gradients with those of other tasks' embeddings set to 0: they stay as they were learned."""
        mine = (jnp.arange(self.spec.tasks) == task).astype(grads["tasks"].dtype)
        return {**grads, "tasks": grads["tasks"] * mine[:, None]}
