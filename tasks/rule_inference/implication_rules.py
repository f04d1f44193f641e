"""Four rules over six symbols, and four conclusions about the same two symbols, one of which follows.

Isolates chaining and contraposition. The right conclusion p -> q follows by a chain of one or two rules, in a test by
three. A second chain leads from not p towards not q, but at one of its symbols the sign doesn't fit. Each of p, q and
their negations stands in exactly one rule, at the same side, and other rules have neither p nor q. So which literals
occur doesn't tell candidates apart, and which symbols rules share leaves two of them. The test of longer chains has
six rules. Rules and candidates stand in either form at random. Items are kept where exactly one candidate follows by
chains, and by no shorter one. Tests have none with the rules about p and q of a training item, in whatever form.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.random import uniforms
from toybench.tasks.rule_inference import Items, Reasoner, RuleSpec, contrapositive, edges, follows

SYMBOLS = 6
RULES = 4  # two chains of two, or one of one, one of two and another rule
CANDIDATES = 4
CHAIN = 2  # rules at most in training
LONGER = 3  # rules in one of the tests
TRAIN = 800  # items
TEST = 512  # of each kind
BATCH = 32
SPARE = 4  # items that are drawn for one that is kept
ENDS = 2  # symbols that the candidates are about


class World(NamedTuple):
    """Items to learn from, and new ones: one rule is the answer, two rules lead to it, three do."""

    train: Items
    direct: Items
    chained: Items
    longer: Items


def written(rules: jax.Array, flip: jax.Array) -> jax.Array:
    """Rules [r, 2], those with numbers below a half as their contrapositives."""
    return jnp.where(flip[:, None] < 1 / 2, contrapositive(rules), rules)


def chain(start: jax.Array, middle: jax.Array, end: jax.Array, length: jax.Array) -> jax.Array:
    """Rules [LONGER, 2] from start to end over the first of the middle literals; only so many rules of them count."""
    last = jnp.arange(LONGER) == length - 1
    before = jnp.concatenate([start[None], middle])
    after = jnp.where(last, end, jnp.concatenate([middle, end[None]]))
    return jnp.stack([before, after], 1)


def broken(rules: jax.Array, length: jax.Array, joint: jax.Array) -> jax.Array:
    """The same chain, but one of its later rules, by a uniform number, starts at the negation of what leads there."""
    at = 1 + jnp.floor((length - 1).astype(jnp.float32) * joint).astype(jnp.int32)
    starts = jnp.where(jnp.arange(LONGER) == at, rules[:, 0] ^ 1, rules[:, 0])
    return jnp.stack([starts, rules[:, 1]], 1)


def between(literals: jax.Array, drawn: dict[str, jax.Array]) -> jax.Array:
    """Random rules [r, 2] between two symbols each of these literals [n]."""
    count = len(literals)
    first = jnp.floor(count * drawn["first"]).astype(jnp.int32)
    second = (first + 1 + jnp.floor((count - 1) * drawn["second"]).astype(jnp.int32)) % count
    return literals[jnp.stack([first, second], 1)] ^ (drawn["signs"] < 1 / 2).astype(jnp.int32)


def item(length: jax.Array, drawn: dict[str, jax.Array]) -> tuple[Items, jax.Array]:
    """One item (without a batch axis) whose chain has so many rules, and whether it is a fair one."""
    literals = 2 * jnp.argsort(drawn["order"]) + (drawn["negated"] < 1 / 2).astype(jnp.int32)
    start = literals[0]
    end = literals[1]
    middle = literals[ENDS:].reshape(2, LONGER - 1)
    other = jnp.maximum(length, 2)  # rules of the broken chain, which needs a joint
    whole = chain(start, middle[0], end, length)
    false = broken(chain(start ^ 1, middle[1], end ^ 1, other), other, drawn["joint"])
    half = len(drawn["first"]) // 2
    place = jnp.arange(half)
    used = jnp.concatenate([place < length, place < other])
    chains = jnp.concatenate([whole[:half], false[:half]])
    rules = jnp.where(used[:, None], chains, between(literals[ENDS:], drawn))
    candidates = jnp.stack([start, end])[None, :] ^ jnp.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    hops = edges(rules, SYMBOLS)
    near = jnp.where(length > 1, hops, 0.0) + jnp.where(length > CHAIN, hops @ hops, 0.0)
    fair = (follows(rules, candidates, SYMBOLS) == (jnp.arange(CANDIDATES) == 0)).all() & (near[start, end] == 0)
    rules = written(rules, drawn["rule_form"])[jnp.argsort(drawn["rule_order"])]
    order = jnp.argsort(drawn["candidate_order"])
    candidates = written(candidates, drawn["candidate_form"])[order]
    return Items(rules=rules, candidates=candidates, answer=jnp.argmin(order)), fair


def contents(items: Items) -> jax.Array:
    """Numbers int32 [b] that are the same for items whose rules about the asked symbols are, in whatever form."""
    literals = 2 * SYMBOLS
    rules = items.rules
    turned = contrapositive(rules)
    number = jnp.minimum(literals * rules[..., 0] + rules[..., 1], literals * turned[..., 0] + turned[..., 1])
    symbols = rules // 2
    asked = items.candidates[:, 0] // 2
    about = (symbols[..., None] == asked[:, None, None, :]).any((-1, -2))
    base = literals**2 + 1
    ranked = jnp.sort(jnp.where(about, number, base - 1), axis=1)
    return sum((ranked[:, k] * base**k for k in range(RULES)), start=jnp.zeros(len(rules), jnp.int32))


def fair_items(lengths: dict[str, jax.Array], drawn: dict[str, jax.Array]) -> dict[str, Items]:
    """By the name of a set: the first of its items that are fair, with chains of so many rules [n].

    Later sets have none with the contents of an item in the first one, from which learners learn.
    """
    made, fair = jax.vmap(item)(jnp.concatenate(list(lengths.values())), drawn)
    number = contents(made)
    kept = {}
    known = jnp.full((1,), -1)
    start = 0
    for name, length in lengths.items():
        rows = slice(start, start + len(length))
        good = fair[rows] & ~jnp.isin(number[rows], known)
        chosen = jnp.argsort(jnp.where(good, 0, 1))[: len(length) // SPARE]
        kept[name] = jax.tree.map(lambda x, rows=rows, chosen=chosen: x[rows][chosen], made)
        known = number[rows][chosen] if not start else known
        start += len(length)
    return kept


def shapes(count: int, rules: int) -> dict[str, tuple[int, ...]]:
    """Of the uniform numbers of so many items."""
    return {
        "order": (count, SYMBOLS),
        "negated": (count, SYMBOLS),
        "joint": (count,),
        "first": (count, rules),
        "second": (count, rules),
        "signs": (count, rules, 2),
        "rule_form": (count, rules),
        "rule_order": (count, rules),
        "candidate_form": (count, CANDIDATES),
        "candidate_order": (count, CANDIDATES),
    }


def right(learner: Any, asked: Items) -> jax.Array:
    """Share of right choices."""
    return (learner.scores(asked.rules, asked.candidates).argmax(-1) == asked.answer).mean()


class ImplicationRules(Task):
    """Minibatches of a small training set."""

    interface = Reasoner
    steps = 1200
    checkpoints = 2
    metrics = {
        "accuracy": Metric("max", "share of right choices on new items, half of which have chains of two rules"),
        "chained_accuracy": Metric("max", "the same on new items with chains of two rules"),
        "longer_accuracy": Metric("max", "the same with chains of three, among six rules"),
        "train_accuracy": Metric("info", "the same on the items to learn from"),
    }

    @property
    def spec(self) -> RuleSpec:
        return RuleSpec(symbols=SYMBOLS, rules=RULES, candidates=CANDIDATES)

    def sample(self, key: jax.Array) -> World:
        short = {
            "train": 1 + jnp.arange(SPARE * TRAIN) % CHAIN,
            "direct": jnp.full(SPARE * TEST, 1),
            "chained": jnp.full(SPARE * TEST, CHAIN),
        }
        longer = {"longer": jnp.full(SPARE * TEST, LONGER)}
        short_shapes = shapes(sum(map(len, short.values())), RULES)
        longer_shapes = shapes(SPARE * TEST, 2 * LONGER)
        drawn = uniforms(key, **short_shapes, **{f"longer_{name}": shape for name, shape in longer_shapes.items()})
        made = fair_items(short, {name: drawn[name] for name in short_shapes})
        made |= fair_items(longer, {name: drawn[f"longer_{name}"] for name in longer_shapes})
        return World(**made)

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Items]:
        chosen = jax.random.randint(key, (BATCH,), 0, TRAIN)
        return world, jax.tree.map(lambda rows: rows[chosen], world.train)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        chained = right(learner, world.chained)
        return {
            "accuracy": (right(learner, world.direct) + chained) / 2,
            "chained_accuracy": chained,
            "longer_accuracy": right(learner, world.longer),
            "train_accuracy": right(learner, world.train),
        }

    def floor(self, world: World) -> Any:
        """Always the first."""
        first = jax.nn.one_hot(0, CANDIDATES)[None]
        return SimpleNamespace(scores=lambda rules, candidates: jnp.broadcast_to(first, candidates.shape[:2]))

    def oracle(self, world: World) -> Any:
        """Everything that the rules imply."""

        def scores(rules: jax.Array, candidates: jax.Array) -> jax.Array:
            return jax.vmap(follows, in_axes=(0, 0, None))(rules, candidates, SYMBOLS).astype(jnp.float32)

        return SimpleNamespace(scores=scores)
