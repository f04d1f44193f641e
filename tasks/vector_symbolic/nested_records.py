"""Records of nested keys, and what is found at the end of a path.

Isolates how much of a vector survives being bound again and again. A record is a comb: each of `depth` nodes has
`fanout` distinct keys, one of which leads to the next node and the others to a symbol; the asked symbol lies at the
very end. A record is the sum over its nodes, normalised at its root alone: normalising every node would halve the
nested part at each level, and a full tree would drown one symbol in fanout^depth others, whatever the binding.
200 symbols, 8 keys, 256 dimensions, 64 records. An isometry that loses nothing still has the crosstalk of the
2 * depth other symbols, and recalls with probability

    int phi(t) Phi(t + 1/s)^(symbols - 1) dt,    s^2 = (fanout - 1) * depth / dim
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.random import uniforms
from toybench.tasks.vector_symbolic import Algebra, Spec, cosine, inner

TIE = 1e-5  # inner products that differ by less are equal: rounding must not decide
TINY = 1e-12  # keeps a mean of 0 from being divided by


class World(NamedTuple):
    """Combs: keys and symbols int32 [records, depth, fanout], place 0 is the nested one, and at the last node the
    asked one. Swaps int32 [swaps, 4]: two keys and two symbols. Routes int32 [probes, depth] and two symbols for
    each, [probes, 2]."""

    keys: jax.Array
    fillers: jax.Array
    swaps: jax.Array
    routes: jax.Array
    ends: jax.Array


class NestedRecords(Task):
    """Look up the end of a path of `depth` keys."""

    depth: int = 6  # keys on the path
    dim: int = 256  # numbers a vector
    keys_repeat: bool = False  # whether the path repeats one key at every level
    fanout: int = 3  # keys a node
    keys: int = 8  # keys in all
    symbols: int = 200  # symbols in all
    records: int = 64  # records a seed
    probes: int = 128  # bare paths a seed, and swapped records

    interface = Algebra
    steps = 0
    checkpoints = 0
    metrics = {
        "recall": Metric("max", "share of records whose deepest symbol is the nearest to what the path gives"),
        "path_cosine": Metric("max", "cosine of a symbol with itself after being bound and unbound along a path"),
        "isometry_error": Metric("zero", "rms change of the inner product of two symbols bound along a path"),
        "norm_distortion": Metric(
            "zero", "standard deviation of a symbol's squared norm after the path, over its mean"
        ),
        "swap_accuracy": Metric(
            "max", "share of records {a:{b:x}, b:{a:y}} in which a.b is nearer to x than to y; a tie is half"
        ),
    }

    @property
    def spec(self) -> Spec:
        return Spec(dim=self.dim, symbols=self.symbols, keys=self.keys)

    def sample(self, key: jax.Array) -> World:
        """Combs, swaps and bare paths, from one draw."""
        d = self.depth
        p = self.probes
        u = uniforms(
            key,
            keys=(self.records, d, self.keys),
            fillers=(self.records, d, self.fanout),
            pair=(p, self.keys),
            swapped=(p, 2),
            routes=(p, d),
            ends=(p, 2),
        )
        order = jnp.argsort(u["keys"], -1)[..., : self.fanout]
        routes = integers(u["routes"], self.keys)
        if self.keys_repeat:
            order = jnp.where(jnp.arange(d)[None, :, None] > 0, order[:, :1], order)
            routes = jnp.broadcast_to(routes[:, :1], routes.shape)
        pair = jnp.argsort(u["pair"], -1)[:, :2]
        swaps = jnp.concatenate([pair, distinct(u["swapped"], self.symbols)], -1)
        fillers = integers(u["fillers"], self.symbols)
        ends = distinct(u["ends"], self.symbols)
        return World(keys=order, fillers=fillers, swaps=swaps, routes=routes, ends=ends)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        symbols = learner.symbols()
        found = self.look_up(learner, self.encode(learner, symbols, world), world.keys[:, :, 0])
        nearest = jnp.argmax(inner(found, symbols), -1)
        first = symbols[world.ends[:, 0]]
        second = symbols[world.ends[:, 1]]
        left = self.descend(learner.bind, world.routes, first)
        right = self.descend(learner.bind, world.routes, second)
        back = self.look_up(learner, left, world.routes)
        moved = paired(left, right) - paired(first, second)
        grown = paired(left, left) / paired(first, first)
        a, b, x, y = world.swaps.T
        one = self.descend(learner.bind, jnp.stack([a, b], -1), symbols[x])
        other = self.descend(learner.bind, jnp.stack([b, a], -1), symbols[y])
        record = one + other
        asked = self.look_up(learner, learner.settle(record), jnp.stack([a, b], -1))
        lead = paired(asked, symbols[x]) - paired(asked, symbols[y])
        return {
            "recall": jnp.mean((nearest == world.fillers[:, -1, 0]).astype(jnp.float32)),
            "path_cosine": jnp.mean(cosine(back, first)),
            "isometry_error": jnp.sqrt(jnp.mean(moved**2)),
            "norm_distortion": jnp.std(grown) / jnp.maximum(jnp.mean(grown), TINY),
            "swap_accuracy": jnp.mean(jnp.where(jnp.abs(lead) < TIE, 0.5, (lead > 0).astype(jnp.float32))),
        }

    def encode(self, learner: Any, symbols: jax.Array, world: World) -> jax.Array:
        """The combs as vectors [records, d], from the deepest node up."""
        r, depth, fanout = world.keys.shape

        def level(below: jax.Array, x: tuple) -> tuple[jax.Array, None]:
            keys, fillers, last = x  # [records, fanout]
            parts = symbols[fillers]
            parts = parts.at[:, 0].set(jnp.where(last, parts[:, 0], below))
            bound = learner.bind(keys.reshape(-1), parts.reshape(r * fanout, -1))
            return bound.reshape(r, fanout, -1).sum(1), None

        nodes = (world.keys.swapaxes(0, 1), world.fillers.swapaxes(0, 1), jnp.arange(depth) == depth - 1)
        start = jnp.zeros((r, symbols.shape[-1]), symbols.dtype)
        return learner.settle(jax.lax.scan(level, start, nodes, reverse=True)[0])

    def descend(self, bind: Any, paths: jax.Array, vectors: jax.Array) -> jax.Array:
        """Vectors [b, d] bound under paths int32 [b, depth], the last key first."""
        return jax.lax.scan(lambda v, k: (bind(k, v), None), vectors, paths.T, reverse=True)[0]

    def look_up(self, learner: Any, memory: jax.Array, paths: jax.Array) -> jax.Array:
        """What lies at the end of paths int32 [b, depth] in memories [b, d]: [b, d]."""
        return jax.lax.scan(lambda v, k: (learner.unbind(k, v), None), memory, paths.T)[0]

    def floor(self, world: World) -> Any:
        """A bag of the record's symbols that ignores the keys."""

        def ignore(key: jax.Array, vector: jax.Array) -> jax.Array:
            return vector

        return SimpleNamespace(symbols=lambda: jnp.eye(self.symbols), bind=ignore, unbind=ignore, settle=lambda v: v)


def integers(u: jax.Array, n: int) -> jax.Array:
    """Uniform numbers in [0, 1) as integers int32 in [0, n)."""
    return jnp.minimum((u * n).astype(jnp.int32), n - 1)


def distinct(u: jax.Array, n: int) -> jax.Array:
    """Two uniform numbers [b, 2] as two different integers int32 in [0, n)."""
    first = integers(u[:, 0], n)
    step = 1 + integers(u[:, 1], n - 1)
    return jnp.stack([first, (first + step) % n], -1)


def paired(a: jax.Array, b: jax.Array) -> jax.Array:
    """Real inner products [b] of vectors [b, d] and [b, d]."""
    return jnp.sum(jnp.real(a * b.conj()), -1)
