"""Random shooting in a learned model, towards what a learned score says of the gates.

**Source**: the control without a generative model; Nagabandi, Kahn, Fearing and Levine, "Neural Network Dynamics for
Model-Based Deep Reinforcement Learning with Model-Free Fine-Tuning", 2017, https://arxiv.org/abs/1708.02596, section
IV (random shooting; from memory).

    x1 = x + g(x, u);  log p(gate i | episode) = log sigmoid max_t s_i(x_t)
    of 128 random plans, the one with the largest sum of log p over the wanted gates

**Differs from the paper**: 1. plans hold a direction for 5 steps, and are remade after them; the rest of the last
plan is one of the tries. 2. Scores are learned from labels of whole episodes, places passed already count.

**Shapes**: b episodes in a batch, n episodes, q tries, c gates, S = 4 directions of a plan.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import optim, pointmass
from toybench.methods.offline_control._critics import MANY_RATES, Params, State, fresh, output
from toybench.tasks.offline_control import Batch, Spec, windows

TRIES = 128  # plans of an episode each time
HOLD = 5  # steps in one direction
TURNS = pointmass.LENGTH // HOLD  # directions of a plan
TINY = 1e-6  # keeps the direction of a normal draw finite


class Mind(NamedTuple):
    """Steps so far [], directions [n, S, 2], scores of the places passed [n, c], and what is wanted [n, c]."""

    step: jax.Array
    plan: jax.Array
    passed: jax.Array
    wanted: jax.Array


class ShootingPlanner(Method):
    """A model of moves, scores of places, and search."""

    lr: float = 0.003  # Adam's learning rate, above 0, decays to 0 by a cosine

    space = {"lr": MANY_RATES}

    def init(self, key: jax.Array) -> State:
        one, two = jax.random.split(key)
        params = {"model": fresh(one, self.spec.actions, 2), "score": fresh(two, 0, self.spec.labels)}
        return State(params=params, target=(), opt=optim.adam(self.lr, self.steps).init(params))  # type: ignore[arg-type]

    def update(self, state: State, batch: Batch, key: jax.Array) -> State:
        whole = batch._replace(step=jnp.zeros_like(batch.step))
        x, u = windows(self.given, whole, pointmass.LENGTH)
        label = self.given.label[batch.episode, 0]

        def loss(params: Params) -> jax.Array:
            now = jnp.take_along_axis(x, batch.step[:, None, None], axis=1)[:, 0]
            then = jnp.take_along_axis(x, batch.step[:, None, None] + 1, axis=1)[:, 0]
            done = jnp.take_along_axis(u, batch.step[:, None, None], axis=1)[:, 0]
            error = (self.moved(params, now, done) - then) / pointmass.STEP
            logits = self.score(params, x).max(1)
            return (error**2).mean() + (jax.nn.softplus(logits) - label * logits).mean()  # binary cross-entropy

        params, opt = optim.descend(
            optim.adam(self.lr, self.steps), jax.grad(loss)(state.params), state.opt, state.params
        )
        return state._replace(params=params, opt=opt)

    def moved(self, params: Params, x: jax.Array, u: jax.Array) -> jax.Array:
        """The next places [..., 2] by the model."""
        return x + pointmass.STEP * output(params["model"], 2, x, u)

    def score(self, params: Params, x: jax.Array) -> jax.Array:
        """Scores [..., c] of places [..., 2]."""
        return output(params["score"], self.spec.labels, x)

    def begin(self, state: State, wanted: jax.Array) -> Mind:
        never = jnp.full(wanted.shape, -jnp.inf)
        plan = jnp.zeros((len(wanted), TURNS, self.spec.actions))
        return Mind(step=jnp.zeros((), jnp.int32), plan=plan, passed=never, wanted=wanted)

    def act(self, state: State, mind: Mind, x: jax.Array, key: jax.Array) -> tuple[Mind, jax.Array]:
        mind = mind._replace(passed=jnp.maximum(mind.passed, self.score(state.params, x)))
        again = mind.step % HOLD == 0
        plan = jax.lax.cond(again, lambda: self.search(state.params, mind, x, key), lambda: mind.plan)
        return mind._replace(step=mind.step + 1, plan=plan), plan[:, 0]

    def search(self, params: Params, mind: Mind, x: jax.Array, key: jax.Array) -> jax.Array:
        """The best of the plans [n, S, 2] that are tried."""
        drawn = jax.random.normal(key, (TRIES - 1, *mind.plan.shape))
        drawn = drawn / (jnp.linalg.norm(drawn, axis=-1, keepdims=True) + TINY)
        tried = jnp.concatenate([jnp.roll(mind.plan, -1, axis=1)[None], drawn])
        worth = jax.vmap(lambda plan: self.worth(params, mind, x, plan))(tried)
        return jnp.take_along_axis(tried, worth.argmax(0)[None, :, None, None], axis=0)[0]

    def worth(self, params: Params, mind: Mind, x: jax.Array, plan: jax.Array) -> jax.Array:
        """Log chances [n] that plans bring what is wanted before the episode ends."""

        def step(now: tuple[jax.Array, jax.Array], ahead: jax.Array) -> tuple[tuple[jax.Array, jax.Array], Any]:
            x, best = now
            x = self.moved(params, x, plan[:, ahead // HOLD])
            going = mind.step + ahead < pointmass.LENGTH
            return (x, jnp.where(going, jnp.maximum(best, self.score(params, x)), best)), None

        end, _ = jax.lax.scan(step, (x, mind.passed), jnp.arange(pointmass.LENGTH))
        return (mind.wanted * jax.nn.log_sigmoid(end[1])).sum(-1)

    def fits(self, spec: Spec) -> str | None:
        return None if spec.labels > 1 else "it searches for what labels name"
