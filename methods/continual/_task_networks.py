"""Networks that learn functions one after another: a trunk with one linear head a task, trained by Adam.

Shapes: b batch, t tasks, h hidden units.
"""

import itertools
import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import optim
from toybench.tasks.continual import Points


class State(NamedTuple):
    """Parameters, Adam's moments, and what a method keeps of former tasks."""

    params: Any
    opt: Any
    memory: Any


def normals(key: jax.Array, *sizes: tuple[int, ...]) -> list[jax.Array]:
    """Standard normal arrays of these shapes, cut from one draw."""
    flat, found, start = jax.random.normal(key, (sum(math.prod(s) for s in sizes),)), [], 0
    for size in sizes:
        found.append(flat[start : start + math.prod(size)].reshape(size))
        start += math.prod(size)
    return found


def layers(widths: tuple[int, ...], x: jax.Array, params: Any) -> jax.Array:
    """Dense layers with tanh between them, [b, in] to [b, out]; `params` are (kernel, bias) pairs."""
    for i, (kernel, bias) in enumerate(params):
        x = x @ kernel + bias[None, :]
        x = jnp.tanh(x) if i < len(widths) - 2 else x
    return x


def dense(key: jax.Array, widths: tuple[int, ...]) -> list[tuple[jax.Array, jax.Array]]:
    """(kernel, bias) pairs: kernels N(0, 1/fan_in), biases 0."""
    shapes = list(itertools.pairwise(widths))
    return [(k / s[0] ** 0.5, jnp.zeros(s[1])) for k, s in zip(normals(key, *shapes), shapes, strict=True)]


def restart(flag: jax.Array, fresh: Any, old: Any) -> Any:
    """`fresh` where the flag is up, `old` elsewhere, leaf by leaf."""
    return jax.tree.map(lambda a, b: jnp.where(flag, a, b), fresh, old)


class TaskNetwork(Method):
    """Squared error by Adam, whose moments and schedule start anew with every task. A subclass says what it adds."""

    lr: float = 0.01  # Adam's rate, decayed to 0 by a cosine within every task; the paper: 0.01, constant

    space = {"lr": (0.003, 0.01, 0.03)}

    @property
    def optimizer(self) -> optax.GradientTransformation:
        return optim.adam(self.lr, self.spec.length)

    def init(self, key: jax.Array) -> State:
        params = self.network(key)
        return State(params=params, opt=self.optimizer.init(params), memory=self.remember(params))

    def update(self, state: State, batch: Points, key: jax.Array) -> State:
        opt = restart(batch.start, self.optimizer.init(state.params), state.opt)
        memory = self.before(state.params, state.memory, batch)
        grads = jax.grad(self.loss)(state.params, memory, batch)
        params, opt = optim.descend(self.optimizer, grads, opt, state.params)
        return State(params=params, opt=opt, memory=self.after(params, memory, batch))

    def network(self, key: jax.Array) -> Any:
        """Initial parameters: trunk 1 -> hidden widths, and a head [t, h], [t] for every task."""
        hidden, t = self.spec.target, self.spec.tasks
        trunk, head = jax.random.split(key)
        heads = jax.random.normal(head, (t, hidden[-1])) / hidden[-1] ** 0.5
        return {"trunk": dense(trunk, (1, *hidden)), "head": heads, "bias": jnp.zeros(t)}

    def remember(self, params: Any) -> Any:
        """The memory before the first task; nothing by default."""
        return ()

    def before(self, params: Any, memory: Any, batch: Points) -> Any:
        """The memory before a step."""
        return memory

    def after(self, params: Any, memory: Any, batch: Points) -> Any:
        """The memory after a step."""
        return memory

    def predict_with(self, params: Any, x: jax.Array, task: jax.Array) -> jax.Array:
        """The function of `task` at x: [b] to [b]."""
        hidden = self.spec.target
        h = jnp.tanh(layers((1, *hidden), x[:, None], params["trunk"]))
        return h @ params["head"][task] + params["bias"][task]

    def loss(self, params: Any, memory: Any, batch: Points) -> jax.Array:
        return ((self.predict_with(params, batch.x, batch.task) - batch.y) ** 2).mean()

    def value(self, state: State, x: jax.Array, task: jax.Array) -> jax.Array:
        return self.predict_with(state.params, x, task)


class QuadraticPenalty(TaskNetwork):
    """Adds `weight` times sum_i F_i (w_i - c_i)^2, F and c by the subclass from the Fisher information at task ends."""

    weight: float = 1.0  # strength; 1 is the Bayesian one for tasks of equal size

    space = {"lr": (0.01, 0.03), "weight": (0.3, 1.0, 3.0)}

    def fisher(self, params: Any, batch: Points) -> Any:
        """Mean squared derivative of the output over the task's points: the Fisher information at unit noise."""
        slopes = jax.vmap(jax.grad(lambda p, x: self.predict_with(p, x[None], batch.task)[0]), (None, 0))(
            params, batch.all_x
        )
        share = batch.weight / batch.weight.sum()
        return jax.tree.map(lambda g: jnp.tensordot(share, g**2, 1), slopes)

    def consolidate(self, params: Any, memory: Any, fisher: Any) -> Any:
        """The memory after a task with this Fisher information."""
        raise TypeError(f"{self.name} keeps no Fisher information; give it a method `consolidate`.")

    def after(self, params: Any, memory: Any, batch: Points) -> Any:
        return jax.lax.cond(
            batch.end, lambda: self.consolidate(params, memory, self.fisher(params, batch)), lambda: memory
        )


def total(tree: Any) -> jax.Array:
    """Sum over all leaves."""
    return sum((x.sum() for x in jax.tree.leaves(tree)), start=jnp.zeros(()))
