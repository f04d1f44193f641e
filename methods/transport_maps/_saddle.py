"""Neural optimal transport as a game of a map T and a potential f; a method says which cost T pays.

    T: least  cost(T) - push mean f(T(x));    f: least  mean f(T(x)) - mean f(y)

Shapes: r rounds, c classes, m points of a class, n points, d coordinates.
"""

import abc
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import optim
from toybench.blocks.nn import MLP, init
from toybench.tasks.transport_maps import Rounds

WIDTH = 48  # of both networks; 256 in the code of Asadulaev et al.
RATES = (0.003, 0.01, 0.03)  # of every method


class State(NamedTuple):
    """Parameters {map, potential} and Adam's moments of each."""

    params: dict[str, Any]
    moments: dict[str, Any]


def network(outputs: int) -> MLP:
    """Three hidden layers."""
    return MLP((WIDTH, WIDTH, WIDTH, outputs))


def potential(params: Any, x: jax.Array) -> jax.Array:
    """f [...] at points [..., d]."""
    return network(1).apply(params, x)[..., 0]


class SaddlePoint(Method):
    """Some steps of the map on fresh points, then one of the potential."""

    lr: float = 0.001  # Adam's rate of both, decays to 0 by a cosine; 0.001, constant, in the authors' code
    inner: int = 10  # steps of the map for one of the potential, a divisor of the rounds; 10 in the authors' code

    push: float = 1.0  # weight of the potential in the map's loss; 1 in the paper, 0 leaves it out

    space = {"lr": RATES, "inner": (2, 5, 10)}

    @abc.abstractmethod
    def cost(self, source: jax.Array, moved: jax.Array) -> jax.Array:
        """What it costs [] to move source points [c, m, d] to these places [c, m, d]."""

    def optimizer(self, turns: int) -> Any:
        return optim.adam(self.lr, self.steps * turns)

    def moved(self, params: Any, x: jax.Array) -> jax.Array:
        """T(x) [..., d]."""
        return network(self.spec.dims).apply(params, x)

    def init(self, key: jax.Array) -> State:
        for_map, for_potential = jax.random.split(key)
        point = jnp.zeros((1, self.spec.dims))
        params = {
            "map": init(network(self.spec.dims), for_map, point),
            "potential": init(network(1), for_potential, point),
        }
        moments = {
            "map": self.optimizer(self.spec.rounds).init(params["map"]),
            "potential": self.optimizer(self.spec.rounds // self.inner).init(params["potential"]),
        }
        return State(params=params, moments=moments)

    def update(self, state: State, batch: Rounds, key: jax.Array) -> State:
        rounds = jax.tree.map(lambda x: x.reshape(-1, self.inner, *x.shape[1:]), batch)
        state, _ = jax.lax.scan(self.play, state, rounds)
        return state

    def play(self, state: State, rounds: Rounds) -> tuple[State, None]:
        """The map's steps, then the potential's."""

        def map_loss(params: Any, source: jax.Array) -> jax.Array:
            moved = self.moved(params, source)
            return self.cost(source, moved) - self.push * potential(state.params["potential"], moved).mean()

        def step(carry: tuple[Any, Any], source: jax.Array) -> tuple[tuple[Any, Any], None]:
            params, moments = carry
            slope = jax.grad(map_loss)(params, source)
            return optim.descend(self.optimizer(self.spec.rounds), slope, moments, params), None

        end, _ = jax.lax.scan(step, (state.params["map"], state.moments["map"]), rounds.source)
        images = self.moved(end[0], rounds.source[-1])

        def potential_loss(params: Any) -> jax.Array:
            return potential(params, images).mean() - potential(params, rounds.target[-1]).mean()

        slope = jax.grad(potential_loss)(state.params["potential"])
        slower = self.optimizer(self.spec.rounds // self.inner)
        f, moments = optim.descend(slower, slope, state.moments["potential"], state.params["potential"])
        return State(params={"map": end[0], "potential": f}, moments={"map": end[1], "potential": moments}), None

    def transport(self, state: State, x: jax.Array, key: jax.Array) -> jax.Array:
        return self.moved(state.params["map"], x)
