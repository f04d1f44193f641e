"""Flow matching of whole trajectories, given some of their frames.

**Source**: Jing, Staerk, Jaakkola, Berger, "Generative Modeling of Molecular Dynamics Trajectories", NeurIPS 2024,
https://arxiv.org/abs/2409.17808; the authors' code, `mdgen/wrapper.py` (`prep_batch`: key frames in `x_cond`),
`mdgen/parsing.py` (path GVP, velocity prediction).

    x_t = sin(pi t / 2) x_1 + cos(pi t / 2) x_0        x_1 the frames, x_0 normal
    min E |v(x_t, t, first frame, last frame) - d x_t / dt|^2,    sampled by 20 steps of Euler

**Differs from the paper**: 1. a particle on a line and a perceptron on the 14 unknown frames, instead of peptides and
an attention network on all frames. 2. transition paths alone of the paper's tasks: the two ends are always the known
frames, so their mask is left out. 3. 20 steps of Euler instead of an adaptive solver. 4. no average of the weights.

**Shapes**: b windows, f frames, q pairs of ends, k paths a pair.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.blocks.diffusion import Field, euler, interpolate, level, speed
from toybench.blocks.random import normals
from toybench.methods.process_generation._training import RATES, State, Trained, times
from toybench.tasks.process_generation import Windows


class TrajectoryFlowMatching(Trained):
    """A velocity field on the frames between two ends."""

    paper = "jing2024generative"

    width: int = 96  # units of the two hidden layers

    space = {"lr": RATES}

    @property
    def network(self) -> Field:
        return Field(widths=(self.width, self.width), dims=self.spec.frames - 2)

    def example(self) -> tuple[jax.Array, ...]:
        return jnp.zeros((1, self.spec.frames - 2)), jnp.zeros(1), jnp.zeros((1, 2))

    def loss(self, params: Any, batch: Windows, key: jax.Array) -> jax.Array:
        ends = batch.frames[:, jnp.array([0, -1])]
        x1 = batch.frames[:, 1:-1]
        draw = normals(key, x0=x1.shape, t=x1.shape[:1])
        t = times(draw["t"])
        at = level("cosine", t).columns()
        predicted = self.network.apply(params, interpolate(at, x1, draw["x0"]), t, ends)
        return jnp.mean((predicted - speed(at, x1, draw["x0"])) ** 2)

    def bridge(self, state: State, key: jax.Array, ends: jax.Array, count: int) -> jax.Array:
        given = jnp.repeat(ends, count, 0)
        start = jax.random.normal(key, (given.shape[0], self.spec.frames - 2))
        path = euler(
            lambda x, t: self.network.apply(state.params, x, t, given),
            start,
            jnp.linspace(0.0, 1.0, self.spec.calls + 1),
        )
        return path[-1].reshape(-1, count, self.spec.frames - 2)
