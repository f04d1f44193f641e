"""Implicit diffusion: one step of the sampler and one step of the parameters in turn, in a single loop.

**Source**: Marion and others, "Implicit Diffusion: Efficient Optimization through Stochastic Sampling", 2024,
https://arxiv.org/abs/2402.05468, the authors' code (google-deepmind/implicit_diffusion), `updates.py`, `optim_loop.py`.

    x <- x - gamma dV(x; theta)/dx + sqrt(2 gamma) noise        theta <- theta - eta Cov(r(x), dV(x; theta)/dtheta)

**Differs from the paper**: 1. 100 particles and 3000 steps instead of 1000 and 5000. 2. where divergence has a price,
it is KL(p_theta | p_0), in the covariance; the authors' code has a term from reference samples, at a weight of 0 by
default.

**Shapes**: b particles, k wells.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.random import normals
from toybench.methods.reward_tuning._langevin import RATES, State, ascent, langevin
from toybench.tasks.reward_tuning import Steps


class ImplicitDiffusion(Method):
    """Particles that go on from where they are while the energy moves."""

    rate: float = 0.1  # eta, of the logits; the authors' value

    paper = "marion2024implicit"
    space = {"rate": RATES}

    def init(self, key: jax.Array) -> State:
        start = normals(key, start=(self.spec.particles, 2))["start"]
        return State(params=self.given.logits, particles=start, age=jnp.zeros((), jnp.int32))

    def update(self, state: State, batch: Steps, key: jax.Array) -> State:
        x = langevin(self.given, state.params, state.particles, batch.step)
        params = state.params + self.rate * ascent(self.given, state.params, x)
        return State(params=params, particles=x, age=state.age + 1)

    def logits(self, state: State) -> jax.Array:
        return state.params
