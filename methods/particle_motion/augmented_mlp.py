"""MLP on all coordinates of a scene, trained on scenes that are turned at random.

**Source**: the plain network that equivariant ones are compared with, as in Puny, Atzmon, Ben-Hamu, Misra, Grover,
Smith and Lipman, "Frame Averaging for Invariant and Equivariant Network Design", 2021,
https://arxiv.org/abs/2110.03336.

    a = phi(x)        trained on (x R, y R), eight fresh orthogonal matrices R for each scene and step

**Differs from the paper**: 1. scenes are centred, and the network adds accelerations to constant velocity. 2. Eight
copies of a scene a step cost what averaging over eight frames costs; one is usual. Reflections are drawn, too, as
frames and forces know them.

**Shapes**: b scenes, t past frames, f future frames, n particles, g matrices.
"""

from typing import Any

import flax.linen as nn
import jax

from toybench.methods.particle_motion._training import Flat, State, Trained, random_frames, turned_copies
from toybench.tasks.particle_motion import Scenes, inputs, moved


class AugmentedMLP(Trained):
    """Is shown rotations instead of being built for them."""

    def network(self) -> nn.Module:
        return Flat(self.spec.future)

    def answer(self, params: Any, past: jax.Array, key: jax.Array) -> jax.Array:
        return moved(past, self.network().apply(params, inputs(past, self.spec)), self.spec)

    def update(self, state: State, batch: Scenes, key: jax.Array) -> State:
        copies = turned_copies(batch, random_frames(key, batch.past.shape[0]))
        return self.descend(state, copies, key)
