"""All nodes of a path predicted at once: dummies stand where teacher forcing shows the true nodes.

**Source**: Bachmann and Nagarajan, "The pitfalls of next-token prediction", 2024, https://arxiv.org/abs/2403.06963; the
authors' code, github.com/gregorbachmann/Next-Token-Failures: `teacherless_token` in `data/graphs.py` and `train.py`.

    loss = -mean_i log p(v_i | graph, start, goal, $, ..., $),   i - 1 dummies

**Differs from the paper**: 1. to 5. of `teacher_forcing`. 6. nodes are written from dummies too, as in training; the
authors' evaluation feeds back what was written. 7. with `slots=open` the dummies see one another, which is ours: a
node can then be looked up from the one behind it.

**Shapes**: b prompts, p nodes of a path.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.decode import token_nll
from toybench.methods.prompt_planning import _network as network
from toybench.methods.prompt_planning._network import State
from toybench.tasks.prompt_planning import Batch, Prompt


class Teacherless(Method):
    """No node is read while a path is learned or written."""

    lr: float = 0.003  # of Adam at the start; 5e-4 in the authors' script
    slots: str = "causal"  # causal: a dummy sees those before it, as in the paper; open: it sees all

    paper = "bachmann2024pitfalls"
    space = {"lr": (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)}

    def init(self, key: jax.Array) -> State:
        return network.start(self.spec, key, self.lr, self.steps)

    def logits(self, params: Any, prompt: Prompt) -> jax.Array:
        """Logits [b, p, v + 1] of all nodes."""
        spec = self.spec
        dummies = network.dummy_tokens(spec, len(prompt.ends))
        tokens = jnp.concatenate([network.prompt_tokens(spec, prompt), dummies], axis=1)
        sees = network.mask(spec, slots_see_one_another=self.slots == "open")
        logits, _ = network.network(spec).apply(params, tokens, sees)
        return logits[:, spec.edges : -1]

    def update(self, state: State, batch: Batch, key: jax.Array) -> State:
        def loss(params: Any) -> jax.Array:
            return token_nll(self.logits(params, batch.prompt), batch.path).mean()

        return network.descend(state, loss, self.lr, self.steps)

    def write(self, state: State, prompt: Prompt) -> jax.Array:
        return self.logits(state.params, prompt).argmax(2)

    def go_on(self, state: State, prompt: Prompt, path: jax.Array) -> jax.Array:
        """It reads no nodes."""
        return self.write(state, prompt)
