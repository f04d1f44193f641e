"""Imitates walks by what they still earn, and asks for much; it is told the hidden rewards of the records.

**Source**: Zheng, Zhang and Grover, "Online Decision Transformer", 2022, https://arxiv.org/abs/2202.05607; from memory.
It stands for pretraining with rewards.

    loss = -log pi(a | s, return to go), of records, and later of own walks, too
    act: pi(a | s, target times the best return of the records, less what was earned)

**Differs from the paper**: 1. as `pdt`, 1, 2 and 6. 2. own walks join all records, each walk as often as another; there
the best walks of the records are replaced one by one. 3. the target is a factor of the best recorded return, tuned.

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


class ReturnConditioned(Method):
    """The one learner that sees the records' rewards."""

    lr: float = 0.01  # learning rate, above 0
    target: float = 1.0  # return that is asked for, in best returns of the records, above 0

    space = {"lr": (0.003, 0.01, 0.03, 0.1), "target": (0.7, 1.0, 1.3)}

    @property
    def network(self) -> MLP:
        return MLP((parts.WIDTH, parts.WIDTH, self.spec.actions))

    def init(self, key: jax.Array) -> State:
        params = init(self.network, key, jnp.zeros((1, 3)))
        own = parts.no_walks(self.spec, self.steps)
        return State(params=params, adam=optim.adam(self.lr).init(params), own=own)

    def logits(self, params: Any, x: jax.Array, togo: jax.Array) -> jax.Array:
        """Of the policy at places [b, 2], for returns to go [b], which are shown as shares of a full walk's: [b, a]."""
        return self.network.apply(params, jnp.concatenate([x, togo[:, None] / self.spec.length], axis=-1))

    def update(self, state: State, batch: Played, key: jax.Array) -> State:
        state = state._replace(own=parts.remembered(state.own, batch))
        records = parts.recorded_walks(self.given, told=True)
        walks = parts.both(records, state.own.items)
        weight = jnp.concatenate([jnp.ones(len(records.a)), parts.is_there(state.own)])
        size = (self.spec.updates, parts.BATCH)

        def draw(row: dict[str, jax.Array]) -> Items:
            return parts.drawn_items(walks, weight, row["which"], row["when"], 1)

        def loss(params: Any, items: Items, row: dict[str, jax.Array]) -> jax.Array:
            return -parts.log_chance(self.logits(params, items.x, items.togo), items.a).mean()

        return parts.descend(loss, draw, self.lr, state, uniforms(key, which=size, when=size))

    def act(self, state: State, x: jax.Array, earned: jax.Array, key: jax.Array) -> jax.Array:
        best = self.given.hidden.sum(-1).max()
        wish = jnp.maximum(self.target * best - earned, 0.0)
        return parts.sampled(self.logits(state.params, x, wish), jax.random.uniform(key, (len(x),)))
