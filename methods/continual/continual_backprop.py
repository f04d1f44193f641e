"""Continual backpropagation: at every step a small share of the mature units of least utility starts anew.

**Source**: Dohare, Hernandez-Garcia, Rahman, Mahmood and Sutton, "Loss of Plasticity in Deep Continual
Learning", 2023, https://arxiv.org/abs/2306.13812, and the authors' code, github.com/shibhansh/loss-of-plasticity,
`lop/algos/gnt.py`: all layers are tested before any unit starts anew.

    f    <- eta f + (1 - eta) h                                                  running activation of a unit
    u    <- eta u + (1 - eta) |h - f/(1 - eta^age)| mean|w_out| / mean|w_in|     its utility, likewise corrected
    every step rho * (units older than m) more are due; the one of least utility gets new w_in, b = 0, w_out = 0,
    and the next layer's bias takes over what it gave on average: b_next <- b_next + w_out f/(1 - eta^age)

**Differs from the paper**: 1. at most one unit a layer is replaced at a step, so rho times the width must stay below 1;
the fraction that is due is carried over, as in the authors' option `accumulate`. 2. gradients are plain, so there are
no moments to reset. 3. the next layer's bias does take over the mean; the authors' code sets the mean to 0 before it
adds it, so that nothing is taken over there.

**Shapes**: b examples, h hidden units; w [in, out].
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench.methods.continual._plasticity import Layer, OnlineNetwork, State, bound, descend
from toybench.tasks.continual import Shown


class Units(NamedTuple):
    """Of one layer: running activation, utility and age of each unit, all [h], and how many are due, []."""

    mean: jax.Array
    utility: jax.Array
    age: jax.Array
    due: jax.Array


class ContinualBackprop(OnlineNetwork):
    """Gradient descent, then generate and test."""

    paper = "dohare2023loss"

    rho: float = 0.003  # replacement rate: share of the mature units a step; 1e-6 to 1e-4 in the paper's longer tasks
    eta: float = 0.99  # decay of the running statistics; the paper's 0.99
    maturity: float = 100.0  # steps before a unit may be replaced; the paper's 100

    space = {"lr": (0.1, 0.2, 0.3), "rho": (0.001, 0.003)}

    def remember(self, params: list[Layer]) -> tuple[Units, ...]:
        zero = jnp.zeros(self.width)
        return tuple(Units(mean=zero, utility=zero, age=zero, due=jnp.zeros(())) for _ in params[:-1])

    def learn(self, state: State, grads: Any, hidden: tuple, batch: Shown, key: jax.Array) -> State:
        params = descend(state.params, grads, self.lr)
        tested = [
            self.test(units, h, params[i]["w"], params[i + 1]["w"])
            for i, (h, units) in enumerate(zip(hidden, state.memory, strict=True))
        ]
        drawn = jnp.split(jax.random.uniform(key, (sum(self.sizes[:-2]),), minval=-1.0), [self.sizes[0]])
        memory = []
        for i, (units, out) in enumerate(tested):
            born = drawn[i] * bound(self.sizes[i])
            params[i], params[i + 1], units = replace(params[i], params[i + 1], units, out, born, self.eta)
            memory.append(units)
        return State(params=params, memory=tuple(memory))

    def test(self, units: Units, h: jax.Array, w_in: jax.Array, w_out: jax.Array) -> tuple[Units, jax.Array]:
        """Statistics after activations h [b, h], and the mask, float [h], of the unit to replace, if one is due."""
        age = units.age + 1
        correction = 1 - self.eta**age
        mean = self.eta * units.mean + (1 - self.eta) * h.mean(0)
        change = jnp.abs(h - (mean / correction)[None]).mean(0) * jnp.abs(w_out).mean(1) / jnp.abs(w_in).mean(0)
        utility = self.eta * units.utility + (1 - self.eta) * change
        mature = age > self.maturity
        due = units.due + self.rho * mature.astype(jnp.float32).sum()
        worst = jnp.argmin(jnp.where(mature, utility / correction, jnp.inf))
        out = (jnp.arange(h.shape[1]) == worst) & (due >= 1) & mature.any()
        due = due - jnp.any(out).astype(jnp.float32)
        return Units(mean=mean, utility=utility, age=age, due=due), out.astype(jnp.float32)


def replace(
    layer: Layer, following: Layer, units: Units, out: jax.Array, born: jax.Array, eta: Any
) -> tuple[Layer, Layer, Units]:
    """Both layers and the statistics with the units that `out` [h] marks started anew from weights `born` [in]."""
    keep = 1 - out
    usual = units.mean / (1 - eta**units.age)
    return (
        {"w": layer["w"] * keep[None] + born[:, None] * out[None], "b": layer["b"] * keep},
        {"w": following["w"] * keep[:, None], "b": following["b"] + (out * usual) @ following["w"]},
        Units(mean=units.mean * keep, utility=units.utility * keep, age=units.age * keep, due=units.due),
    )
