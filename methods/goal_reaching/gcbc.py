"""Goal-conditioned behaviour cloning: the actions of a piece, given a state that it comes to later.

**Source**: Ghosh et al., "Learning to Reach Goals via Iterated Supervised Learning", 2021,
https://arxiv.org/abs/1912.06088 (from memory); the form here is the baseline of Ghugare, Geist, Berseth and Eysenbach,
"Closing the Gap between TD Learning and Supervised Learning", 2024, https://arxiv.org/abs/2401.11237, in the authors'
code `MinariEpisodicDataset` in `utils/data.py` with `augment_data=False`.

    min  -log p(a_t | s_t, g),   g uniform over s_{t+1}, .., s_L

**Differs from the paper**: 1. cross-entropy over five actions instead of squared error. 2. Gradients aren't clipped.

**Shapes**: b pieces, S states, G goals, A actions.
"""

import jax

from toybench import Method
from toybench.blocks.random import uniforms
from toybench.methods.goal_reaching._goals import RATES, State, begin, clone, descend, everywhere, later, start
from toybench.tasks.goal_reaching import Pieces


class GCBC(Method):
    """Clones actions with goals of their own future."""

    lr: float = 0.01  # learning rate of Adam, above 0

    space = {"lr": RATES}

    def init(self, key: jax.Array) -> State:
        return begin(start(key, self.spec, {"policy": self.spec.actions}), (), self.lr, self.steps)

    def update(self, state: State, batch: Pieces, key: jax.Array) -> State:
        moves = later(batch, uniforms(key, u=(len(batch.s), 2))["u"])
        gradient = jax.grad(lambda params: clone(self.spec, params["policy"], moves))(state.params)
        return descend(state, gradient, self.lr, self.steps)

    def goal_policy(self, state: State) -> jax.Array:
        return everywhere(self.spec, state.params["policy"])
