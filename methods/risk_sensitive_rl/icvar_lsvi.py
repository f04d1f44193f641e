"""Optimistic value iteration for the iterated CVaR, on the weights of given kernels.

**Source**: Chen, Du, Hu, Wang, Wu and Huang, "Provably Efficient Iterated CVaR Reinforcement Learning with Function
Approximation and Human Feedback", 2023, https://arxiv.org/abs/2307.02842 (ICVaR-L; abstracts of both versions were
read, which name its ridge regression with CVaR-adapted features; the formulas are from memory).

    psi_x(s, a) = (E_i (x - V'(s1))_+ under kernel i)_i         the feature of a threshold x
    w = Lambda^-1 sum psi_x(s, a) (x - V'(s1))_+                x of each visit: the psi_x of the largest norm
    Q(s, a) = min{ r + max_x { x - w psi_x(s, a) / alpha } + (c / alpha) max_x |psi_x(s, a)|_{Lambda^-1}, G }

**Differs from the paper**: 1. x is searched among the next values and their bound, where both maxima lie for a law, not
on a grid. 2. the radius is a factor c. 3. the ridge is 1. 4. the human feedback of its second half is left out.

**Shapes**: n instances, H steps, S states, A actions, m kernels, x thresholds (S + 1).
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.mdp import greedy
from toybench.methods.risk_sensitive_rl._tables import most
from toybench.tasks.risk_sensitive_rl import UNIT, Episodes


class State(NamedTuple):
    """Ridge regressions and the plan.

    Attributes:
      inverse: Lambda^-1, [n, H, m, m].
      target: sum of psi_x (x - V')_+, [n, H, m].
      rule: the plan, [n, H, S, A].
      features: psi_x at the x of the largest norm, [n, H, S, A, m].
      short: (x - V'(s1))_+ at that x, [n, H, S, A, S].
    """

    inverse: jax.Array
    target: jax.Array
    rule: jax.Array
    features: jax.Array
    short: jax.Array


class ICVaRLSVI(Method):
    """Learns one vector of weights a step."""

    c: float = 0.01  # factor of the radius, above 0

    ridge: float = 1.0  # what Lambda begins with, above 0

    deterministic = True
    paper = "chen2023provably"
    space = {"c": (0.001, 0.003, 0.01, 0.02, 0.03, 0.06, 0.1, 0.3, 1.0)}

    def init(self, key: jax.Array) -> State:
        spec = self.spec
        inverse = jnp.broadcast_to(
            jnp.eye(spec.parts) / self.ridge, (spec.instances, spec.steps, spec.parts, spec.parts)
        )
        return self.planned(inverse, jnp.zeros((spec.instances, spec.steps, spec.parts)))

    def update(self, state: State, batch: Episodes, key: jax.Array) -> State:
        n = jnp.arange(self.spec.instances)[:, None]
        h = jnp.arange(self.spec.steps)[None, :]
        psi = state.features[n, h, batch.s, batch.a]  # [n, H, m]
        seen = state.short[n, h, batch.s, batch.a, batch.s1]  # [n, H]
        along = jnp.einsum("nhij,nhj->nhi", state.inverse, psi)
        shrink = 1 / (1 + (psi * along).sum(-1))
        inverse = state.inverse - shrink[..., None, None] * along[..., :, None] * along[..., None, :]
        return self.planned(inverse, state.target + psi * seen[..., None])

    def planned(self, inverse: jax.Array, target: jax.Array) -> State:
        """The state with the plan for these regressions."""
        rule, features, short = jax.vmap(self.plan)(inverse, target, self.given.parts, self.given.units)
        return State(inverse=inverse, target=target, rule=rule, features=features, short=short)

    def plan(
        self, inverse: jax.Array, target: jax.Array, parts: jax.Array, units: jax.Array
    ) -> tuple[jax.Array, jax.Array, jax.Array]:
        """(rule [H, S, A], features [H, S, A, m], shortfalls [H, S, A, S]) of one instance."""
        top = most(self.spec)
        alpha = self.spec.alpha

        def back(value: jax.Array, step: tuple) -> tuple[jax.Array, tuple]:
            now, aim, kernels, unit = step
            x = jnp.concatenate([value, jnp.full(1, top)])
            short = jnp.maximum(x[:, None] - value[None, :], 0.0)  # [x, S]
            psi = jnp.einsum("msat,xt->saxm", kernels, short)
            norm = jnp.sqrt(jnp.maximum(jnp.einsum("saxi,ij,saxj->sax", psi, now, psi), 0.0))
            tail = (x[None, None, :] - psi @ (now @ aim) / alpha).max(-1)
            q = UNIT * unit.astype(jnp.float32) + tail + self.c / alpha * norm.max(-1)
            q = jnp.minimum(q, top)
            widest = jax.nn.one_hot(norm.argmax(-1), len(x))  # [S, A, x]
            features = jnp.einsum("sax,saxm->sam", widest, psi)
            return q.max(-1), (greedy(q), features, widest @ short)

        _, made = jax.lax.scan(back, jnp.zeros(self.spec.states), (inverse, target, parts, units), reverse=True)
        return made

    def rule(self, state: State, key: jax.Array) -> jax.Array:
        return state.rule
