"""A pipelined network whose last layer reads the newest observation, and all other layers, beside its own.

**Source**: Anokhin et al., "Handling Delay in Real-Time Reinforcement Learning", 2025,
https://arxiv.org/abs/2503.23478; read in the authors' code: `nets/sac_nets.py` (`ActorSlowSkip`), `utils.py`
(`LastActionWrapper`, for `history`) and `nets/ppo_nets.py` (`ActorSlowSkipPPO`, which takes no last actions).

    h_1(t) = relu(W_1 o(t)),   h_l(t) = relu(W_l h_{l-1}(t - 1))
    u(t + 1) = tanh(w [o(t), h_1(t - 1), ..., h_L(t - 1)])

The shortest way from an observation to a control takes one step, the longest takes all layers.

**Differs from the paper**: as for `pipeline`. The release has two more wirings, with the observation in every layer and
with residual paths inside; this one is its plainest.

**Shapes**: n runs, w width, o numbers of an observation.
"""

import jax

from toybench.methods.delayed_control._layers import WIDTH, Pipelined, joined

HIDDEN = 3  # hidden layers; with the last one there are four


class Skip(Pipelined):
    """Fast and simple where it can be, slow and deep where it must be."""

    paper = "anokhin2025handling"

    history: bool = True  # whether layers read the last actions

    def widths(self) -> tuple[int, ...]:
        return (WIDTH,) * HIDDEN

    def reads(self, obs: jax.Array, hidden: tuple[jax.Array, ...], actions: jax.Array) -> tuple[jax.Array, ...]:
        chain = (obs, *hidden[:-1], joined(obs, *hidden))
        return tuple(joined(x, actions) for x in chain) if self.history else chain
