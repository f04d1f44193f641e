"""Predict the next symbol of a chain of order two: text in which a token needs what is of use at once.

Isolates breadcrumbs. The last two symbols say all about the next one, so that a state that serves its own token
holds what later ones need. What no gradient from later tokens can teach should be missed little.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.tasks.pre_caching import Reader, Text, TextSpec, cost

SPREAD = 2.0  # standard deviation of the logits of a next symbol: its entropy is 1.45 nats, log 12 is 2.5
BATCH = 32
JUDGED = 256  # streams for judging
KNOWN = 2  # symbols that a next one depends on
TINY = 1e-12  # keeps the logarithm of a chance finite


class World(NamedTuple):
    """A chain, chances [k, k, k] of the next symbol given the last two, older first, and streams for judging."""

    chain: jax.Array
    test: Text


class MarkovText(Task):
    """A chain of its own in every world."""

    symbols: int = 12  # symbols
    length: int = 12  # tokens of a stream

    interface = Reader
    steps = 300
    checkpoints = 2
    metrics = {
        "excess_share": Metric("min", "nats above the chain's entropy, over those of the symbols' frequencies"),
        "nll": Metric("min", "cross-entropy of the next symbol, nats"),
    }

    @property
    def spec(self) -> TextSpec:
        return TextSpec(features=self.symbols, outputs=self.symbols, length=self.length, window=KNOWN, cost="nats")

    def sample(self, key: jax.Array) -> World:
        first, second = jax.random.split(key)
        chain = jax.nn.softmax(SPREAD * jax.random.normal(first, (self.symbols,) * (KNOWN + 1)), axis=-1)
        symbol = self.streams(chain, second, JUDGED)
        return World(chain=chain, test=self.text(symbol, self.chances(chain, symbol)))

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Text]:
        symbol = self.streams(world.chain, key, BATCH)
        return world, self.text(symbol, jax.nn.one_hot(symbol[:, 1:], self.symbols))

    def text(self, symbol: jax.Array, following: jax.Array) -> Text:
        """Symbols but the last, and what follows each."""
        return Text(x=jax.nn.one_hot(symbol[:, :-1], self.symbols), y=following)

    def streams(self, chain: jax.Array, key: jax.Array, count: int) -> jax.Array:
        """Fresh symbols int32 [b, t + 1]; the first two are uniform."""
        uniform = jax.random.uniform(key, (self.length + 1, count))
        start = jnp.floor(self.symbols * uniform[:KNOWN]).astype(jnp.int32)
        ends = jnp.cumsum(chain, axis=-1)

        def step(last: tuple[jax.Array, jax.Array], share: jax.Array) -> tuple[tuple[jax.Array, jax.Array], jax.Array]:
            drawn = (share[:, None] > ends[last]).sum(-1)
            symbol = jnp.minimum(drawn, self.symbols - 1).astype(jnp.int32)
            return (last[1], symbol), symbol

        _, later = jax.lax.scan(step, (start[0], start[1]), uniform[KNOWN:])
        return jnp.concatenate([start, later]).T

    def chances(self, chain: jax.Array, symbol: jax.Array) -> jax.Array:
        """Chances [b, t, k] of what follows each symbol int32 [b, t + 1] but the last; uniform after the first one."""
        known = chain[symbol[:, :-2], symbol[:, 1:-1]]
        return jnp.concatenate([jnp.full_like(known[:, :1], 1 / self.symbols), known], axis=1)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        nll = self.judge(world, learner.predict(world.test.x))
        entropy = self.judge(world, self.oracle(world).predict(world.test.x))
        common = self.judge(world, self.floor(world).predict(world.test.x))
        return {"excess_share": (nll - entropy) / (common - entropy), "nll": nll}

    def judge(self, world: World, logits: jax.Array) -> jax.Array:
        """Nats a token that the chain expects, from the third symbol on."""
        return cost(self.spec, logits, world.test.y)[:, KNOWN - 1 :].mean()

    def floor(self, world: World) -> Any:
        """How often each symbol follows."""
        common = jnp.log(world.test.y[:, KNOWN - 1 :].mean((0, 1)))
        return SimpleNamespace(
            predict=lambda x: jnp.broadcast_to(common[None, None], (*x.shape[:2], self.symbols)), hidden=jnp.zeros_like
        )

    def oracle(self, world: World) -> Any:
        """The chain."""

        def predict(x: jax.Array) -> jax.Array:
            symbol = x.argmax(-1)
            known = jnp.log(world.chain[symbol[:, :-1], symbol[:, 1:]] + TINY)
            return jnp.concatenate([jnp.zeros_like(known[:, :1]), known], axis=1)

        return SimpleNamespace(predict=predict, hidden=lambda x: x)
