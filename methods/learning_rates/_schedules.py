"""Subgradient descent under a schedule, at every base rate of a sweep side by side.

A rule says how far a state moves at batch `done`, counted from the end of the rehearsal: negative in it. The base
keeps the states; `LastIterate` is for rules whose factor is a formula and that remember nothing.

Shapes: n states, the tuned one last; t batches, the rehearsal's included; d dimensions.
"""

import abc
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.descent import Batch

Slots = Any  # what one state remembers besides its weights: a pytree of arrays


class State(NamedTuple):
    """Weights [n, d], memory with a leading axis [n], and batches seen, int32 []."""

    params: jax.Array
    slots: Slots
    seen: jax.Array


class Scheduled(Method):
    """Subgradient descent whose rate is a base rate times a factor that depends on time."""

    lr: float = 0.03  # base rate, above 0: what the schedule's factor multiplies

    unit: ClassVar[float] = 0.1  # the sweep's middle, as that of the world's own constant schedule
    deterministic = True  # init ignores its key on purpose: the task gives the weights

    @abc.abstractmethod
    def start(self, weights: jax.Array) -> Slots:
        """The memory of one state before the first batch."""

    @abc.abstractmethod
    def factor(self, done: jax.Array, slots: Slots) -> jax.Array:
        """The schedule of one state at batches `done`, int32 of any shape, -length to length - 1: 0 where it waits."""

    @abc.abstractmethod
    def step(
        self, lr: jax.Array, done: jax.Array, weights: jax.Array, slots: Slots, batch: Batch
    ) -> tuple[jax.Array, Slots]:
        """(weights, memory) of one state after a batch."""

    @abc.abstractmethod
    def judged(self, weights: jax.Array, slots: Slots) -> jax.Array:
        """The weights of one state that are judged: the last, or an average."""

    def fits(self, spec: Any) -> str | None:
        return None if hasattr(spec, "length") else "it needs a task that has a rehearsal and asks for schedules"

    def init(self, key: jax.Array) -> State:
        weights = self.given.weights
        n = len(self.spec.rates) + 1
        params, slots = jax.tree.map(
            lambda leaf: jnp.broadcast_to(leaf, (n, *jnp.shape(leaf))), (weights, self.start(weights))
        )
        return State(params=params, slots=slots, seen=jnp.zeros((), jnp.int32))

    def update(self, state: State, batch: Batch, key: jax.Array) -> State:
        done = state.seen - self.spec.length

        def move(lr: jax.Array, weights: jax.Array, slots: Slots) -> tuple[jax.Array, Slots]:
            return self.step(lr, done, weights, slots, batch)

        params, slots = jax.vmap(move)(self.peaks(state), state.params, state.slots)
        return State(params=params, slots=slots, seen=state.seen + 1)

    def weights(self, state: State) -> jax.Array:
        """The weights to be judged: float [n, d]."""
        return jax.vmap(self.judged)(state.params, state.slots)

    def peaks(self, state: State) -> jax.Array:
        """The base rates [n]: the sweep's, and the tuned one last."""
        swept = self.unit * jnp.array(self.spec.rates)
        return jnp.append(swept, jnp.asarray(self.lr, jnp.float32))

    def shape(self, state: State) -> jax.Array:
        """The factors [n, t] of the base rates."""
        done = jnp.arange(-self.spec.length, self.spec.length)
        return jax.vmap(lambda slots: self.factor(done, slots), axis_size=len(state.params))(state.slots)

    def parameters(self, state: State) -> jax.Array:
        return state.params[-1]


class LastIterate(Scheduled):
    """A schedule that is a formula; its last weights are judged."""

    @abc.abstractmethod
    def formula(self, done: jax.Array) -> jax.Array:
        """The factor at batches `done`, int32 of any shape."""

    def start(self, weights: jax.Array) -> tuple:
        return ()

    def factor(self, done: jax.Array, slots: tuple) -> jax.Array:
        return self.formula(done)

    def step(
        self, lr: jax.Array, done: jax.Array, weights: jax.Array, slots: tuple, batch: Batch
    ) -> tuple[jax.Array, tuple]:
        return weights - lr * self.formula(done) * jax.grad(self.spec.loss)(weights, batch), slots

    def judged(self, weights: jax.Array, slots: tuple) -> jax.Array:
        return weights


def share(done: jax.Array, length: int) -> jax.Array:
    """The share of the updates that are done, 0 to 1; negative in the rehearsal."""
    return done.astype(jnp.float32) / length


def afterwards(done: jax.Array, factor: jax.Array) -> jax.Array:
    """The factor, and 0 in the rehearsal."""
    return jnp.where(done >= 0, factor, 0.0)


def eighths(first: float) -> tuple[float, ...]:
    """Sixteen base rates from the first on, an eighth of a decade apart, of three digits: what every rule is tuned on.

    Below its best rate a rule doesn't arrive, and a gap is several times as large a quarter of a decade below.
    """
    return tuple(float(f"{first * 10 ** (i / 8):.3g}") for i in range(16))
