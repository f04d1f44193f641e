"""Next-token prediction of the path written backwards, from the goal to the first step.

**Source**: Bachmann and Nagarajan, "The pitfalls of next-token prediction", 2024, https://arxiv.org/abs/2403.06963; the
authors' code, github.com/gregorbachmann/Next-Token-Failures: the flag `reverse` in `data/graphs.py` and `train.py`.

    loss = -mean_i log p(v_i | graph, start, goal, v_p, ..., v_{i+1})

**Differs from the paper**: 1. to 5. of `teacher_forcing`. 6. the start, which the authors' text repeats at the end, is
left out.

**Shapes**: b prompts, p nodes of a path.
"""

from typing import Any

import jax

from toybench import Method
from toybench.methods.prompt_planning import _network as network
from toybench.methods.prompt_planning._network import State
from toybench.tasks.prompt_planning import Batch, Prompt


class ReversedTargets(Method):
    """Each node is one look-up behind the one written before it."""

    lr: float = 0.003  # of Adam at the start; 5e-4 in the authors' script

    paper = "bachmann2024pitfalls"
    space = {"lr": (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)}

    def init(self, key: jax.Array) -> State:
        return network.start(self.spec, key, self.lr, self.steps)

    def update(self, state: State, batch: Batch, key: jax.Array) -> State:
        backwards = batch._replace(path=batch.path[:, ::-1])

        def loss(params: Any) -> jax.Array:
            return network.forced_loss(self.spec, params, backwards)

        return network.descend(state, loss, self.lr, self.steps)

    def write(self, state: State, prompt: Prompt) -> jax.Array:
        return network.written(self.spec, state.params, prompt)[:, ::-1]

    def go_on(self, state: State, prompt: Prompt, path: jax.Array) -> jax.Array:
        """It writes the nodes before a place after it, so it can't be given them."""
        return self.write(state, prompt)
