"""Regression of the frames between two ends: the mean path.

**Source**: control; the deterministic counterpart of Jing et al., "Generative Modeling of Molecular Dynamics
Trajectories", NeurIPS 2024, https://arxiv.org/abs/2409.17808.

    min E |g(first frame, last frame) - frames between|^2

**Differs from the paper**: 1. not in the paper. 2. the same network and batches as `trajectory_flow_matching`.

**Shapes**: b windows, f frames, q pairs of ends, k paths a pair.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.blocks import nn
from toybench.methods.process_generation._training import RATES, State, Trained
from toybench.tasks.process_generation import Windows


class EndpointRegression(Trained):
    """One path for a pair of ends."""

    width: int = 96  # units of the two hidden layers

    space = {"lr": RATES}

    @property
    def network(self) -> nn.MLP:
        return nn.MLP((self.width, self.width, self.spec.frames - 2), jax.nn.silu)

    def example(self) -> tuple[jax.Array, ...]:
        return (jnp.zeros((1, 2)),)

    def loss(self, params: Any, batch: Windows, key: jax.Array) -> jax.Array:
        predicted = self.network.apply(params, batch.frames[:, jnp.array([0, -1])])
        return jnp.mean((predicted - batch.frames[:, 1:-1]) ** 2)

    def bridge(self, state: State, key: jax.Array, ends: jax.Array, count: int) -> jax.Array:
        return jnp.repeat(self.network.apply(state.params, ends)[:, None, :], count, 1)
