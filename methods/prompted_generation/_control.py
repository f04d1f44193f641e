"""What followers of maps share: a branch beside the frozen model, its training, and sampling with it.

Shapes: n scenes, l layers, h hidden units of the model, m numbers of a map, d numbers of a token, k kinds.
"""

import abc
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import optim
from toybench.blocks.diffusion import time_features
from toybench.blocks.nn import init
from toybench.tasks.prompted_generation import (
    DIMS,
    LAYERS,
    WIDTH,
    ControlBatch,
    PromptModel,
    attend_words,
    denoise,
    denoising_loss,
    follow_path,
    wordless,
)

LAST = "zero"  # the layer that is named so starts with kernels of 0, as ControlNet's convolutions do
WORD = 0.5  # standard deviation of a kind's word at first


class State(NamedTuple):
    """What is trained, and Adam's moments."""

    params: Any
    opt: Any


class Branch(nn.Module):
    """What a map adds to the model's hidden units: [n, l, h], 0 at first."""

    width: int

    @nn.compact
    def __call__(self, x: jax.Array, t: jax.Array, wanted: jax.Array, word: jax.Array | None = None) -> jax.Array:
        """For noised scenes [n, 16], times [n], maps [n, m], and the words of their kinds [n, d], if there are any."""
        hidden = nn.silu(nn.Dense(self.width, name="enter")(jnp.concatenate([x, time_features(t), wanted], -1)))
        if word is not None:
            hidden = hidden * (1 + nn.Dense(self.width, use_bias=False, name="heard")(word))
        hidden = nn.silu(nn.Dense(self.width, name="hidden")(hidden))
        return nn.Dense(LAYERS * WIDTH, name=LAST)(hidden).reshape(-1, LAYERS, WIDTH)


def fresh(width: int, size: int, key: jax.Array, *words: jax.Array) -> Any:
    """Parameters of a branch for maps of `size` numbers, and for words like this [1, d], if there are any."""
    params = init(Branch(width), key, jnp.zeros((1, DIMS)), jnp.zeros(1), jnp.zeros((1, size)), *words)
    return jax.tree_util.tree_map_with_path(
        lambda path, leaf: jnp.zeros_like(leaf) if any(LAST in str(part) for part in path) else leaf, params
    )


class Controlled(Method):
    """Branches that Adam trains beside a model that stays as it is."""

    lr: float = 0.01  # Adam's learning rate, above 0; decays to 0 by a cosine

    @abc.abstractmethod
    def fresh_branches(self, key: jax.Array) -> Any:
        """What is trained, at first."""

    @abc.abstractmethod
    def added(self, params: Any, x: jax.Array, t: jax.Array, kind: jax.Array, wanted: jax.Array) -> jax.Array:
        """What joins the hidden units [n, l, h], for noised scenes [n, 16] at times [n]."""

    @abc.abstractmethod
    def lesson(self, batch: ControlBatch) -> ControlBatch:
        """The scenes, kinds and maps of a batch that are trained on."""

    @abc.abstractmethod
    def prompt(self, params: Any, kind: jax.Array) -> jax.Array:
        """The words [n, t, d] that the model is told."""

    def init(self, key: jax.Array) -> State:
        params = self.fresh_branches(key)
        return State(params=params, opt=optim.adam(self.lr, self.steps).init(params))

    def predict(self, params: Any, x: jax.Array, t: jax.Array, kind: jax.Array, wanted: jax.Array) -> jax.Array:
        """Scenes [n, 16] in noised ones."""
        attended = attend_words(self.given, self.prompt(params, kind))
        times = jnp.broadcast_to(t, x.shape[:1])
        return denoise(self.given, x, times, attended, self.added(params, x, times, kind, wanted))

    def update(self, state: State, batch: ControlBatch, key: jax.Array) -> State:
        seen = self.lesson(batch)

        def loss(params: Any) -> jax.Array:
            return denoising_loss(seen.scenes, lambda x, t: self.predict(params, x, t, seen.kind, seen.wanted))

        gradients = jax.grad(loss)(state.params)
        params, opt = optim.descend(optim.adam(self.lr, self.steps), gradients, state.opt, state.params)
        return State(params=params, opt=opt)

    def follow(self, state: State, start: jax.Array, kind: jax.Array, wanted: jax.Array) -> jax.Array:
        return follow_path(lambda x, t: self.predict(state.params, x, t, kind, wanted), start)


def plain_words(base: Any, count: int) -> jax.Array:
    """Tokens [n, 3, d] of a prompt that says nothing."""
    return PromptModel().apply(base.params, wordless(count), method="words")


def in_all_kinds(batch: ControlBatch) -> ControlBatch:
    """Every scene k times, with its map of each kind."""
    kinds = batch.maps.shape[1]
    kind = jnp.repeat(jnp.arange(kinds), len(batch.kind))
    scenes = jax.tree.map(lambda part: jnp.tile(part, (kinds,) + (1,) * (part.ndim - 1)), batch.scenes)
    wanted = jnp.swapaxes(batch.maps, 0, 1).reshape(-1, batch.maps.shape[-1])
    return batch._replace(scenes=scenes, kind=kind, wanted=wanted)


def branch_a_kind(width: int, params: Any, x: jax.Array, t: jax.Array, kind: jax.Array, wanted: jax.Array) -> jax.Array:
    """What the branch of each scene's kind adds, [n, l, h]; parameters have an axis of kinds in front."""
    every = jax.vmap(lambda own: Branch(width).apply(own, x, t, wanted), out_axes=1)(params)
    return jnp.take_along_axis(every, kind[:, None, None, None], axis=1)[:, 0]
