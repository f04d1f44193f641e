"""Recurrent forecasters: a cell read over a window, a linear readout, trained before deployment.

Shapes: b batch, w hours of a window, u units.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import optim
from toybench.methods.continual._task_networks import normals
from toybench.tasks.continual import Traffic


class State(NamedTuple):
    """Parameters {cell, out, bias} and Adam's moments."""

    params: Any
    opt: Any


class Recurrent(Method):
    """Squared error of one hour ahead by Adam; nothing is learned while live. A subclass gives `cell` and `step`."""

    lr: float = 0.01  # Adam's rate, decayed to 0 by a cosine over the training
    units: int = 16  # u

    space = {"lr": (0.003, 0.01, 0.03, 0.1)}

    @property
    def optimizer(self) -> optax.GradientTransformation:
        return optim.adam(self.lr, self.spec.training)

    def init(self, key: jax.Array) -> State:
        a, b = jax.random.split(key)
        out = jax.random.normal(b, (self.units,)) / self.units**0.5
        params = {"cell": self.cell(a), "out": out, "bias": jnp.zeros(())}
        return State(params=params, opt=self.optimizer.init(params))

    def cell(self, key: jax.Array) -> Any:
        """Parameters of the cell."""
        raise TypeError(f"{self.name} has no cell; give it a method `cell`.")

    def step(self, cell: Any, x: jax.Array, inputs: jax.Array) -> jax.Array:
        """The units after an hour: x [b, u] and inputs [b, 1] to [b, u]."""
        raise TypeError(f"{self.name} doesn't say how its cell steps; give it a method `step`.")

    def read(self, params: Any, window: jax.Array) -> jax.Array:
        """The forecast from windows, [b, w] to [b]."""
        start = jnp.zeros((len(window), self.units))
        x, _ = jax.lax.scan(lambda x, i: (self.step(params["cell"], x, i[:, None]), None), start, window.T)
        return x @ params["out"] + params["bias"]

    def learn(self, state: State, window: jax.Array, target: jax.Array) -> State:
        """One step of Adam on windows [b, w] and what followed, [b]."""
        grads = jax.grad(lambda p: ((self.read(p, window) - target) ** 2).mean())(state.params)
        params, opt = optim.descend(self.optimizer, grads, state.opt, state.params)
        return State(params=params, opt=opt)

    def update(self, state: State, batch: Traffic, key: jax.Array) -> State:
        return jax.lax.cond(
            batch.live, lambda: self.adapt(state, batch, key), lambda: self.learn(state, batch.window, batch.target)
        )

    def adapt(self, state: State, batch: Traffic, key: jax.Array) -> State:
        """What is done in an hour of deployment; nothing by default."""
        return state

    def forecast(self, state: State, window: jax.Array) -> jax.Array:
        return self.read(state.params, window)


class GRU(Recurrent):
    """Gated recurrent units."""

    def cell(self, key: jax.Array) -> Any:
        u = self.units
        kernel, recurrent = normals(key, (1, 3 * u), (u, 3 * u))
        return {"in": kernel, "rec": recurrent / u**0.5, "bias": jnp.zeros(3 * u)}

    def step(self, cell: Any, x: jax.Array, inputs: jax.Array) -> jax.Array:
        u = self.units
        seen = inputs @ cell["in"] + cell["bias"][None, :]
        gates = jax.nn.sigmoid(seen[:, : 2 * u] + x @ cell["rec"][:, : 2 * u])
        reset, keep = gates[:, :u], gates[:, u:]
        candidate = jnp.tanh(seen[:, 2 * u :] + (reset * x) @ cell["rec"][:, 2 * u :])
        return keep * x + (1 - keep) * candidate
