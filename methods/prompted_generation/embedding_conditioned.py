"""Face0: a model trained to be told an identity by the embedding of one photo; a new one takes no training.

**Source**: Valevski, Wasserman, Matias and Leviathan, "Face0: Instantaneously Conditioning a Text-to-Image Model on a
Face", 2023, https://arxiv.org/abs/2306.06638, sections 2.1 to 2.3 and 4.

    E |scene - D(x_t, t, [words, MLP(embedding of scene)])|^2       jointly over the model and the MLP

**Differs from the paper**: 1. scenes are predicted instead of noise. 2. the three tokens of the embedding follow the
encoded words instead of the last three of 77. 3. no guidance: plain samples obey prompts already. 4. no average of the
weights. As in the paper: four layers with ReLU, tokens put to 0 for a tenth of the scenes, the words' encoder frozen.

**Shapes**: n scenes, b scenes a batch, t tokens, d numbers of a token, l layers, h hidden units, f features.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import nn, optim
from toybench.tasks.prompted_generation import (
    FEATURES,
    TOKEN,
    Batch,
    Pretrained,
    Prompt,
    PromptModel,
    denoise,
    denoising_loss,
    render,
    see,
    some,
    wordless,
)

TOKENS = 3  # that an embedding becomes, as in the paper
HIDDEN = (32, 32, 32)  # of the projection; 768 each in the paper


class State(NamedTuple):
    """Parameters of the model and of the projection, and Adam's moments."""

    params: Any
    opt: Any


class EmbeddingConditioned(Method):
    """Words and the embedding of a photo, side by side."""

    lr: float = 0.003  # Adam's learning rate, above 0; decays to 0 by a cosine; 2e-5 without decay in the paper

    space = {"lr": (0.0003, 0.0006, 0.00125, 0.0025, 0.005, 0.01, 0.02, 0.04, 0.08)}

    @property
    def projection(self) -> nn.MLP:
        return nn.MLP(widths=(*HIDDEN, TOKENS * TOKEN))

    def init(self, key: jax.Array) -> State:
        projection = nn.init(self.projection, key, jnp.zeros((1, FEATURES)))
        params = {"model": self.given.base.params, "projection": projection}
        return State(params=params, opt=optim.adam(self.lr, self.steps).init(params))

    def update(self, state: State, batch: Batch, key: jax.Array) -> State:
        seen = see(self.given.encoder, batch.image)
        kept = 1 - some(len(seen)).astype(jnp.float32)

        def loss(params: Any) -> jax.Array:
            attended = self.attend_both(params, batch.prompt, seen, kept)
            return denoising_loss(batch, lambda x, t: denoise(self.tuned(params), x, t, attended))

        gradients = jax.grad(loss)(state.params)
        params, opt = optim.descend(optim.adam(self.lr, self.steps), gradients, state.opt, state.params)
        return State(params=params, opt=opt)

    def tuned(self, params: Any) -> Pretrained:
        """The model with these parameters."""
        return Pretrained(params=params["model"], leak=self.given.base.leak)

    def attend_both(self, params: Any, prompt: Prompt, seen: jax.Array, kept: jax.Array) -> jax.Array:
        """Keys and values [n, l, t, 2 h] of prompts and features [n, f]; `kept` [n] is 0 where these are not shown."""
        base = self.given.base
        words = PromptModel().apply(base.params, prompt, method="words")
        encoded = PromptModel().apply(base.params, words, base.leak, method="contextual")
        projected = self.projection.apply(params["projection"], seen) * kept[:, None]
        both = jnp.concatenate([encoded, projected.reshape(-1, TOKENS, TOKEN)], 1)
        return PromptModel().apply(params["model"], both, method="keys_values")

    def portray(self, state: State, start: jax.Array, place: jax.Array, style: jax.Array) -> jax.Array:
        count = len(place)
        seen = jnp.tile(see(self.given.encoder, self.given.photos[:1]), (count, 1))
        prompt = Prompt(traits=wordless(count).traits, place=place, style=style)
        attended = self.attend_both(state.params, prompt, seen, jnp.ones(count))
        return render(self.tuned(state.params), start, attended)
