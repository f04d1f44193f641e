"""Policy and value given a code of the episode's future, with nothing that keeps luck out of the code.

**Source**: the ablation of Yang, Schuurmans, Abbeel and Nachum, "Dichotomy of Control: Separating What You Can Control
from What You Cannot", 2022, https://arxiv.org/abs/2210.13435: the authors' code `models/tabular_sdt.py`
(google-research/dichotomy_of_control) with `energy_weight` 0.

    L = E_q(z | episode) [-log pi(a | s, z) - log V(R | z)]

**Differs from the paper**: 1. expectations over six codes instead of straight-through samples. 2. A code is of a whole
episode, read by a network; the authors' tabular code has one step. 3. Policy and value are networks instead of tables.
4. The best code is chosen by its mean return among codes with 1 % of the episodes or more; the tabular code takes any
code with the largest chance of the top return.

**Shapes**: b episodes, Z codes.
"""

import jax

from toybench.methods.return_conditioning._latent import LatentPolicy, Losses, cloned_prior


class FutureVAE(LatentPolicy):
    """The code says what helps to predict actions and returns."""

    paper = "yang2022dichotomy"
    space = {"lr": (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1)}

    def objective(self, losses: Losses) -> jax.Array:
        return losses.expect(losses.action + losses.value) + cloned_prior(losses)
