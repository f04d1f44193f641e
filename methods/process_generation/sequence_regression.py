"""Regression of the frames on the control: the mean sequence.

**Source**: control; the deterministic counterpart of Ki, Min, Chae, "FLOAT: Generative Motion Latent Flow Matching for
Audio-driven Talking Portrait", ICCV 2025, https://arxiv.org/abs/2412.01064.

    min E |g(control) - frames|^2

**Differs from the paper**: 1. not in the paper. 2. the network of `latent_flow_matching`, shown frames of zeros at
time 1.

**Shapes**: b windows, n sequences, f frames, p pixels, d directions.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.process_generation._training import RATES, DrivenNetwork, State, Trained
from toybench.tasks.process_generation import Driven


class SequenceRegression(Trained):
    """One sequence for a control."""

    width: int = 64  # units of the two hidden layers

    space = {"lr": RATES}

    @property
    def network(self) -> DrivenNetwork:
        return DrivenNetwork(widths=(self.width, self.width))

    def example(self) -> tuple[jax.Array, ...]:
        return jnp.zeros((1, self.spec.frames, self.spec.pixels)), jnp.ones(1), jnp.zeros((1, self.spec.frames))

    def loss(self, params: Any, batch: Driven, key: jax.Array) -> jax.Array:
        return jnp.mean((self.predict(params, batch.control) - batch.frames) ** 2)

    def predict(self, params: Any, control: jax.Array) -> jax.Array:
        """The mean sequence [n, f, p] under the control [n, f]."""
        blank = jnp.zeros((*control.shape, self.spec.pixels))
        return self.network.apply(params, blank, jnp.ones(()), control)

    def sample(self, state: State, key: jax.Array, control: jax.Array) -> jax.Array:
        return self.predict(state.params, control)
