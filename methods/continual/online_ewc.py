"""Online EWC: one running Fisher information, tied to the weights after the latest session.

**Source**: Schwarz et al., "Progress & Compress: A scalable framework for continual learning", 2018,
https://arxiv.org/abs/1805.06370, section 3.1.

    loss = CE + strength / 2 sum_i F_i (w_i - w_latest,i)^2,   F <- gamma F + F_session

**Differs from the paper**: 1. one head for all classes.

**Shapes**: n examples of a session, c classes.
"""

from typing import Any

import jax

from toybench.methods.continual._incremental import Params, State
from toybench.methods.continual.ewc import EWC, Anchors
from toybench.tasks.continual import Session


class OnlineEWC(EWC):
    """Memory of one session's size, however many there were."""

    gamma: float = 0.9  # what is left of older information after a session; below 1 in the paper

    def carry(self, state: State, params: Params, session: Session, chosen: jax.Array, key: jax.Array) -> Any:
        new = self.information(params, session, key)
        fisher = jax.tree.map(lambda f, g: self.gamma * f + g, state.extra.fisher, new)
        return Anchors(fisher=fisher, pull=jax.tree.map(lambda f, w: f * w, fisher, params))
