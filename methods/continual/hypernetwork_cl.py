"""A hypernetwork generates each task's network from an embedding, and is held to its former outputs.

**Source**: von Oswald, Henning, Grewe and Sacramento, "Continual learning with hypernetworks", 2019,
https://arxiv.org/abs/1906.00695, equation 2.

    w_t = h(e_t; theta)
    L = L_task(w_t) + beta / (t - 1) sum_{j<t} |h(e_j; theta*) - h(e_j; theta + dtheta)|^2

theta* are the weights before the task, dtheta the step that Adam would take on the task's loss alone.

**Differs from the paper**: 1. tanh instead of sigmoid units, and a rate that decays within every task. 2. former
embeddings stay fixed, as in the authors' default. 3. no gradient through dtheta, as in the authors' default.

**Shapes**: b batch, t tasks, e embedding, w weights of the target network.
"""

from typing import Any

import jax

from toybench.methods.continual._hypernetwork import Hypernetwork
from toybench.methods.continual._task_networks import dense, layers


class HypernetworkCL(Hypernetwork):
    """All weights of a task's network are one output."""

    paper = "oswald2019continual"

    @property
    def widths(self) -> tuple[int, ...]:
        return (self.embedding, self.width, self.width, self.target_weights)

    def network(self, key: jax.Array) -> Any:
        a, b = jax.random.split(key)
        return {
            "tasks": jax.random.normal(a, (self.spec.tasks, self.embedding)),
            "hyper": dense(b, self.widths),
        }

    def generate(self, params: Any, embeddings: jax.Array) -> jax.Array:
        return layers(self.widths, embeddings, params["hyper"])
