"""A grid with wind and cells that pay by chance, and episodes of mixed quality: which of them deserve to be cloned?

Isolates conditioning where luck is in the moves as well as in the rewards. 5 by 5 cells, five actions, ten steps from the
middle; with chance 0.2 the wind pushes a cell upwards after a move. Entering a cell, or staying there, pays 1 with
a chance of its own from Beta(0.5, 2): few cells pay well. 402 episodes: a third play at random, a third walk to a random
cell with 20 % noise, a third play the best policy with 40 % noise.
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
GOALS = 3  # kinds of episodes


class WindyGrid(OfflineTask):
    """Returns lie between 0 and the number of steps."""

    side: int = 5
    horizon: int = 10  # steps of an episode
    each: int = 134  # recorded episodes of each kind

    steps = 2000
    batch = 16
    metrics = {
        "normalized_return": Metric("max", "expected return, from 0 for uniform play to 1 for the best policy"),
        "consistency_gap": Metric("min", "distance between the return that is claimed and the true one, in units"),
        "return_at_max_target": Metric("max", "the same share when asked for the largest return of all"),
        "expected_return": Metric("info", "expected return in units"),
    }

    @property
    def spec(self) -> Spec:
        cells = self.side**2
        return Spec(states=cells, actions=gridworld.ACTIONS, horizon=self.horizon, start=cells // 2)

    def sample(self, key: jax.Array) -> World:
        spec = self.spec
        count = GOALS * self.each
        drawn = uniforms(key, pays=(spec.states,), goals=(self.each,), play=(count, spec.horizon, 2), start=(count,))
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
        value = jax.vmap(mdp.finite_value, in_axes=(None, None, 0))
        values = value(kernel.sum(-2), kernel[..., 1, :].sum(-1), recorded[:, :, :, 0])
        return World(
            kernel=kernel,
            episodes=Episodes(s=episodes.s, a=episodes.a, units=episodes.units),
            recorded=values[:, 0, spec.start].mean(),
            optimum=worth,
            best=best,
        )

    def recorded_policies(self, walks: jax.Array, best: jax.Array) -> jax.Array:
        """The policy [3 n, H, S, 1, A] of each episode, from n walks [S, n, A] and the best policy [H, S, A]."""
        spec = self.spec
        size = (self.each, spec.horizon, spec.states, spec.actions)
        wandering = jnp.full(size, 1 / spec.actions)
        walking = jnp.broadcast_to(walks.transpose(1, 0, 2)[:, None], size)
        knowing = jnp.broadcast_to(best[None], size)
        kinds = [
            wandering,
            (1 - WALK_NOISE) * walking + WALK_NOISE * wandering,
            (1 - BEST_NOISE) * knowing + BEST_NOISE * wandering,
        ]
        return jnp.concatenate(kinds)[:, :, :, None]

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


def beta_half_two(uniform: jax.Array) -> jax.Array:
    """Draws of Beta(0.5, 2) from uniform numbers, elementwise: the inverse of its distribution function.

    That is (3 y - y^3) / 2 at x = y^2, so that y = 2 sin t makes it sin 3t.
    """
    return 4 * jnp.sin(jnp.arcsin(uniform) / 3) ** 2
