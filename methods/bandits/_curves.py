"""What the learned curve optimisers share: a network that reads what was seen, and its two losses.

The points seen are embedded one by one and read by attention, so that their order doesn't matter, as in a neural
process. Candidates are the points of one grid; heads answer for all of them at once, which costs a tenth of attention
from every candidate.

Shapes: b curves, k grid points, l looks, d width.
"""

import abc
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


class Answers(NamedTuple):
    """Means, log deviations and scores [l, b, k] after each number of looks; values found by the looks [l, b]."""

    mean: jax.Array
    log_dev: jax.Array
    score: jax.Array
    found: jax.Array


FIRST_LOG_DEV = -1.0  # of the predictions of an untrained network
LOG_DEVS = (-4.0, 1.0)  # bounds of the log deviation: exp(-4) is about the noise of a look
CLOSED = -1e9  # log probability, but for a constant, of what can't be chosen
NOTHING = -0.5  # best value before the first look: about the least of a curve; a constant of the first return
LEAST_SPREAD = 1e-3  # added to the spread of returns that standardises them


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
        key = jnp.pad(linen.Dense(self.queries)(token), ((0, 0), (1, 0), (0, 0)))
        read = jnp.pad(linen.Dense(self.width)(token), ((0, 0), (1, 0), (0, 0)))
        weights = jax.nn.softmax(jnp.where(open_ > 0, key, CLOSED), axis=1)
        pooled = jnp.einsum("btq,btd->bqd", weights, read).reshape(len(place), -1)
        count = mask.sum(-1, keepdims=True) / mask.shape[-1]
        body = nn.MLP((3 * self.width,) * 3, linen.gelu)(jnp.concatenate([pooled, count], axis=-1))
        mean, log_dev, score = jnp.split(linen.Dense(3 * self.points)(linen.gelu(body)), 3, axis=-1)
        return mean, jnp.clip(log_dev + FIRST_LOG_DEV, *LOG_DEVS), score


def waves(x: jax.Array) -> jax.Array:
    """Sines and cosines of a place in [0, 1]: [...] to [..., 12]."""
    angle = x[..., None] * (jnp.pi * 2.0 ** jnp.arange(6, dtype=jnp.float32)).reshape((1,) * x.ndim + (6,))
    return jnp.concatenate([jnp.sin(angle), jnp.cos(angle)], axis=-1)


class LearnedOptimizer(Method, abc.ABC):
    """Adam on a loss of a neural process; a subclass gives the loss, and where to look."""

    lr: float = 0.003  # Adam's learning rate, decayed to 0 by a cosine

    width: int = 32  # of the network

    space = {"lr": (0.0003, 0.001, 0.003, 0.01, 0.02, 0.04)}

    @abc.abstractmethod
    def loss(self, params: Any, batch: Episode) -> jax.Array:
        """What is descended, of the episodes of a batch: a scalar."""

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

    def answers(self, params: Any, batch: Episode) -> Answers:
        """What the heads say after the first 0, ..., l - 1 looks of every episode, and what was found."""
        b, looks = batch.chosen.shape
        found = jnp.take_along_axis(batch.values, batch.chosen, axis=1)
        mask = jnp.tril(jnp.ones((looks, looks)), -1)[:, None].repeat(b, 1)  # [l, b, l]
        place = mask * self.grid[batch.chosen][None]
        value = mask * found[None]
        flat = [x.reshape(looks * b, looks) for x in (place, value, mask)]
        mean, log_dev, score = self.network.apply(params, *flat)
        each = (looks, b, self.spec.points)
        return Answers(mean=mean.reshape(each), log_dev=log_dev.reshape(each), score=score.reshape(each), found=found.T)

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


def likelihood_loss(answers: Answers, batch: Episode) -> jax.Array:
    """Negative log likelihood of all grid points given the first looks of an episode, of each number in turn."""
    error = (batch.values[None] - answers.mean) / jnp.exp(answers.log_dev)
    return (0.5 * error**2 + answers.log_dev).mean()


def policy_loss(answers: Answers, batch: Episode) -> jax.Array:
    """REINFORCE: the return of a look is the improvement of the best value from there on, standardised by look."""
    taken = jax.nn.one_hot(batch.chosen.T, answers.score.shape[-1])  # [l, b, k]
    open_ = jnp.cumsum(taken, axis=0) - taken == 0
    logp = jax.nn.log_softmax(jnp.where(open_, answers.score, CLOSED), axis=-1)
    best = jax.lax.cummax(answers.found, axis=0)
    before = jnp.concatenate([jnp.full((1, best.shape[1]), NOTHING), best[:-1]])
    gain = best[-1:] - before  # [l, b]
    advantage = (gain - gain.mean(1, keepdims=True)) / (gain.std(1, keepdims=True) + LEAST_SPREAD)
    return -((logp * taken).sum(-1) * advantage).mean()


def greedy(score: jax.Array, seen: jax.Array) -> jax.Array:
    """The unseen candidate of the largest score: [b, k] to int32 [b]."""
    return jnp.argmax(jnp.where(seen > 0, -jnp.inf, score), axis=-1)


def sampled(score: jax.Array, seen: jax.Array, key: jax.Array) -> jax.Array:
    """An unseen candidate drawn from the softmax of the scores: [b, k] to int32 [b]."""
    return greedy(score + jax.random.gumbel(key, score.shape), seen)


def expected_improvement(mean: jax.Array, deviation: jax.Array, best: jax.Array) -> jax.Array:
    """E max(y - best, 0) of a normal y: [b, k], with best [b, 1]."""
    z = (mean - best) / deviation
    return deviation * (z * jax.scipy.stats.norm.cdf(z) + jax.scipy.stats.norm.pdf(z))


def best_seen(seen: jax.Array, values: jax.Array) -> jax.Array:
    """Largest value seen, 0 where there is none: [b, 1]."""
    best = jnp.where(seen > 0, values, -jnp.inf).max(-1, keepdims=True)
    return jnp.where(jnp.isfinite(best), best, 0.0)
