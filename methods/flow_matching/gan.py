"""A generator against a discriminator, with the loss that does not saturate.

**Source**: Goodfellow et al., "Generative Adversarial Networks", 2014, https://arxiv.org/abs/1406.2661, section 3;
order of updates and loss as in the code of Zheng and Zhou (2020), `toy_demo/training.py` (`train_GAN`).

    generator: -mean log D(G(z))        discriminator: -mean log D(x) - mean log(1 - D(G(z)))

**Differs from the paper**: 1. both networks have three layers of 64 units. 2. the discriminator takes one, two or four
steps on the batch for a step of the generator. 3. Adam's first moment decays by 0.5.

**Shapes**: b points of a batch, n points.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import nn, optim
from toybench.methods.flow_matching._planar import DIMS, at_once, plain

FIRST_MOMENT = 0.5  # Adam's, as is usual for adversarial training


class State(NamedTuple):
    """Parameters {generator, discriminator} and Adam's moments of each."""

    params: dict[str, Any]
    moments: dict[str, Any]


class GAN(Method):
    """Two networks of one size that play against each other."""

    lr: float = 0.002  # Adam's learning rate at the start, of both
    rounds: int = 1  # steps of the discriminator for one of the generator

    space = {"lr": (0.001, 0.002, 0.004), "rounds": (1, 2, 4)}

    @property
    def optimizer(self) -> Any:
        return optim.adam(self.lr, self.steps, b1=FIRST_MOMENT)

    @property
    def slower(self) -> Any:
        """The discriminator's: its cosine is as long as its steps are many."""
        return optim.adam(self.lr, self.steps * self.rounds, b1=FIRST_MOMENT)

    def init(self, key: jax.Array) -> State:
        for_generator, for_discriminator = jax.random.split(key)
        point = jnp.zeros((1, DIMS))
        generator = nn.init(plain(), for_generator, point)
        discriminator = nn.init(plain(1), for_discriminator, point)
        moments = {"generator": self.optimizer.init(generator), "discriminator": self.slower.init(discriminator)}
        return State(params={"generator": generator, "discriminator": discriminator}, moments=moments)

    def update(self, state: State, batch: jax.Array, key: jax.Array) -> State:
        noise = jax.random.normal(key, (self.rounds + 1, *batch.shape))
        slope = jax.grad(generator_loss)(state.params["generator"], state.params["discriminator"], noise[0])
        generator, moments = optim.descend(self.optimizer, slope, state.moments["generator"], state.params["generator"])

        def play(carry: tuple[Any, Any], z: jax.Array) -> tuple[tuple[Any, Any], None]:
            discriminator, memory = carry
            fake = plain().apply(generator, z)
            gradient = jax.grad(discriminator_loss)(discriminator, batch, fake)
            return optim.descend(self.slower, gradient, memory, discriminator), None

        start = (state.params["discriminator"], state.moments["discriminator"])
        end, _ = jax.lax.scan(play, start, noise[1:])
        params = {"generator": generator, "discriminator": end[0]}
        return State(params=params, moments={"generator": moments, "discriminator": end[1]})

    def generate(self, state: State, start: jax.Array, key: jax.Array, calls: int) -> jax.Array:
        return at_once(start, plain().apply(state.params["generator"], start))

    def corrupt(self, state: State, points: jax.Array, noise: jax.Array, calls: int) -> jax.Array:
        return at_once(noise, points)


def generator_loss(generator: Any, discriminator: Any, z: jax.Array) -> jax.Array:
    """-log of the probability that samples are taken for data, on average."""
    return jax.nn.softplus(-plain(1).apply(discriminator, plain().apply(generator, z))).mean()


def discriminator_loss(discriminator: Any, data: jax.Array, fake: jax.Array) -> jax.Array:
    """Cross-entropy of telling data from samples."""
    real = jax.nn.softplus(-plain(1).apply(discriminator, data)).mean()
    return real + jax.nn.softplus(plain(1).apply(discriminator, fake)).mean()
