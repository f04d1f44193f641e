"""What painters share: a small denoiser of vectors that is told place and style, its training, and its samples.

Shapes: n scenes, c numbers of a vector.
"""

import abc
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import optim
from toybench.blocks.diffusion import Field, ddim, interpolate, level
from toybench.blocks.nn import init
from toybench.tasks.prompted_generation import CALLS, PATH, PLACES, STYLES, Batch

FIRST = 0.05  # time of the first step: alpha is 0.08 there, 0.07 in Stable Diffusion


class Code(NamedTuple):
    """Vectors (x - centre) @ basis / scale of scenes: centre [16], orthonormal basis [16, c], scale [c]."""

    centre: jax.Array
    basis: jax.Array
    scale: jax.Array

    def encode(self, x: jax.Array) -> jax.Array:
        """Vectors [n, c] of scenes [n, 16]."""
        return (x - self.centre[None]) @ self.basis / self.scale[None]

    def decode(self, z: jax.Array) -> jax.Array:
        """Scenes [n, 16] of vectors [n, c]."""
        return self.centre[None] + (z * self.scale[None]) @ self.basis.T


class State(NamedTuple):
    """The denoiser's parameters, Adam's moments, and what its vectors are."""

    params: Any
    opt: Any
    code: Code


def told(place: jax.Array, style: jax.Array) -> jax.Array:
    """Places and styles, int32 [n], as numbers [n, PLACES + STYLES]."""
    return jnp.concatenate([jax.nn.one_hot(place, PLACES), jax.nn.one_hot(style, STYLES)], -1)


class TrainedPainter(Method):
    """A denoiser of coded scenes."""

    lr: float = 0.01  # Adam's learning rate, above 0; decays to 0 by a cosine

    @abc.abstractmethod
    def fit_code(self) -> Code:
        """What the scenes in `given` [m, 16] are turned into."""

    @property
    @abc.abstractmethod
    def network(self) -> Field:
        """The denoiser."""

    def init(self, key: jax.Array) -> State:
        code = self.fit_code()
        z = jnp.zeros((1, code.basis.shape[-1]))
        params = init(self.network, key, z, jnp.zeros(1), jnp.zeros((1, PLACES + STYLES)))
        return State(params=params, opt=optim.adam(self.lr, self.steps).init(params), code=code)

    def update(self, state: State, batch: Batch, key: jax.Array) -> State:
        noise = batch.noise[:, : state.code.basis.shape[-1]]
        words = told(batch.prompt.place, batch.prompt.style)

        at = level(PATH, batch.time).columns()
        x = interpolate(at, state.code.encode(batch.image), noise)

        def loss(params: Any) -> jax.Array:
            return jnp.mean((self.network.apply(params, x, batch.time, words) - noise) ** 2)

        gradients = jax.grad(loss)(state.params)
        params, opt = optim.descend(optim.adam(self.lr, self.steps), gradients, state.opt, state.params)
        return state._replace(params=params, opt=opt)

    def paint(self, state: State, start: jax.Array, place: jax.Array, style: jax.Array) -> jax.Array:
        words = told(place, style)
        z = start[:, : state.code.basis.shape[-1]]
        times = jnp.linspace(FIRST, 1.0, CALLS + 1)
        return state.code.decode(ddim(lambda x, t: self.network.apply(state.params, x, t, words), z, times, PATH)[-1])
