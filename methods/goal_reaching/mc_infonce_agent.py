"""Contrastive reinforcement learning: a critic that knows a piece's future from others', and a policy that climbs it.

**Source**: Eysenbach, Zhang, Levine and Salakhutdinov, "Contrastive Learning as Goal-Conditioned Reinforcement
Learning", 2022, https://arxiv.org/abs/2206.07568 (from memory); the Monte-Carlo baseline of Zheng, Salakhutdinov and
Eysenbach, 2024, https://arxiv.org/abs/2310.20141, whose code's policy loss is `actor_loss` in `td_infonce/learning.py`.

    critic  CE(i; f(s_i, a_i; g_j)),   g_i = s_{t+k} of the same piece with chance in proportion to discount^k
    policy  (1 - bc) CE(i; f(s_i, a; g_j)) for a ~ p(. | s_i, g_i)  -  bc log p(a_i | s_i, g_i)

**Differs from the paper**: 1. five actions: expectations over them instead of a draw. 2. One critic. 3. The policy's
goals are those of `td_infonce_agent`. 4. k is uniform up to the end of the piece: at discount 0.95 and 4 moves the
chances differ by a seventh at most.

**Shapes**: b pieces, S states, G goals, A actions, k numbers of a representation.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.random import uniforms
from toybench.methods.goal_reaching._goals import (
    RATES,
    State,
    actor_loss,
    apply,
    begin,
    descend,
    everywhere,
    later,
    mixed,
    start,
)
from toybench.tasks.goal_reaching import Pieces

SIZE = 16  # numbers of a representation


class MCInfoNCEAgent(Method):
    """Networks of moves, of futures and of a policy."""

    lr: float = 0.01  # learning rate of Adam, above 0
    bc: float = 0.2  # share of cloning in the policy's loss, 0 to 1

    space = {"lr": RATES, "bc": (0.2, 0.5, 0.8)}

    def init(self, key: jax.Array) -> State:
        outputs = {"moves": self.spec.actions * SIZE, "future": SIZE, "policy": self.spec.actions}
        return begin(start(key, self.spec, outputs), (), self.lr, self.steps)

    def of_moves(self, params: Any, s: jax.Array) -> jax.Array:
        """Representations [b, A, k] of every action in states s."""
        return apply(self.spec, params["moves"], s, s).reshape(len(s), self.spec.actions, SIZE)

    def of_futures(self, params: Any, future: jax.Array) -> jax.Array:
        """Representations [b, k] of future states."""
        return apply(self.spec, params["future"], future, future)

    def update(self, state: State, batch: Pieces, key: jax.Array) -> State:
        drawn = uniforms(key, moves=(len(batch.s), 4))
        acts = mixed(batch, drawn["moves"])
        moves = later(batch, drawn["moves"][:, :2])

        def loss(params: Any) -> jax.Array:
            own = jnp.arange(len(moves.s))
            done = self.of_moves(params, moves.s)[own, moves.a]
            near = done @ self.of_futures(params, moves.g).T
            critic = -jnp.diagonal(jax.nn.log_softmax(near)).mean()
            futures = self.of_futures(params, acts.g)
            logits = jnp.einsum("iak,jk->iaj", self.of_moves(params, acts.s), futures)
            gain = jax.nn.log_softmax(logits)[own, :, own]
            return critic + actor_loss(self.spec, params["policy"], gain, acts, self.bc)

        return descend(state, jax.grad(loss)(state.params), self.lr, self.steps)

    def goal_policy(self, state: State) -> jax.Array:
        return everywhere(self.spec, state.params["policy"])
