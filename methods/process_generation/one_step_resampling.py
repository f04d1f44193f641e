"""Roll-outs of a model of one step, resampled by how likely they arrive at the end.

**Source**: control; Doucet, de Freitas, Gordon, "Sequential Monte Carlo Methods in Practice", 2001 (importance
resampling) on a network after Bishop, "Mixture Density Networks", 1994; it stands for the simulations that Jing et al.,
"Generative Modeling of Molecular Dynamics Trajectories", NeurIPS 2024, https://arxiv.org/abs/2409.17808, replace.

    p(s' | s) = sum_i w_i(s) N(s'; m_i(s), d_i(s)^2),    maximum likelihood on all steps of the windows
    paths from p up to the frame before the last, kept in proportion to p(last frame | that frame)

**Differs from the paper**: 1. learned instead of simulated; a mixture density network costs one call a frame. 2. paths
are resampled by the model's density of the last step, which is exact for the model where there are many of them,
instead of being rejected. 3. as many roll-outs as the network calls of `trajectory_flow_matching` pay for: 20 calls a
path that is returned, 15 a roll-out. 4. every fourth window of a batch is used, as each holds 15 steps.

**Shapes**: b windows, f frames, q pairs of ends, k paths a pair, r roll-outs a pair, i parts of the mixture.
"""

from typing import Any

import jax
import jax.numpy as jnp
from jax.scipy.special import ndtri

from toybench.blocks import nn
from toybench.blocks.random import uniforms
from toybench.methods.process_generation._training import RATES, State, Trained
from toybench.tasks.process_generation import Windows

QUARTER = 4  # of a batch of windows, every fourth is used: each holds 15 steps
NARROWEST = 0.03  # least deviation of a part, in units of s
CLIP = 1e-6  # uniform numbers that become normal ones stay this far from 0 and 1


class OneStepResampling(Trained):
    """A mixture density network of the next frame, and importance resampling of its roll-outs."""

    width: int = 32  # units of the two hidden layers
    parts: int = 3  # normal distributions in the mixture

    space = {"lr": RATES}

    @property
    def network(self) -> nn.MLP:
        return nn.MLP((self.width, self.width, 3 * self.parts), jax.nn.silu)

    def example(self) -> tuple[jax.Array, ...]:
        return (jnp.zeros((1, 1)),)

    def step_law(self, params: Any, s: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        """Log-weights, means and deviations [..., i] of the next position, from positions [...]."""
        weight, move, spread = jnp.split(self.network.apply(params, s[..., None]), 3, -1)
        return jax.nn.log_softmax(weight), s[..., None] + move, NARROWEST + jax.nn.softplus(spread)

    def log_density(self, params: Any, s: jax.Array, following: jax.Array) -> jax.Array:
        """log p(following | s), both [...]."""
        weight, mean, deviation = self.step_law(params, s)
        z = (following[..., None] - mean) / deviation
        return jax.nn.logsumexp(weight - 0.5 * z**2 - jnp.log(deviation), -1) - 0.5 * jnp.log(2 * jnp.pi)

    def loss(self, params: Any, batch: Windows, key: jax.Array) -> jax.Array:
        frames = batch.frames[::QUARTER]
        likelihood = self.log_density(params, frames[:, :-1], frames[:, 1:])
        return -jnp.mean(batch.weight[::QUARTER, None] * likelihood)

    def bridge(self, state: State, key: jax.Array, ends: jax.Array, count: int) -> jax.Array:
        queries = ends.shape[0]
        between = self.spec.frames - 2
        rollouts = count * self.spec.calls // (between + 1)
        steps = (between, queries, rollouts)
        u = uniforms(key, part=steps, move=steps, kept=(queries, count))

        def step(s: jax.Array, now: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
            part, move = now
            weight, mean, deviation = self.step_law(state.params, s)
            ladder = jnp.cumsum(jnp.exp(weight), -1)
            chosen = (ladder[..., :-1] <= part[..., None]).sum(-1, keepdims=True)
            centre = jnp.take_along_axis(mean, chosen, -1)[..., 0]
            width = jnp.take_along_axis(deviation, chosen, -1)[..., 0]
            s = centre + width * ndtri(jnp.clip(move, CLIP, 1 - CLIP))
            return s, s

        start = jnp.broadcast_to(ends[:, :1], (queries, rollouts))
        _, paths = jax.lax.scan(step, start, (u["part"], u["move"]))
        arrives = jax.nn.softmax(self.log_density(state.params, paths[-1], jnp.broadcast_to(ends[:, 1:], start.shape)))
        ladder = jnp.cumsum(arrives, -1)
        kept = (ladder[:, None, :] <= u["kept"][..., None] * ladder[:, None, -1:]).sum(-1)
        kept = jnp.minimum(kept, rollouts - 1)
        return jnp.take_along_axis(paths.transpose(1, 2, 0), kept[..., None], 1)
