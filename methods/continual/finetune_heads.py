"""Trains a shared trunk and the current task's own head, with nothing done against forgetting.

**Source**: baseline of von Oswald, Henning, Grewe and Sacramento, "Continual learning with hypernetworks", 2019,
https://arxiv.org/abs/1906.00695 (fine-tuning, multi-head).

    min_w  mean_b (f(x, t; w) - y)^2      t the current task

**Differs from the paper**: 1. heads a task, so that the given identity is used as other methods use it. 2. tanh units
and a learning rate that decays within every task.

**Shapes**: b batch, t tasks.
"""

from toybench.methods.continual._task_networks import TaskNetwork


class FinetuneHeads(TaskNetwork):
    """The network of the other methods, alone."""
