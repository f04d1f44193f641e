"""What the quantised autoencoders share: an encoder, a codebook searched by distance, a decoder, and how they train.

Shapes: b examples, i inputs, l latent width, d width of a code (l unless a method says otherwise), k codes.
"""

from typing import Any, NamedTuple

import flax.linen
import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import nn, optim
from toybench.tasks.vector_quantization._autoencoder import Quantized, squared_distances


class State(NamedTuple):
    """Parameters, Adam's moments, and what the codebook keeps beside its parameters (averages, counts)."""

    params: Any
    opt: Any
    memory: Any


class Parts(flax.linen.Module):
    """Encoder [b, i] to [b, l], decoder [b, l] to [b, i], embedding [k, d]: one draw initialises them all."""

    inputs: int
    hidden: int
    latent: int
    codes: int
    width: int

    def setup(self) -> None:
        self.encoder = nn.MLP((self.hidden, self.hidden, self.latent))
        self.decoder = nn.MLP((self.hidden, self.hidden, self.inputs))
        self.codebook = flax.linen.Embed(self.codes, self.width)

    def __call__(self, x: jax.Array) -> tuple[jax.Array, jax.Array]:
        return self.decoder(self.encoder(x)), self.codebook.embedding

    def encode(self, x: jax.Array) -> jax.Array:
        return self.encoder(x)

    def decode(self, z: jax.Array) -> jax.Array:
        return self.decoder(z)


class Autoencoder(Method):
    """Encoder and decoder MLPs around `quantizer`; a subclass says what that is.

    `self.forward(params, memory, x, key)` gives the training loss and what was seen; `self.remember` is what happens
    to the codebook after the gradient step.
    """

    lr: float = 0.01  # Adam's learning rate, decayed to 0 by a cosine
    hidden: int = 64  # width of the two hidden layers of encoder and decoder

    space = {"lr": (0.003, 0.01, 0.03)}

    @property
    def latent(self) -> int:
        """Width of the encoder's output."""
        return self.spec.latent

    @property
    def width(self) -> int:
        """Width of a code."""
        return self.latent

    @property
    def network(self) -> Parts:
        return Parts(self.spec.inputs, self.hidden, self.latent, self.spec.codes, self.width)

    @property
    def optimizer(self) -> optax.GradientTransformation:
        return optim.adam(self.lr, self.steps)

    def prepare(self, networks: Any, codes: jax.Array, key: jax.Array) -> tuple[Any, Any]:
        """(params, memory) from the networks' parameters and codes [k, d] drawn from N(0, 1/d)."""
        raise TypeError(f"{self.name} has no parameters of its quantiser; give it a method `prepare`.")

    def forward(self, params: Any, memory: Any, x: jax.Array, key: jax.Array) -> tuple[jax.Array, Quantized]:
        """The training loss, [], and what the quantiser saw of a batch [b, i]."""
        raise TypeError(f"{self.name} has no loss; give it a method `forward`.")

    def remember(self, params: Any, memory: Any, seen: Quantized, key: jax.Array) -> tuple[Any, Any]:
        """(params, memory) after the gradient step; nothing changes by default."""
        return params, memory

    def init(self, key: jax.Array) -> State:
        a, b = jax.random.split(key)
        drawn = dict(nn.init(self.network, a, jnp.zeros((1, self.spec.inputs)))["params"])
        codes = drawn.pop("codebook")["embedding"]
        params, memory = self.prepare(drawn, codes, b)
        return State(params=params, opt=self.optimizer.init(params), memory=memory)

    def update(self, state: State, batch: jax.Array, key: jax.Array) -> State:
        a, b = jax.random.split(key)
        grads, seen = jax.grad(self.forward, has_aux=True)(state.params, state.memory, batch, a)
        params, opt = optim.descend(self.optimizer, grads, state.opt, state.params)
        params, memory = self.remember(params, state.memory, seen, b)
        return State(params=params, opt=opt, memory=memory)

    def encode(self, params: Any, x: jax.Array) -> jax.Array:
        """Encoder outputs [b, l] of examples [b, i]."""
        return self.network.apply({"params": params["networks"]}, x, method="encode")

    def reconstruct(self, params: Any, code: jax.Array) -> jax.Array:
        """Decoder outputs [b, i] of codes [b, d]."""
        return self.network.apply({"params": params["networks"]}, code, method="decode")

    def decode(self, state: State, code: jax.Array) -> jax.Array:
        return self.reconstruct(state.params, code)


class NearestCode(Autoencoder):
    """A codebook whose nearest code, in squared distance, replaces the feature; plain VQ-VAE unless overridden."""

    beta: float = 0.25  # weight of the commitment loss; van den Oord et al. 0.25
    init_scale: float = 1.0  # codes start as N(0, init_scale^2 / d); SimVQ 1, VQ-VAE uniform of width 1 / K, so near 0

    space = {"lr": (0.003, 0.01, 0.03), "init_scale": (0.1, 1.0)}

    def prepare(self, networks: Any, codes: jax.Array, key: jax.Array) -> tuple[Any, Any]:
        return {"networks": networks, "codes": self.init_scale * codes}, ()

    def features(self, params: Any, x: jax.Array) -> jax.Array:
        """What is quantised, [b, d], of examples [b, i]."""
        return self.encode(params, x)

    def book(self, params: Any, memory: Any) -> jax.Array:
        """The codes in use, [k, d]."""
        return params["codes"]

    def through(self, z: jax.Array, q: jax.Array) -> jax.Array:
        """q [b, d] with the gradient that reaches feature z [b, d]: the identity, straight through."""
        return z + jax.lax.stop_gradient(q - z)

    def alignment(self, z: jax.Array, q: jax.Array) -> jax.Array:
        """Codebook loss |sg(z) - q|^2 plus beta times commitment loss |z - sg(q)|^2, means over b and d."""
        fixed = jax.lax.stop_gradient
        return ((fixed(z) - q) ** 2).mean() + self.beta * ((z - fixed(q)) ** 2).mean()

    def look_up(self, params: Any, memory: Any, x: jax.Array) -> Quantized:
        """Features of examples [b, i] and their nearest codes."""
        z, book = self.features(params, x), self.book(params, memory)
        index = jnp.argmin(squared_distances(z, book), axis=1)
        return Quantized(z, book[index], index)

    def forward(self, params: Any, memory: Any, x: jax.Array, key: jax.Array) -> tuple[jax.Array, Quantized]:
        seen = self.look_up(params, memory, x)
        error = self.reconstruct(params, self.through(seen.feature, seen.code)) - x
        return (error**2).mean() + self.alignment(seen.feature, seen.code), seen

    def quantize(self, state: State, x: jax.Array) -> Quantized:
        return self.look_up(state.params, state.memory, x)

    def codebook(self, state: State) -> jax.Array:
        return self.book(state.params, state.memory)
