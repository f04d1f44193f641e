"""How many triples must be seen until nine tenths of the others follow, as symbols grow in number?

Isolates what data alone allow: rules for what follows are applied without error, and nothing is trained. All triples of
two random tables are seen one after another, in a random order; the number is found by bisection. A new triple can
also undo a link, so that this is one of the places where the share crosses, if there are several.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks import random
from toybench.tasks.symbolic_reasoning import Follower, TableSpec, Triples, all_triples, mean_over

ENOUGH = 0.9  # of the triples that weren't seen


class World(NamedTuple):
    """All triples, in the order in which they are seen."""

    triples: Triples


class Fixed(NamedTuple):
    """A reference by which everything follows, or nothing."""

    everything: jax.Array

    def follows(self, triples: Triples, seen: jax.Array) -> jax.Array:
        """The same for all triples."""
        return jnp.broadcast_to(self.everything, seen.shape)


class CoverageGrowth(Task):
    """Random tables in every world; `symbols` is what grows."""

    symbols: int = 8

    interface = Follower
    steps = 0
    metrics = {
        "size_needed": Metric("min", "triples seen until 0.9 of the others follow"),
        "share_needed": Metric("min", "the same as a share of all triples"),
    }

    @property
    def spec(self) -> TableSpec:
        return TableSpec(symbols=self.symbols)

    def sample(self, key: jax.Array) -> World:
        n = self.symbols
        drawn = random.uniforms(key, first=(n, n), second=(n, n), order=(n**3,))
        return World(triples=all_triples(drawn, n))

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        count = self.symbols**3
        place = jnp.arange(count)

        def halve(bounds: tuple[jax.Array, jax.Array], _: None) -> tuple[tuple[jax.Array, jax.Array], None]:
            low, high = bounds
            middle = (low + high) // 2
            seen = place < middle
            share = mean_over(learner.follows(world.triples, seen.astype(jnp.float32)), ~seen)
            enough = (share >= ENOUGH) & (middle > low)  # low is known not to be; none seen is never enough
            return (jnp.where(enough, low, middle), jnp.where(enough, middle, high)), None

        start = (jnp.zeros((), jnp.int32), jnp.full((), count, jnp.int32))
        bounds, _ = jax.lax.scan(halve, start, None, length=count.bit_length())
        size = bounds[1].astype(jnp.float32)
        return {"size_needed": size, "share_needed": size / count}

    def floor(self, world: World) -> Fixed:
        """Nothing follows, so that all have to be seen."""
        return Fixed(jnp.asarray(False))

    def oracle(self, world: World) -> Fixed:
        """Everything follows from one triple."""
        return Fixed(jnp.asarray(True))
