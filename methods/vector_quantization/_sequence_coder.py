"""What the coders of sequences share: a GRU, a Gumbel code layer on top of it, and k-means.

Shapes: b sequences, t frames, d features, w width, c codes, n points, r restarts.
"""

from typing import Any, NamedTuple

import flax.linen as linen
import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import nn, optim
from toybench.tasks.vector_quantization._sequences import SequenceSpec


class GRU(linen.Module):
    """Gated recurrent unit over frames [b, t, d]: states [b, t, w], each of its frame and those before."""

    width: int

    @linen.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        given = linen.Dense(3 * self.width)(x).swapaxes(0, 1)  # all inputs in one product
        kernel = self.param("kernel", linen.initializers.lecun_normal(), (self.width, 3 * self.width))

        def step(h: jax.Array, g: jax.Array) -> tuple[jax.Array, jax.Array]:
            (zx, rx, nx), (zh, rh, nh) = jnp.split(g, 3, axis=-1), jnp.split(h @ kernel, 3, axis=-1)
            update, reset = jax.nn.sigmoid(zx + zh), jax.nn.sigmoid(rx + rh)
            h = (1 - update) * jnp.tanh(nx + reset * nh) + update * h
            return h, h

        return jax.lax.scan(step, jnp.zeros((x.shape[0], self.width)), given)[1].swapaxes(0, 1)


class CodeModel(linen.Module):
    """GRU, logits of codes, a code vector for each frame, linear output."""

    width: int
    codes: int
    features: int

    def setup(self) -> None:
        self.encoder = GRU(self.width)
        self.choice = linen.Dense(self.codes)
        self.codebook = linen.Dense(self.width, use_bias=False)
        self.output = linen.Dense(self.features)

    def logits(self, x: jax.Array) -> jax.Array:
        """Frames [b, t, d] to logits of their codes [b, t, c]."""
        return self.choice(self.encoder(x))

    def __call__(self, x: jax.Array, noise: jax.Array, temperature: Any) -> jax.Array:
        """Output [b, t, d] for frames [b, t, d], with Gumbel noise [b, t, c]."""
        perturbed = self.logits(x) + noise
        soft = jax.nn.softmax(perturbed / temperature)
        hard = jax.nn.one_hot(perturbed.argmax(-1), self.codes)
        return self.output(self.codebook(jax.lax.stop_gradient(hard - soft) + soft))


class State(NamedTuple):
    """Parameters, the optimiser's moments, and updates so far (float [])."""

    params: Any
    opt: Any
    step: jax.Array


class GumbelCoder(Method):
    """Trains a `CodeModel` on the absolute error of the frame `ahead`; codes are the most likely ones."""

    lr: float = 0.003  # Adam's learning rate; 1e-4 for 100 epochs in the paper
    hot: float = 2.0  # temperature of the code layer at the start, above 0
    cold: float = 0.5  # temperature at the end, above 0; 0.5 in the authors' code
    width: int = 32  # w; 512 in the paper

    space = {"lr": (0.003, 0.01), "hot": (0.5, 1.0, 2.0)}

    @property
    def ahead(self) -> int:
        """How many frames ahead the target is."""
        raise TypeError(f"{self.name} has no target; give it a property `ahead`.")

    @property
    def model(self) -> CodeModel:
        return CodeModel(self.width, self.spec.codes, self.spec.features)

    @property
    def optimizer(self) -> optax.GradientTransformation:
        return clipped_adam(self.lr, self.steps)

    def init(self, key: jax.Array) -> State:
        x = jnp.zeros((1, 2, self.spec.features))
        params = nn.init(self.model, key, x, jnp.zeros((1, 2, self.spec.codes)), jnp.ones(()))
        return State(params=params, opt=self.optimizer.init(params), step=jnp.zeros(()))

    def update(self, state: State, batch: jax.Array, key: jax.Array) -> State:
        x, y = pairs(batch, self.ahead)
        noise = jax.random.gumbel(key, (*x.shape[:2], self.spec.codes))
        temperature = self.hot * (self.cold / self.hot) ** (state.step / self.steps)

        def loss(params: Any) -> jax.Array:
            return jnp.abs(self.model.apply(params, x, noise, temperature) - y).mean()

        params, opt = optim.descend(self.optimizer, jax.grad(loss)(state.params), state.opt, state.params)
        return State(params=params, opt=opt, step=state.step + 1)

    def sequence_codes(self, state: State, frames: jax.Array) -> jax.Array:
        return self.model.apply(state.params, frames, method="logits").argmax(-1).astype(jnp.int32)


def clipped_adam(lr: Any, steps: int) -> optax.GradientTransformation:
    """Adam after clipping the gradient's norm to 1, as the authors of VQ-APC train."""
    return optim.lenient(optax.chain(optax.clip_by_global_norm(1.0), optim.adam(lr, steps)))


def pairs(frames: jax.Array, ahead: int) -> tuple[jax.Array, jax.Array]:
    """Inputs and targets from frames [b, t, d]: frame i and frame i + ahead, both [b, t - ahead, d]."""
    return frames[:, : frames.shape[1] - ahead], frames[:, ahead:]


class Recent(NamedTuple):
    """The last sequences seen [m, t, d], and uniform numbers [r, c] that start k-means."""

    frames: jax.Array
    start: jax.Array


def empty(spec: SequenceSpec, key: jax.Array, sequences: int, restarts: int) -> Recent:
    """Nothing seen yet."""
    frames = jnp.zeros((sequences, spec.length, spec.features))
    return Recent(frames=frames, start=jax.random.uniform(key, (restarts, spec.codes)))


def remember(recent: Recent, batch: jax.Array) -> Recent:
    """The oldest sequences give way to `batch` [b, t, d]."""
    return recent._replace(frames=jnp.concatenate([recent.frames[len(batch) :], batch]))


def distances(points: jax.Array, centres: jax.Array) -> jax.Array:
    """Squared distances [n, c] of points [n, d] from centres [c, d]."""
    return jnp.sum(points**2, -1)[:, None] - 2 * points @ centres.T + jnp.sum(centres**2, -1)[None, :]


def kmeans(points: jax.Array, start: jax.Array, rounds: int = 15) -> jax.Array:
    """Centres [c, d] of points [n, d]: k-means++ from uniform numbers `start` [r, c], Lloyd, the best restart."""

    def seed(nearest: jax.Array, u: jax.Array) -> tuple[jax.Array, jax.Array]:
        total = jnp.cumsum(jnp.where(jnp.isinf(nearest), 1.0, nearest))  # the first centre is any point
        chosen = points[jnp.minimum(jnp.searchsorted(total, u * total[-1]), len(points) - 1)]
        return jnp.minimum(nearest, distances(points, chosen[None])[:, 0].clip(0)), chosen

    def round_(_: int, centres: jax.Array) -> jax.Array:
        member = jax.nn.one_hot(distances(points, centres).argmin(1), len(centres))
        size = member.sum(0)[:, None]
        return jnp.where(size > 0, member.T @ points / jnp.maximum(size, 1.0), centres)

    def once(u: jax.Array) -> tuple[jax.Array, jax.Array]:
        centres = jax.lax.scan(seed, jnp.full(len(points), jnp.inf), u)[1]
        centres = jax.lax.fori_loop(0, rounds, round_, centres)
        return centres, distances(points, centres).min(1).mean()

    centres, inertia = jax.lax.map(once, start)
    return centres[inertia.argmin()]
