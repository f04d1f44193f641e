"""What the learned curve optimisers share: a network that reads what was seen, and its two losses.

The points seen are embedded one by one and read by attention, so that their order doesn't matter, as in a neural
process. Candidates are the points of one grid; heads answer for all of them at once, which costs a tenth of attention
from every candidate.

Shapes: b curves, k grid points, l looks, d width.
"""

from typing import Any, NamedTuple

import flax.linen as linen
import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import nn, optim
from toybench.tasks.bandits.related_curves import Episode


class State(NamedTuple):
    """Parameters, Adam's moments."""

    params: Any
    opt: Any


class NeuralProcess(linen.Module):
    """From places, values and a mask of the points seen, all [b, l], to mean, log deviation and score [b, k]."""

    width: int
    points: int
    queries: int = 4

    @linen.compact
    def __call__(self, place: jax.Array, value: jax.Array, mask: jax.Array) -> tuple:
        token = jnp.concatenate([waves(place), value[..., None]], axis=-1)
        token = nn.MLP((self.width, self.width), linen.gelu)(token)
        open_ = jnp.pad(mask, ((0, 0), (1, 0)), constant_values=1.0)[..., None]  # a first token stands for nothing seen
        key, read = (jnp.pad(linen.Dense(d)(token), ((0, 0), (1, 0), (0, 0))) for d in (self.queries, self.width))
        weights = jax.nn.softmax(jnp.where(open_ > 0, key, -1e9), axis=1)
        pooled = jnp.einsum("btq,btd->bqd", weights, read).reshape(len(place), -1)
        count = mask.sum(-1, keepdims=True) / mask.shape[-1]
        body = nn.MLP((3 * self.width,) * 3, linen.gelu)(jnp.concatenate([pooled, count], axis=-1))
        mean, log_dev, score = jnp.split(linen.Dense(3 * self.points)(linen.gelu(body)), 3, axis=-1)
        return mean, jnp.clip(log_dev - 1.0, -4.0, 1.0), score


def waves(x: jax.Array) -> jax.Array:
    """Sines and cosines of a place in [0, 1]: [...] to [..., 12]."""
    angle = x[..., None] * (jnp.pi * 2.0 ** jnp.arange(6, dtype=jnp.float32)).reshape((1,) * x.ndim + (6,))
    return jnp.concatenate([jnp.sin(angle), jnp.cos(angle)], axis=-1)


class LearnedOptimizer(Method):
    """Adam on a weighted sum of a policy loss and of the likelihood of the curves' values.

    The likelihood is that of all grid points given the first looks of an episode, of each number in turn. The policy
    loss is REINFORCE: the return of a look is the improvement of the best value from there on.
    """

    lr: float = 0.003  # Adam's learning rate, decayed to 0 by a cosine
    likelihood: float = 1.0  # weight of the negative log likelihood
    reinforce: float = 1.0  # weight of the policy loss

    width: int = 32  # of the network

    space = {"lr": (0.001, 0.003, 0.01)}

    @property
    def network(self) -> NeuralProcess:
        return NeuralProcess(self.width, self.spec.points)

    @property
    def optimizer(self) -> optax.GradientTransformation:
        return optim.lenient(
            optax.chain(optax.clip_by_global_norm(1.0), optax.adam(optax.cosine_decay_schedule(self.lr, self.steps)))
        )

    @property
    def grid(self) -> jax.Array:
        return jnp.linspace(0, 1, self.spec.points)

    def init(self, key: jax.Array) -> State:
        one = jnp.zeros((1, self.spec.looks))
        params = nn.init(self.network, key, one, one, one)
        return State(params=params, opt=self.optimizer.init(params))

    def prefixes(self, batch: Episode, noisy: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        """Places, values and masks of the first 0, ..., l - 1 looks of all episodes: each [l * b, l]."""
        b, looks = batch.chosen.shape
        mask = jnp.tril(jnp.ones((looks, looks)), -1)[:, None].repeat(b, 1).reshape(looks * b, looks)
        every = (looks, b, looks)
        place, value = (jnp.broadcast_to(x[None], every).reshape(mask.shape) for x in (self.grid[batch.chosen], noisy))
        return place * mask, value * mask, mask

    def loss(self, params: Any, batch: Episode) -> jax.Array:
        """Likelihood and policy loss of the episodes of a batch."""
        b, looks = batch.chosen.shape
        found = jnp.take_along_axis(batch.values, batch.chosen, axis=1)
        place, value, mask = self.prefixes(batch, found)
        mean, log_dev, score = self.network.apply(params, place, value, mask)
        target = jnp.tile(batch.values, (looks, 1))
        nll = (0.5 * ((target - mean) / jnp.exp(log_dev)) ** 2 + log_dev).mean()
        taken = jax.nn.one_hot(batch.chosen.T, self.spec.points)  # [l, b, k]
        open_ = jnp.cumsum(taken, axis=0) - taken == 0
        logp = jax.nn.log_softmax(jnp.where(open_, score.reshape(looks, b, -1), -1e9), axis=-1)
        best = jax.lax.cummax(found.T, axis=0)
        gain = best[-1:] - jnp.concatenate([jnp.full((1, b), -0.5), best[:-1]])  # return of a look: [l, b]
        advantage = (gain - gain.mean(1, keepdims=True)) / (gain.std(1, keepdims=True) + 1e-3)
        policy = -((logp * taken).sum(-1) * advantage).mean()
        return self.likelihood * nll + self.reinforce * policy

    def update(self, state: State, batch: Episode, key: jax.Array) -> State:
        grads = jax.grad(self.loss)(state.params, batch)
        params, opt = optim.descend(self.optimizer, grads, state.opt, state.params)
        return State(params=params, opt=opt)

    def ask(self, state: State, seen: jax.Array, values: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        """(mean, deviation, score) at all grid points, given tables of what was seen: each [b, k]."""
        mask, where = jax.lax.top_k(seen, self.spec.looks)
        value = jnp.take_along_axis(values, where, axis=1)
        mean, log_dev, score = self.network.apply(state.params, self.grid[where] * mask, value * mask, mask)
        return mean, jnp.exp(log_dev), score


def expected_improvement(mean: jax.Array, deviation: jax.Array, best: jax.Array) -> jax.Array:
    """E max(y - best, 0) of a normal y: [b, k], with best [b, 1]."""
    z = (mean - best) / deviation
    return deviation * (z * jax.scipy.stats.norm.cdf(z) + jax.scipy.stats.norm.pdf(z))


def best_seen(seen: jax.Array, values: jax.Array) -> jax.Array:
    """Largest value seen, 0 where there is none: [b, 1]."""
    best = jnp.where(seen > 0, values, -jnp.inf).max(-1, keepdims=True)
    return jnp.where(jnp.isfinite(best), best, 0.0)
