"""Behaviour cloning with the return to go as an input, which is then asked for.

**Source**: Emmons, Eysenbach, Kostrikov and Levine, "RvS: What is Essential for Offline RL via Supervised Learning?",
2021, https://arxiv.org/abs/2112.10751 (RvS-R, from memory), and the baseline of Yang et al. (2022) in the authors' code
`models/tabular_dt.py` (google-research/dichotomy_of_control).

    L = -log pi(a | t, s, R),  R = r_t + ... + r_H;  acts by pi(. | t, s, target - collected)

**Differs from the paper**: 1. a network of two layers of 32 units, on one-hot states, where the baseline of Yang et al.
has a table of the returns 0 and 1. 2. The target is a share of the largest recorded return; what is left of it is never
below 0.

**Shapes**: b episodes, H steps, S states, A actions, C returns.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import nn, optim
from toybench.methods.return_conditioning._rows import RATES, State, row_network
from toybench.tasks.return_conditioning import Episodes, everywhere, place, played, steps_of, to_go, wanted


class ReturnConditioned(Method):
    """pi(a | t, s, R), asked for a target."""

    lr: float = 0.003  # Adam's rate, decays to 0 by a cosine
    target: float = 1.0  # what is asked for, over the largest recorded return, above 0

    space = {"lr": RATES, "target": (0.8, 1.0, 1.2)}

    def init(self, key: jax.Array) -> State:
        params = nn.init(row_network(self.spec.actions), key, jnp.zeros((1, self.spec.states + 2)))
        return State(params=params, adam=optim.adam(self.lr, self.steps).init(params))

    def update(self, state: State, batch: Episodes, key: jax.Array) -> State:
        s = batch.s[:, :-1]
        seen = self.features(place(self.spec, steps_of(s), s), to_go(batch.units))

        def loss(params: nn.MLP) -> jax.Array:
            acts = jax.nn.log_softmax(row_network(self.spec.actions).apply(params, seen), -1)
            return -jnp.take_along_axis(acts, batch.a[..., None], -1).mean()

        params, adam = optim.descend(
            optim.adam(self.lr, self.steps), jax.grad(loss)(state.params), state.adam, state.params
        )
        return State(params=params, adam=adam)

    def features(self, places: jax.Array, returns: jax.Array) -> jax.Array:
        """The network's input [..., S + 2]: place [..., S + 1], return to go int32 [...] as a share of the horizon."""
        return jnp.concatenate([places, (returns.astype(jnp.float32) / self.spec.horizon)[..., None]], -1)

    def asked(self, state: State, target: jax.Array) -> jax.Array:
        """The policy [H, S, C, A] when what is left of a return [] is asked for."""
        left = wanted(self.spec, target)
        places = everywhere(self.spec)[:, :, None]
        size = (*places.shape[:2], left.shape[0])
        seen = self.features(
            jnp.broadcast_to(places, (*size, places.shape[-1])), jnp.broadcast_to(left[None, None], size)
        )
        law = jax.nn.softmax(row_network(self.spec.actions).apply(state.params, seen), -1)
        return played(self.spec, law)

    def goal(self) -> jax.Array:
        """The return that is asked for: float []."""
        return self.target * self.given.units.sum(-1).max().astype(jnp.float32)

    def policy(self, state: State) -> jax.Array:
        return self.asked(state, jnp.round(self.goal()).astype(jnp.int32))

    def boldest_policy(self, state: State) -> jax.Array:
        return self.asked(state, jnp.asarray(self.spec.levels - 1))

    def claimed(self, state: State) -> jax.Array:
        return jnp.round(self.goal())
