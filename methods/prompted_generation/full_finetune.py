"""DreamBooth: the whole model is tuned on the photos, which a rare word names, and on other scenes of anyone.

**Source**: Ruiz, Li, Jampani, Pritch, Rubinstein and Aberman, "DreamBooth: Fine Tuning Text-to-Image Diffusion Models
for Subject-Driven Generation", 2023, https://arxiv.org/abs/2208.12242, eq. 2 (from memory).

    E |photo - D(x_t, t, [rare word])|^2 + prior E |scene - D(x_t, t, [anyone, ...])|^2

**Differs from the paper**: 1. scenes are predicted instead of noise. 2. scenes of anyone are true ones with their
prompts, instead of samples of the pretrained model for one prompt: more than the paper has. 3. the words are tuned too.

**Shapes**: n scenes, d numbers of a token.
"""

from typing import Any, NamedTuple

import jax

from toybench import Method
from toybench.blocks import optim
from toybench.methods.prompted_generation._customise import photo_loss, tokens
from toybench.tasks.prompted_generation import (
    TOKEN,
    Batch,
    Pretrained,
    attend,
    attend_words,
    denoise,
    denoising_loss,
    render,
)


class State(NamedTuple):
    """The model's parameters, the rare word's token [d], and Adam's moments."""

    params: Any
    rare: jax.Array
    opt: Any


class FullFinetune(Method):
    """All parameters, with preservation of the prior."""

    lr: float = 0.003  # Adam's learning rate, above 0; decays to 0 by a cosine
    prior: float = 1.0  # weight of the scenes of anyone, 0 or more; 1 in the paper
    named: bool = False  # whether photos are captioned with place and style; False in the paper ("a [V] dog")

    space = {"lr": (0.001, 0.003, 0.01), "prior": (0.0, 0.003, 0.01)}

    def init(self, key: jax.Array) -> State:
        params = self.given.base.params
        rare = jax.random.normal(key, (TOKEN,)) / TOKEN**0.5
        return State(params=params, rare=rare, opt=optim.adam(self.lr, self.steps).init(params))

    def update(self, state: State, batch: Batch, key: jax.Array) -> State:
        def loss(params: Any) -> jax.Array:
            base = self.tuned(params)
            kept = denoising_loss(batch, lambda x, t: denoise(base, x, t, attend(base, batch.prompt)))
            return photo_loss(base, state.rare, self.given, batch, self.named) + self.prior * kept

        gradients = jax.grad(loss)(state.params)
        params, opt = optim.descend(optim.adam(self.lr, self.steps), gradients, state.opt, state.params)
        return state._replace(params=params, opt=opt)

    def tuned(self, params: Any) -> Pretrained:
        """The model with these parameters."""
        return Pretrained(params=params, leak=self.given.base.leak)

    def portray(self, state: State, start: jax.Array, place: jax.Array, style: jax.Array) -> jax.Array:
        base = self.tuned(state.params)
        return render(base, start, attend_words(base, tokens(base, state.rare, place, style)))
