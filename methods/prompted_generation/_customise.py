"""What customisers share: a token that is fitted to photos, and training on photos.

Shapes: n scenes, b scenes a batch, t tokens, d numbers of a token, r photos.
"""

import abc
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import optim
from toybench.tasks.prompted_generation import (
    Batch,
    Pretrained,
    Prompt,
    PromptModel,
    Subject,
    attend_words,
    denoise,
    denoising_loss,
    wordless,
)


class State(NamedTuple):
    """What is trained, and Adam's moments."""

    params: Any
    opt: Any


def word(base: Pretrained) -> jax.Array:
    """The token [d] of anyone."""
    return PromptModel().apply(base.params, wordless(1), method="words")[0, 0]


def tokens(base: Pretrained, token: jax.Array, place: jax.Array, style: jax.Array) -> jax.Array:
    """Tokens [n, 3, d] of prompts that begin with `token` [d]."""
    blank = wordless(len(place))
    prompt = Prompt(traits=blank.traits, place=place, style=style)
    words = PromptModel().apply(base.params, prompt, method="words")
    return words.at[:, 0].set(token[None])


def album(subject: Subject, batch: Batch) -> Batch:
    """The batch with the photos, again and again, in place of its scenes."""
    count = len(batch.image)
    images = subject.photos[jnp.arange(count) % len(subject.photos)]
    return batch._replace(image=images)


def photo_loss(base: Pretrained, token: jax.Array, subject: Subject, batch: Batch, named: bool) -> jax.Array:
    """How badly `token` [d] and the model explain the photos; the prompt says their place and style if `named`."""
    blank = wordless(1)
    place = subject.place[None] if named else blank.place
    style = subject.style[None] if named else blank.style
    attended = attend_words(base, tokens(base, token, place, style))
    shared = jnp.tile(attended, (len(batch.image), 1, 1, 1))
    return denoising_loss(album(subject, batch), lambda x, t: denoise(base, x, t, shared))


class Inversion(Method):
    """A token fitted to the photos by Adam, the model being as it was."""

    lr: float = 0.03  # Adam's learning rate, above 0; decays to 0 by a cosine
    named: bool = False  # whether photos are captioned with place and style; False in the papers ("a photo of S")

    deterministic = True

    @abc.abstractmethod
    def portray(self, state: State, start: jax.Array, place: jax.Array, style: jax.Array) -> jax.Array:
        """Scenes [n, 16] of the identity."""

    def init(self, key: jax.Array) -> State:
        token = word(self.given.base)
        return State(params=token, opt=optim.adam(self.lr, self.steps).init(token))

    def update(self, state: State, batch: Batch, key: jax.Array) -> State:
        gradient = jax.grad(photo_loss, argnums=1)(self.given.base, state.params, self.given, batch, self.named)
        token, opt = optim.descend(optim.adam(self.lr, self.steps), gradient, state.opt, state.params)
        return State(params=token, opt=opt)
