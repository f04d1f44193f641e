"""A network for each task, trained by Adam; a method says what is free in it and what is stored.

Shapes: b batch, d inputs, h hidden units, c classes, t tasks.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.continual import _heads
from toybench.tasks.continual import Net, NetSpec, PhaseStep, run_net


class State(NamedTuple):
    """What is trained now, Adam's moments, and what was trained for each task [t, ...]."""

    params: Any
    opt: Any
    kept: Any


class TaskNets(Method):
    """Base: a subclass says what it trains (`begin`), the network that this makes (`build`) and its `stored_bits`."""

    lr: float = 0.003  # Adam's learning rate, decayed to 0 by a cosine within each task

    space = {"lr": (0.003, 0.01, 0.03)}

    def fresh(self, key: jax.Array) -> Net:
        """A network with random weights: N(0, 2 / fan-in) in hidden layers."""
        d, h, c = self.spec.inputs, self.spec.hidden, self.spec.classes
        noise = jax.random.normal(key, (h * (d + h + c),))
        w1, w2, head = jnp.split(noise, [d * h, (d + h) * h])
        w1, w2, head = w1.reshape(d, h) * (2 / d) ** 0.5, w2.reshape(h, h) * (2 / h) ** 0.5, head.reshape(h, c)
        return Net(w1, jnp.zeros(h), w2, jnp.zeros(h), head / h**0.5, jnp.zeros(c))

    def begin(self, fresh: Net, params: Any) -> Any:
        """What is trained at the start of a task, given random weights and what was trained before."""
        return fresh

    def build(self, params: Any) -> Net:
        """The network that the trained numbers make."""
        return params

    def penalty(self, params: Any) -> Any:
        """Added to the cross-entropy."""
        return 0.0

    def keep(self, kept: Any, params: Any, task: jax.Array) -> Any:
        """What is kept for each task [t, ...], with the current task's in its place."""
        return jax.tree.map(lambda old, one: old.at[task].set(one), kept, params)

    def init(self, key: jax.Array) -> State:
        fresh = self.fresh(key)
        params = self.begin(fresh, fresh)
        kept = jax.tree.map(lambda x: jnp.zeros((self.spec.phases, *x.shape)), params)
        return State(params=params, opt=_heads.MOMENTS.init(params), kept=kept)

    def update(self, state: State, batch: PhaseStep, key: jax.Array) -> State:
        params = jax.lax.cond(
            (batch.position == 0) & (batch.phase > 0),
            lambda: self.begin(self.fresh(key), state.params),
            lambda: state.params,
        )

        def loss(params: Any) -> jax.Array:
            logits, everything = run_net(self.build(params), batch.x), jnp.ones(self.spec.classes, bool)
            fit = _heads.cross_entropy(logits, batch.y, jnp.ones(len(batch.y)), everything)
            return fit + self.penalty(params)

        lr = self.lr * _heads.decay(batch.position, batch.length)
        params, opt = _heads.adam_step(lr, jax.grad(loss)(params), state.opt, params, batch.position)
        return State(params=params, opt=opt, kept=self.keep(state.kept, params, batch.phase))

    def task_scores(self, state: State, x: jax.Array, task: jax.Array) -> jax.Array:
        return run_net(self.build(jax.tree.map(lambda leaf: leaf[task], state.kept)), x)


def straight_through(soft: jax.Array, hard: jax.Array) -> jax.Array:
    """`hard` forward, the gradient of `soft` backward."""
    return soft + jax.lax.stop_gradient(hard - soft)


def per_task(spec: NetSpec, weight_bits: float) -> float:
    """Bits of all tasks where each keeps `weight_bits` for its hidden weights, and biases and head in full."""
    return spec.phases * (weight_bits + 32.0 * spec.rest)
