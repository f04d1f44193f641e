"""Nested loops without restarts: sample for a number of steps, then move the parameters once, and go on.

**Source**: Marion and others, "Implicit Diffusion: Efficient Optimization through Stochastic Sampling", 2024,
https://arxiv.org/abs/2402.05468, a control that the paper does not have; updates as in the authors' code, `updates.py`.

    `inner` times: x <- x - gamma dV(x; theta)/dx + sqrt(2 gamma) noise
    then: theta <- theta - inner eta Cov(r(x), dV(x; theta)/dtheta); x stays where it is

**Differs from the paper**: 1. the rate is given for every step of the sampler, so that one grid suits all `inner`.
2. the divergence's price as in `implicit_diffusion`.

**Shapes**: b particles, k wells.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.random import normals
from toybench.methods.reward_tuning._langevin import State, ascent, langevin
from toybench.tasks.reward_tuning import Steps


class WarmSampling(Method):
    """Particles that go on from where they are, and sample for a while before every move of the energy."""

    inner: int = 10  # steps of the sampler for one of the parameters, 1 or more
    rate: float = 0.1  # eta, of the logits, for every step of the sampler, above 0

    space = {"inner": (3, 30, 100, 300), "rate": (0.2, 0.6, 1.8)}

    def init(self, key: jax.Array) -> State:
        start = normals(key, start=(self.spec.particles, 2))["start"]
        return State(params=self.given.logits, particles=start, age=jnp.zeros((), jnp.int32))

    def update(self, state: State, batch: Steps, key: jax.Array) -> State:
        x = langevin(self.given, state.params, state.particles, batch.step)
        age = state.age + 1
        done = age == self.inner
        moved = state.params + self.rate * self.inner * ascent(self.given, state.params, x)
        return State(
            params=jnp.where(done, moved, state.params),
            particles=x,
            age=jnp.where(done, 0, age),
        )

    def logits(self, state: State) -> jax.Array:
        return state.params
