"""What the controllers of this study share: layers that work side by side, and the descent of their runs' cost.

A layer reads what other layers held one step before, so a network of L layers answers to what it saw L steps ago. The
last of them gives the control of the next step.

Shapes: n runs, w width, a remembered actions, o numbers of an observation.
"""

import abc
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks.nn import init
from toybench.blocks.optim import adam, descend
from toybench.tasks.delayed_control import Episode, run

WIDTH = 24  # of a hidden layer
# Last actions that a layer may read, as many as a deep network's delay; the one in flight isn't among them, as in the
# release.
REMEMBERED = 4
LARGEST_NORM = 1.0  # of the whole gradient; unstable runs have large ones


class Layers(nn.Module):
    """Dense layers that don't feed each other: reads [n, any] in, one for each width; ReLU but for the last."""

    widths: tuple[int, ...]

    @nn.compact
    def __call__(self, *reads: jax.Array) -> tuple[jax.Array, ...]:
        out = [nn.Dense(width)(read) for width, read in zip(self.widths, reads, strict=True)]
        return (*map(nn.relu, out[:-1]), out[-1])


class Carry(NamedTuple):
    """What is held between steps: hidden layers [n, w] each, the next control [n] before tanh, last actions [n, a]."""

    hidden: tuple[jax.Array, ...]
    waiting: jax.Array
    actions: jax.Array


class State(NamedTuple):
    """Network parameters and optimiser state."""

    params: Any
    opt: Any


class Trained(Method):
    """A controller that descends the exact gradient of its runs' mean cost, through plant and memory."""

    lr: float = 1e-3  # of Adam, decaying to 0
    space = {"lr": (1e-3, 3e-3, 1e-2, 3e-2, 1e-1)}

    @abc.abstractmethod
    def network(self) -> nn.Module:
        """The layers."""

    @abc.abstractmethod
    def inputs(self) -> tuple[jax.Array, ...]:
        """What the layers read, for one run, to give them their shapes."""

    @abc.abstractmethod
    def blank(self, count: int) -> Any:
        """The memory at the start of `count` runs."""

    @abc.abstractmethod
    def respond(self, params: Any, carry: Any, obs: jax.Array) -> tuple[Any, jax.Array]:
        """Memory and controls [n] for observations [n, o]."""

    def init(self, key: jax.Array) -> State:
        params = init(self.network(), key, *self.inputs())
        return State(params=params, opt=self.optimizer().init(params))

    def optimizer(self) -> optax.GradientTransformation:
        return optax.chain(optax.clip_by_global_norm(LARGEST_NORM), adam(self.lr, self.steps))

    def update(self, state: State, batch: Episode, key: jax.Array) -> State:
        def cost(params: Any) -> jax.Array:
            blank = self.blank(batch.angle.shape[0])
            return run(lambda c, obs: self.respond(params, c, obs), blank, batch, self.spec.seconds).cost.mean()

        grads = jax.grad(cost)(state.params)
        params, opt = descend(self.optimizer(), grads, state.opt, state.params)
        return State(params=params, opt=opt)

    def start(self, state: State, count: int) -> Any:
        return self.blank(count)

    def act(self, state: State, carry: Any, obs: jax.Array) -> tuple[Any, jax.Array]:
        return self.respond(state.params, carry, obs)


class Pipelined(Trained):
    """All layers work at once, each on what was held one step before. Subclasses say what each of them reads."""

    @abc.abstractmethod
    def widths(self) -> tuple[int, ...]:
        """Of the hidden layers."""

    @abc.abstractmethod
    def reads(self, obs: jax.Array, hidden: tuple[jax.Array, ...], actions: jax.Array) -> tuple[jax.Array, ...]:
        """What each layer reads, the last one's after the hidden layers'."""

    def network(self) -> nn.Module:
        return Layers(widths=(*self.widths(), 1))

    def inputs(self) -> tuple[jax.Array, ...]:
        blank = self.blank(1)
        return self.reads(jnp.zeros((1, self.spec.observed)), blank.hidden, blank.actions)

    def blank(self, count: int) -> Carry:
        return Carry(
            hidden=tuple(jnp.zeros((count, width)) for width in self.widths()),
            waiting=jnp.zeros(count),
            actions=jnp.zeros((count, REMEMBERED)),
        )

    def respond(self, params: Any, carry: Carry, obs: jax.Array) -> tuple[Carry, jax.Array]:
        control = jnp.tanh(carry.waiting)
        *hidden, out = self.network().apply(params, *self.reads(obs, carry.hidden, carry.actions))
        actions = jnp.concatenate([control[:, None], carry.actions[:, :-1]], axis=1)
        return Carry(hidden=tuple(hidden), waiting=out[:, 0], actions=actions), control


def joined(*parts: jax.Array) -> jax.Array:
    """Side by side, [n, any]."""
    return jnp.concatenate(parts, axis=1)
