"""ReDo: now and then, units that are nearly silent are recycled.

**Source**: Sokar, Agarwal, Castro and Evci, "The Dormant Neuron Phenomenon in Deep Reinforcement Learning", 2023,
https://arxiv.org/abs/2302.12902.

    s_i = mean|h_i| / mean_k mean|h_k|;   every F steps, s_i <= tau: new w_in, b = 0, w_out = 0

**Differs from the paper**: 1. supervised; activity is averaged over the F steps instead of over one large batch.
2. F = 50 instead of 1,000, for a task is 150 steps long.

**Shapes**: b examples, h hidden units; w [in, out].
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.continual._plasticity import OnlineNetwork, State, descend
from toybench.tasks.continual import Shown


class ReDo(OnlineNetwork):
    """Carries the activity of each unit since the last recycling, and the steps so far."""

    tau: float = 0.1  # share of the layer's mean activity below which a unit is dormant; the paper's 0.025 to 0.1
    every: float = 50.0  # F, steps between recyclings

    space = {"lr": (0.1, 0.2, 0.3), "tau": (0.1, 0.3)}

    def remember(self, params: Any) -> Any:
        return tuple(jnp.zeros(self.width) for _ in params[:-1]), jnp.zeros(())

    def learn(self, state: State, grads: Any, hidden: tuple, batch: Shown, key: jax.Array) -> State:
        params, steps = descend(state.params, grads, self.lr), state.memory[1] + 1
        activity = tuple(a + jnp.abs(h).mean(0) for a, h in zip(state.memory[0], hidden, strict=True))
        now = steps % self.every == 0
        return jax.lax.cond(now, self.recycle, lambda *args: args[0], State(params, (activity, steps)), key)

    def recycle(self, state: State, key: jax.Array) -> State:
        """Dormant units start anew."""
        params, born, (activity, steps) = list(state.params), self.fresh(key), state.memory
        for i, a in enumerate(activity):
            dormant = a <= self.tau * a.mean()
            params[i] = {
                "w": jnp.where(dormant[None], born[i]["w"], params[i]["w"]),
                "b": jnp.where(dormant, 0.0, params[i]["b"]),
            }
            params[i + 1] = params[i + 1] | {"w": jnp.where(dormant[:, None], 0.0, params[i + 1]["w"])}
        return State(params=params, memory=(jax.tree.map(jnp.zeros_like, activity), steps))
