"""Learn a small decision process episode by episode, and pay for every episode that is not played as well as it can be.

A learner answers with the policy of its next episode. A `StructureLearner` says which parents it believes a variable
to have; a `PolicyOptimizer` meets losses that change; a `SafeLearner` may act differently once an episode has cost
something, and says what it would do alone. Every trial holds several independent instances side by side. A step is an
episode: the policy is played once for each instance, and its expected loss, computed exactly, is what it pays.

Shapes: n instances, H steps of an episode, S states, A actions, V state variables, P variables that may be parents
(state variables, then action variables), q parents of a variable, d features.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp
import numpy as np


class StructureLearner(Protocol):
    """Plays a process whose state is a tuple of binary variables."""

    def policy(self, state: Any) -> jax.Array:
        """What it does in the next episode: [n, H, S, A]."""

    def parents(self, state: Any) -> jax.Array:
        """How probably its model lets a variable depend on another: [n, V, P]."""


class PolicyOptimizer(Protocol):
    """Plays against losses that nobody announces."""

    def policy(self, state: Any) -> jax.Array:
        """What it does in the next episode: [n, H, S, A]."""


class SafeLearner(Protocol):
    """Plays where some states cost something."""

    def behaviour(self, state: Any) -> jax.Array:
        """What it does before (0) and after (1) the first cost of an episode: [n, 2, S, A]."""

    def target(self, state: Any) -> jax.Array:
        """What the learned policy does alone: [n, S, A]."""


@dataclass(frozen=True)
class FactoredSpec:
    """Sizes; the reward of a state, which is known, is the value of its first variable."""

    instances: int
    variables: int
    controls: int
    degree: int
    horizon: int

    @property
    def states(self) -> int:
        return 2**self.variables

    @property
    def actions(self) -> int:
        return 2**self.controls

    @property
    def candidates(self) -> int:
        return self.variables + self.controls


@dataclass(frozen=True)
class LinearSpec:
    """Sizes of a process whose losses and transitions are linear in known features."""

    instances: int
    states: int
    actions: int
    horizon: int
    features: int


@dataclass(frozen=True)
class SafeSpec:
    """Sizes, and the cost that an episode may have."""

    instances: int
    states: int
    actions: int
    horizon: int
    budget: float


class Episode(NamedTuple):
    """A batch: one episode of each instance.

    Attributes:
      s, a, s1: states, actions and next states, int32 [n, H].
      r: rewards, or losses where the task has losses, [n, H].
    """

    s: jax.Array
    a: jax.Array
    r: jax.Array
    s1: jax.Array


class SafeEpisode(NamedTuple):
    """A batch: one episode of each instance.

    Attributes:
      s, a, s1: states, actions and next states, int32 [n, H].
      r, cost: rewards and costs of the states that were reached, [n, H].
      late: 1 where the episode had cost something before the step, [n, H].
    """

    s: jax.Array
    a: jax.Array
    r: jax.Array
    s1: jax.Array
    cost: jax.Array
    late: jax.Array


class Graph(NamedTuple):
    """For methods that say in a field that they are told: the parents of each variable, int32 [n, V, q]."""

    parents: jax.Array


class Simulator(NamedTuple):
    """What the paper's simulator gives: features [n, S, A, d], transitions [n, H, S, A, S], law of the start [n, S]."""

    features: jax.Array
    transitions: jax.Array
    start: jax.Array


class Guide(NamedTuple):
    """What a long stay in the laboratory leaves behind.

    Attributes:
      policy: explores safely without a reward, [n, S, A].
      q, cost_q: its critics of distance moved (with entropy) and of cost, [n, S, A].
      multiplier: price of a cost that keeps it within the budget, [n].
      transitions, costs: exact model, [n, S, A, S] and [n, S], for methods that say that they plan with it.
    """

    policy: jax.Array
    q: jax.Array
    cost_q: jax.Array
    multiplier: jax.Array
    transitions: jax.Array
    costs: jax.Array


class Known(NamedTuple):
    """A reference whose metrics are known without an episode being played."""

    metrics: dict[str, jax.Array]


TEMPERATURE = 0.1  # reward that a nat of entropy is worth to the learners with costs; a step at the goal pays 1
DISCOUNT = 0.95  # of their critics: 24 steps matter; 0.99 for the paper's 1,000 steps
PROGRESS = 0.3  # reward of a move towards the goal


def bits(count: int) -> np.ndarray:
    """Values [2^count, count], 0 or 1, of `count` binary variables in every joint state, the first slowest."""
    return (np.arange(2**count)[:, None] >> np.arange(count)[::-1][None]) & 1


def joint_values(spec: FactoredSpec) -> np.ndarray:
    """Value [S, A, P] of every variable that may be a parent, in each state and action."""
    state = np.repeat(bits(spec.variables)[:, None], spec.actions, axis=1)
    action = np.repeat(bits(spec.controls)[None], spec.states, axis=0)
    return np.concatenate([state, action], axis=-1)


def factored_transitions(chances: jax.Array) -> jax.Array:
    """Transitions [S, A, S] from the chance [V, S, A] that each variable is 1 next."""
    values = jnp.asarray(bits(chances.shape[0]))
    each = jnp.where(values.T[:, None, None] == 1, chances[..., None], 1 - chances[..., None])
    return each.prod(0)


def first_variable(spec: FactoredSpec) -> jax.Array:
    """Reward [H, S, A] of every step: the first variable of the state."""
    paid = jnp.asarray(bits(spec.variables)[:, 0], jnp.float32)
    return jnp.broadcast_to(paid[None, :, None], (spec.horizon, spec.states, spec.actions))


def soft_policy(q: jax.Array, cost_q: jax.Array, multiplier: jax.Array) -> jax.Array:
    """What is best [S, A] for critics [S, A], a price of cost [] and a price of entropy."""
    return jax.nn.softmax((q - multiplier * cost_q) / TEMPERATURE, axis=-1)


def backed_up(
    model: tuple[jax.Array, jax.Array, jax.Array], critics: tuple[jax.Array, jax.Array], multiplier: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """One backup of a critic of reward with entropy and of one of cost, for the soft policy of both.

    The model is transitions [S, A, S], rewards [S, A] and costs [S, A].
    """
    transitions, rewards, costs = model
    policy = soft_policy(*critics, multiplier)
    # x log x = 0 at 0; a floor below the softmax' precision
    entropy = -policy * jnp.log(jnp.maximum(policy, jnp.finfo(policy.dtype).tiny))
    value = (policy * critics[0] + TEMPERATURE * entropy).sum(-1)
    cost = (policy * critics[1]).sum(-1)
    following = transitions @ jnp.stack([value, cost], axis=-1)
    return rewards + DISCOUNT * following[..., 0], costs + DISCOUNT * following[..., 1]
