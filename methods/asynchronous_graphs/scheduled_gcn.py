"""Deep graph convolutional network that is trained by random schedules, as it is used.

**Source**: none: a control of Solodova, Richardson, Oktay and Adams, "Graph Neural Networks Gone Hogwild", 2024,
https://arxiv.org/abs/2407.00494, that one of its reviewers asked for.

    the network of `gcn[waits=false]`;    its loss is that of the states after a run by a fresh random schedule

**Differs from the paper**: the paper doesn't have it.

**Shapes**: b graphs, n nodes.
"""

import jax

from toybench.methods.asynchronous_graphs._network import DEEP_RATES, DeepCell, GraphNetwork, State, scheduled
from toybench.tasks.asynchronous_graphs import Batch, Graphs, Schedule


class ScheduledGCN(GraphNetwork):
    """Sees a new order of updates, and new delays, at every step."""

    space = {"lr": DEEP_RATES}

    @property
    def cell(self) -> DeepCell:
        return DeepCell(width=self.spec.width, layers=self.spec.nodes)

    def update(self, state: State, batch: Batch, key: jax.Array) -> State:
        return self.learn(state, batch, scheduled(batch.schedule))

    def predict(self, state: State, graphs: Graphs, schedule: Schedule) -> jax.Array:
        return self.answers(state.params, graphs, scheduled(schedule))
