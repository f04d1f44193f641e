"""Sentences that begin alike for two readings: a word reveals the rare one, and what follows depends on it.

Isolates whether a belief is mended when it turns out to be wrong. A sentence has four words that say nothing of the
reading, a word that reveals it, five words whose chain of pairs is the reading's own, and an end. The rare reading has
a chance of 0.06. The revealing word is one of two of its reading's own with a chance of 0.85, else one of both
readings. A world draws the tables. The exact law is the mixture over both readings, filtered word by word.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.hmm import log_filter
from toybench.blocks.mdp import pick
from toybench.blocks.random import normals
from toybench.tasks.language_toys import LanguageModel, Sentences, TextSpec, begun

RARE = 0.06  # chance of the rare reading
OWN = 0.85  # chance that the revealing word is of its reading alone
SPREAD = 1.5  # standard deviation of the logarithms of a world's chances
OPENING = 4  # words before the revealing one
FOLLOWING = 5  # words after it
LENGTH = OPENING + 1 + FOLLOWING + 1
END = 0
FIRST = 1  # of five words of the opening
CLUE = 6  # of two words of the usual reading, two of the rare one, and one of both
LATER = 11  # of five words that follow
WORDS = 16
KINDS = 5  # words of the opening, and of what follows


class World(NamedTuple):
    """Laws of words [t, r, v + 1, v] by place, reading and the word before; test sentences [n, t], rare ones [m, t]."""

    laws: jax.Array
    tokens: jax.Array
    rare: jax.Array


class Exact(NamedTuple):
    """The mixture over both readings."""

    laws: jax.Array

    def log_prob(self, tokens: jax.Array) -> jax.Array:
        """Exact, by filtering the reading."""
        readings = jnp.array([1 - RARE, RARE])

        def one(sentence: jax.Array) -> jax.Array:
            before = begun(sentence, WORDS)[:-1]
            chances = self.laws[jnp.arange(LENGTH), :, before, sentence]
            return log_filter(readings, jnp.eye(2), jnp.log(chances))[0]

        return jax.vmap(one)(tokens)


class Unigram(NamedTuple):
    """Chances [v] of words whatever came before."""

    chances: jax.Array

    def log_prob(self, tokens: jax.Array) -> jax.Array:
        """The same at all places."""
        return jnp.log(self.chances)[tokens]


class GardenPath(Task):
    """Two readings, the second rare."""

    batch: int = 32  # sentences an update
    sentences: int = 512  # test sentences
    surprising: int = 256  # test sentences that reveal the rare reading for certain

    interface = LanguageModel
    steps = 400
    checkpoints = 1
    metrics = {
        "perplexity": Metric("min", "exponential of the mean surprise of a word"),
        "excess_nll": Metric("min", "mean surprise less the exact law's, nats a word; 0.02 is 2 % of perplexity"),
        "post_reveal_excess": Metric("min", "the same over the five words after the rare reading is revealed"),
    }

    @property
    def spec(self) -> TextSpec:
        return TextSpec(words=WORDS, length=LENGTH)

    def sample(self, key: jax.Array) -> World:
        tables, common, rare = jax.random.split(key, 3)
        laws = draw_laws(tables, OWN)
        certain = draw_laws(tables, 1.0)
        return World(
            laws=laws,
            tokens=sentences(common, laws, self.sentences, RARE),
            rare=sentences(rare, certain, self.surprising, 1.0),
        )

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Sentences]:
        return world, Sentences(tokens=sentences(key, world.laws, self.batch, RARE))

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        exact = Exact(world.laws)
        found = -learner.log_prob(world.tokens)
        after = slice(OPENING + 1, OPENING + 1 + FOLLOWING)
        excess = exact.log_prob(world.rare)[:, after] - learner.log_prob(world.rare)[:, after]
        return {
            "perplexity": jnp.exp(found.mean()),
            "excess_nll": (found + exact.log_prob(world.tokens)).mean(),
            "post_reveal_excess": excess.mean(),
        }

    def floor(self, world: World) -> Unigram:
        """How often each word comes, exactly."""
        return Unigram(frequencies(world.laws))

    def chance(self, world: World) -> Unigram:
        """All words alike."""
        return Unigram(jnp.full(WORDS, 1 / WORDS))

    def oracle(self, world: World) -> Exact:
        """The law that the sentences come from."""
        return Exact(world.laws)


def draw_laws(key: jax.Array, own: float) -> jax.Array:
    """Laws [t, r, v + 1, v] of a world; `own` is the chance that the revealing word is of its reading alone."""
    drawn = normals(key, opening=(KINDS + 1, KINDS), clue=(2, 2), later=(2, KINDS + 1, KINDS))
    opening = jax.nn.softmax(SPREAD * drawn["opening"], axis=-1)
    later = jax.nn.softmax(SPREAD * drawn["later"], axis=-1)
    clue = own * jax.nn.softmax(drawn["clue"], axis=-1)
    table = jnp.zeros((2, WORDS + 1, WORDS))
    begin = table.at[:, :, FIRST:CLUE].set(opening[0])
    open_ = table.at[:, FIRST:CLUE, FIRST:CLUE].set(opening[1:])
    reveal = table.at[0, :, CLUE : CLUE + 2].set(clue[0]).at[1, :, CLUE + 2 : CLUE + 4].set(clue[1])
    reveal = reveal.at[:, :, CLUE + 4].set(1 - own)
    start = table.at[:, :, LATER:].set(later[:, :1])
    follow = table.at[:, LATER:WORDS, LATER:].set(later[:, 1:])
    end = table.at[:, :, END].set(1.0)
    return jnp.stack([begin, *[open_] * (OPENING - 1), reveal, start, *[follow] * (FOLLOWING - 1), end])


def sentences(key: jax.Array, laws: jax.Array, count: int, rare: float) -> jax.Array:
    """Sentences int32 [n, t] of which a share `rare` has the rare reading."""
    uniform = jax.random.uniform(key, (LENGTH + 1, count))
    reading = (uniform[0] < rare).astype(jnp.int32)

    def speak(before: jax.Array, each: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        law, chance = each
        word = pick(chance, law[reading, before])
        return word, word

    _, words = jax.lax.scan(speak, jnp.full(count, WORDS, jnp.int32), (laws, uniform[1:]))
    return words.T


def frequencies(laws: jax.Array) -> jax.Array:
    """How often each word comes, [v], over readings and places."""

    def advance(before: jax.Array, law: jax.Array) -> tuple[jax.Array, jax.Array]:
        now = jnp.einsum("rv,rvw->rw", before, law)
        return jnp.pad(now, ((0, 0), (0, 1))), now

    start = jnp.zeros((2, WORDS + 1)).at[:, WORDS].set(jnp.array([1 - RARE, RARE]))
    _, chances = jax.lax.scan(advance, start, laws)
    return chances.sum(1).mean(0)
