"""The neural acquisition process without its auxiliary task: reinforcement learning alone.

**Source**: ablation of Maraval, Zimmer, Grosnit and Bou Ammar, "End-to-End Meta-Bayesian Optimisation with Transformer
Neural Processes", 2023, https://arxiv.org/abs/2305.15930 (NAP without the supervised loss).

    loss = policy loss of the acquisition head

**Differs from the paper**: 1. as for `nap`.

**Shapes**: b curves, k grid points.
"""

from toybench.methods.bandits.nap import NAP


class NAPRLOnly(NAP):
    """The same network, the same curves, the same number of updates."""

    likelihood: float = 0.0  # weight of the negative log likelihood: none

    paper = None
