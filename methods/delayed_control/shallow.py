"""A network of one or two layers, whose control is one or two steps old; with the last actions.

**Source**: the shallow end of Anokhin et al., "Handling Delay in Real-Time Reinforcement Learning", 2025,
https://arxiv.org/abs/2503.23478 (abstract: few layers are fast and can express little); the agent of
one layer read in the authors' code, `nets/sac_nets.py` (`ActorSlowLinear`).

**Differs from the paper**: 1. two layers have as many parameters as `skip` here, in one wide layer; the pipeline
without history has a fifth fewer. 2. as for `pipeline`. 3. the release's agent of one layer has no bias.

**Shapes**: n runs, w width, o numbers of an observation.
"""

import jax

from toybench.methods.delayed_control._layers import Pipelined, joined

WIDE = 136  # of the one hidden layer: 1,800 parameters, as many as `skip` has


class Shallow(Pipelined):
    """Quick, and simple."""

    layers: int = 2  # 1: no hidden layer

    def widths(self) -> tuple[int, ...]:
        return (WIDE,) * (self.layers - 1)

    def reads(self, obs: jax.Array, hidden: tuple[jax.Array, ...], actions: jax.Array) -> tuple[jax.Array, ...]:
        return tuple(joined(x, actions) for x in (obs, *hidden))
