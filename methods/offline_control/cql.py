"""Conservative Q-learning: values of actions that were not recorded are pushed down, under a soft actor.

**Source**: Kumar, Zhou, Tucker and Levine, "Conservative Q-Learning for Offline Reinforcement Learning", 2020,
https://arxiv.org/abs/2006.04779 (equation 4, CQL(H), with importance sampling as in its appendix F; from memory), and
`vqn/conservative_sac.py` of Luo et al.'s release, where the baseline of quantised actions is.

    Q_j: (y - Q_j)^2 + alpha (T log E_a[exp(Q_j(x, a) / T) / q(a)] - Q_j(x, u)),  y = r + discount min_j Q'_j(x1, pi)
    pi:  mean  eta log pi(a | x) - min_j Q_j(x, a);  eta keeps the entropy at -k

**Differs from the paper**: 1. two uniform actions and two of the policy instead of ten, ten and ten. 2. Two hidden
layers of 64 units, 2000 updates, targets follow at 0.02, one learning rate. 3. Values are means of rewards, so that
the temperature T of the soft maximum is 1 - discount, and alpha 1 - discount times the paper's.

**Shapes**: b transitions, k numbers of an action, n episodes, j critics, a actions tried.
"""

import jax
import jax.numpy as jnp

from toybench.blocks.random import normals
from toybench.blocks.rl import squashed
from toybench.methods.offline_control._critics import (
    RATES,
    Params,
    Trained,
    backed_up,
    critics,
    fresh,
    fresh_critics,
    frozen,
    gaussian,
    squared_error,
)
from toybench.tasks.offline_control import DISCOUNT, Transitions

TRIED = 2  # actions of each kind in the soft maximum


class CQL(Trained):
    """A soft actor over pessimistic critics; the mean of its Gaussian is the action."""

    alpha: float = 0.1  # weight of the pessimism, from 0; the paper's 5 is 0.25 here

    space = {"lr": RATES, "alpha": (0.01, 0.03, 0.1, 0.3, 1.0)}

    def networks(self, key: jax.Array) -> Params:
        one, two = jax.random.split(key)
        policy = fresh(one, 0, 2 * self.spec.actions)
        return {"policy": policy, "critics": fresh_critics(two, self.spec.actions), "log_eta": jnp.log(1 - DISCOUNT)}

    def loss(self, params: Params, target: Params, batch: Transitions, key: jax.Array) -> jax.Array:
        noises, uniform = jax.random.split(key)
        noise = normals(noises, now=batch.u.shape, then=batch.u.shape, tried=(TRIED, *batch.u.shape))
        u, log_density = self.draw(params, batch.x, noise["now"])
        next_u, _ = self.draw(frozen(params), batch.x1, noise["then"])
        wanted = backed_up(batch, critics(target["critics"], batch.x1, next_u).min(0))
        recorded = critics(params["critics"], batch.x, batch.u)
        pessimism = (self.soft_maximum(params, batch.x, noise["tried"], uniform) - recorded).mean(1).sum()
        eta = jnp.exp(params["log_eta"])
        actor = frozen(eta) * log_density - critics(frozen(params["critics"]), batch.x, u).min(0)
        entropy = -eta * (frozen(log_density).mean() - self.spec.actions)
        return squared_error(recorded, wanted) + self.alpha * pessimism + actor.mean() + entropy

    def draw(self, params: Params, x: jax.Array, noise: jax.Array) -> tuple[jax.Array, jax.Array]:
        """(actions [b, k], log densities [b]) of the policy."""
        return squashed(*gaussian(params["policy"], self.spec.actions, x), noise)

    def soft_maximum(self, params: Params, x: jax.Array, noise: jax.Array, uniform: jax.Array) -> jax.Array:
        """T log mean exp(Q / T) over all actions [j, b], up to a constant, by importance sampling."""
        policy, density = jax.vmap(lambda each: self.draw(frozen(params), x, each))(noise)
        drawn = jax.random.uniform(uniform, policy.shape, minval=-1.0, maxval=1.0)
        u = jnp.concatenate([drawn, policy])
        chance = jnp.concatenate([jnp.full(density.shape, -self.spec.actions * jnp.log(2.0)), density])
        q = jax.vmap(lambda each: critics(params["critics"], x, each), out_axes=1)(u)
        temperature = 1 - DISCOUNT
        return temperature * jax.nn.logsumexp(q / temperature - chance[None], axis=1)

    def action(self, params: Params, x: jax.Array, key: jax.Array) -> jax.Array:
        return jnp.tanh(gaussian(params["policy"], self.spec.actions, x)[0])
