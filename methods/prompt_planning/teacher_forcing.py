"""Next-token prediction: every node of a path is learned with the true nodes before it.

**Source**: Bachmann and Nagarajan, "The pitfalls of next-token prediction", 2024, https://arxiv.org/abs/2403.06963; the
authors' code, github.com/gregorbachmann/Next-Token-Failures: `data/graphs.py` and `train.py`.

    loss = -mean_i log p(v_i | graph, start, goal, v_1, ..., v_{i-1})

**Differs from the paper**: 1. an edge is one token, the sum of its two nodes' vectors, and edges have no order and see
one another; in the paper a text of all nodes is read from left to right. 2. two blocks of width 32 instead of six of
240 and more. 3. arms of three nodes and 12 names; the script's default has four nodes and 50 names. 4. fresh graphs,
batches of 32 and 700 updates, instead of 100 epochs of 200,000 graphs in batches of 64. 5. Adam's rate is tuned and
decays to 0, without warm-up.

**Shapes**: b prompts, p nodes of a path.
"""

from typing import Any

import jax

from toybench import Method
from toybench.methods.prompt_planning import _network as network
from toybench.methods.prompt_planning._network import State
from toybench.tasks.prompt_planning import Batch, Prompt


class TeacherForcing(Method):
    """Reads its own nodes when it writes, and true ones when it learns."""

    lr: float = 0.003  # of Adam at the start; 5e-4 in the authors' script

    paper = "bachmann2024pitfalls"
    space = {"lr": (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)}

    def init(self, key: jax.Array) -> State:
        return network.start(self.spec, key, self.lr, self.steps)

    def update(self, state: State, batch: Batch, key: jax.Array) -> State:
        def loss(params: Any) -> jax.Array:
            return network.forced_loss(self.spec, params, batch)

        return network.descend(state, loss, self.lr, self.steps)

    def write(self, state: State, prompt: Prompt) -> jax.Array:
        return network.written(self.spec, state.params, prompt)

    def go_on(self, state: State, prompt: Prompt, path: jax.Array) -> jax.Array:
        return network.forced_logits(self.spec, state.params, prompt, path).argmax(2)
