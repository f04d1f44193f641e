"""APC and k-means: the predictive network without a bottleneck, its states clustered afterwards.

**Source**: Chung, Hsu, Tang and Glass, "An Unsupervised Autoregressive Model for Speech Representation Learning",
2019, https://arxiv.org/abs/1904.03240; states are clustered by k-means.

    h_t = GRU(x_1 .. x_t),   loss = sum_t | x_{t+n} - V h_t |_1,   code of t = nearest centre to h_t

**Differs from the paper**: 1. one GRU layer of width 32 instead of three of 512; 2. the clustering is ours: the best
of four restarts of k-means++ and Lloyd, on the states of the last 64 sequences seen; 3. the learning rate decays by a
cosine.

**Shapes**: b sequences, t frames, d features, w width, c codes.
"""

from typing import Any, NamedTuple

import flax.linen as linen
import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import nn, optim
from toybench.methods.vector_quantization._sequence_coder import (
    GRU,
    Recent,
    clipped_adam,
    distances,
    empty,
    kmeans,
    pairs,
    remember,
)


class Predictor(linen.Module):
    """Frames [b, t, d] to states [b, t, w] and predictions [b, t, d]."""

    width: int

    @linen.compact
    def __call__(self, x: jax.Array) -> tuple[jax.Array, jax.Array]:
        h = GRU(self.width)(x)
        return h, linen.Dense(x.shape[-1])(h)


class State(NamedTuple):
    """Parameters, the optimiser's moments, and recent sequences."""

    params: Any
    opt: Any
    recent: Recent


class APCKMeans(Method):
    """The clusters weigh everything the states hold, wanted or not."""

    lr: float = 0.003  # Adam's learning rate; 1e-4 for 100 epochs in the paper
    width: int = 32  # w; 512 in the paper
    sequences: int = 64  # how many sequences are clustered
    restarts: int = 4  # of which the one with the least error counts

    space = {"lr": (0.003, 0.01)}

    @property
    def model(self) -> Predictor:
        return Predictor(self.width)

    @property
    def optimizer(self) -> optax.GradientTransformation:
        return clipped_adam(self.lr, self.steps)

    def init(self, key: jax.Array) -> State:
        a, b = jax.random.split(key)
        params = nn.init(self.model, a, jnp.zeros((1, 2, self.spec.features)))
        recent = empty(self.spec, b, self.sequences, self.restarts)
        return State(params=params, opt=self.optimizer.init(params), recent=recent)

    def update(self, state: State, batch: jax.Array, key: jax.Array) -> State:
        x, y = pairs(batch, self.spec.horizon)
        grads = jax.grad(lambda p: jnp.abs(self.model.apply(p, x)[1] - y).mean())(state.params)
        params, opt = optim.descend(self.optimizer, grads, state.opt, state.params)
        return State(params=params, opt=opt, recent=remember(state.recent, batch))

    def sequence_codes(self, state: State, frames: jax.Array) -> jax.Array:
        h, recent = (self.model.apply(state.params, x)[0] for x in (frames, state.recent.frames))
        centres = kmeans(recent.reshape(-1, self.width), state.recent.start)
        return distances(h.reshape(-1, self.width), centres).argmin(1).reshape(frames.shape[:2]).astype(jnp.int32)
