"""Message passing network on coordinates, trained on scenes that are turned at random.

**Source**: Gilmer, Schoenholz, Riley, Vinyals and Dahl, "Neural Message Passing for Quantum Chemistry", 2017,
https://arxiv.org/abs/1704.01212, in the form of `GCL` and `GNN` of the code of Satorras, Hoogeboom and Welling,
`models/gcl.py` and `n_body_system/model.py` in github.com/vgsatorras/egnn, the baseline of both papers of this study.

    h_i <- h_i + phi_h(h_i, sum_j phi_e(h_i, h_j, |x_i - x_j|))        from h_i = x_i, on (x R, y R)

**Differs from the paper**: 1. Two rounds of width 16 instead of four of 64. 2. Scenes are centred, and the network
adds accelerations to constant velocity. 3. Pairs know their distances in position, velocity and accelerations. 4. Eight
copies of a scene a step, turned by fresh orthogonal matrices R, cost what averaging over eight frames costs; one is
usual.

**Shapes**: b scenes, t past frames, f future frames, n particles, g matrices.
"""

from typing import Any

import flax.linen as nn
import jax

from toybench.methods.particle_motion._training import Graph, State, Trained, random_frames, turned_copies
from toybench.tasks.particle_motion import Scenes, inputs, moved


class AugmentedGNN(Trained):
    """Is shown rotations instead of being built for them."""

    def network(self) -> nn.Module:
        return Graph(self.spec.future)

    def answer(self, params: Any, past: jax.Array, key: jax.Array) -> jax.Array:
        return moved(past, self.network().apply(params, inputs(past, self.spec)), self.spec)

    def update(self, state: State, batch: Scenes, key: jax.Array) -> State:
        copies = turned_copies(batch, random_frames(key, batch.past.shape[0]))
        return self.descend(state, copies, key)
