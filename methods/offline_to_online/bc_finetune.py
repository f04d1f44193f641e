"""Imitates the records, and then its own walks, the more the more they earned; nothing says where a walk will lead.

**Source**: the ablation without futures (`mask_future`) of Xie, Lin, Ye, Fu, Yang and Li, "Future-conditioned
Unsupervised Pretraining for Decision Transformer", 2023, https://arxiv.org/abs/2305.16683; the authors' code, `forward`
of the decision transformer and `online_tuning` in `main.py`.

    loss = -log pi(a | s), of records;  with rewards, of own walks drawn with weights (return above the worst)^power

**Differs from the paper**: 1. as `pdt`, 1, 2, 5 and 6. 2. the power is tuned; the authors draw by the return itself.

**Shapes**: b items, n places, a actions.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import optim
from toybench.blocks.nn import MLP, init
from toybench.blocks.random import uniforms
from toybench.methods.offline_to_online import _walks as parts
from toybench.methods.offline_to_online._walks import Items, State
from toybench.tasks.offline_to_online import Played


class BCFinetune(Method):
    """One policy, of the place alone."""

    lr: float = 0.001  # learning rate, above 0
    power: float = 4.0  # of what a walk earned, in its weight, 0 or more; 1 in the authors' code

    space = {"lr": (0.0003, 0.001, 0.003), "power": (1.0, 4.0, 16.0, 64.0)}

    @property
    def network(self) -> MLP:
        return MLP((parts.WIDTH, parts.WIDTH, self.spec.actions))

    def init(self, key: jax.Array) -> State:
        params = init(self.network, key, jnp.zeros((1, 2)))
        own = parts.no_walks(self.spec, self.steps)
        return State(params=params, adam=optim.adam(self.lr).init(params), own=own)

    def update(self, state: State, batch: Played, key: jax.Array) -> State:
        state = state._replace(own=parts.remembered(state.own, batch))
        records = parts.recorded_walks(self.given, told=False)
        walks = parts.both(records, state.own.items)
        pay = parts.standing(state.own) ** self.power
        weight = jnp.concatenate([jnp.ones(len(records.a)) * (1 - batch.online), pay * batch.online])
        size = (self.spec.updates, parts.BATCH)

        def draw(row: dict[str, jax.Array]) -> Items:
            return parts.drawn_items(walks, weight, row["which"], row["when"], 1)

        def loss(params: Any, items: Items, row: dict[str, jax.Array]) -> jax.Array:
            return -parts.log_chance(self.network.apply(params, items.x), items.a).mean()

        return parts.descend(loss, draw, self.lr, state, uniforms(key, which=size, when=size))

    def act(self, state: State, x: jax.Array, earned: jax.Array, key: jax.Array) -> jax.Array:
        return parts.sampled(self.network.apply(state.params, x), jax.random.uniform(key, (len(x),)))
