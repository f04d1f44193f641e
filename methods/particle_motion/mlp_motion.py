"""MLP on all coordinates of a scene.

**Source**: the plain network that equivariant ones are compared with, as in Puny, Atzmon, Ben-Hamu, Misra, Grover,
Smith and Lipman, "Frame Averaging for Invariant and Equivariant Network Design", 2021,
https://arxiv.org/abs/2110.03336.

    a = phi(x)        of all coordinates at once

**Differs from the paper**: 1. scenes are centred, and the network adds accelerations to constant velocity.

**Shapes**: b scenes, t past frames, f future frames, n particles.
"""

from typing import Any

import flax.linen as nn
import jax

from toybench.methods.particle_motion._training import Flat, State, Trained
from toybench.tasks.particle_motion import Scenes, inputs, moved


class MLPMotion(Trained):
    """Neither rotations nor the order of particles are known to it."""

    def network(self) -> nn.Module:
        return Flat(self.spec.future)

    def answer(self, params: Any, past: jax.Array, key: jax.Array) -> jax.Array:
        return moved(past, self.network().apply(params, inputs(past, self.spec)), self.spec)

    def update(self, state: State, batch: Scenes, key: jax.Array) -> State:
        return self.descend(state, batch, key)
