"""What region learners share: training by Adam, and one score whose quantile on the calibration set sizes the region.

Shapes: b points, m inputs, d outputs, p candidates a point, k directions, s latent points.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import nn, optim
from toybench.tasks.conformal._regions import Pairs, upper_quantile

HIDDEN = (64, 64)


class State(NamedTuple):
    """Parameters by network and Adam's moments."""

    params: Any
    opt: Any


class ScoredRegion(Method):
    """A subclass gives `networks`, the training `loss`, and the `score` of candidates: the region is {score <= q}."""

    lr: float = 0.01  # Adam's learning rate, decayed to 0 by a cosine

    space = {"lr": (0.003, 0.01)}

    def networks(self) -> dict[str, tuple[int, int]]:
        """Inputs and outputs of each network."""
        raise TypeError(f"{self.name} has no networks; give it a method `networks`.")

    def loss(self, params: Any, batch: Pairs, key: jax.Array) -> jax.Array:
        raise TypeError(f"{self.name} has no loss; give it a method `loss`.")

    def score(self, params: Any, x: jax.Array, y: jax.Array) -> jax.Array:
        """How far candidates y [b, p, d] are from belonging to inputs x [b, m]: [b, p]."""
        raise TypeError(f"{self.name} has no score; give it a method `score`.")

    @property
    def optimizer(self) -> optax.GradientTransformation:
        return optim.adam(self.lr, self.steps)

    def init(self, key: jax.Array) -> State:
        sizes = self.networks()
        keys = jax.random.split(key, len(sizes))
        params = {
            name: nn.init(nn.MLP((*HIDDEN, out)), k, jnp.zeros((1, width)))
            for (name, (width, out)), k in zip(sizes.items(), keys, strict=True)
        }
        return State(params=params, opt=self.optimizer.init(params))

    def net(self, params: Any, name: str, *inputs: jax.Array) -> jax.Array:
        """One of the networks on its inputs, side by side."""
        return nn.MLP((*HIDDEN, self.networks()[name][1])).apply(params[name], jnp.concatenate(inputs, axis=-1))

    def update(self, state: State, batch: Pairs, key: jax.Array) -> State:
        grads = jax.grad(self.loss)(state.params, batch, key)
        params, opt = optim.descend(self.optimizer, grads, state.opt, state.params)
        return State(params=params, opt=opt)

    def region(self, state: State, x: jax.Array, y: jax.Array) -> jax.Array:
        kept = self.given
        allowed = upper_quantile(self.score(state.params, kept.x, kept.y[:, None])[:, 0], kept.alpha)
        return self.score(state.params, x, y) <= allowed


class QuantileBox(ScoredRegion):
    """Quantiles of each coordinate at levels alpha / 2d and 1 - alpha / 2d, widened or narrowed by one number."""

    def networks(self) -> dict[str, tuple[int, int]]:
        return {"quantiles": (self.spec.inputs, 2 * self.spec.outputs)}

    def loss(self, params: Any, batch: Pairs, key: jax.Array) -> jax.Array:
        level = self.given.alpha / (2 * self.spec.outputs)
        low, high = jnp.split(self.net(params, "quantiles", batch.x), 2, axis=-1)
        return (pinball(batch.y - low, level) + pinball(batch.y - high, 1 - level)).mean()

    def score(self, params: Any, x: jax.Array, y: jax.Array) -> jax.Array:
        low, high = jnp.split(self.net(params, "quantiles", x)[:, None], 2, axis=-1)
        return jnp.maximum(low - y, y - high).max(-1)


class Generative(ScoredRegion):
    """A conditional variational autoencoder: y = decoder(x, z) with z of two values, N(0, I) at any x."""

    kl: float = 0.05  # weight of the divergence against the squared error

    space = {"lr": (0.003, 0.01), "kl": (0.02, 0.05, 0.1)}

    def networks(self) -> dict[str, tuple[int, int]]:
        m, d = self.spec.inputs, self.spec.outputs
        return {"encoder": (m + d, 4), "decoder": (m + 2, d)}

    def fits(self, spec: Any) -> str | None:
        return None if spec.outputs == 2 else "its latent space has two values, for a response of two"

    def encode(self, params: Any, x: jax.Array, y: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Mean and log standard deviation of z, [b, 2] each."""
        mean, log_std = jnp.split(self.net(params, "encoder", x, y), 2, axis=-1)
        return mean, jnp.clip(log_std, -6.0, 2.0)

    def evidence(self, params: Any, batch: Pairs, key: jax.Array) -> tuple[jax.Array, jax.Array]:
        """The autoencoder's loss, and the latents drawn [b, 2]."""
        mean, log_std = self.encode(params, batch.x, batch.y)
        z = mean + jnp.exp(log_std) * jax.random.normal(key, mean.shape)
        error = jnp.sum((self.net(params, "decoder", batch.x, z) - batch.y) ** 2, axis=-1)
        divergence = jnp.sum((jnp.exp(2 * log_std) + mean**2 - 1) / 2 - log_std, axis=-1)
        return jnp.mean(error + self.kl * divergence), z

    def cloud(self, params: Any, x: jax.Array, z: jax.Array) -> jax.Array:
        """Latent points z [s, 2] decoded at inputs x [b, m]: [b, s, d]."""
        b, s = len(x), len(z)
        wide = jnp.broadcast_to(x[:, None], (b, s, x.shape[1]))
        return self.net(params, "decoder", wide, jnp.broadcast_to(z[None], (b, s, 2)))


def pinball(error: jax.Array, level: jax.Array | float) -> jax.Array:
    """Quantile loss of error = value - prediction; least where P(error < 0) = level."""
    return jnp.maximum(level * error, (level - 1) * error)


def directions(count: int) -> jax.Array:
    """Unit vectors evenly round the circle, [k, 2]."""
    angle = 2 * jnp.pi * jnp.arange(float(count)) / count
    return jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=1)
