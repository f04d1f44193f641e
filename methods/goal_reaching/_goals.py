"""What learners of goals share: networks and tables, relabelled examples, and the policy drawn from advantages.

Shapes: b examples, S states, G goals (all states), A actions, o outputs.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax

from toybench.blocks import nn as networks
from toybench.blocks import optim
from toybench.blocks.rl import expectile
from toybench.tasks.goal_reaching import Pieces, Spec, whole_numbers

WIDTH = 48  # hidden units of every network
FUTURE = 0.5  # share of the goals of values that come from the same piece, the others are any states of the data
HEAVIEST = 100.0  # weight of an example in cloning, as in the code of SMORe and of IQL
RATES = (0.001, 0.003, 0.01, 0.03, 0.1)  # learning rates of every method


class GoalNet(nn.Module):
    """Two hidden layers on a state and a goal; each is told apart by its number and by its place in the square."""

    side: int
    outputs: int

    @nn.compact
    def __call__(self, s: jax.Array, g: jax.Array) -> jax.Array:
        """Outputs [..., o] for states and goals int32 [...]."""
        places = jnp.stack([s // self.side, s % self.side, g // self.side, g % self.side], axis=-1)
        scaled = 2 * places.astype(jnp.float32) / (self.side - 1) - 1
        cells = self.side**2
        first = nn.Embed(cells, WIDTH)(s) + nn.Embed(cells, WIDTH)(g) + nn.Dense(WIDTH)(scaled)
        second = nn.Dense(WIDTH)(nn.relu(first))
        return nn.Dense(self.outputs)(nn.relu(second))


class State(NamedTuple):
    """Networks by name, a slow copy of some of them, and the optimiser's state."""

    params: Any
    target: Any
    adam: optax.OptState


class Examples(NamedTuple):
    """Moves with goals: s, a, s1, g int32 [b]; `reached` is 1 where s1 is g, float [b]."""

    s: jax.Array
    a: jax.Array
    s1: jax.Array
    g: jax.Array
    reached: jax.Array


def start(key: jax.Array, spec: Spec, outputs: Mapping[str, int]) -> dict[str, Any]:
    """A network for each name, with so many outputs."""
    one = jnp.zeros(1, jnp.int32)
    keys = jax.random.split(key, len(outputs))
    return {
        name: networks.init(GoalNet(side=spec.side, outputs=count), k, one, one)
        for (name, count), k in zip(outputs.items(), keys, strict=True)
    }


def table(spec: Spec, outputs: int) -> jax.Array:
    """Entries [S, G, o] of a table, all 0."""
    return jnp.zeros((spec.states, spec.states, outputs))


def entry(values: jax.Array, moves: "Examples") -> jax.Array:
    """A table's entries [b] for moves and goals."""
    return values[moves.s, moves.g, moves.a]


def apply(spec: Spec, params: Any, s: jax.Array, g: jax.Array) -> jax.Array:
    """A network's outputs [..., o]."""
    outputs = params["params"]["Dense_2"]["bias"].shape[-1]
    return GoalNet(side=spec.side, outputs=outputs).apply(params, s, g)


def everywhere(spec: Spec, params: Any) -> jax.Array:
    """A network's outputs [S, G, o] for all states and goals."""
    cells = jnp.arange(spec.states)
    s, g = jnp.meshgrid(cells, cells, indexing="ij")
    return apply(spec, params, s, g)


def taken(values: jax.Array, a: jax.Array) -> jax.Array:
    """Entries [b] of values [b, A] for the actions a [b]."""
    return jnp.take_along_axis(values, a[:, None], axis=1)[:, 0]


def later(pieces: Pieces, uniform: jax.Array) -> Examples:
    """A move of each piece, with a state of the same piece's future as its goal: uniform [b, 2] says which."""
    row = jnp.arange(len(pieces.s))
    t = whole_numbers(uniform[:, 0], pieces.a.shape[1])
    ahead = 1 + whole_numbers(uniform[:, 1], pieces.a.shape[1] - t)
    g = pieces.s[row, t + ahead]
    return Examples(
        s=pieces.s[row, t], a=pieces.a[row, t], s1=pieces.s[row, t + 1], g=g, reached=hit(pieces.s[row, t + 1] == g)
    )


def hit(same: jax.Array) -> jax.Array:
    """Whether a goal is reached, as numbers."""
    return same.astype(jnp.float32)


def with_goals(moves: Examples, g: jax.Array) -> Examples:
    """The same moves with other goals."""
    return moves._replace(g=g, reached=hit(moves.s1 == g))


def mixed(pieces: Pieces, uniform: jax.Array) -> Examples:
    """Moves of which FUTURE have a goal of their own future and the rest any state that the next piece has.

    uniform [b, 4].
    """
    moves = later(pieces, uniform[:, :2])
    other = jnp.roll(pieces.s, 1, axis=0)
    place = whole_numbers(uniform[:, 2], other.shape[1])
    far = jnp.take_along_axis(other, place[:, None], axis=1)[:, 0]
    return with_goals(moves, jnp.where(uniform[:, 3] < FUTURE, moves.g, far))


def clone(spec: Spec, params: Any, moves: Examples, weight: jax.Array | float = 1.0) -> jax.Array:
    """Mean of -log p(a | s, g), weighted by `weight` [b]."""
    logits = jax.nn.log_softmax(apply(spec, params, moves.s, moves.g))
    return -(weight * taken(logits, moves.a)).mean()


def implicit_losses(
    spec: Spec, params: Any, slow: jax.Array, moves: Examples, level: Any, temperature: Any
) -> jax.Array:
    """Losses of a value and of a policy, given a slow table of action values: implicit Q-learning's.

        mean of the expectile loss of Q^(s, a, g) - V(s, g), and -exp(temperature (Q^ - V) / (1 - discount)) log p

    The advantage is counted in steps: a cost of 1 a step makes values (discount^steps - 1) / (1 - discount).
    """
    error = entry(slow, moves) - params["value"][moves.s, moves.g, 0]
    advantage = jax.lax.stop_gradient(error) / (1 - spec.discount)
    weight = jnp.minimum(jnp.exp(temperature * advantage), HEAVIEST)
    return expectile(error, level).mean() + clone(spec, params["policy"], moves, weight)


def next_value(params: Any, moves: Examples) -> jax.Array:
    """V(s1, g) [b], held fixed."""
    return jax.lax.stop_gradient(params["value"][moves.s1, moves.g, 0])


def begin(params: Any, target: Any, lr: Any, steps: int) -> State:
    """Networks before the first step."""
    return State(params=params, target=target, adam=optim.adam(lr, steps).init(params))


def descend(state: State, gradient: Any, lr: Any, steps: int) -> State:
    """A step of Adam, whose rate falls to 0 by a cosine."""
    params, adam = optim.descend(optim.adam(lr, steps), gradient, state.adam, state.params)
    return state._replace(params=params, adam=adam)


def actor_loss(spec: Spec, params: Any, gain: jax.Array, moves: Examples, cloning: jax.Array | float) -> jax.Array:
    """Minus the policy's expected gain [b, A], mixed with the cloning loss by the share `cloning`."""
    chances = jax.nn.softmax(apply(spec, params, moves.s, moves.g))
    expected = (chances * jax.lax.stop_gradient(gain)).sum(-1).mean()
    return (cloning - 1) * expected + cloning * clone(spec, params, moves)
