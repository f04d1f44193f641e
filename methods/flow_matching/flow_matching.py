"""Flow matching: regress the velocity of a point on its way from noise to a datum, then follow the field.

**Source**: Lipman, Chen, Ben-Hamu, Nickel and Le, "Flow Matching for Generative Modeling", 2022,
https://arxiv.org/abs/2210.02747: abstract, and the authors' library flow_matching, `path/scheduler/scheduler.py`
(`CondOTScheduler`, `VPScheduler`, `CosineScheduler`).

    x_t = alpha x1 + sigma x0,   v(x_t, t) -> alpha' x1 + sigma' x0        dx / dt = v(x, t)

**Differs from the paper**: 1. sigma ends at 0, not at 1e-5. 2. equal steps of Euler or of the midpoint rule, for all
paths; likelihoods by 40 Runge-Kutta steps in s, t = 1 - s^2. 3. `vp` has beta from 0.1 to 20 on [0, 1].

**Shapes**: b points of a batch, n points, s steps.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.blocks import diffusion
from toybench.methods.flow_matching._planar import (
    RATES,
    State,
    Trained,
    corrupt_along,
    even_times,
    field,
    flow_nats,
    initial_field,
    times_and_noise,
)


class FlowMatching(Trained):
    """A field learned on the straight path of optimal transport between Gaussians, or on a diffusion's path."""

    path: str = "ot"  # ot: straight; vp: linear betas; cosine
    solver: str = "euler"  # euler; midpoint, of which one step takes two calls

    paper = "lipman2022flow"
    space = {"lr": RATES}

    def begin(self, key: jax.Array) -> Any:
        return initial_field(key)

    def loss(self, params: Any, points: jax.Array, key: jax.Array) -> jax.Array:
        t, noise = times_and_noise(key, len(points))
        at = diffusion.level(self.path, t).columns()
        predicted = field().apply(params, diffusion.interpolate(at, points, noise), t)
        return ((predicted - diffusion.speed(at, points, noise)) ** 2).sum(-1).mean()

    def generate(self, state: State, start: jax.Array, key: jax.Array, calls: int) -> jax.Array:
        velocity = lambda x, t: field().apply(state.params, x, t)  # noqa: E731
        if self.solver == "midpoint":
            return diffusion.midpoint(velocity, start, even_times(calls // 2))
        return diffusion.euler(velocity, start, even_times(calls))

    def corrupt(self, state: State, points: jax.Array, noise: jax.Array, calls: int) -> jax.Array:
        steps = calls // 2 if self.solver == "midpoint" else calls
        return corrupt_along(self.path, points, noise, even_times(steps))

    def nats(self, state: State, x: jax.Array, key: jax.Array) -> jax.Array:
        return flow_nats(lambda y, t: field().apply(state.params, y, t), x)

    def is_bound(self, state: State) -> jax.Array:
        return jnp.zeros(())
