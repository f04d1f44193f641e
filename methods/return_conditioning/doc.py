"""Dichotomy of control: a code of the future that helps to predict actions and returns, but holds nothing of luck.

**Source**: Yang, Schuurmans, Abbeel and Nachum, "Dichotomy of Control: Separating What You Can Control from What You
Cannot", 2022, https://arxiv.org/abs/2210.13435: the authors' code `models/tabular_sdt.py` and
`models/stochastic_decision_transformer.py` with its trainer (google-research/dichotomy_of_control).

    min over q, pi, V of max over omega
        E_q(z | episode) [-log pi(a | s, z) - log V(R | z) + weight sum_y (omega(y) - log E exp omega)]

for the reward y = r and the next state y = s', omega of (s, a, z) too, the inner mean over p(y | s, a).

**Differs from the paper**: 1. in the released code one step of Adam goes down in everything, so that the code helps the
energy; here the energy goes up, as in a bound of the information. 2. The inner mean is over counted p(y | s, a) instead
of the rewards of the data (tabular) or of the batch (neural). 3. Expectations over six codes instead of
straight-through samples. 4. A code is of a whole episode, read by a network. 5. Policy and value are networks instead
of tables. 6. The best code is chosen by its mean return among codes with 1 % of the episodes or more, as draws from the
prior would; the tabular code has no prior. 7. No term pulls q to the prior. 8. The mean of the energy is over steps,
its weight is tuned.

**Shapes**: b episodes, Z codes.
"""

import jax

from toybench.methods.return_conditioning._latent import LatentPolicy, Losses, cloned_prior


class DoC(LatentPolicy):
    """The code says what helps to predict actions and returns, and pays for what it says of luck."""

    weight: float = 5.0  # of the information about luck, 0 or more; 1 in the authors' code

    paper = "yang2022dichotomy"
    space = {"weight": (1.0, 5.0, 20.0), "lr": (0.001, 0.003, 0.01, 0.03)}

    def objective(self, losses: Losses) -> jax.Array:
        return losses.expect(losses.action + losses.value + self.weight * losses.luck) + cloned_prior(losses)
