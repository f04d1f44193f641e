"""One follow-the-leader regression for each level of noise, and the tightest of their upper bounds.

**Source**: Zhao, Zhou, He and Gu, "Optimal Online Generalized Linear Regression with Stochastic Noise and Its
Application to Heteroscedastic Bandits", 2022, https://arxiv.org/abs/2202.13603 (multi-level learning with FTRL;
abstract and introduction could be read).

    round t belongs to level l where 2^-(l+1) < sigma_t <= 2^-l; its FTRL estimate is theta_l with design V_l
    a = argmax_a min over levels l with rounds of  x_a . theta_l + (c 2^-l sqrt(d log(1 + n_l / (lam d)) + 2 log 20)
                                                               + sqrt(lam) S) |x_a|_{V_l^-1}

**Differs from the paper**: 1. linear link only, where FTRL on the squared loss is ridge regression. 2. the radius has
OFUL's form, with a tuned factor c on the noise's part; the authors' has constants of its own. 3. levels without a round
are skipped, since their bound says nothing of the noise.

**Shapes**: n instances, k arms, d dimensions, l levels.
"""

import math

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.bandits._linear import Ridge, add, length, radius, start, theta_of
from toybench.tasks.bandits._linear import LinearRound

ROUNDING = 1e-4  # of a level: noise of exactly a power of 1/2 belongs to the quieter side


class MultiLevelFTRL(Method):
    """Quiet rounds have a regression of their own. The state has levels in the place of instances: n * l."""

    c: float = 1.0  # factor of the noise's part of the radius; 1 is OFUL's
    lam: float = 1.0  # ridge penalty of every level

    paper = "zhao2022optimal"
    deterministic = True
    space = {"c": (0.03, 0.1, 0.3, 0.6, 1.0, 3.0)}

    @property
    def levels(self) -> int:
        """As many as the quietest round needs."""
        return math.floor(-math.log2(self.spec.quietest / self.spec.noise)) + 1

    def init(self, key: jax.Array) -> Ridge:
        return start(self.spec.instances * self.levels, self.spec.dim, self.lam)

    def update(self, state: Ridge, batch: LinearRound, key: jax.Array) -> Ridge:
        level = jnp.floor(-jnp.log2(batch.sigma / self.spec.noise) + ROUNDING).astype(jnp.int32)
        here = jax.nn.one_hot(level, self.levels).reshape(-1)
        x = jnp.repeat(batch.x, self.levels, axis=0)
        y = jnp.repeat(batch.response, self.levels, axis=0)
        return add(state, x, y, here)

    def choose(self, state: Ridge, offer: jax.Array, mask: jax.Array, key: jax.Array) -> jax.Array:
        n, k, d = offer.shape
        noise = self.spec.noise * 2.0 ** -jnp.tile(jnp.arange(self.levels, dtype=jnp.float32), n)
        extent = radius(state.weight, d, self.c * noise, self.lam, self.spec.norm)
        x = jnp.repeat(offer, self.levels, axis=0)
        upper = jnp.einsum("nkd,nd->nk", x, theta_of(state)) + extent[:, None] * length(state.inverse, x)
        upper = jnp.where(state.used[:, None] > 0, upper, jnp.inf).reshape(n, self.levels, k).min(1)
        return jnp.argmax(jnp.where(mask, upper, -jnp.inf), axis=-1)

    def used(self, state: Ridge) -> jax.Array:
        return state.used.reshape(-1, self.levels).sum(-1)
