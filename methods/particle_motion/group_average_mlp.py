"""MLP on all coordinates of a scene, averaged over eight random rotations and reflections.

**Source**: Puny, Atzmon, Ben-Hamu, Misra, Grover, Smith and Lipman, "Frame Averaging for Invariant and Equivariant
Network Design", 2021, https://arxiv.org/abs/2110.03336, the foil that frames replace: averaging over the whole
group, by Monte Carlo.

    a = mean_g phi(x R_g) R_g^T        R_g orthogonal, drawn afresh for each scene and call

**Differs from the paper**: 1. Positions are about the scene's mean, velocities and accelerations only turn; the network
adds accelerations to constant velocity. 2. As many matrices as a frame has, so that both cost the same.

**Shapes**: b scenes, t past frames, f future frames, n particles, g matrices.
"""

from typing import Any

import flax.linen as nn
import jax

from toybench.methods.particle_motion._training import Flat, State, Trained, averaged, random_frames
from toybench.tasks.particle_motion import Scenes, inputs, moved


class GroupAverageMLP(Trained):
    """Equivariant in the mean alone."""

    def network(self) -> nn.Module:
        return Flat(self.spec.future)

    def answer(self, params: Any, past: jax.Array, key: jax.Array) -> jax.Array:
        def phi(seen: jax.Array) -> jax.Array:
            return self.network().apply(params, seen)

        return moved(past, averaged(phi, inputs(past, self.spec), random_frames(key, past.shape[0])), self.spec)

    def update(self, state: State, batch: Scenes, key: jax.Array) -> State:
        return self.descend(state, batch, key)
