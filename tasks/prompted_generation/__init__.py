"""Generate a scene that obeys a prompt, and a wish that the prompt has no word for: what does the sample look like?

A scene is an image of 16 pixels that shows an identity (four numbers), a place and a style. What it shows can be
read off it exactly. Three kinds of question: a `Customiser` shows a new identity, known from photos, at other places
and in other styles; a `Painter` obeys a prompt from whatever noise; a `Follower` obeys a map of one of several kinds.

A prompt-conditioned diffusion model is at hand: `PromptModel`. Words pass a layer of self-attention, the contextual
layer of a text encoder, before their keys and values reach the denoiser.

Shapes: n scenes, b scenes a batch, t tokens, d numbers of a token, l layers, h hidden units, r photos, f features, k
kinds, m numbers of a map.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import flax.linen as nn
import jax
import jax.numpy as jnp
from scipy.linalg import hadamard

from toybench.blocks import optim
from toybench.blocks.diffusion import level, noise_from_denoised, time_features
from toybench.blocks.nn import init
from toybench.blocks.random import normals, uniforms

DIMS = 16  # pixels
IDENTITY = 4  # numbers of an identity, standard normal
PLACES = 4
STYLES = 3
SHADE = 0.5  # how much of the first number of an identity shows in the style's colours
GRAIN = 0.1  # standard deviation of every pixel's noise
NOWHERE = PLACES  # the place's word in a prompt without place
PLAIN = STYLES  # the style's word in a prompt without style
TRAITS = 8  # that describe an identity in words
TOKEN = 16  # numbers of a token
HEADS = 4
LAYERS = 2
WIDTH = 32
PATH = "cosine"  # noise levels
CALLS = 20  # steps from noise to scene
PRETRAINING = 1000  # steps
SCENES = 64  # of a batch
RATE = 0.01  # Adam's first learning rate in pretraining
DESCRIBED = 0.5  # share of scenes with traits in pretraining
EVERY = 10  # in a batch: one scene of ten loses its prompt
FEATURES = 8  # of a photo, what an encoder of identities sees


class Prompt(NamedTuple):
    """Words: traits [n, TRAITS + 1], the last 1 (or all 0: anyone), place and style int32 [n]."""

    traits: jax.Array
    place: jax.Array
    style: jax.Array


class Batch(NamedTuple):
    """Scenes [b, 16] with their prompts, the noise [b, 16] to be added, and its times [b] in [0, 1)."""

    image: jax.Array
    prompt: Prompt
    noise: jax.Array
    time: jax.Array


class ControlBatch(NamedTuple):
    """A batch of scenes, the maps of all k kinds of each [b, k, m], a kind each int32 [b], and its map [b, m]."""

    scenes: Batch
    maps: jax.Array
    kind: jax.Array
    wanted: jax.Array


class Pretrained(NamedTuple):
    """Parameters of a trained `PromptModel`, and how much its contextual layer mixes the words, []."""

    params: Any
    leak: jax.Array


class Subject(NamedTuple):
    """A new identity.

    Attributes:
      base: the pretrained model.
      photos: scenes of the identity [r, 16], all at one place and in one style.
      place, style: of the photos, int32 [].
      encoder: directions [4, f] of the encoder of identities.
      features, traits: of known identities [k, f], [k, TRAITS + 1].
    """

    base: Pretrained
    photos: jax.Array
    place: jax.Array
    style: jax.Array
    encoder: jax.Array
    features: jax.Array
    traits: jax.Array


@dataclass(frozen=True)
class Spec:
    """Kinds of maps, and numbers of a map; 0 where there are none."""

    kinds: int = 0
    size: int = 0


class Customiser(Protocol):
    """A model with a new identity."""

    def portray(self, state: Any, start: jax.Array, place: jax.Array, style: jax.Array) -> jax.Array:
        """Scenes [n, 16] of the identity, from noise [n, 16], at places and in styles int32 [n]."""


class Painter(Protocol):
    """A model that obeys places and styles."""

    def paint(self, state: Any, start: jax.Array, place: jax.Array, style: jax.Array) -> jax.Array:
        """Scenes [n, 16] from noise [n, 16], or from its first numbers where a model needs fewer."""


class Follower(Protocol):
    """A model that obeys maps."""

    def follow(self, state: Any, start: jax.Array, kind: jax.Array, wanted: jax.Array) -> jax.Array:
        """Scenes [n, 16] from noise [n, 16], whose maps of the kinds int32 [n] shall be `wanted` [n, m]."""


def mix(x: jax.Array) -> jax.Array:
    """An orthogonal map of [n, 16] that is its own inverse: contents to pixels, pixels to contents."""
    return x @ jnp.asarray(hadamard(DIMS) / DIMS**0.5, jnp.float32)


def place_codes() -> jax.Array:
    """Corners of a tetrahedron, [4, 3], at distance 1 from 0."""
    corners = jnp.array([[1.0, 1.0, 1.0], [1.0, -1.0, -1.0], [-1.0, 1.0, -1.0], [-1.0, -1.0, 1.0]])
    return corners / 3**0.5


def style_codes() -> jax.Array:
    """Corners of a triangle, [3, 2], at distance 1 from 0."""
    angle = 2 * jnp.pi * jnp.arange(STYLES, dtype=jnp.float32) / STYLES
    return jnp.stack([jnp.cos(angle), jnp.sin(angle)], -1)


def compose(identity: jax.Array, place: jax.Array, style: jax.Array, grain: jax.Array) -> jax.Array:
    """Scenes [n, 16] of identities [n, 4], places and styles int32 [n], and standard normals [n, 16]."""
    colour = style_codes()[style]
    parts = [identity, place_codes()[place], colour, SHADE * identity[:, :1] * colour]
    contents = jnp.concatenate(parts, -1)
    empty = jnp.zeros((len(identity), DIMS - contents.shape[-1]))
    return mix(jnp.concatenate([contents, empty], -1)) + GRAIN * grain


def read_identity(x: jax.Array) -> jax.Array:
    """Identities [n, 4] of scenes [n, 16]."""
    return mix(x)[:, :IDENTITY]


def read_place(x: jax.Array) -> jax.Array:
    """Places int32 [n] of scenes [n, 16]: the nearest code."""
    seen = mix(x)[:, IDENTITY : IDENTITY + 3]
    return jnp.argmax(seen @ place_codes().T, axis=-1)


def read_style(x: jax.Array) -> jax.Array:
    """Styles int32 [n] of scenes [n, 16]: the nearest code."""
    seen = mix(x)[:, IDENTITY + 3 : IDENTITY + 3 + 2]
    return jnp.argmax(seen @ style_codes().T, axis=-1)


def see(encoder: jax.Array, x: jax.Array) -> jax.Array:
    """Features [n, f] of the identities in scenes [n, 16], grain included."""
    return jnp.tanh(read_identity(x) @ encoder)


class PromptModel(nn.Module):
    """A denoiser with cross-attention to the words of a prompt."""

    def setup(self) -> None:
        self.traits = nn.Dense(TOKEN)
        self.places = nn.Embed(PLACES + 1, TOKEN)
        self.styles = nn.Embed(STYLES + 1, TOKEN)
        self.context = nn.Dense(3 * TOKEN, use_bias=False)
        self.projections = [nn.Dense(2 * WIDTH) for _ in range(LAYERS)]
        self.enter = nn.Dense(WIDTH)
        self.queries = [nn.Dense(WIDTH) for _ in range(LAYERS)]
        self.hidden = [nn.Dense(WIDTH) for _ in range(LAYERS)]
        self.leave = nn.Dense(DIMS)

    def words(self, prompt: Prompt) -> jax.Array:
        """Tokens [n, 3, d] of the words."""
        return jnp.stack([self.traits(prompt.traits), self.places(prompt.place), self.styles(prompt.style)], 1)

    def contextual(self, words: jax.Array, leak: jax.Array) -> jax.Array:
        """Tokens [n, t, d] after self-attention: every word hears of the others."""
        query, key, value = jnp.split(self.context(words), 3, -1)
        weights = jax.nn.softmax(jnp.einsum("nid,njd->nij", query, key) / TOKEN**0.5, axis=-1)
        return words + leak * jnp.einsum("nij,njd->nid", weights, value)

    def keys_values(self, tokens: jax.Array) -> jax.Array:
        """What each layer attends to, [n, l, t, 2 h], each token by itself."""
        return jnp.stack([project(tokens) for project in self.projections], 1)

    def clean(self, x: jax.Array, t: jax.Array, attended: jax.Array, added: jax.Array | None = None) -> jax.Array:
        """The scenes [n, 16] in noised ones [n, 16] at times [n]; `added` [n, l, h] joins the hidden units."""
        h = self.enter(jnp.concatenate([x, time_features(t)], -1))
        for layer in range(LAYERS):
            query = self.queries[layer](h).reshape(-1, HEADS, WIDTH // HEADS)
            each = attended[:, layer].reshape(len(x), attended.shape[2], 2 * HEADS, WIDTH // HEADS)
            keys, values = jnp.split(each, 2, axis=2)
            weights = jax.nn.softmax(jnp.einsum("nac,ntac->nat", query, keys) / (WIDTH // HEADS) ** 0.5, axis=-1)
            looked = jnp.einsum("nat,ntac->nac", weights, values).reshape(-1, WIDTH)
            h = h + nn.silu(self.hidden[layer](jnp.concatenate([h, looked], -1)))
            h = h if added is None else h + added[:, layer]
        return self.leave(h)

    def __call__(self, x: jax.Array, t: jax.Array, prompt: Prompt, leak: jax.Array) -> jax.Array:
        """The scenes in noised ones, for prompts."""
        return self.clean(x, t, self.keys_values(self.contextual(self.words(prompt), leak)))


def attend(base: Pretrained, prompt: Prompt) -> jax.Array:
    """Keys and values [n, l, t, 2 h] of prompts."""
    words = PromptModel().apply(base.params, prompt, method="words")
    return attend_words(base, words)


def attend_words(base: Pretrained, words: jax.Array) -> jax.Array:
    """Keys and values [n, l, t, 2 h] of tokens [n, t, d] that haven't passed the contextual layer."""
    tokens = PromptModel().apply(base.params, words, base.leak, method="contextual")
    return PromptModel().apply(base.params, tokens, method="keys_values")


def denoise(
    base: Pretrained, x: jax.Array, t: jax.Array, attended: jax.Array, added: jax.Array | None = None
) -> jax.Array:
    """What the model predicts, [n, 16], at times [n] or one for all []."""
    times = jnp.broadcast_to(t, x.shape[:1])
    return PromptModel().apply(base.params, x, times, attended, added, method="clean")


def wordless(count: int) -> Prompt:
    """Prompts without place and style, of anyone."""
    words = jnp.zeros(count, jnp.int32)
    return Prompt(traits=jnp.zeros((count, TRAITS + 1)), place=words + NOWHERE, style=words + PLAIN)


def denoising_loss(batch: Batch, predict: Callable[[jax.Array, jax.Array], jax.Array]) -> jax.Array:
    """Mean squared error of `predict(noised scenes, times)`."""
    at = level(PATH, batch.time).columns()
    x = at.alpha * batch.image + at.sigma * batch.noise
    return jnp.mean((predict(x, batch.time) - batch.image) ** 2)


def follow_path(predict: Callable[[jax.Array, jax.Array], jax.Array], start: jax.Array) -> jax.Array:
    """Scenes from noise [n, k], by deterministic DDIM steps with velocities `predict(x, time)`."""

    def step(x: jax.Array, ends: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, None]:
        now = level(PATH, ends[0])
        then = level(PATH, ends[1])
        clean = predict(x, ends[0])
        return then.alpha * clean + then.sigma * noise_from_denoised(now, x, clean), None

    times = jnp.linspace(0.0, 1.0, CALLS + 1)
    x, _ = jax.lax.scan(step, start, (times[:-1], times[1:]))
    return x


def render(base: Pretrained, start: jax.Array, attended: jax.Array) -> jax.Array:
    """Scenes [n, 16] from noise [n, 16] for prompts with these keys and values [n, l, t, 2 h]."""
    return follow_path(lambda x, t: denoise(base, x, t, attended), start)


def describe(tongue: jax.Array, identity: jax.Array) -> jax.Array:
    """Traits [n, TRAITS + 1] of identities [n, 4] in a language [4, TRAITS]."""
    return jnp.concatenate([jnp.tanh(identity @ tongue), jnp.ones((len(identity), 1))], -1)


def draw_scenes(key: jax.Array, tongue: jax.Array, described: float) -> Batch:
    """A batch of scenes of everybody: of a share `described` the prompt names the traits, of the others none."""
    for_normals, for_uniforms = jax.random.split(key)
    drawn = normals(for_normals, identity=(SCENES, IDENTITY), grain=(SCENES, DIMS), noise=(SCENES, DIMS))
    u = uniforms(for_uniforms, described=(SCENES,), place=(SCENES,), style=(SCENES,), time=(SCENES,), turn=(1,))
    told = (u["described"] < described).astype(jnp.float32)[:, None]
    place = jnp.floor(u["place"] * PLACES).astype(jnp.int32)
    style = jnp.floor(u["style"] * STYLES).astype(jnp.int32)
    return Batch(
        image=compose(drawn["identity"], place, style, drawn["grain"]),
        prompt=Prompt(traits=told * describe(tongue, drawn["identity"]), place=place, style=style),
        noise=drawn["noise"],
        time=((jnp.arange(SCENES, dtype=jnp.float32) + u["time"]) / SCENES + u["turn"]) % 1,
    )


def some(count: int) -> jax.Array:
    """Every tenth of a batch, bool [count]; its times are evenly apart, and others in every batch."""
    return jnp.arange(count) % EVERY == 0


def pretrain(key: jax.Array, tongue: jax.Array, leak: jax.Array) -> Pretrained:
    """A model trained on scenes with and without the traits in the prompt, half of each."""
    start, order = jax.random.split(key)
    example: Any = wordless(1)
    params = init(PromptModel(), start, jnp.zeros((1, DIMS)), jnp.zeros(1), example, leak)
    adam = optim.adam(RATE, PRETRAINING)

    def loss(params: Any, batch: Batch) -> jax.Array:
        lost = some(SCENES)
        prompt = batch.prompt._replace(
            place=jnp.where(lost, NOWHERE, batch.prompt.place), style=jnp.where(lost, PLAIN, batch.prompt.style)
        )
        base = Pretrained(params=params, leak=leak)
        return denoising_loss(batch, lambda x, t: denoise(base, x, t, attend(base, prompt)))

    def step(carry: tuple[Any, Any], key: jax.Array) -> tuple[tuple[Any, Any], None]:
        gradients = jax.grad(loss)(carry[0], draw_scenes(key, tongue, DESCRIBED))
        return optim.descend(adam, gradients, carry[1], carry[0]), None

    last, _ = jax.lax.scan(step, (params, adam.init(params)), jax.random.split(order, PRETRAINING))
    return Pretrained(params=last[0], leak=leak)
