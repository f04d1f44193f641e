"""Imitate an expert from a few demonstrated actions, and from trying things out where no reward is ever seen.

A learner answers with a policy, `act`. It says how it tries things out, `explore`: the task lets it play episodes
between its updates and shows what came of them. It is asked for the reward that it has made up, `reward`, and for its
forecast of the sum of them, `value`; a learner that has none of it answers 0.

What is given: pairs of a state and the expert's action there. The world's moves, the disc in its middle and what the
expert wants are not told. Shapes: n points, m demonstrated pairs, e episodes, t steps.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp

from toybench.blocks import pointmass
from toybench.blocks.pointmass import Path

REAL = (0.7, 1.2)  # labels of demonstrated pairs are uniform in between; the authors' values
POWER_ITERATIONS = 8  # for a largest singular value
TINY = 1e-12  # under a root, so that it has a gradient at 0


@dataclass(frozen=True)
class Spec:
    """Sizes of what a learner is shown, and how many updates it takes between two lots of episodes.

    Attributes:
      demonstrated: pairs of the expert.
      played: transitions of the learner that are new at every step.
      updates: of a policy and its critics, a step.
      d_steps: updates of a discriminator for every one of the critics.
      discount: of the sums of rewards that critics forecast.
    """

    demonstrated: int
    played: int
    updates: int
    d_steps: int
    discount: float


class Pairs(NamedTuple):
    """States [n, 2] and the actions there [n, 2]."""

    x: jax.Array
    u: jax.Array


class Transitions(NamedTuple):
    """States, actions and the states after them, [n, 2] each."""

    x: jax.Array
    u: jax.Array
    after: jax.Array


class Imitator(Protocol):
    """A policy, and what it was learned from."""

    def act(self, state: Any, x: jax.Array) -> jax.Array:
        """The action at states [n, 2], in [-1, 1]: [n, 2]."""

    def explore(self, state: Any, x: jax.Array, noise: jax.Array) -> jax.Array:
        """The action to try at states [n, 2], with standard normal numbers [n, 2] to use: [n, 2]."""

    def reward(self, state: Any, x: jax.Array, u: jax.Array) -> jax.Array:
        """The learned reward of pairs [n, 2], [n, 2]: [n]; 0 where none is learned."""

    def value(self, state: Any, x: jax.Array, u: jax.Array) -> jax.Array:
        """The forecast of the discounted sum of that reward: [n]; 0 where none is learned."""


class World(NamedTuple):
    """Demonstrations [m], starts of the test episodes [n, 2], the expert's side [], and two mean returns [] from there.

    `expert` is that of the expert without its noise, `still` that of who doesn't move.
    """

    demonstrations: Pairs
    starts: jax.Array
    side: jax.Array
    expert: jax.Array
    still: jax.Array


def transitions_of(path: Path) -> Transitions:
    """All transitions of some episodes, one after the other: n = e t."""
    flat = (-1, 2)
    return Transitions(x=path.x[:, :-1].reshape(flat), u=path.u.reshape(flat), after=path.x[:, 1:].reshape(flat))


def mean_return(path: Path) -> jax.Array:
    """Mean over episodes of the sum of rewards: []."""
    return pointmass.reward(path.x[:, 1:]).sum(1).mean()


def interpolates(first: Pairs, second: Pairs, x: jax.Array, u: jax.Array) -> Pairs:
    """Pairs between those of two kinds, [n] each: states and actions move by weights of their own, [n, 1]."""
    return Pairs(x=first.x + x * (second.x - first.x), u=first.u + u * (second.u - first.u))


def steepness(function: Callable[[Pairs], jax.Array], pairs: Pairs) -> jax.Array:
    """Length of the gradient of a function of pairs, [n] to [n], in state and action at each: [n]."""
    slopes = jax.grad(lambda p: function(p).sum())(pairs)
    return jnp.sqrt((slopes.x**2).sum(-1) + (slopes.u**2).sum(-1) + TINY)


def steepness_penalty(function: Callable[[Pairs], jax.Array], pairs: Pairs, target: Any) -> jax.Array:
    """Mean square of what a function's steepness has above the target: []."""
    return (jnp.maximum(steepness(function, pairs) - target, 0.0) ** 2).mean()


def minimax_reward(score: jax.Array) -> jax.Array:
    """-log(1 - D) for D the sigmoid of a score: above 0, without an upper end."""
    return jax.nn.softplus(score)


def classification_loss(real: jax.Array, fake: jax.Array, uniform: jax.Array) -> jax.Array:
    """Cross-entropy of the scores [m] of demonstrated and of played pairs.

    Labels of the demonstrated are made of uniform numbers [m], those of the played are 0.
    """
    low, high = REAL
    labels = low + (high - low) * uniform
    return (jax.nn.softplus(real) - labels * real).mean() + jax.nn.softplus(fake).mean()


def spectrally_normalised(kernel: jax.Array) -> jax.Array:
    """The kernel [i, o] over its largest singular value, found by power iterations from a vector of ones."""
    v = jnp.ones(len(kernel))
    for _ in range(POWER_ITERATIONS):
        v = kernel @ (kernel.T @ (v / jnp.linalg.norm(v)))
    direction = jax.lax.stop_gradient(v / jnp.linalg.norm(v))
    return kernel / jnp.linalg.norm(direction @ kernel)


def bound_layers(params: Any) -> Any:
    """The same parameters of an MLP, the kernels of both hidden layers of spectral norm 1."""
    layers = dict(params["params"])
    for hidden in ("Dense_0", "Dense_1"):
        layers[hidden] = {**layers[hidden], "kernel": spectrally_normalised(layers[hidden]["kernel"])}
    return {"params": layers}
