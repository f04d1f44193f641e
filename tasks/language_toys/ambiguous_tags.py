"""Name the type of words that are alike for all types: half of them are explained by what comes after.

Isolates what a tagger knows of both sides. Text is a chain of plain words and phrases of three kinds. A phrase has an
ambiguous word, whose kind is its tag, two clues on one side and a plain word on the other. Clues come first, or, with
a chance of `right`, last. A clue is one of its kind's five words with a chance of 0.85, else any clue; the plain word
follows its kind's own law over the same six words, so that a model of text has to carry the kind past the ambiguous
word. There is much text without tags, and few sentences have them. The exact posterior of tags comes from
forward-backward over 25 states.
"""

from itertools import pairwise
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.hmm import log_smoothed
from toybench.blocks.mdp import pick
from toybench.blocks.random import normals
from toybench.tasks.language_toys import Labelled, Sentences, Tagger, TagSpec

PLAIN = 6  # words
AMBIGUOUS = 4  # words, alike for all kinds
KINDS = 3
CLUES = 5  # words of each kind
WORDS = PLAIN + AMBIGUOUS + KINDS * CLUES
PHRASE = 0.7  # chance that a phrase begins after a plain word
OWN = 0.85  # chance that a clue is of its kind
SPREAD = 1.0  # standard deviation of the logarithms of a world's chances
LENGTH = 12
TAGS = KINDS + 1
EARLY = (0, 1, 2, 3)  # states of a phrase whose clues come first: two clues, the ambiguous word, a plain one
LATE = (4, 5, 6, 7)  # and last: a plain word, the ambiguous one, two clues
NAMES = (EARLY[2], LATE[1])  # where the ambiguous word stands
SPARE = (EARLY[3], LATE[0])  # where the plain one does
STATES = 1 + KINDS * (len(EARLY) + len(LATE))
TINY = 1e-9  # added to counts that may be 0


class World(NamedTuple):
    """A source of text: transitions [s, s], words of states [s, v]; labelled sentences, and those for the test."""

    transition: jax.Array
    emission: jax.Array
    labelled: Labelled
    test: Labelled


class Exact(NamedTuple):
    """The posterior of tags, given the whole sentence."""

    transition: jax.Array
    emission: jax.Array

    def tag(self, tokens: jax.Array) -> jax.Array:
        """Exact, by forward-backward."""
        evidence = jnp.log(self.emission + TINY)[:, tokens]
        smooth = jax.vmap(log_smoothed, in_axes=(None, None, 0))
        beliefs = jnp.exp(smooth(self.transition[0], self.transition, jnp.moveaxis(evidence, 0, -1)))
        return beliefs @ jax.nn.one_hot(tags_of_states(), TAGS)


class Constant(NamedTuple):
    """Ambiguous words have one tag, the others none; `scores` [c] says which."""

    scores: jax.Array

    def tag(self, tokens: jax.Array) -> jax.Array:
        """The same for all ambiguous words."""
        none = jax.nn.one_hot(0, TAGS)
        ambiguous = (tokens >= PLAIN) & (tokens < PLAIN + AMBIGUOUS)
        return jnp.where(ambiguous[..., None], self.scores[None, None], none[None, None])


class AmbiguousTags(Task):
    """Three types, and what explains them."""

    right: float = 0.5  # share of the ambiguous words that are explained by what comes after
    labelled: int = 32  # sentences with tags
    batch: int = 32  # sentences without tags an update
    sentences: int = 512  # test sentences

    interface = Tagger
    steps = 400
    checkpoints = 1
    metrics = {
        "entity_f1": Metric("max", "F1 of a type, mean over the three types"),
    }

    @property
    def spec(self) -> TagSpec:
        return TagSpec(words=WORDS, length=LENGTH, tags=TAGS, labelled=self.labelled)

    def sample(self, key: jax.Array) -> World:
        tables, known, test = jax.random.split(key, 3)
        transition = transitions(self.right)
        emission = draw_emission(tables)
        return World(
            transition=transition,
            emission=emission,
            labelled=speak(known, transition, emission, self.labelled),
            test=speak(test, transition, emission, self.sentences),
        )

    def given(self, world: World) -> Labelled:
        """The labelled sentences."""
        return world.labelled

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Sentences]:
        return world, Sentences(tokens=speak(key, world.transition, world.emission, self.batch).tokens)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        found = jax.nn.one_hot(learner.tag(world.test.tokens).argmax(-1), TAGS)[..., 1:]
        true = jax.nn.one_hot(world.test.tags, TAGS)[..., 1:]
        hits = (found * true).sum((0, 1))
        f1 = 2 * hits / (found.sum((0, 1)) + true.sum((0, 1)) + TINY)
        return {"entity_f1": f1.mean()}

    def floor(self, world: World) -> Constant:
        """The first type for all ambiguous words."""
        return Constant(jax.nn.one_hot(1, TAGS))

    chance = floor

    def oracle(self, world: World) -> Exact:
        """The likeliest tag of each word, given the whole sentence."""
        return Exact(transition=world.transition, emission=world.emission)


def state(kind: int, place: int) -> int:
    """The number of a state; 0 is a plain word."""
    return 1 + kind * (len(EARLY) + len(LATE)) + place


def tags_of_states() -> jax.Array:
    """The tag of each state, int32 [s]."""
    tags = [0] * STATES
    for kind in range(KINDS):
        for place in NAMES:
            tags[state(kind, place)] = kind + 1
    return jnp.array(tags, jnp.int32)


def transitions(right: jax.Array | float) -> jax.Array:
    """Chances [s, s] of the state after each; sentences begin as after a plain word."""
    table = jnp.zeros((STATES, STATES)).at[0, 0].set(1 - PHRASE)
    for kind in range(KINDS):
        table = table.at[0, state(kind, EARLY[0])].set(PHRASE * (1 - right) / KINDS)
        table = table.at[0, state(kind, LATE[0])].set(PHRASE * right / KINDS)
        for first, second in (*pairwise(EARLY), *pairwise(LATE)):
            table = table.at[state(kind, first), state(kind, second)].set(1.0)
        table = table.at[state(kind, EARLY[-1]), 0].set(1.0).at[state(kind, LATE[-1]), 0].set(1.0)
    return table


def draw_emission(key: jax.Array) -> jax.Array:
    """Words [s, v] of the states of a world."""
    drawn = normals(key, plain=(KINDS + 1, PLAIN), ambiguous=(AMBIGUOUS,), clues=(KINDS, CLUES))
    first = PLAIN + AMBIGUOUS
    plain = jnp.zeros((KINDS + 1, WORDS)).at[:, :PLAIN].set(jax.nn.softmax(SPREAD * drawn["plain"], axis=-1))
    ambiguous = jnp.zeros(WORDS).at[PLAIN:first].set(jax.nn.softmax(SPREAD * drawn["ambiguous"]))
    own = OWN * jax.nn.softmax(SPREAD * drawn["clues"], axis=-1)
    table = jnp.zeros((STATES, WORDS)).at[0].set(plain[0])
    for kind in range(KINDS):
        clue = jnp.zeros(WORDS).at[first:].set((1 - OWN) / (KINDS * CLUES))
        clue = clue.at[first + kind * CLUES : first + (kind + 1) * CLUES].add(own[kind])
        laws = (
            dict.fromkeys(EARLY + LATE, clue) | dict.fromkeys(NAMES, ambiguous) | dict.fromkeys(SPARE, plain[kind + 1])
        )
        for place, law in laws.items():
            table = table.at[state(kind, place)].set(law)
    return table


def speak(key: jax.Array, transition: jax.Array, emission: jax.Array, count: int) -> Labelled:
    """Sentences and their tags, [n, t]."""
    uniform = jax.random.uniform(key, (LENGTH, 2, count))

    def advance(before: jax.Array, chance: jax.Array) -> tuple[jax.Array, Labelled]:
        now = pick(chance[0], transition[before])
        return now, Labelled(tokens=pick(chance[1], emission[now]), tags=tags_of_states()[now])

    _, said = jax.lax.scan(advance, jnp.zeros(count, jnp.int32), uniform)
    return Labelled(tokens=said.tokens.T, tags=said.tags.T)
