"""A deep network whose layers work side by side: each observation takes one step a layer to become a control.

**Source**: Anokhin et al., "Handling Delay in Real-Time Reinforcement Learning", 2025,
https://arxiv.org/abs/2503.23478; read in the authors' code: `nets/sac_nets.py` (`ActorSlow`),
`nets/ppo_nets.py` (`ActorSlowPPO`, with `add_last_action`), `utils.py` (`LastActionWrapper`, for `history`).

    h_1(t) = relu(W_1 o(t)),   h_l(t) = relu(W_l h_{l-1}(t - 1)),   u(t + 1) = tanh(w h_L(t - 1))

**Differs from the paper**: 1. four dense layers of 24 units, as for MuJoCo (256 there); for pictures the release has
convolutions first. 2. trained by the gradient through a known plant, where the paper learns by PPO or SAC: the question
is the wiring. 3. `history` gives every layer the last four actions; the release shows a chosen number of them with the
observation (MuJoCo), or the last one to all dense layers (pictures).

**Shapes**: n runs, w width, o numbers of an observation.
"""

import jax

from toybench.methods.delayed_control._layers import WIDTH, Pipelined, joined

HIDDEN = 3  # hidden layers; with the last one there are four


class Pipeline(Pipelined):
    """High throughput, and a delay of as many steps as there are layers."""

    paper = "anokhin2025handling"

    history: bool = False  # whether layers read the last actions

    def widths(self) -> tuple[int, ...]:
        return (WIDTH,) * HIDDEN

    def reads(self, obs: jax.Array, hidden: tuple[jax.Array, ...], actions: jax.Array) -> tuple[jax.Array, ...]:
        chain = (obs, *hidden)
        return tuple(joined(x, actions) for x in chain) if self.history else chain
