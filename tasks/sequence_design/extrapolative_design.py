"""Edit sequences of 12 letters until they are better than all 1,000 that were measured, by a tenth of their range.

Isolates extrapolation. A value is the tanh of a sum of terms for each place, each two neighbours, and six windows of
three; half of the sum's variance is of single places (`epistasis`). What is given lies below the 60th percentile of
random sequences that were pushed upwards by up to 20 trials of a change. A scorer, two layers of 64, is trained on it
by the study. The best sequence is found exactly by dynamic programming.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks import nn, optim, random
from toybench.tasks.sequence_design import WIDTHS, Designer, DesignSpec, Evidence, edited, likeliest, one_hot, score

DRAWN = 2000  # random sequences that are pushed
KEPT = 0.6  # share of them that is low enough to be given
PUSHES = 20  # trials of a change at most
WINDOWS = 6  # of three neighbours that have a term
SOFT = 3.0  # standard deviations of the sum at which a value has gone 3/4 of its way
DESIGNS = 64
BATCH = 256  # of the scorer's training
UPDATES = 300
RATE = 0.01  # Adam's


class Landscape(NamedTuple):
    """Terms of places [l, a], of neighbours [l - 1, a, a], and of three in a row [l - 2, a, a, a]."""

    sites: jax.Array
    pairs: jax.Array
    triples: jax.Array

    def value(self, x: jax.Array) -> jax.Array:
        """Values [n] of sequences [n, l]."""
        sites = self.sites[jnp.arange(x.shape[1]), x].sum(1)
        pairs = self.pairs[jnp.arange(x.shape[1] - 1), x[:, :-1], x[:, 1:]].sum(1)
        triples = self.triples[jnp.arange(x.shape[1] - 2), x[:, :-2], x[:, 1:-1], x[:, 2:]].sum(1)
        return jnp.tanh((sites + pairs + triples) / SOFT)


class World(NamedTuple):
    """The truth, what is given, and where designs start, int32 [b, l]."""

    truth: Landscape
    evidence: Evidence
    start: jax.Array


class Fixed(NamedTuple):
    """A reference that always designs one sequence, int32 [l]."""

    sequence: jax.Array

    def design(self, start: jax.Array, key: jax.Array) -> jax.Array:
        """The same for all."""
        return jnp.broadcast_to(self.sequence[None], start.shape)


class ExtrapolativeDesign(Task):
    """64 designs a world."""

    epistasis: float = 0.5  # share of the variance of the sum that isn't of single places
    length: int = 12
    letters: int = 6
    given_count: int = 1000  # sequences
    calls: int = 1000  # scores that a design may take

    interface = Designer
    steps = 300
    checkpoints = 1
    metrics = {
        "beyond_share": Metric("max", "share of designs above the largest value given by a tenth of the range"),
        "mean_value": Metric("max", "true value, mean over designs"),
        "optimism": Metric("info", "what the scorer says of designs minus their values"),
        "edits": Metric("info", "letters that differ from the start, mean over designs"),
    }

    @property
    def spec(self) -> DesignSpec:
        return DesignSpec(length=self.length, letters=self.letters, given=self.given_count, calls=self.calls)

    def sample(self, key: jax.Array) -> World:
        own, learner = jax.random.split(key)
        size = self.length
        kinds = self.letters
        shapes = {"first": (DRAWN, size), "edit": (PUSHES, DRAWN), "order": (DRAWN,), "window": (size - 2,)}
        tables, uniform = jax.random.split(own)
        terms = random.normals(
            tables, sites=(size, kinds), pairs=(size - 1, kinds, kinds), triples=(size - 2, kinds, kinds, kinds)
        )
        drawn = random.uniforms(uniform, **shapes, trials=(DRAWN,))
        window = (jnp.argsort(jnp.argsort(drawn["window"])) < WINDOWS).astype(jnp.float32)
        truth = Landscape(
            sites=terms["sites"] * jnp.sqrt((1 - self.epistasis) / size),
            pairs=terms["pairs"] * jnp.sqrt(self.epistasis / 2 / (size - 1)),
            triples=terms["triples"] * jnp.sqrt(self.epistasis / 2 / WINDOWS) * window[:, None, None, None],
        )
        first = jnp.floor(drawn["first"] * kinds).astype(jnp.int32)
        trials = jnp.floor(drawn["trials"] * (PUSHES + 1))

        def push(x: jax.Array, step: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, None]:
            index, u = step
            other = edited(x, jnp.floor(u * size * kinds).astype(jnp.int32), kinds)
            better = (truth.value(other) > truth.value(x)) & (index < trials)
            return jnp.where(better[:, None], other, x), None

        pushed = jax.lax.scan(push, first, (jnp.arange(float(PUSHES)), drawn["edit"]))[0]
        values = truth.value(pushed)
        low = values < jnp.quantile(values, KEPT)
        rows = jnp.argsort(jnp.where(low, drawn["order"], 1 + drawn["order"]))[: self.given_count]
        x = pushed[rows]
        evidence = Evidence(sequences=x, values=values[rows], scorer=trained_scorer(learner, x, values[rows], kinds))
        return World(truth=truth, evidence=evidence, start=x[:DESIGNS])

    def given(self, world: World) -> Evidence:
        return world.evidence

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        designs = learner.design(world.start, key)
        values = world.truth.value(designs)
        evidence = world.evidence
        goal = evidence.top() + evidence.span() / 10
        return {
            "beyond_share": (values > goal).astype(jnp.float32).mean(),
            "mean_value": values.mean(),
            "optimism": (score(evidence.scorer, designs, self.letters) - values).mean(),
            "edits": (designs != world.start).sum(1).astype(jnp.float32).mean(),
        }

    def floor(self, world: World) -> Fixed:
        """The best of what is given."""
        return Fixed(world.evidence.sequences[world.evidence.values.argmax()])

    def oracle(self, world: World) -> Fixed:
        """The best of all."""
        return Fixed(likeliest(*world.truth))


def trained_scorer(key: jax.Array, x: jax.Array, values: jax.Array, letters: int) -> Any:
    """Parameters of a scorer after some hundred batches of what is given."""
    network, rows = jax.random.split(key)
    inputs = one_hot(x, letters)
    params = nn.init(nn.MLP(WIDTHS), network, inputs[:1])
    transform = optim.adam(RATE, UPDATES)
    chosen = jnp.floor(jax.random.uniform(rows, (UPDATES, BATCH)) * len(x)).astype(jnp.int32)

    def loss(params: Any, batch: jax.Array) -> jax.Array:
        return ((nn.MLP(WIDTHS).apply(params, inputs[batch])[:, 0] - values[batch]) ** 2).mean()

    def step(carry: tuple[Any, Any], batch: jax.Array) -> tuple[tuple[Any, Any], None]:
        params, moments = carry
        return optim.descend(transform, jax.grad(loss)(params, batch), moments, params), None

    return jax.lax.scan(step, (params, transform.init(params)), chosen)[0][0]
