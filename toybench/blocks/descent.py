"""Descent: the task owns a function, the method is a rule that updates its weights.

A task's spec is a `Problem`; the weights that every method starts from are its public constants, `Start`. A method is
a `Descent`: a `Transformed` one gives an optax transformation, another writes its `step`. Methods answer `weights`,
those to be judged.

A problem may ask for a sweep. The base then keeps one state for every rate (and decay) side by side, all of them shown
the same batches, and one more, the last, at the tuned `lr` and `decay`; `weights` has a leading axis [n] of states.

Shapes: n states, b batch.
"""

import abc
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench.errors import UsageError
from toybench.protocol import Method

Weights = Any  # a pytree of float arrays
Slots = Any  # what a rule remembers besides the weights: a pytree of arrays
Batch = Any
Budget = Literal["steps", "gradients"]
Role = Literal["embedding", "linear", "head", "vector"]

COOLED = 0.2  # last share of the steps in which `wsd` falls to 0


@dataclass(frozen=True)
class Problem(abc.ABC):
    """A function to be minimised, and how: static, and hashable as every spec. Tasks subclass it with their sizes.

    Attributes:
      roles: what each leaf of the weights is, in jax.tree's order: an embedding [entries, width], a linear map or the
        head [in, out], or a vector.
      budget: `steps`, an update a batch for every rule; or `gradients`, where a rule that costs c gradients an update
        makes one on every c-th batch, and its schedule is as long as its updates.
      rates: multiples of the rule's own `unit` at which it runs side by side; none where nothing is swept.
      decays: multiples of its `unit_decay`, likewise; a grid of both where both are given.
    """

    roles: ClassVar[tuple[Role, ...]] = ()

    budget: Budget = "steps"
    rates: tuple[float, ...] = ()
    decays: tuple[float, ...] = ()

    @abc.abstractmethod
    def losses(self, weights: Weights, batch: Batch) -> jax.Array:
        """The loss of every example of a batch: float [b]."""

    def loss(self, weights: Weights, batch: Batch) -> jax.Array:
        """Their mean: float []."""
        return self.losses(weights, batch).mean()

    @property
    def swept(self) -> bool:
        """Whether several states run side by side."""
        return bool(self.rates or self.decays)


class Start(NamedTuple):
    """What a task gives: the weights that every rule starts from."""

    weights: Weights


class Setting(NamedTuple):
    """What one state runs at: peak learning rate and decay, float [] (float [n] where swept)."""

    lr: jax.Array
    decay: jax.Array


class Now(NamedTuple):
    """One state's setting, the schedule's factor, float [], and the updates before this one, int32 []."""

    lr: jax.Array
    decay: jax.Array
    factor: jax.Array
    done: jax.Array

    @property
    def rate(self) -> jax.Array:
        """The learning rate of this update."""
        return self.lr * self.factor


class State(NamedTuple):
    """Weights that move, the rule's memory (with a leading axis [n] where swept), and batches seen, int32 []."""

    params: Weights
    slots: Slots
    seen: jax.Array


class Descent(Method):
    """An update rule: `start` and `step`; the base sweeps, schedules and counts gradients."""

    lr: float = 0.1  # peak learning rate, above 0
    decay: float = 0.0  # weight decay, 0 or more: w <- w - rate decay w, beside the step
    schedule: str = "cosine"  # cosine, linear, constant, inverse_sqrt or wsd
    warmup: float = 0.05  # share of the updates in which the rate rises linearly, 0 to 1

    cost: ClassVar[int] = 1  # gradients an update; a Hessian-vector product counts as one
    unit: ClassVar[float] = 0.1  # the rate that the rule was published with; sweeps are relative to it
    unit_decay: ClassVar[float] = 0.1  # the decay that sweeps over decays are relative to

    deterministic = True  # init ignores its key on purpose: the task gives the weights

    @abc.abstractmethod
    def start(self, weights: Weights) -> Slots:
        """The memory of one state before the first update."""

    @abc.abstractmethod
    def step(self, now: Now, weights: Weights, slots: Slots, batch: Batch, key: jax.Array) -> tuple[Weights, Slots]:
        """(weights, memory) of one state after an update."""

    def judged(self, weights: Weights, slots: Slots) -> Weights:
        """The weights of one state that are judged: those that move, unless a rule averages them."""
        return weights

    @property
    def updates(self) -> int:
        """Updates in a trial."""
        return max(1, self.steps // self._every)

    def init(self, key: jax.Array) -> State:
        weights = self.given.weights
        slots = self.start(weights)
        if self.spec.swept:
            n = len(self.settings().lr)
            weights, slots = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (n, *jnp.shape(leaf))), (weights, slots))
        return State(params=weights, slots=slots, seen=jnp.zeros((), jnp.int32))

    def update(self, state: State, batch: Batch, key: jax.Array) -> State:
        if self._every == 1:
            params, slots = self._move(state, batch, key)
        else:
            due = (state.seen + 1) % self._every == 0
            params, slots = jax.lax.cond(due, self._move, _stay, state, batch, key)
        return State(params=params, slots=slots, seen=state.seen + 1)

    def weights(self, state: State) -> Weights:
        """The weights to be judged; with a leading axis [n] where swept."""
        judged = jax.vmap(self.judged) if self.spec.swept else self.judged
        return judged(state.params, state.slots)

    def parameters(self, state: State) -> Weights:
        return jax.tree.map(lambda leaf: leaf[-1], state.params) if self.spec.swept else state.params

    def settings(self) -> Setting:
        """What the states run at, float [n] where swept: the grid, rates outermost, and the tuned values last."""
        tuned = Setting(lr=jnp.asarray(self.lr, jnp.float32), decay=jnp.asarray(self.decay, jnp.float32))
        if not self.spec.swept:
            return tuned
        rates = [jnp.float32(self.unit * r) for r in self.spec.rates] or [tuned.lr]
        decays = [jnp.float32(self.unit_decay * d) for d in self.spec.decays] or [tuned.decay]
        return Setting(
            lr=jnp.stack([*(r for r in rates for _ in decays), tuned.lr]),
            decay=jnp.stack([*(d for _ in rates for d in decays), tuned.decay]),
        )

    def factor(self, count: jax.Array) -> jax.Array:
        """The schedule's factor at updates `count` from 0, any shape: 1 at its peak."""
        return factors(self.schedule, count, self.updates, self.warmup)

    def rate(self, state: State) -> jax.Array:
        """The rate of the last update: float [], or [n] where swept."""
        return self.settings().lr * self.factor(jnp.maximum(state.seen // self._every - 1, 0))

    @property
    def _every(self) -> int:
        return self.cost if self.spec.budget == "gradients" else 1

    def _move(self, state: State, batch: Batch, key: jax.Array) -> tuple[Weights, Slots]:
        """One update of every state, on one batch."""

        def one(setting: Setting, weights: Weights, slots: Slots) -> tuple[Weights, Slots]:
            count = state.seen // self._every
            now = Now(lr=setting.lr, decay=setting.decay, factor=self.factor(count), done=count)
            return self.step(now, weights, slots, batch, key)

        return (jax.vmap(one) if self.spec.swept else one)(self.settings(), state.params, state.slots)


class Transformed(Descent):
    """A rule that is an optax transformation of the gradient, followed by w <- w - rate (direction + decay w)."""

    @abc.abstractmethod
    def transform(self) -> optax.GradientTransformation:
        """Gradient to direction, which is subtracted: no rate, no sign, no weight decay, as optax.scale_by_adam."""

    def start(self, weights: Weights) -> Slots:
        return self.transform().init(weights)

    def step(self, now: Now, weights: Weights, slots: Slots, batch: Batch, key: jax.Array) -> tuple[Weights, Slots]:
        value, gradient = jax.value_and_grad(self.spec.loss)(weights, batch)
        direction, slots = transformed(self.transform(), gradient, slots, weights, value=value, grad=gradient)
        return walk(weights, direction, now), slots


def transformed(
    transform: optax.GradientTransformation, gradient: Weights, slots: Slots, weights: Weights, **extra: Any
) -> tuple[Weights, Slots]:
    """(direction, memory) by an optax transformation, its own arithmetic under JAX's standard promotion.

    Raises:
      UsageError: it asks for arguments that nobody gives, or its direction doesn't have the weights' shapes.
    """
    update = optax.with_extra_args_support(transform).update
    with jax.numpy_dtype_promotion("standard"):
        try:
            direction, slots = update(gradient, slots, weights, **extra)
        except TypeError as error:
            if "argument" not in str(error):
                raise
            known = ", ".join(extra) or "nothing"
            raise UsageError(f"the transformation needs more than is given ({known}): {error}.") from None
    if (asked := _layout(weights)) != (got := _layout(direction)):
        raise UsageError(f"the transformation turns weights {asked} into a direction {got}; keep shapes and dtypes.")
    return direction, slots


def walk(weights: Weights, direction: Weights, now: Now) -> Weights:
    """w <- w - rate (direction + decay w)."""
    return jax.tree.map(lambda w, d: w - now.rate * (d + now.decay * w), weights, direction)


def factors(schedule: str, count: jax.Array, updates: int, warmup: jax.Array | float) -> jax.Array:
    """A schedule's factor at updates `count` (int, any shape, from 0) of so many, in float32.

    A linear rise over the first `warmup` share of the updates; then over the rest, with p the share of it that is
    done, `cosine` (1 + cos(pi p)) / 2, `linear` 1 - p, `constant` 1, `wsd` constant and linear to 0 over the last
    fifth; `inverse_sqrt` is 1 / sqrt(updates since the rise, from 1).

    Raises:
      UsageError: an unknown schedule.
    """
    done = count.astype(jnp.float32)
    rising = warmup * updates
    since = jnp.maximum(done - rising, 0.0)
    p = jnp.minimum(since / jnp.maximum(updates - rising, 1.0), 1.0)
    shapes: dict[str, Callable[[], jax.Array]] = {
        "cosine": lambda: 0.5 * (1 + jnp.cos(math.pi * p)),
        "linear": lambda: 1 - p,
        "constant": lambda: jnp.ones_like(p),
        "inverse_sqrt": lambda: (since + 1) ** -0.5,
        "wsd": lambda: jnp.minimum(1.0, (1 - p) / COOLED),
    }
    if schedule not in shapes:
        raise UsageError(f"there is no schedule '{schedule}'; use one of {', '.join(shapes)}.")
    return shapes[schedule]() * jnp.minimum((done + 1) / jnp.maximum(rising, 1.0), 1.0)


def each(problem: Problem, function: Callable[[Weights], Any], weights: Weights) -> Any:
    """What `function` makes of the weights of every state, with a leading axis [n] swept or not; the tuned one last."""
    if problem.swept:
        return jax.vmap(function)(weights)
    return jax.tree.map(lambda leaf: leaf[None], function(weights))


def spread(count: int, decades: float = 2.0) -> tuple[float, ...]:
    """So many multiples, equally spaced in the logarithm from 10^-decades to 10^decades."""
    return tuple(10 ** (decades * (2 * i / (count - 1) - 1)) for i in range(count))


def _stay(state: State, batch: Batch, key: jax.Array) -> tuple[Weights, Slots]:
    return state.params, state.slots


def _layout(tree: Any) -> str:
    """Shapes and dtypes of a pytree, for a reader."""
    return str([f"{leaf.dtype}{list(leaf.shape)}" for leaf in jax.tree.leaves(tree)])
