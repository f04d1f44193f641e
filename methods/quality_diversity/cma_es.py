"""Evolution by reward alone: a normal law whose mean and variances follow the better half of its draws, with restarts.

**Source**: Ros and Hansen, "A Simple Modification in CMA-ES Achieving Linear Time and Space Complexity", 2008
(separable CMA-ES), with Hansen's default constants, from memory. A baseline of STAX: its authors' code restarts too,
github.com/GPaolo/STAX: core/evolvers/cma_es.py.

    theta = mean + size sqrt(variance) z;  mean, paths, variances and size follow the weighted better half

**Differs from the paper**: 1. variances alone, no covariances. 2. equal rewards keep their order, so that nothing but
noise is followed until a reward is met. 3. after so many steps without a better reward it begins anew around a random
mean; the authors begin anew after some 200 steps without progress.

**Shapes**: m proposals, w weights.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from toybench import Method
from toybench.tasks.quality_diversity import Outcome


class State(NamedTuple):
    """Mean, variances and both paths [w], step size, best reward and steps since it was met []."""

    params: jax.Array
    variance: jax.Array
    size: jax.Array
    along: jax.Array
    across: jax.Array
    best: jax.Array
    idle: jax.Array


class CmaEs(Method):
    """Knows nothing of behaviours."""

    sd: float = 1.0  # first step size, and of the means that it begins at, in weights, above 0
    patience: float = 15.0  # steps without a better reward, 1 or more; at 1,000 it never begins anew

    deterministic = True
    space = {"sd": (0.1, 0.3, 1.0, 3.0), "patience": (2.0, 5.0, 15.0, 1000.0)}

    def init(self, key: jax.Array) -> State:
        return self.begin(jnp.zeros(self.spec.weights))

    def begin(self, mean: jax.Array) -> State:
        """A round law about a mean [w]."""
        zero = jnp.zeros_like(mean)
        return State(
            params=mean,
            variance=jnp.ones_like(mean),
            size=jnp.asarray(self.sd, mean.dtype),
            along=zero,
            across=zero,
            best=jnp.zeros(()),
            idle=jnp.zeros(()),
        )

    def propose(self, state: State, key: jax.Array) -> jax.Array:
        z = jax.random.normal(key, (self.spec.proposals, self.spec.weights))
        return state.params[None] + state.size * jnp.sqrt(state.variance)[None] * z

    def update(self, state: State, batch: Outcome, key: jax.Array) -> State:
        after = self.follow(state, batch)
        mean = jnp.asarray(self.sd, after.params.dtype) * jax.random.normal(key, after.params.shape)
        chosen: State = jax.tree.map(lambda a, b: jnp.where(after.idle >= self.patience, a, b), self.begin(mean), after)
        return chosen

    def follow(self, state: State, batch: Outcome) -> State:
        """The law after a step towards the better half of its draws."""
        count = self.spec.weights
        half = self.spec.proposals // 2
        raw = np.log(half + 0.5) - np.log(np.arange(1, half + 1))
        weights = raw / raw.sum()
        mass = 1 / (weights**2).sum()
        # Hansen's defaults; the rates of the variances are larger by (w + 2) / 3, as Ros and Hansen say
        c_size = (mass + 2) / (count + mass + 5)
        damping = 1 + 2 * max(0.0, np.sqrt((mass - 1) / (count + 1)) - 1) + c_size
        c_path = (4 + mass / count) / (count + 4 + 2 * mass / count)
        c_one = 2 / ((count + 1.3) ** 2 + mass) * (count + 2) / 3
        c_half = min(1 - c_one, 2 * (mass - 2 + 1 / mass) / ((count + 2) ** 2 + mass) * (count + 2) / 3)
        usual = np.sqrt(count) * (1 - 1 / (4 * count) + 1 / (21 * count**2))  # length of a normal vector

        best = jnp.argsort(-batch.reward)[:half]
        y = (batch.theta[best] - state.params[None]) / state.size
        step = jnp.asarray(weights, y.dtype) @ y
        white = step / jnp.sqrt(state.variance)
        across = (1 - c_size) * state.across + np.sqrt(c_size * (2 - c_size) * mass) * white
        along = (1 - c_path) * state.along + np.sqrt(c_path * (2 - c_path) * mass) * step
        spread = jnp.asarray(weights, y.dtype) @ y**2
        variance = (1 - c_one - c_half) * state.variance + c_one * along**2 + c_half * spread
        growth = jnp.exp((c_size / damping) * (jnp.linalg.norm(across) / usual - 1))
        top = batch.reward.max()
        return State(
            params=state.params + state.size * step,
            variance=variance,
            size=state.size * growth,
            along=along,
            across=across,
            best=jnp.maximum(state.best, top),
            idle=jnp.where(top > state.best, 0.0, state.idle + 1),
        )
