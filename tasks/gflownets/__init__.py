"""Learn to draw objects with probability proportional to a reward, building them step by step on a graph.

At each round the task asks the learner for a batch of trajectories from the root to a complete object, and pays the
reward of each object once. Every learner buys the same number of objects; which ones is its own choice.

The functions of a graph take one state, an int32 [s]; map them over batches. A complete object is a terminal state.
Edges into a state are counted one by one, also where two of them come from the same parent: a uniform backward policy
has probability 1 / parents(state).
Shapes: t edges of the longest trajectory, b objects a round, s entries of a state, a actions, f features, m states or
cells of an enumeration, n samples.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp
import numpy as np

SAMPLES = 1024  # objects that a `Sampler` draws for an evaluation


@dataclass(frozen=True)
class Sets:
    """Subsets: add one of the `elements` at a time until there are `size`. A state is the membership, 0 or 1 each."""

    elements: int
    size: int

    @property
    def length(self) -> int:
        """Edges from the root to a complete object, at most."""
        return self.size

    @property
    def actions(self) -> int:
        return self.elements

    @property
    def features(self) -> int:
        return self.elements

    def root(self) -> jax.Array:
        """The empty set."""
        return jnp.zeros(self.elements, jnp.int32)

    def allowed(self, state: jax.Array) -> jax.Array:
        """bool [a]: elements that are not in."""
        return state == 0

    def step(self, state: jax.Array, action: jax.Array) -> jax.Array:
        return state.at[action].set(1)

    def depth(self, state: jax.Array) -> jax.Array:
        """Edges on every path from the root."""
        return state.sum()

    def terminal(self, state: jax.Array) -> jax.Array:
        return state.sum() == self.size

    def encode(self, state: jax.Array) -> jax.Array:
        """Features, float [f]."""
        return state.astype(jnp.float32)

    def parents(self, state: jax.Array) -> jax.Array:
        """How many edges lead into the state, int32 []."""
        return state.sum()

    def undo(self, state: jax.Array, u: jax.Array) -> tuple[jax.Array, jax.Array]:
        """(parent, action) of an edge into the state, drawn uniformly by u in [0, 1)."""
        action = nth(state == 1, u)
        return state.at[action].set(0), action

    def neighbour(self, state: jax.Array, u: jax.Array) -> jax.Array:
        """A symmetric move between complete objects by u in [0, 1), [2]: one element for another."""
        return state.at[nth(state == 1, u[0])].set(0).at[nth(state == 0, u[1])].set(1)

    def every(self) -> jax.Array:
        """All subsets, int32 [m, s], by their bit mask; m = 2^elements."""
        return jnp.asarray(np.arange(2**self.elements)[:, None] >> np.arange(self.elements) & 1, jnp.int32)

    def cell(self, state: jax.Array) -> jax.Array:
        """Place of an object in `law`, int32 []."""
        return (state * jnp.asarray(2 ** np.arange(self.elements), jnp.int32)).sum()

    def law(self, policy: jax.Array) -> jax.Array:
        """Probability [m] of ending at each subset when actions are drawn by `policy` [m, a]."""
        bits = 2 ** np.arange(self.elements)
        before = np.arange(2**self.elements)[:, None] ^ bits  # [m, a]: without the element
        inside = jnp.asarray(np.arange(2**self.elements)[:, None] & bits > 0)
        arrive = jnp.where(inside, policy[before, np.arange(self.elements)], 0.0)
        start = jnp.zeros(2**self.elements).at[0].set(1.0)
        return jax.lax.fori_loop(0, self.size, lambda _, p: (p[before] * arrive).sum(-1), start)


@dataclass(frozen=True)
class Strings:
    """Strings of `length` over `letters`, built by putting a letter before or behind.

    A state holds the letters so far from the left, then -1; action a puts letter a before, letters + a puts it behind.
    """

    letters: int
    length: int

    @property
    def actions(self) -> int:
        return 2 * self.letters

    @property
    def features(self) -> int:
        return self.letters * self.length

    def root(self) -> jax.Array:
        """The empty string."""
        return jnp.full(self.length, -1, jnp.int32)

    def allowed(self, state: jax.Array) -> jax.Array:
        return jnp.broadcast_to(state[-1] < 0, (self.actions,))

    def step(self, state: jax.Array, action: jax.Array) -> jax.Array:
        letter = action % self.letters
        before = jnp.concatenate([letter[None], state[:-1]])
        behind = jnp.where(jnp.arange(self.length) == self.depth(state), letter, state)
        return jnp.where(self.terminal(state), state, jnp.where(action < self.letters, before, behind))

    def depth(self, state: jax.Array) -> jax.Array:
        return (state >= 0).sum()

    def terminal(self, state: jax.Array) -> jax.Array:
        return state[-1] >= 0

    def encode(self, state: jax.Array) -> jax.Array:
        """One-hot letters, zeros where there is none yet."""
        return jax.nn.one_hot(state, self.letters).reshape(-1)

    def parents(self, state: jax.Array) -> jax.Array:
        """Two edges, from the rest without the first letter and from that without the last."""
        return jnp.full((), 2, jnp.int32)

    def undo(self, state: jax.Array, u: jax.Array) -> tuple[jax.Array, jax.Array]:
        end = self.depth(state) - 1
        behind = jnp.where(jnp.arange(self.length) == end, -1, state)
        before = jnp.concatenate([state[1:], jnp.full(1, -1, jnp.int32)])
        return jnp.where(u < 0.5, before, behind), jnp.where(u < 0.5, state[0], self.letters + state[end])

    def neighbour(self, state: jax.Array, u: jax.Array) -> jax.Array:
        """Another letter at one place."""
        place, shift = (u[:2] * jnp.asarray([self.length, self.letters - 1], jnp.float32)).astype(jnp.int32)
        return jnp.where(jnp.arange(self.length) == place, (state + 1 + shift) % self.letters, state)


@dataclass(frozen=True)
class Grid:
    """Cells of a cube: go one up along one axis at a time, or stop. A state is the cell and whether it has stopped."""

    side: int
    axes: int

    @property
    def length(self) -> int:
        return self.axes * (self.side - 1) + 1

    @property
    def actions(self) -> int:
        return self.axes + 1

    @property
    def features(self) -> int:
        return self.side * self.axes

    def root(self) -> jax.Array:
        """The corner of zeros, not stopped."""
        return jnp.zeros(self.axes + 1, jnp.int32)

    def allowed(self, state: jax.Array) -> jax.Array:
        return jnp.append(state[:-1] < self.side - 1, True) & ~self.terminal(state)

    def step(self, state: jax.Array, action: jax.Array) -> jax.Array:
        return jnp.where(self.terminal(state), state, state.at[action].add(1))

    def depth(self, state: jax.Array) -> jax.Array:
        return state.sum()

    def terminal(self, state: jax.Array) -> jax.Array:
        return state[-1] == 1

    def encode(self, state: jax.Array) -> jax.Array:
        """One-hot coordinates."""
        return jax.nn.one_hot(state[:-1], self.side).reshape(-1)

    def parents(self, state: jax.Array) -> jax.Array:
        return jnp.where(self.terminal(state), 1, jnp.maximum((state[:-1] > 0).sum(), 1))

    def undo(self, state: jax.Array, u: jax.Array) -> tuple[jax.Array, jax.Array]:
        """The root stays where it is."""
        action = jnp.where(self.terminal(state), self.axes, nth(state[:-1] > 0, u))
        return jnp.maximum(state.at[action].add(-1), 0), action

    def neighbour(self, state: jax.Array, u: jax.Array) -> jax.Array:
        """One step along one axis, or none where that leaves the grid."""
        axis = (u[0] * self.axes).astype(jnp.int32)
        moved = jnp.clip(state[:-1].at[axis].add(jnp.where(u[1] < 0.5, -1, 1)), 0, self.side - 1)
        return state.at[:-1].set(moved)

    def every(self) -> jax.Array:
        """All states that have not stopped, int32 [m, s]; m = side^axes."""
        cells = np.indices((self.side,) * self.axes).reshape(self.axes, -1).T
        return jnp.asarray(np.pad(cells, ((0, 0), (0, 1))), jnp.int32)

    def cell(self, state: jax.Array) -> jax.Array:
        return (state[:-1] * jnp.asarray(self._strides, jnp.int32)).sum()

    @property
    def _strides(self) -> np.ndarray:
        return self.side ** np.arange(self.axes)[::-1]

    def law(self, policy: jax.Array) -> jax.Array:
        """Probability [m] of stopping at each cell when actions are drawn by `policy` [m, a]."""
        cells = np.indices((self.side,) * self.axes).reshape(self.axes, -1).T
        before = np.maximum(np.arange(self.side**self.axes)[:, None] - self._strides, 0)  # [m, axes]
        arrive = jnp.where(jnp.asarray(cells > 0), policy[before, np.arange(self.axes)], 0.0)
        start = jnp.zeros(self.side**self.axes).at[0].set(1.0)
        visits = jax.lax.fori_loop(0, self.length - 1, lambda _, p: start + (p[before] * arrive).sum(-1), start)
        return visits * policy[:, -1]


Graph = Sets | Strings | Grid


class ExactSampler(Protocol):
    """What a learner answers where all objects can be enumerated."""

    def propose(self, state: Any, key: jax.Array) -> jax.Array:
        """The actions of this round's trajectories from the root, int32 [t, b]; those after the end don't matter."""

    def law(self, state: Any) -> jax.Array:
        """The probability of each object when the learner draws without exploring, [m], cells as in the graph."""


class Sampler(Protocol):
    """What a learner answers where objects are too many to enumerate."""

    def propose(self, state: Any, key: jax.Array) -> jax.Array:
        """The actions of this round's trajectories from the root, int32 [t, b]."""

    def samples(self, state: Any, key: jax.Array) -> jax.Array:
        """Objects that the learner draws without exploring, int32 [SAMPLES, s]."""


@dataclass(frozen=True)
class Spec:
    """What a method may know: the graph, and how trajectories are shown.

    Attributes:
      batch: objects bought a round.
      replay: objects of earlier rounds that every learner with a memory reads again at each round.
      energies: whether states on the way have an energy.
      complete: whether trajectories are shown to their end, and so with their reward.
    """

    graph: Graph
    batch: int
    replay: int = 0
    energies: bool = True
    complete: bool = True


class Trajectories(NamedTuple):
    """A batch.

    Attributes:
      states: int32 [t + 1, b, s], the terminal state repeated after the end.
      actions: int32 [t, b].
      seen: bool [t, b], the edges that exist and are shown.
      log_reward: [b], 0 where the trajectory isn't shown to its end.
      energy: [t + 1, b] of each state, -log reward at a terminal one; zeros where the spec has no energies.
    """

    states: jax.Array
    actions: jax.Array
    seen: jax.Array
    log_reward: jax.Array
    energy: jax.Array


def follow(graph: Graph, actions: jax.Array) -> jax.Array:
    """States int32 [t + 1, b, s] of trajectories from the root by their actions [t, b]."""
    root = graph.root()
    start = jnp.broadcast_to(root, (actions.shape[1], len(root)))

    def step(state: jax.Array, action: jax.Array) -> tuple[jax.Array, jax.Array]:
        after = jax.vmap(lambda s, a: jnp.where(graph.terminal(s), s, graph.step(s, a)))(state, action)
        return after, after

    return jnp.concatenate([start[None], jax.lax.scan(step, start, actions)[1]])


def retrace(graph: Graph, objects: jax.Array, u: jax.Array) -> jax.Array:
    """Actions int32 [t, b] of paths from the root to objects [b, s], by the uniform backward policy; u [t, b]."""

    def step(state: jax.Array, u: jax.Array) -> tuple[jax.Array, jax.Array]:
        return jax.vmap(graph.undo)(state, u)

    backwards = jax.lax.scan(step, objects, u)[1]
    last = jax.vmap(graph.depth)(objects) - 1
    return jnp.take_along_axis(backwards, jnp.maximum(last[None, :] - jnp.arange(len(u))[:, None], 0), axis=0)


def live(graph: Graph, states: jax.Array) -> jax.Array:
    """bool [t, b]: the edges before the end, of states [t + 1, b, s]."""
    return ~jax.vmap(jax.vmap(graph.terminal))(states[:-1])


def total_variation(p: jax.Array, q: jax.Array) -> jax.Array:
    """Half of the summed difference over the last axis."""
    return 0.5 * jnp.abs(p - q).sum(-1)


def expected_finds(p: jax.Array, draws: int) -> jax.Array:
    """Expected number of objects with probabilities p [n] that come up in independent draws."""
    return (1 - jnp.exp(draws * jnp.log1p(-p))).sum()


def uniform_law(graph: Sets | Grid) -> jax.Array:
    """The law [m] of drawing every allowed action with equal probability."""
    allowed = jax.vmap(graph.allowed)(graph.every()).astype(jnp.float32)
    return graph.law(allowed / jnp.maximum(allowed.sum(-1, keepdims=True), 1.0))


def nth(where: jax.Array, u: jax.Array) -> jax.Array:
    """Index of one of the marked places, drawn uniformly by u in [0, 1); 0 where there is none."""
    rank = jnp.cumsum(where)
    return jnp.argmax(rank > (u * rank[-1].astype(jnp.float32)).astype(jnp.int32)).astype(jnp.int32)
