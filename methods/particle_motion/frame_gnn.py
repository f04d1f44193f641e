"""Message passing network on coordinates, averaged over the eight frames of its principal axes.

**Source**: Puny, Atzmon, Ben-Hamu, Misra, Grover, Smith and Lipman, "Frame Averaging for Invariant and Equivariant
Network Design", 2021, https://arxiv.org/abs/2110.03336, in the authors' code `create_frame` and `invert_frame` in
`nbody/n_body_system/model_FA.py`.

    a = mean_g phi(x R_g) R_g^T        R_g = V diag(+-1, +-1, +-1), V the eigenvectors of the positions' covariance

**Differs from the paper**: 1. the frames are those of the scene, once, as in the paper's definition; the authors' code
takes new ones of the features in each layer. 2. Two rounds of width 16 instead of four of 60. 3. The covariance is
that of all past positions, instead of the positions of one frame. 4. Positions are about the scene's mean, velocities
and accelerations only turn; the network adds accelerations to constant velocity. 5. Charges or bonds are hidden.

**Shapes**: b scenes, t past frames, f future frames, n particles, g frames of axes.
"""

from typing import Any

import flax.linen as nn
import jax

from toybench.methods.particle_motion._training import Graph, State, Trained, averaged, axes_frames
from toybench.tasks.particle_motion import Scenes, inputs, moved


class FrameGNN(Trained):
    """Equivariant by its frames, with a message passing network inside."""

    def network(self) -> nn.Module:
        return Graph(self.spec.future)

    def answer(self, params: Any, past: jax.Array, key: jax.Array) -> jax.Array:
        def phi(seen: jax.Array) -> jax.Array:
            return self.network().apply(params, seen)

        return moved(past, averaged(phi, inputs(past, self.spec), axes_frames(past)), self.spec)

    def update(self, state: State, batch: Scenes, key: jax.Array) -> State:
        return self.descend(state, batch, key)
