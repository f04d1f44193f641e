"""What region learners share: training by Adam, and one score whose quantile on the calibration set sizes the region.

Shapes: b points, m inputs, d outputs, p candidates a point, k directions, s latent points.
"""

import abc
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import nn, optim
from toybench.tasks.conformal._regions import Pairs, RegionSpec, upper_quantile

HIDDEN = (64, 64)
LATENT = 2  # values of a latent point
LEAST = -6.0  # log standard deviations of the encoder are kept between these
MOST = 2.0


class State(NamedTuple):
    """Parameters by network and Adam's moments."""

    params: Any
    opt: Any


class ScoredRegion(Method, abc.ABC):
    """The region is {score <= q}; a subclass gives its networks, its training loss and its score."""

    lr: float = 0.01  # Adam's, decayed to 0 by a cosine; the authors of ST-DQR have 0.001 for 10,000 epochs

    space = {"lr": (0.0005, 0.001, 0.002, 0.003, 0.005, 0.007, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1)}

    @abc.abstractmethod
    def networks(self) -> dict[str, tuple[int, int]]:
        """Inputs and outputs of each network."""

    @abc.abstractmethod
    def loss(self, params: Any, batch: Pairs, key: jax.Array) -> jax.Array:
        """What training lowers, []."""

    @abc.abstractmethod
    def score(self, params: Any, x: jax.Array, y: jax.Array) -> jax.Array:
        """How far candidates y [b, p, d] are from belonging to inputs x [b, m]: [b, p]."""

    @property
    def optimizer(self) -> optax.GradientTransformation:
        return optim.adam(self.lr, self.steps)

    def init(self, key: jax.Array) -> State:
        sizes = self.networks()
        keys = jax.random.split(key, len(sizes))
        params = {
            name: nn.init(nn.MLP((*HIDDEN, out)), one, jnp.zeros((1, width)))
            for (name, (width, out)), one in zip(sizes.items(), keys, strict=True)
        }
        return State(params=params, opt=self.optimizer.init(params))

    def update(self, state: State, batch: Pairs, key: jax.Array) -> State:
        grads = jax.grad(self.loss)(state.params, batch, key)
        params, opt = optim.descend(self.optimizer, grads, state.opt, state.params)
        return State(params=params, opt=opt)

    def region(self, state: State, x: jax.Array, y: jax.Array) -> jax.Array:
        kept = self.given
        allowed = upper_quantile(self.score(state.params, kept.x, kept.y[:, None])[:, 0], kept.alpha)
        return self.score(state.params, x, y) <= allowed


def apply(network: Any, *inputs: jax.Array) -> jax.Array:
    """One of the networks, by its parameters, on inputs side by side."""
    last = network["params"][f"Dense_{len(HIDDEN)}"]["bias"]
    return nn.MLP((*HIDDEN, last.shape[0])).apply(network, jnp.concatenate(inputs, axis=-1))


def pinball(error: jax.Array, level: jax.Array | float) -> jax.Array:
    """Quantile loss of error = value - prediction; least where P(error < 0) = level."""
    return jnp.maximum(level * error, (level - 1) * error)


def directions(count: int) -> jax.Array:
    """Unit vectors evenly round the circle, [k, 2]."""
    angle = 2 * jnp.pi * jnp.arange(float(count)) / count
    return jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=1)


def autoencoder(spec: RegionSpec) -> dict[str, tuple[int, int]]:
    """Networks of a conditional variational autoencoder: y = decoder(x, z) with z of two values, N(0, I) at any x."""
    return {
        "encoder": (spec.inputs + spec.outputs, 2 * LATENT),
        "decoder": (spec.inputs + LATENT, spec.outputs),
    }


def evidence(params: Any, batch: Pairs, kl: Any, key: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The autoencoder's loss, squared error plus kl times the divergence, and the latents drawn [b, 2]."""
    mean, log_std = jnp.split(apply(params["encoder"], batch.x, batch.y), 2, axis=-1)
    log_std = jnp.clip(log_std, LEAST, MOST)
    z = mean + jnp.exp(log_std) * jax.random.normal(key, mean.shape)
    error = jnp.sum((apply(params["decoder"], batch.x, z) - batch.y) ** 2, axis=-1)
    divergence = jnp.sum((jnp.exp(2 * log_std) + mean**2 - 1) / 2 - log_std, axis=-1)
    return jnp.mean(error + kl * divergence), z


def cloud(params: Any, x: jax.Array, z: jax.Array) -> jax.Array:
    """Latent points z [s, 2] decoded at inputs x [b, m]: [b, s, d]."""
    shape = (len(x), len(z))
    wide = jnp.broadcast_to(x[:, None], (*shape, x.shape[1]))
    return apply(params["decoder"], wide, jnp.broadcast_to(z[None], (*shape, LATENT)))


def needs_two_outputs(spec: RegionSpec) -> str | None:
    """Why a method in the plane can't be used, None where it can."""
    return None if spec.outputs == 2 else "it works in a plane, for a response of two values"
