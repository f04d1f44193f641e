"""A grid with wind and cells that pay by chance, and episodes of mixed quality: which of them deserve to be cloned?

Isolates conditioning where luck is in the moves as well as in the rewards. 5 by 5 cells, five actions, ten steps from
the middle; with chance 0.2 the wind pushes a cell upwards after a move. Entering a cell, or staying there, pays 1
with a chance of its own from Beta(0.5, 2): few cells pay well. 400 episodes: 20 play the best policy with 40 % noise,
half of the others play at random and half walk to a random cell with 20 % noise. Where a third of the episodes play
the best policy with noise (`best=134`), the likeliest action of nearly any clone is the best one.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Metric
from toybench.blocks import gridworld, mdp
from toybench.blocks.random import uniforms
from toybench.tasks.return_conditioning import Episodes, Spec, broadcast
from toybench.tasks.return_conditioning._offline import Fixed, OfflineTask, World, optimum

GUST = 0.2  # chance that the wind pushes
UP = 0  # the wind's direction, among the grid's moves
WALK_NOISE = 0.2  # share of random actions of those who walk to a cell
BEST_NOISE = 0.4  # share of random actions of those who know the best policy


class WindyGrid(OfflineTask):
    """Returns lie between 0 and the number of steps."""

    side: int = 5
    horizon: int = 10  # steps of an episode
    episodes: int = 400  # recorded
    best: int = 20  # of them by the best policy with noise

    steps = 1000
    batch = 8
    metrics = {
        "normalized_return": Metric("max", "expected return, from 0 for uniform play to 1 for the best policy"),
        "consistency_gap": Metric("min", "distance between the return that is claimed and the true one, in units"),
        "return_at_max_target": Metric("max", "the same share when asked for the largest return of all"),
        "expected_return": Metric("info", "expected return in units"),
    }

    @property
    def spec(self) -> Spec:
        cells = self.side**2
        return Spec(states=cells, actions=gridworld.ACTIONS, horizon=self.horizon, start=cells // 2, greedy=True)

    def sample(self, key: jax.Array) -> World:
        spec = self.spec
        drawn = uniforms(
            key,
            pays=(spec.states,),
            goals=(self.walkers,),
            play=(self.episodes, spec.horizon, 2),
            start=(self.episodes,),
        )
        following = jnp.asarray(gridworld.open_grid(jnp.ones((self.side, self.side), bool)))
        sure = jax.nn.one_hot(following, spec.states)
        pushed = jax.nn.one_hot(following[following, UP], spec.states)
        moves = (1 - GUST) * sure + GUST * pushed
        pays = beta_half_two(drawn["pays"])[None, None]
        one = jnp.stack([moves * (1 - pays), moves * pays], axis=2)
        kernel = jnp.broadcast_to(one, (spec.horizon, *one.shape))
        worth, best = optimum(kernel, spec.start)
        goals = (drawn["goals"] * spec.states).astype(jnp.int32)
        walks = gridworld.shortest_policy(following, gridworld.distances(following))
        recorded = self.recorded_policies(walks[:, goals], best)
        start = jax.nn.one_hot(spec.start, spec.states)
        play = jax.vmap(mdp.episode, in_axes=(0, None, 0, 0, None))
        episodes = play(drawn["play"], kernel, recorded, drawn["start"], start)
        return World(
            kernel=kernel,
            episodes=Episodes(s=episodes.s, a=episodes.a, units=episodes.units),
            optimum=worth,
            best=best,
        )

    def recorded_policies(self, walks: jax.Array, best: jax.Array) -> jax.Array:
        """The policy [n, H, S, 1, A] of each episode, from the walks [S, w, A] and the best policy [H, S, A]."""
        size = best.shape
        uniform = 1 / self.spec.actions
        kinds = [
            jnp.full((self.episodes - self.best - self.walkers, *size), uniform),
            (1 - WALK_NOISE) * spread(walks.transpose(1, 0, 2)[:, None], self.walkers, size) + WALK_NOISE * uniform,
            (1 - BEST_NOISE) * spread(best[None], self.best, size) + BEST_NOISE * uniform,
        ]
        return jnp.concatenate(kinds)[:, :, :, None]

    @property
    def walkers(self) -> int:
        """How many episodes walk to a random cell."""
        return (self.episodes - self.best) // 2

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        uniform = self.expected_return(world, self.uniform())
        worth = self.expected_return(world, learner.policy())
        bold = self.expected_return(world, learner.boldest_policy())
        return {
            "normalized_return": (worth - uniform) / (world.optimum - uniform),
            "consistency_gap": jnp.abs(learner.claimed() - worth),
            "return_at_max_target": (bold - uniform) / (world.optimum - uniform),
            "expected_return": worth,
        }

    def uniform(self) -> jax.Array:
        """The policy that chooses at random."""
        return broadcast(jnp.full((self.spec.states, self.spec.actions), 1 / self.spec.actions), self.spec)

    def floor(self, world: World) -> Fixed:
        """Uniform play, which believes in the best return."""
        return Fixed(table=self.uniform(), worth=world.optimum)

    def oracle(self, world: World) -> Fixed:
        return Fixed(table=broadcast(world.best, self.spec), worth=world.optimum)


def spread(policy: jax.Array, count: int, size: tuple[int, ...]) -> jax.Array:
    """A policy for each of some episodes: [count, H, S, A]."""
    return jnp.broadcast_to(policy, (count, *size))


def beta_half_two(uniform: jax.Array) -> jax.Array:
    """Draws of Beta(0.5, 2) from uniform numbers, elementwise: the inverse of its distribution function.

    That is (3 y - y^3) / 2 at x = y^2, so that y = 2 sin t makes it sin 3t.
    """
    return 4 * jnp.sin(jnp.arcsin(uniform) / 3) ** 2
