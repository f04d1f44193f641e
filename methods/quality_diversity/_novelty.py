"""What searches for novelty share: parents, an archive of what was seen, and emitters that climb from rewards.

Steps alternate. Explore: each parent has two children; the best of parents and children by some criterion are the next
parents, and five random children go to the archive. Exploit: emitters share the proposals; each mutates its members and
keeps the best rewarded. An emitter begins at a rewarded policy, where little was rewarded so far, and ends when it
stops to improve. As long as nothing is rewarded all steps explore.

Shapes: k parents, m proposals, c places of the archive, r of that of rewards, e emitters of j policies, w weights,
d pixels.
"""

import abc
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.random import uniforms
from toybench.tasks.quality_diversity import Outcome

EMITTERS = 3
MEMBERS = 6  # of an emitter's population, as in the authors' code
STORED = 5  # random children a step that go to the archive, as there
NEIGHBOURS = 15  # nearest ones whose mean distance is a policy's novelty, as there
PATIENCE = 5  # steps without improvement after which an emitter ends; there an emitter has 5 steps to prove itself
REWARDED = 60  # room for the starting points of emitters


class Seen(NamedTuple):
    """Policies and what came of them: theta [n, w], image [n, d], place [n, 2], reward [n].

    `fresh` is 1 where no emitter began, [n].
    """

    theta: jax.Array
    image: jax.Array
    place: jax.Array
    reward: jax.Array
    fresh: jax.Array


class Memory(NamedTuple):
    """Images [c, d] and places [c, 2] of an archive, and how many there are so far, int32 []."""

    image: jax.Array
    place: jax.Array
    size: jax.Array


class Emitters(NamedTuple):
    """Members [e, j, w], their rewards [e, j], size of mutations [e], steps without improvement [e]."""

    theta: jax.Array
    reward: jax.Array
    sd: jax.Array
    idle: jax.Array


class State(NamedTuple):
    """A search; `exploits` is 1 where the step to come is the emitters', []; `model` turns images into codes."""

    parents: Seen
    archive: Memory
    rewards: Memory
    emitters: Emitters
    exploits: jax.Array
    model: Any


class NoveltySearch(Method, abc.ABC):
    """A subclass says what a code is, and by what else than novelty parents are chosen."""

    sd: float = 0.3  # standard deviation of a mutation, in weights; 0.05 in the authors' code, of weights in [-5, 5]
    share: float = 0.03  # emitters' mutations over the distance to the nearest policy, above 0; authors' code: 1/3
    lucky: ClassVar[int] = 0  # uniform numbers that `fit` needs
    emits: bool = True  # whether rewarded policies start emitters; false: the archive and novelty alone

    @abc.abstractmethod
    def start(self, key: jax.Array) -> Any:
        """The model before anything is seen."""

    @abc.abstractmethod
    def codes(self, model: Any, image: jax.Array, place: jax.Array) -> jax.Array:
        """Codes [n, z] of what came of policies."""

    @abc.abstractmethod
    def fit(self, model: Any, image: jax.Array, counts: jax.Array, luck: jax.Array) -> Any:
        """The model after training on images [n, d], of which those that count [n] are there; luck is uniform [l]."""

    @abc.abstractmethod
    def criterion(self, novelty: jax.Array, model: Any, image: jax.Array, coin: jax.Array) -> jax.Array:
        """By what parents are chosen, the more the better, [n]; the coin is uniform in [0, 1), []."""

    def init(self, key: jax.Array) -> State:
        spec = self.spec
        first, second = jax.random.split(key)
        count = spec.proposals // 2
        parents = Seen(
            theta=jax.random.normal(first, (count, spec.weights)),
            image=jnp.zeros((count, spec.pixels)),
            place=jnp.zeros((count, 2)),
            reward=jnp.zeros(count),
            fresh=jnp.ones(count),
        )
        emitters = Emitters(
            theta=jnp.zeros((EMITTERS, MEMBERS, spec.weights)),
            reward=jnp.zeros((EMITTERS, MEMBERS)),
            sd=jnp.zeros(EMITTERS),
            idle=jnp.full(EMITTERS, PATIENCE),
        )
        return State(
            parents=parents,
            archive=empty(STORED * max(self.steps, 1), spec.pixels),
            rewards=empty(REWARDED, spec.pixels),
            emitters=emitters,
            exploits=jnp.zeros(()),
            model=self.start(second),
        )

    def propose(self, state: State, key: jax.Array) -> jax.Array:
        """Two children of each parent, or children of the members of the emitters that are at work."""
        noise = jax.random.normal(key, (self.spec.proposals, self.spec.weights))
        children = jnp.repeat(state.parents.theta, 2, axis=0) + self.sd * noise
        emitter = turns(state.emitters, self.spec.proposals)
        member = jnp.arange(self.spec.proposals) // jnp.maximum(active(state.emitters).sum(), 1) % MEMBERS
        climbing = state.emitters.theta[emitter, member] + state.emitters.sd[emitter][:, None] * noise
        return jnp.where(state.exploits > 0, climbing, children)

    def update(self, state: State, batch: Outcome, key: jax.Array) -> State:
        explored = self.explored(state, batch, key)
        climbed = state._replace(emitters=climb(state.emitters, batch))
        after: State = jax.tree.map(lambda a, b: jnp.where(state.exploits > 0, b, a), explored, climbed)
        ready = active(after.emitters).any() & (state.exploits == 0)
        return after._replace(exploits=ready.astype(jnp.float32))

    def explored(self, state: State, batch: Outcome, key: jax.Array) -> State:
        """The state after children of the parents were evaluated."""
        drawn = uniforms(key, coin=(), order=(len(batch.theta),), fit=(self.lucky,))
        children = Seen(*batch, fresh=jnp.ones(len(batch.theta)))
        seen = jax.tree.map(lambda a, b: jnp.concatenate([a, b]), state.parents, children)
        known = (jnp.arange(len(seen.theta)) >= len(state.parents.theta)) | (state.archive.size > 0)
        code = self.codes(state.model, seen.image, seen.place)
        others = [self.codes(state.model, m.image, m.place) for m in (state.archive, state.rewards)]
        counts = jnp.concatenate([known, full(state.archive), full(state.rewards)])
        itself = jnp.arange(len(code))[:, None] == jnp.arange(len(counts))[None]
        novelty = novelties(code, jnp.concatenate([code, *others]), counts[None] & ~itself)
        score = self.criterion(novelty, state.model, seen.image, drawn["coin"])
        best = jnp.argsort(-jnp.where(known, score, -jnp.inf))[: len(state.parents.theta)]

        stored = jnp.argsort(drawn["order"])[:STORED]
        archive = add(state.archive, batch.image[stored], batch.place[stored], jnp.ones(STORED, bool))
        emitters = state.emitters
        rewards = state.rewards
        if self.emits:
            near = jnp.broadcast_to(full(state.rewards)[None], (len(code), REWARDED))
            rarity = novelties(code, others[1], near)
            emitters, origins, begun = begin(state.emitters, seen, rarity, self.sd, self.share)
            rewards = add(state.rewards, seen.image[origins], seen.place[origins], begun)
            seen = seen._replace(fresh=seen.fresh.at[origins].min(1 - begun.astype(jnp.float32)))
        images = jnp.concatenate([seen.image, archive.image, rewards.image])
        counted = jnp.concatenate([known, full(archive), full(rewards)])
        return State(
            parents=jax.tree.map(lambda x: x[best], seen),
            archive=archive,
            rewards=rewards,
            emitters=emitters,
            exploits=state.exploits,
            model=self.fit(state.model, images, counted, drawn["fit"]),
        )


def empty(room: int, pixels: int) -> Memory:
    """An archive with nothing in it."""
    return Memory(image=jnp.zeros((room, pixels)), place=jnp.zeros((room, 2)), size=jnp.zeros((), jnp.int32))


def full(memory: Memory) -> jax.Array:
    """Which places of an archive are taken, bool [c]."""
    return jnp.arange(len(memory.image)) < memory.size


def add(memory: Memory, image: jax.Array, place: jax.Array, which: jax.Array) -> Memory:
    """The archive with those of [n] that are named, bool; the oldest ones go where there is no room."""
    room = len(memory.image)
    at = jnp.where(which, (memory.size + jnp.cumsum(which) - 1) % room, room)  # beyond the end: dropped
    return Memory(
        image=memory.image.at[at].set(image, mode="drop"),
        place=memory.place.at[at].set(place, mode="drop"),
        size=memory.size + which.sum(),
    )


def novelties(code: jax.Array, others: jax.Array, counts: jax.Array) -> jax.Array:
    """Mean distance [n] of codes [n, z] to the nearest of the others [o, z] that count for them, bool [n, o].

    Where fewer count than there are neighbours, of all of these; inf where none does.
    """
    squares = jnp.where(counts, ((code[:, None] - others[None]) ** 2).sum(-1), jnp.inf)

    def take_nearest(_: int, carry: tuple[jax.Array, jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array, jax.Array]:
        left, total, taken = carry
        nearest = left.min(-1)
        tied = left == nearest[:, None]
        room = jnp.where(jnp.isfinite(nearest), NEIGHBOURS - taken, 0)
        more = jnp.minimum(tied.astype(left.dtype).sum(-1), room)
        total = total + jnp.where(more > 0, more * jnp.sqrt(nearest), 0)
        return jnp.where(tied, jnp.inf, left), total, taken + more

    nothing = jnp.zeros(len(code))
    _, total, taken = jax.lax.fori_loop(0, NEIGHBOURS, take_nearest, (squares, nothing, nothing))  # a sort takes longer
    return jnp.where(taken > 0, total / jnp.maximum(taken, 1), jnp.inf)


def active(emitters: Emitters) -> jax.Array:
    """Which emitters are at work, bool [e]."""
    return emitters.idle < PATIENCE


def turns(emitters: Emitters, count: int) -> jax.Array:
    """Whose turn each of this many proposals is, int32: the emitters at work in turn, the first where none is."""
    order = jnp.argsort(~active(emitters))
    return order[jnp.arange(count) % jnp.maximum(active(emitters).sum(), 1)]


def begin(
    emitters: Emitters, seen: Seen, rarity: jax.Array, sd: Any, share: Any
) -> tuple[Emitters, jax.Array, jax.Array]:
    """(emitters, from which policies int32 [e], whether they began bool [e]), where some begin in idle ones' places.

    They begin at rewarded policies where none began yet, the rarest first. Mutations are a share of the distance to the
    nearest policy, or those of the search where that is 0.
    """
    chosen = jnp.argsort(-jnp.where((seen.reward > 0) & (seen.fresh > 0), rarity, -jnp.inf))[:EMITTERS]
    place = jnp.argsort(active(emitters))  # idle ones first
    begins = (seen.reward[chosen] > 0) & (seen.fresh[chosen] > 0) & ~active(emitters)[place]
    apart = ((seen.theta[chosen][:, None] - seen.theta[None]) ** 2).sum(-1)
    nearest = jnp.sqrt(apart.at[jnp.arange(EMITTERS), chosen].set(jnp.inf).min(-1))
    theta = jnp.broadcast_to(seen.theta[chosen][:, None], emitters.theta.shape)
    reward = jnp.broadcast_to(seen.reward[chosen][:, None], emitters.reward.shape)
    started = Emitters(
        theta=emitters.theta.at[place].set(theta),
        reward=emitters.reward.at[place].set(reward),
        sd=emitters.sd.at[place].set(jnp.where(nearest > 0, share * nearest, sd)),
        idle=emitters.idle.at[place].set(0),
    )
    which = jnp.zeros(EMITTERS, bool).at[place].set(begins)
    return choose(which, started, emitters), chosen, begins


def climb(emitters: Emitters, batch: Outcome) -> Emitters:
    """The emitters after a step of theirs: each keeps the best of its members and of their children."""
    own = turns(emitters, len(batch.theta))[None] == jnp.arange(EMITTERS)[:, None]  # [e, m]
    children = jnp.broadcast_to(batch.theta[None], (EMITTERS, *batch.theta.shape))
    theta = jnp.concatenate([emitters.theta, children], axis=1)
    reward = jnp.concatenate([emitters.reward, jnp.where(own, batch.reward[None], -jnp.inf)], axis=1)
    best = jnp.argsort(-reward, axis=1)[:, :MEMBERS]
    kept = jnp.take_along_axis(reward, best, axis=1)
    better = kept.mean(1) > emitters.reward.mean(1)
    after = Emitters(
        theta=jnp.take_along_axis(theta, best[..., None], axis=1),
        reward=kept,
        sd=emitters.sd,
        idle=jnp.where(better, 0, emitters.idle + 1),
    )
    return choose(active(emitters), after, emitters)


def choose(which: jax.Array, new: Emitters, old: Emitters) -> Emitters:
    """New emitters where it is said so, bool [e]; old ones elsewhere."""
    chosen: Emitters = jax.tree.map(lambda a, b: jnp.where(which.reshape(-1, *[1] * (a.ndim - 1)), a, b), new, old)
    return chosen
