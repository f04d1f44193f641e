"""Adaptive return-conditioned policy whose encoder has an adapter that was fitted to the demonstrations (ARP+).

**Source**: Kim, Seo, Liu, Lee, Shin, Lee and Lee, "Guide Your Agent with Adaptive Multimodal Rewards", 2023,
https://arxiv.org/abs/2309.10790: the authors' code (csmile-1006/ARP), `clip_adapter.py` and
`action_finetune_data_procgen.py`; the policy as in `arp`.

    score = scale cos(M encoded view, encoded instruction)
    M: least (1 - gamma) mean (-score(s_0)) + log mean exp(score(s_t) - r_t - gamma score(s_{t+1}))

where r_t is 0 if s_{t+1} is the demonstration's last cell, and -1 before.

**Differs from the paper**: 1. as in `arp`. 2. The adapter is one matrix, fitted in 100 steps on all demonstrations
before the policy; no adapter of the text, no loss of inverse dynamics.

**Shapes**: m demonstrations, n maps, H steps, e numbers of an embedding.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import optim
from toybench.methods.instructed_agents import _policy as policy
from toybench.tasks.instructed_agents import Batch, Scenes, meaning, seen_there

DISCOUNT = 0.98  # the authors' value
SCALE = 10.0  # of likenesses; CLIP's own is 100
ADAPTER_STEPS = 100  # of Adam
ADAPTER_RATE = 0.01  # of Adam


class State(NamedTuple):
    """Policy and optimiser, what the policy is told in demonstrations [m, H, k], and the encoder's adapter [e, e]."""

    params: Any
    adam: optax.OptState
    told: jax.Array
    adapter: jax.Array


class ARPTuned(Method):
    """A policy of view, instruction and adapted returns still to come."""

    lr: float = 0.01  # Adam's rate, decays to 0 by a cosine; the paper's is 0.0005
    target: float = 1.0  # share of the largest return of a demonstration

    paper = "kim2023guide"
    space = {"lr": (0.0005, 0.001, 0.003, 0.01), "target": (0.0, 0.5, 1.0)}

    def init(self, key: jax.Array) -> State:
        views, wish = policy.encoded(self.given, self.spec)
        s = self.given.demonstrations.s
        adapter = fitted(views, wish, s[:, 1:-1] == s[:, -1:])
        told = policy.recent_returns(policy.likeness(views @ adapter, wish))
        plain = policy.start_told(self, told, key)
        return State(params=plain.params, adam=plain.adam, told=told, adapter=adapter)

    def update(self, state: State, batch: Batch, key: jax.Array) -> State:
        return policy.clone_told(self, state, batch)

    def begin(self, state: State, scenes: Scenes) -> jax.Array:
        """Return still to come, and likenesses of the three steps before: none as yet."""
        return policy.hoped(state.told, self.target, len(scenes.start))

    def act(
        self, state: State, mind: jax.Array, scenes: Scenes, here: jax.Array, step: jax.Array
    ) -> tuple[jax.Array, jax.Array]:
        view = seen_there(self.given.encoder, scenes, here, self.spec) @ state.adapter
        now = policy.likeness(view, meaning(self.given.encoder, scenes.wanted))
        return policy.spent(mind, now, self.spec.horizon), policy.likeliest(self, state, scenes, here, mind)


def value_loss(adapter: jax.Array, views: jax.Array, wish: jax.Array, arrived: jax.Array) -> jax.Array:
    """The adapter's loss []: scores as values of states, of what is still to pay until a demonstration ends.

    Encoded views are [m, H, e], instructions [m, 1, e]; `arrived` bool [m, H - 1]: which steps end in the last cell.
    """
    score = SCALE * policy.likeness(views @ adapter, wish)
    reward = arrived.astype(score.dtype) - 1
    rise = jnp.exp(score[:, :-1] - reward - DISCOUNT * score[:, 1:])
    return -(1 - DISCOUNT) * score[:, 0].mean() + jnp.log(rise.mean())


def fitted(views: jax.Array, wish: jax.Array, arrived: jax.Array) -> jax.Array:
    """The adapter [e, e] after Adam on its loss, from the identity."""
    adam = optim.adam(ADAPTER_RATE, ADAPTER_STEPS)
    adapter = jnp.eye(views.shape[-1])

    def step(_: jax.Array, now: tuple[jax.Array, optax.OptState]) -> tuple[jax.Array, optax.OptState]:
        return optim.descend(adam, jax.grad(value_loss)(now[0], views, wish, arrived), now[1], now[0])

    return jax.lax.fori_loop(0, ADAPTER_STEPS, step, (adapter, adam.init(adapter)))[0]
