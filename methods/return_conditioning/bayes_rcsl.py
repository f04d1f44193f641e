"""Bayesian reparameterised reward-conditioned learning: one table of logits for action and return, asked by quantile.

**Source**: Ding, Che, Zhao and Pavone, "Bayesian Reparameterization of Reward-Conditioned Reinforcement Learning with
Energy-based Models", 2023, https://arxiv.org/abs/2305.11340: the authors' code
(GilgameshD/Bayesian-RCRL), `DiscreteBayesianQFunction` in `bayesian_q_function.py` and `_predict_best_action` in
`bayesian_dqn_impl.py`.

    p(a | s) ~ sum_R exp l(s, a, R),  p(R | s, a) ~ exp l(s, a, R)
    L = -log p(a | s) + KL(law of r + R', R' ~ sum_a' p(a' | s') p_target(R' | s', a'), to p(R | s, a))
    acts by the largest p(a | s, R >= c), c the largest return with p(R >= c | s) >= top

**Differs from the paper**: 1. p(a' | s') is the head's own marginal instead of a network cloned before. 2. Returns are
whole numbers and the step is an input, so that there is a bin for each return and no discount. 3. The target
network follows by Polyak averages instead of copies. 4. `returns=mc`: the law of the recorded return instead of the
target's. 5. The boldest policy asks for the single return C - 1 - collected.

**Shapes**: b episodes, H steps, S states, A actions, C returns.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import nn, optim, rl
from toybench.methods.return_conditioning._rows import RATES, row_network
from toybench.tasks.return_conditioning import Episodes, everywhere, place, played, steps_of, to_go, wanted


class State(NamedTuple):
    """Parameters, the slow copy of them that targets come from, and the optimiser's state."""

    params: Any
    slow: Any
    adam: optax.OptState


class BayesRCSL(Method):
    """Prior over actions times likelihood of returns, in one head."""

    lr: float = 0.003  # Adam's rate, decays to 0 by a cosine
    top: float = 0.1  # share of p(R | s) that is asked for, 0 (the largest bin alone) to 1; 0.1 in the authors' scripts
    rate: float = 0.05  # of the slow copy, 0 to 1
    returns: str = "td"  # td: returns by the Bellman law of the data; mc: as they were recorded

    paper = "ding2023bayesian"
    space = {"lr": RATES, "top": (0.03, 0.1, 0.3)}

    def init(self, key: jax.Array) -> State:
        params = nn.init(self.head(), key, jnp.zeros((1, self.spec.states + 1)))
        return State(params=params, slow=params, adam=optim.adam(self.lr, self.steps).init(params))

    def update(self, state: State, batch: Episodes, key: jax.Array) -> State:
        t = steps_of(batch.a)
        law = self.recorded(batch) if self.returns == "mc" else self.bootstrapped(state.slow, batch)

        def loss(params: Any) -> jax.Array:
            logits = self.logits(params, place(self.spec, t, batch.s[:, :-1]))
            acts = jax.nn.log_softmax(jax.nn.logsumexp(logits, -1), -1)
            chosen = jnp.take_along_axis(logits, batch.a[..., None, None], -2)[..., 0, :]
            fit = (law * jax.nn.log_softmax(chosen, -1)).sum(-1)
            return -(jnp.take_along_axis(acts, batch.a[..., None], -1)[..., 0] + fit).mean()

        adam = optim.adam(self.lr, self.steps)
        params, moments = optim.descend(adam, jax.grad(loss)(state.params), state.adam, state.params)
        return State(params=params, slow=rl.track(state.slow, params, self.rate), adam=moments)

    def head(self) -> nn.MLP:
        """The network from a place to its table of actions and returns."""
        return row_network(self.spec.actions * self.spec.levels)

    def logits(self, params: Any, places: jax.Array) -> jax.Array:
        """l [..., A, C] at places [..., S + 1]."""
        out = self.head().apply(params, places)
        return out.reshape(*places.shape[:-1], self.spec.actions, self.spec.levels)

    def recorded(self, batch: Episodes) -> jax.Array:
        """The law [b, H, C] of the returns to go that were recorded: certain."""
        return jax.nn.one_hot(to_go(batch.units), self.spec.levels)

    def bootstrapped(self, slow: Any, batch: Episodes) -> jax.Array:
        """The law [b, H, C] of the reward and what the data policy gets from the next state on; nothing at the end."""
        logits = self.logits(slow, place(self.spec, steps_of(batch.a) + 1, batch.s[:, 1:]))
        ahead = jax.nn.softmax(logits.reshape(*batch.a.shape, -1), -1).reshape(logits.shape).sum(-2)
        last = steps_of(batch.a) == self.spec.horizon - 1
        law = jnp.where(last[..., None], jax.nn.one_hot(0, self.spec.levels), ahead)
        atoms = jnp.arange(self.spec.levels, dtype=jnp.float32)
        shifted = atoms[None, None] + batch.units[..., None].astype(jnp.float32)
        return rl.categorical_projection(atoms, shifted, law)

    def chosen(self, logits: jax.Array, asked: jax.Array) -> jax.Array:
        """Chances [..., A] of actions given one of the returns asked for, bool [..., C], from logits [..., A, C]."""
        law = jax.nn.softmax(jax.nn.logsumexp(logits, -1, where=asked[..., None, :]), -1)
        return played(self.spec, law)

    def plausible(self, logits: jax.Array) -> jax.Array:
        """The largest returns that hold a share `top` of p(R | s): bool [..., C]."""
        chance = jax.nn.softmax(logits.reshape(*logits.shape[:-2], -1), -1).reshape(logits.shape).sum(-2)
        above = jnp.cumsum(chance[..., ::-1], -1)[..., ::-1] - chance
        return (above < self.top).at[..., -1].set(True)

    def policy(self, state: State) -> jax.Array:
        logits = self.logits(state.params, everywhere(self.spec))
        acts = self.chosen(logits, self.plausible(logits))[:, :, None]
        return jnp.broadcast_to(acts, (*acts.shape[:2], self.spec.levels, self.spec.actions))

    def boldest_policy(self, state: State) -> jax.Array:
        left = wanted(self.spec, jnp.asarray(self.spec.levels - 1))
        single = left[:, None] == jnp.arange(self.spec.levels)[None]
        logits = self.logits(state.params, everywhere(self.spec))
        return self.chosen(logits[:, :, None], single[None, None])

    def claimed(self, state: State) -> jax.Array:
        """The mean of the returns that are asked for in the first state."""
        logits = self.logits(state.params, everywhere(self.spec))[0, self.spec.start]
        kept = jnp.where(self.plausible(logits), jax.nn.softmax(logits.reshape(-1)).reshape(logits.shape).sum(-2), 0.0)
        return (kept * jnp.arange(self.spec.levels, dtype=kept.dtype)).sum() / kept.sum()
