"""What the ensembles of this study share: two heads on a trunk, the laws that they stand for, and the bonus.

Shapes: b items, n observations, d their numbers, a actions, m atoms or quantiles, t places of a law.
"""

import abc
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import deep_q, rl
from toybench.blocks import nn as networks
from toybench.tasks import value_learning as study
from toybench.tasks.value_learning import Played, PlayerSpec

ATOMS = 11  # of a head's law; 101 in the authors' code
HEADS = 2
PRIOR = 1.0  # weight of a head's untrained twin; the authors' 3, as weights of two layers start 1.7 times larger here
TINY = 1e-8  # under the root of a variance; the authors'
FORGET = 0.999  # of the bonus's moments, at every batch; the authors', at every step of theirs


class Twins(nn.Module):
    """A trunk with two heads for laws of returns, [n, 2, a, m], and one for the bonus to come, [n, a].

    To a head, its prior times the output of a twin is added that never learns; both see the trunk's features.
    """

    actions: int
    priors: tuple[float, ...]

    @nn.compact
    def __call__(self, obs: jax.Array) -> tuple[jax.Array, jax.Array]:
        features = nn.relu(nn.Dense(study.WIDTH)(obs))
        size = (study.WIDTH, self.actions * ATOMS)
        heads = [networks.MLP(size)(features) for _ in range(HEADS)]
        fixed = [jax.lax.stop_gradient(networks.MLP(size)(features)) for _ in range(HEADS)]
        raw = jnp.stack([h + p * f for h, p, f in zip(heads, self.priors, fixed, strict=True)], 1)
        bonus = networks.MLP((study.WIDTH, self.actions))(features)
        return raw.reshape(-1, HEADS, self.actions, ATOMS), bonus


class Law(NamedTuple):
    """A distribution: where its mass lies and how much, both [..., m]."""

    place: jax.Array
    mass: jax.Array

    def mean(self) -> jax.Array:
        """Expectations, [...]."""
        return (self.place * self.mass).sum(-1)


def mixture(law: Law) -> Law:
    """Of the two heads, [b, 2, m], in equal shares: [b, 2 m]."""
    together = law.place.reshape(len(law.place), -1)
    return Law(place=together, mass=law.mass.reshape(together.shape) / HEADS)


def distance(one: jax.Array, other: jax.Array, spacing: jax.Array) -> jax.Array:
    """Wasserstein-1 distance [...] of two laws on the same evenly spaced atoms, masses [..., m]."""
    return jnp.abs(jnp.cumsum(one - other, -1)).sum(-1) * spacing


def cross_entropy(logits: jax.Array, wanted: Law, atoms: jax.Array) -> jax.Array:
    """Loss [b] of logits [b, m] against the projection of laws [b, t] on the atoms."""
    projected = rl.categorical_projection(atoms, wanted.place, wanted.mass)
    return -(projected * jax.nn.log_softmax(logits, -1)).sum(-1)


def quantile_loss(quantiles: jax.Array, wanted: Law) -> jax.Array:
    """Quantile regression [b] of quantiles [b, m] to laws [b, t], with Huber's loss; sum over quantiles."""
    share = (jnp.arange(ATOMS, dtype=jnp.float32) + 0.5) / ATOMS
    error = wanted.place[:, None] - quantiles[:, :, None]
    weight = jnp.abs(share[None, :, None] - (error < 0).astype(error.dtype))
    return (weight * deep_q.huber(error) * wanted.mass[:, None]).sum((1, 2))


class Bonus(NamedTuple):
    """Moments of the heads' disagreement on what was played: discounted count, mean and variance, []."""

    count: jax.Array  # type: ignore[assignment]
    mean: jax.Array
    variance: jax.Array


def watch(bonus: Bonus, seen: jax.Array) -> Bonus:
    """With disagreements [n] of what was just played."""
    kept = FORGET * bonus.count
    count = kept + len(seen)
    off = seen.mean() - bonus.mean
    squares = bonus.variance * kept + ((seen - seen.mean()) ** 2).sum() + off**2 * kept * len(seen) / count
    return Bonus(count=count, mean=bonus.mean + off * len(seen) / count, variance=squares / count)


class Surprised(NamedTuple):
    """Core, and moments of the disagreement."""

    core: deep_q.Core
    bonus: Bonus

    @property
    def params(self) -> Any:
        return self.core.params


class Ensemble(Method, abc.ABC):
    """Two heads that both learn the mixture of their targets, and act on their mean plus their disagreement.

    A method says which laws its heads stand for, and how they are fitted.
    """

    lr: float = 0.001  # learning rate, above 0
    c: float = 0.1  # weight of the bonus, 0 or more; the authors' falls from 0.15 or 0.01 to almost 0

    space = {"lr": study.RATES, "c": (0.03, 0.1, 0.3)}

    @property
    @abc.abstractmethod
    def priors(self) -> tuple[float, ...]:
        """Weight of each head's prior."""

    @abc.abstractmethod
    def laws(self, raw: jax.Array) -> Law:
        """Laws [..., 2, a, m] of the heads' outputs [..., 2, a, m]."""

    @abc.abstractmethod
    def projected(self, raw: jax.Array) -> jax.Array:
        """Their masses on the atoms, [..., 2, a, m]."""

    @abc.abstractmethod
    def fit(self, raw: jax.Array, wanted: Law) -> jax.Array:
        """Loss [b] of the outputs [b, 2, m] for the actions taken against laws [b, 2 m]."""

    def fits(self, spec: PlayerSpec) -> str | None:
        return None if spec.bounds[0] < spec.bounds[1] else "its atoms need known bounds of the return"

    @property
    def network(self) -> Twins:
        return Twins(actions=self.spec.actions, priors=self.priors)

    @property
    def atoms(self) -> jax.Array:
        return jnp.linspace(*self.spec.bounds, ATOMS)  # type: ignore[call-overload]

    def init(self, key: jax.Array) -> Surprised:
        params = networks.init(self.network, key, jnp.zeros((1, self.spec.dims)))
        room = study.capacity(self.spec, self.steps)
        zero = jnp.zeros(())
        return Surprised(
            core=deep_q.start(params, study.no_transition(self.spec), room, self.lr),
            bonus=Bonus(count=zero, mean=zero, variance=jnp.ones(())),
        )

    def greedy(self, state: Surprised, obs: jax.Array) -> jax.Array:
        raw, _ = self.network.apply(state.core.params, obs)
        return self.laws(raw).mean().mean(1).argmax(-1)

    def act(self, state: Surprised, obs: jax.Array, key: jax.Array) -> jax.Array:
        raw, ahead = self.network.apply(state.core.params, obs)
        return self.optimistic(raw, ahead, state.bonus).argmax(-1)

    def disagreement(self, raw: jax.Array) -> jax.Array:
        """Distance between the two heads' laws, [..., a]."""
        masses = self.projected(raw)
        return distance(masses[..., 0, :, :], masses[..., 1, :, :], self.atoms[1] - self.atoms[0])

    def surprise(self, raw: jax.Array, bonus: Bonus) -> jax.Array:
        """The bonus b, [..., a]: the standardised disagreement."""
        return (self.disagreement(raw) - bonus.mean) / jnp.sqrt(bonus.variance + TINY)

    def optimistic(self, raw: jax.Array, ahead: jax.Array, bonus: Bonus) -> jax.Array:
        """Values to act on, [n, a]: the heads' mean, and the bonus now and to come."""
        return self.laws(raw).mean().mean(1) + self.c * (ahead + self.surprise(raw, bonus))

    def update(self, state: Surprised, batch: Played, key: jax.Array) -> Surprised:
        items = study.one_by_one(batch)
        raw, _ = self.network.apply(state.core.params, items.obs)
        bonus = watch(state.bonus, deep_q.at(self.disagreement(raw), items.action))

        def loss(params: Any, target: Any, items: Played) -> jax.Array:
            return self.loss(params, target, items, bonus)

        uniform = jax.random.uniform(key, (self.spec.updates, study.MINIBATCH))
        core = deep_q.learn(state.core, items, loss, self.lr, study.TRACK, uniform)
        return Surprised(core=core, bonus=bonus)

    def loss(self, params: Any, target: Any, items: Played, bonus: Bonus) -> jax.Array:
        """Of the two heads against the mixture of their targets, and of the bonus to come against the bonus ahead."""
        raw, hope = self.network.apply(params, items.obs)
        raw1, hope1 = jax.lax.stop_gradient(self.network.apply(params, items.obs1))
        raw2, hope2 = self.network.apply(target, items.obs1)
        going = self.spec.discount * (1 - items.done)
        best = self.laws(raw1).mean().mean(1).argmax(-1)
        ahead = mixture(jax.tree.map(lambda x: deep_q.at(x.swapaxes(1, 2), best), self.laws(raw2)))
        wanted = Law(place=items.reward[:, None] + going[:, None] * ahead.place, mass=ahead.mass)
        bold = self.optimistic(raw1, hope1, bonus).argmax(-1)
        to_come = going * (deep_q.at(hope2, bold) + deep_q.at(self.surprise(raw1, bonus), bold))
        fit = self.fit(deep_q.at(raw.swapaxes(1, 2), items.action), jax.lax.stop_gradient(wanted))
        missed = deep_q.huber(jax.lax.stop_gradient(to_come) - deep_q.at(hope, items.action))
        return (fit + missed).mean()
