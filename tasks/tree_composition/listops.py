"""Nested lists of digits: the largest, the least or the first of what a list holds.

Isolates whether a learner composes along the tree. In training a list has two or three arguments and an expression at
most 8 tokens, so that at most one list is in another one. In the tests expressions have 13 tokens, with two or
three arguments or with five in the outermost list. All shapes of trees are equally likely; operators and digits are
uniform.
"""

from functools import cache
from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from toybench import Metric, Task
from toybench.blocks.random import uniforms
from toybench.tasks.tree_composition import Composer, Expressions, TreeSpec

DIGITS = 5
OPERATORS = 3  # largest, least, first
CLOSE = DIGITS + OPERATORS  # the bracket; an operator is its opening one
PAD = CLOSE + 1
SHORT = 8  # most tokens in training
LONG = 13  # tokens in the tests
MANY = 5  # arguments in one of the tests
TRAIN = 8192  # expressions
TEST = 256
BATCH = 16
LEVELS = 5  # four lists in one another, as 13 tokens allow, and one level above them

Shape = tuple[Any, ...]  # a list is the tuple of its arguments, a digit the empty tuple
# Kinds of tokens in a shape
A_DIGIT, AN_OPERATOR, A_CLOSE, A_PAD = range(4)


class Parsed(NamedTuple):
    """Kinds of tokens int32 [shapes, t] and merges int32 [shapes, t - 1] of some shapes."""

    kinds: np.ndarray
    merges: np.ndarray


class World(NamedTuple):
    """Expressions to learn from, like those, longer, and with more arguments."""

    train: Expressions
    alike: Expressions
    longer: Expressions
    wider: Expressions


@cache
def shapes(tokens: int, arguments: tuple[int, ...] = (2, 3)) -> tuple[Shape, ...]:
    """All expressions of so many tokens, whose outermost list has so many arguments."""
    if tokens == 1:
        return ((),)
    return tuple(s for count in arguments for s in forests(tokens - 2, count))


@cache
def forests(tokens: int, count: int) -> tuple[Shape, ...]:
    """All sequences of so many expressions."""
    if count == 0:
        return ((),) if tokens == 0 else ()
    return tuple(
        (first, *rest)
        for size in range(1, tokens + 1)
        for first in shapes(size)
        for rest in forests(tokens - size, count - 1)
    )


def kinds(shape: Shape) -> list[int]:
    """Kinds of an expression's tokens."""
    if not shape:
        return [A_DIGIT]
    return [AN_OPERATOR, *(kind for argument in shape for kind in kinds(argument)), A_CLOSE]


def merges(shape: Shape, place: int = 0) -> list[int]:
    """A list takes in its arguments from the left, each as soon as it is whole, and its bracket at last."""
    if not shape:
        return []
    return [*(m for argument in shape for m in (*merges(argument, place + 1), place)), place]


def parse(every: tuple[Shape, ...], length: int) -> Parsed:
    """Shapes as arrays, padded to a length; merges beyond the last don't count."""
    tokens = [kinds(shape) for shape in every]
    joins = [merges(shape) for shape in every]
    return Parsed(
        kinds=np.array([row + [A_PAD] * (length - len(row)) for row in tokens], np.int32),
        merges=np.array([row + [0] * (length - 1 - len(row)) for row in joins], np.int32),
    )


def evaluate(tokens: jax.Array) -> jax.Array:
    """Values int32 [b] of expressions, by a stack of lists whose values so far are kept."""
    count = len(tokens)
    rows = jnp.arange(count)

    def step(now: tuple[jax.Array, jax.Array, jax.Array], token: jax.Array) -> tuple[Any, None]:
        level, operator, held = now
        opens = (token >= DIGITS) & (token < CLOSE)
        closes = token == CLOSE
        value = jnp.where(closes, held[rows, level], token)
        level = jnp.where(opens, level + 1, jnp.where(closes, level - 1, level))
        mine = operator[rows, level]
        old = held[rows, level]
        largest = jnp.maximum(old, value)
        least = jnp.minimum(old, value)
        grown = jnp.where(mine == DIGITS, largest, jnp.where(mine == DIGITS + 1, least, old))
        grown = jnp.where(old < 0, value, grown)
        operator = operator.at[rows, level].set(jnp.where(opens, token, mine))
        kept = jnp.where(token == PAD, old, grown)
        return (level, operator, held.at[rows, level].set(jnp.where(opens, -1, kept))), None

    empty = jnp.full((count, LEVELS), -1, jnp.int32)
    start = (jnp.zeros(count, jnp.int32), jnp.full((count, LEVELS), DIGITS + 2, jnp.int32), empty)
    last, _ = jax.lax.scan(step, start, tokens.T)
    return last[2][:, 0]


def expressions(parsed: Parsed, chosen: jax.Array, filled: jax.Array) -> Expressions:
    """Expressions of shapes chosen by uniform numbers [b], filled by others [b, t]."""
    shape = jnp.floor(chosen * len(parsed.kinds)).astype(jnp.int32)
    kind = jnp.asarray(parsed.kinds)[shape]
    digit = jnp.floor(filled * DIGITS).astype(jnp.int32)
    operator = DIGITS + jnp.floor(filled * OPERATORS).astype(jnp.int32)
    tokens = jnp.select([kind == A_DIGIT, kind == AN_OPERATOR, kind == A_CLOSE], [digit, operator, CLOSE], PAD)
    return Expressions(
        tokens=tokens,
        lengths=(kind != A_PAD).sum(1),
        merges=jnp.asarray(parsed.merges)[shape],
        value=evaluate(tokens),
    )


def right(learner: Any, asked: Expressions) -> jax.Array:
    """Share of the values that are right."""
    return (learner.values(asked).argmax(-1) == asked.value).mean()


class Listops(Task):
    """Minibatches of one training set."""

    interface = Composer
    steps = 800
    checkpoints = 2
    metrics = {
        "accuracy": Metric(
            "max", "share of right values on expressions like those of training, two in five of them among those"
        ),
        "longer_accuracy": Metric("max", f"the same on expressions of {LONG} tokens"),
        "arguments_accuracy": Metric("max", f"the same on such whose outermost list has {MANY} arguments"),
        "arguments_drop": Metric("info", "how far that is below the accuracy on others that are as long"),
    }

    @property
    def spec(self) -> TreeSpec:
        return TreeSpec(symbols=PAD + 1, values=DIGITS)

    def sample(self, key: jax.Array) -> World:
        short = parse(tuple(s for n in range(2, SHORT + 1) for s in shapes(n)), SHORT)
        long = parse(shapes(LONG), LONG)
        many = parse(shapes(LONG, (MANY,)), LONG)
        sets = {"train": (short, TRAIN), "alike": (short, TEST), "longer": (long, TEST), "wider": (many, TEST)}
        drawn = uniforms(
            key,
            **{f"{name}_shape": (count,) for name, (_, count) in sets.items()},
            **{name: (count, parsed.kinds.shape[1]) for name, (parsed, count) in sets.items()},
        )
        made = {name: expressions(parsed, drawn[f"{name}_shape"], drawn[name]) for name, (parsed, _) in sets.items()}
        return World(**made)

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Expressions]:
        chosen = jax.random.randint(key, (BATCH,), 0, TRAIN)
        return world, jax.tree.map(lambda rows: rows[chosen], world.train)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        longer = right(learner, world.longer)
        wider = right(learner, world.wider)
        return {
            "accuracy": right(learner, world.alike),
            "longer_accuracy": longer,
            "arguments_accuracy": wider,
            "arguments_drop": longer - wider,
        }

    def floor(self, world: World) -> Any:
        """The commonest value in training."""
        counts = jax.nn.one_hot(world.train.value, DIGITS).sum(0)
        return SimpleNamespace(values=lambda asked: jnp.broadcast_to(counts[None], (len(asked.value), DIGITS)))

    def oracle(self, world: World) -> Any:
        """The evaluator."""
        return SimpleNamespace(values=lambda asked: jax.nn.one_hot(evaluate(asked.tokens), DIGITS))
