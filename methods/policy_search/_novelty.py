"""What searches for novelty share: a population, an archive of what was seen, and emitters that climb from rewards.

Steps alternate. Explore: each parent has two children; the most novel of parents and children are the next parents,
and some random children go to the archive. Exploit: each emitter has a population of its own, mutates all of it, and
keeps the best; it starts from a rewarded policy and ends when it stops to improve.

Shapes: k parents, c places of the archive, e emitters of j policies, w weights, d numbers of an image.
"""

import abc
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.random import normals
from toybench.tasks.policy_search import Outcome, SearchSpec

EMITTERS = 5
MEMBERS = 6  # of an emitter's population, as in the authors' code
STORED = 5  # random children a step that go to the archive, as there
NEIGHBOURS = 15  # nearest ones whose mean distance is a policy's novelty, as there
PATIENCE = 5  # steps without improvement after which an emitter ends
FINER = 0.3  # size of an emitter's mutations, in those of the search


class State(NamedTuple):
    """A search.

    Attributes:
      theta, image, descriptor: of the parents, [k, w], [k, d], [k, 2].
      archive, places: images and descriptors seen, [c, d] and [c, 2]; size: how many, int32 [].
      members, rewards: of the emitters, [e, j, w] and [e, j]; idle: steps without improvement, [e].
      exploits: 1 where the step to come is the emitters', [].
      model: whatever turns images into codes.
    """

    theta: jax.Array
    image: jax.Array
    descriptor: jax.Array
    archive: jax.Array
    places: jax.Array
    size: jax.Array
    members: jax.Array
    rewards: jax.Array
    idle: jax.Array
    exploits: jax.Array
    model: Any


class NoveltySearch(Method, abc.ABC):
    """A subclass says what a code is, and by what else than novelty parents are chosen."""

    sd: float = 0.3  # standard deviation of a mutation, in weights

    @abc.abstractmethod
    def start(self, key: jax.Array) -> Any:
        """The model before anything is seen."""

    @abc.abstractmethod
    def codes(self, model: Any, image: jax.Array, descriptor: jax.Array) -> jax.Array:
        """Codes [k, 2] of what came of policies."""

    @abc.abstractmethod
    def fit(self, model: Any, image: jax.Array, seen: jax.Array, key: jax.Array) -> Any:
        """The model after training on images [c, d], of which those seen [c] count."""

    @abc.abstractmethod
    def choose(self, novelty: jax.Array, model: Any, image: jax.Array, key: jax.Array) -> jax.Array:
        """By what parents are chosen, [k + m]."""

    def fits(self, spec: Any) -> str | None:
        return None if isinstance(spec, SearchSpec) else "it evaluates whole policies, and the task has none"

    def init(self, key: jax.Array) -> State:
        spec = self.spec
        first, second = jax.random.split(key)
        parents = spec.proposals // 2
        pixels = spec.side**2
        room = STORED * max(self.steps, 1)
        return State(
            theta=jax.random.normal(first, (parents, spec.weights)),
            image=jnp.zeros((parents, pixels)),
            descriptor=jnp.zeros((parents, spec.descriptor)),
            archive=jnp.zeros((room, pixels)),
            places=jnp.zeros((room, spec.descriptor)),
            size=jnp.zeros((), jnp.int32),
            members=jnp.zeros((EMITTERS, MEMBERS, spec.weights)),
            rewards=jnp.zeros((EMITTERS, MEMBERS)),
            idle=jnp.full(EMITTERS, PATIENCE),
            exploits=jnp.zeros(()),
            model=self.start(second),
        )

    def propose(self, state: State, key: jax.Array) -> jax.Array:
        """Two children of each parent, or one of each member of the emitters that go on."""
        noise = jax.random.normal(key, (self.spec.proposals, self.spec.weights))
        children = jnp.repeat(state.theta, 2, axis=0) + self.sd * noise
        active = jnp.repeat(state.idle < PATIENCE, MEMBERS)[:, None]
        climbing = state.members.reshape(-1, self.spec.weights)
        count = len(climbing)
        finer = jnp.where(active, climbing + FINER * self.sd * noise[:count], children[:count])
        return jnp.where(state.exploits > 0, jnp.concatenate([finer, children[count:]]), children)

    def update(self, state: State, batch: Outcome, key: jax.Array) -> State:
        explored = self.explored(state, batch, key)
        climbed = climb(state, batch)
        chosen: State = jax.tree.map(lambda a, b: jnp.where(state.exploits > 0, b, a), explored, climbed)
        active = (chosen.idle < PATIENCE).any()
        return chosen._replace(exploits=jnp.where(active, 1 - state.exploits, 0.0))

    def explored(self, state: State, batch: Outcome, key: jax.Array) -> State:
        """The state after children of the parents were evaluated."""
        coin, order, training = jax.random.split(key, 3)
        theta = jnp.concatenate([state.theta, batch.theta])
        image = jnp.concatenate([state.image, batch.image])
        descriptor = jnp.concatenate([state.descriptor, batch.descriptor])
        code = self.codes(state.model, image, descriptor)
        seen = jnp.arange(len(state.archive)) < state.size
        novelty = novelties(code, self.codes(state.model, state.archive, state.places), seen)
        best = jnp.argsort(-self.choose(novelty, state.model, image, coin))[: len(state.theta)]
        stored = jnp.argsort(jax.random.uniform(order, (len(batch.theta),)))[:STORED]
        at = (state.size + jnp.arange(STORED)) % len(state.archive)
        archive = state.archive.at[at].set(batch.image[stored])
        size = jnp.minimum(state.size + STORED, len(state.archive))
        seeded = seed(state, batch, novelty[len(state.theta) :])
        return seeded._replace(
            theta=theta[best],
            image=image[best],
            descriptor=descriptor[best],
            archive=archive,
            places=state.places.at[at].set(batch.descriptor[stored]),
            size=size,
            model=self.fit(state.model, archive, jnp.arange(len(archive)) < size, training),
        )


def novelties(code: jax.Array, archive: jax.Array, seen: jax.Array) -> jax.Array:
    """Mean distance [k] of codes [k, 2] to the nearest others among them and in the archive [c, 2]."""
    every = jnp.concatenate([code, archive])
    counts = jnp.concatenate([jnp.ones(len(code), bool), seen])
    squares = ((code[:, None] - every[None]) ** 2).sum(-1)
    other = counts[None] & (jnp.arange(len(every))[None] != jnp.arange(len(code))[:, None])
    nearest = -jax.lax.top_k(jnp.where(other, -squares, -jnp.inf), NEIGHBOURS)[0]
    return jnp.sqrt(nearest).mean(-1)


def seed(state: State, batch: Outcome, novelty: jax.Array) -> State:
    """The state with an emitter begun at the most novel rewarded child, if there is one, in the idlest's place."""
    rewarded = batch.reward > 0
    child = jnp.argmax(jnp.where(rewarded, novelty, -jnp.inf))
    place = jnp.argmax(state.idle)
    begins = rewarded.any() & (state.idle[place] >= PATIENCE)
    members = state.members.at[place].set(jnp.broadcast_to(batch.theta[child], state.members.shape[1:]))
    rewards = state.rewards.at[place].set(batch.reward[child])
    return state._replace(
        members=jnp.where(begins, members, state.members),
        rewards=jnp.where(begins, rewards, state.rewards),
        idle=jnp.where(begins, state.idle.at[place].set(0), state.idle),
    )


def climb(state: State, batch: Outcome) -> State:
    """The state after a step of the emitters: each keeps the best of members and children."""
    count = EMITTERS * MEMBERS
    children = batch.theta[:count].reshape(EMITTERS, MEMBERS, -1)
    theta = jnp.concatenate([state.members, children], axis=1)
    reward = jnp.concatenate([state.rewards, batch.reward[:count].reshape(EMITTERS, MEMBERS)], axis=1)
    best = jnp.argsort(-reward, axis=1)[:, :MEMBERS]
    rewards = jnp.take_along_axis(reward, best, axis=1)
    active = state.idle < PATIENCE
    better = rewards.mean(1) > state.rewards.mean(1)
    return state._replace(
        members=jnp.where(active[:, None, None], jnp.take_along_axis(theta, best[..., None], axis=1), state.members),
        rewards=jnp.where(active[:, None], rewards, state.rewards),
        idle=jnp.where(active & better, 0, state.idle + 1),
    )


def first_weights(key: jax.Array, pixels: int, hidden: int) -> dict[str, jax.Array]:
    """Weights of an autoencoder with two numbers in the middle, of variance 1 / inputs."""
    drawn = normals(key, a=(pixels, hidden), b=(hidden, 2), c=(2, hidden), d=(hidden, pixels))
    return {name: value / len(value) ** 0.5 for name, value in drawn.items()}
