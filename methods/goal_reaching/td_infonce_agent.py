"""Goal reaching by temporal-difference InfoNCE: a critic of where a goal's policy leads, and a policy that climbs it.

**Source**: Zheng, Salakhutdinov and Eysenbach, "Contrastive Difference Predictive Coding", 2024,
https://arxiv.org/abs/2310.20141; the authors' code, `critic_loss` and `actor_loss` in `td_infonce/learning.py`, offline
values in `lp_td_infonce.py`.

    w_ij = E_{a ~ p(. | s1_i, g_i)} softmax_j f^(s1_i, a, g_i; r_j),   r: the batch's goals, moved on by one row
    critic  (1 - discount) CE(i; f(s_i, a_i, g_i; s1_j)) + discount CE(w_i; f(s_i, a_i, g_i; r_j))
    policy  (1 - bc) CE(i; f(s_i, a, g_i; g_j)) for a ~ p(. | s_i, g_i)  -  bc log p(a_i | s_i, g_i)

f is an inner product of a network of s, a, g and one of the future state; CE is a cross-entropy of a softmax over j.

**Differs from the paper**: 1. five actions: expectations over them instead of a draw. 2. One critic instead of the
lesser of two, its representations not scaled to norm 1. 3. The critic's goals are other pieces' states, as in the
paper; the policy's are, by half, states of the same piece's future too, where the authors take only these offline.

**Shapes**: b pieces, S states, G goals, A actions, k numbers of a representation.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.random import uniforms
from toybench.blocks.rl import track
from toybench.methods.goal_reaching._goals import (
    RATES,
    Examples,
    State,
    actor_loss,
    apply,
    begin,
    descend,
    everywhere,
    mixed,
    start,
)
from toybench.tasks.goal_reaching import Pieces

SIZE = 16  # numbers of a representation, as in the authors' code


class TDInfoNCEAgent(Method):
    """Networks of moves, of futures and of a policy."""

    lr: float = 0.01  # learning rate of Adam, above 0; 3e-4 and 5e-5 in the authors' code
    bc: float = 0.2  # share of cloning in the policy's loss, 0 to 1; 0.2 in the authors' code
    rate: float = 0.1  # of the slow copy a step, 0 to 1; 0.005 in the authors' code, of many more steps

    paper = "zheng2023contrastive"
    space = {"lr": RATES, "bc": (0.2, 0.5, 0.8)}

    def init(self, key: jax.Array) -> State:
        outputs = {"moves": self.spec.actions * SIZE, "future": SIZE, "policy": self.spec.actions}
        params = start(key, self.spec, outputs)
        return begin(params, {"moves": params["moves"], "future": params["future"]}, self.lr, self.steps)

    def of_moves(self, params: Any, s: jax.Array, g: jax.Array) -> jax.Array:
        """Representations [b, A, k] of every action in states s with goals g."""
        return apply(self.spec, params["moves"], s, g).reshape(len(s), self.spec.actions, SIZE)

    def of_futures(self, params: Any, future: jax.Array) -> jax.Array:
        """Representations [b, k] of future states."""
        return apply(self.spec, params["future"], future, future)

    def critic_loss(self, params: Any, state: State, moves: Examples) -> jax.Array:
        """Both contrasts."""
        rows = jnp.arange(len(moves.s))
        others = jnp.roll(moves.g, -1)
        done = self.of_moves(params, moves.s, moves.g)[rows, moves.a]
        near = done @ self.of_futures(params, moves.s1).T
        far = done @ self.of_futures(params, others).T
        chances = jax.nn.softmax(apply(self.spec, state.params["policy"], moves.s1, moves.g))
        following = self.of_moves(state.target, moves.s1, moves.g)
        ahead = jax.nn.softmax(jnp.einsum("iak,jk->iaj", following, self.of_futures(state.target, others)))
        labels = jnp.einsum("ia,iaj->ij", chances, ahead)
        first = -jnp.diagonal(jax.nn.log_softmax(near)).mean()
        second = -(labels * jax.nn.log_softmax(far)).sum(-1).mean()
        return (1 - self.spec.discount) * first + self.spec.discount * second

    def update(self, state: State, batch: Pieces, key: jax.Array) -> State:
        drawn = uniforms(key, moves=(len(batch.s), 4))
        acts = mixed(batch, drawn["moves"])
        moves = mixed(batch, drawn["moves"].at[:, 3].set(1.0))

        def loss(params: Any) -> jax.Array:
            futures = self.of_futures(params, acts.g)
            logits = jnp.einsum("iak,jk->iaj", self.of_moves(params, acts.s, acts.g), futures)
            own = jnp.arange(len(acts.s))
            gain = jax.nn.log_softmax(logits)[own, :, own]
            return self.critic_loss(params, state, moves) + actor_loss(self.spec, params["policy"], gain, acts, self.bc)

        state = descend(state, jax.grad(loss)(state.params), self.lr, self.steps)
        networks = {"moves": state.params["moves"], "future": state.params["future"]}
        return state._replace(target=track(state.target, networks, self.rate))

    def goal_policy(self, state: State) -> jax.Array:
        return everywhere(self.spec, state.params["policy"])
