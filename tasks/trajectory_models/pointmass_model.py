"""Recorded walks around a disc, good ones, noisy ones and aimless ones, by a mass that is slower far from the middle.

Isolates what a sequence model gains or loses by being trained for all questions at once. Moves are x + 0.15 u / (1 +
|x|^2), with a little noise; a move into the disc is not made. A state is a place and the last move, as robots' states
are places and velocities. Everything that a question needs is in two neighbouring states, so that a window holds more
than is needed. With `trajectories=50` little is recorded.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks import pointmass
from toybench.blocks.pointmass import Path
from toybench.blocks.random import normals, uniforms
from toybench.tasks.trajectory_models import History, Known, Spec, Tokens, Trajectorist

NOISE = 0.02  # standard deviation of a move
GOOD = 0.1  # standard deviation of what is added to the actions of good episodes
NOISY = 0.5  # and of noisy ones
KINDS = 3  # of episodes: good, noisy, aimless
LEAST = 0.001  # share of an idle guess's error below which errors count as equal, so that the logarithm exists
WINDOWS = 256  # of the test set
PLAYED = 64  # test episodes


class World(NamedTuple):
    """Recorded episodes and test windows as tokens, [e, t, ...] and [n, l, ...]; noise [t, e, 4] of the test episodes.

    `known` is public; `recorded` and `expert` are the mean returns of recorded episodes and of the expert's, []. `best`
    [t, 1] are the returns to go of the best recorded episode.
    """

    episodes: Tokens
    test: Tokens
    known: Known
    starts: jax.Array
    noise: jax.Array
    best: jax.Array
    recorded: jax.Array
    expert: jax.Array


class PointmassModel(Task):
    """A third of the episodes each is good, noisy and aimless; windows are cut at random places."""

    trajectories: int = 500  # recorded episodes
    window: int = 4  # states of a window
    batch: int = 32  # windows

    interface = Trajectorist
    steps = 4000
    metrics = {
        "own_error": Metric("min", "geometric mean over the questions trained for, in errors of an idle guess"),
        "forward_mse": Metric("min", "squared error of a predicted move from its mean, in variances of the noise"),
        "inverse_mse": Metric("min", "squared error of a recovered action, mean over coordinates"),
        "normalized_return": Metric("max", "mean return; 0 is that of the recorded episodes, 1 that of the expert"),
    }

    @property
    def spec(self) -> Spec:
        return Spec(window=self.window, batch=self.batch)

    def sample(self, key: jax.Array) -> World:
        keys = jax.random.split(key, 3)
        episodes = tokens_of(record(keys[0], self.trajectories))
        fresh = tokens_of(record(keys[1], WINDOWS))
        drawn = normals(keys[2], cut=(WINDOWS,), starts=(PLAYED, 2), noise=(pointmass.LENGTH, PLAYED, 4))
        uniform = jax.scipy.stats.norm.cdf(drawn["cut"])
        starts = pointmass.starts(jax.scipy.stats.norm.cdf(drawn["starts"]))
        sides = jnp.where(jnp.arange(PLAYED) % 2 == 0, 1.0, -1.0)
        calm = play(lambda x, _: pointmass.waypoint_expert(x, sides), starts, moves_only(drawn["noise"]))
        known = Known(
            mean=jax.tree.map(lambda a: a.mean((0, 1)), episodes),
            std=jax.tree.map(lambda a: a.std((0, 1)), episodes),
        )
        return World(
            episodes=episodes,
            test=cut(fresh, jnp.arange(WINDOWS), uniform, self.window),
            known=known,
            starts=starts,
            noise=drawn["noise"],
            best=episodes.g[episodes.g[:, 0, 0].argmax()],
            recorded=episodes.g[:, 0].mean(),
            expert=tokens_of(calm).g[:, 0].mean(),
        )

    def given(self, world: World) -> Known:
        return world.known

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Tokens]:
        drawn = uniforms(key, episode=(self.batch,), first=(self.batch,))
        episode = (drawn["episode"] * self.trajectories).astype(jnp.int32)
        return world, cut(world.episodes, episode, drawn["first"], self.window)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        x = world.test.x
        u = world.test.u[:, -2]
        place = x[:, -2, :2]
        moves = mean_move(place, u) - place
        ahead = ((learner.forward(x[:, :-1], u)[:, 2:] - moves) ** 2).mean()
        back = ((learner.inverse(x) - u) ** 2).mean()
        played = tokens_of(self.play_on(world, learner))
        share = (played.g[:, 0].mean() - world.recorded) / (world.expert - world.recorded)
        errors = jnp.stack([ahead / (moves**2).mean(), back / (u**2).mean(), 1 - share])
        purpose = learner.purpose()
        return {
            "own_error": jnp.exp((purpose * jnp.log(jnp.maximum(errors, LEAST))).sum() / purpose.sum()),
            "forward_mse": ahead / NOISE**2,
            "inverse_mse": back,
            "normalized_return": share,
        }

    def play_on(self, world: World, learner: Any) -> Path:
        """Test episodes of a learner, which is shown its last states and actions."""
        blank = jnp.zeros((PLAYED, self.window, 4))
        left = jnp.concatenate([world.best, jnp.broadcast_to(world.best[-1:], (self.window, 1))])
        wish = jnp.broadcast_to(left[: self.window], (PLAYED, self.window, 1))
        history = History(x=blank, u=blank[..., :2], g=wish, at=jnp.int32(0))

        def act(now: tuple[History, jax.Array], x: jax.Array, noise: jax.Array) -> tuple[tuple, jax.Array]:
            history, step = now
            before = jnp.where(history.at > 0, history.x[:, history.at - 1, :2], x)
            state = jnp.concatenate([x, x - before], axis=-1)
            history = history._replace(x=history.x.at[:, history.at].set(state))
            u = pointmass.bounded(learner.act(history))
            after = history._replace(u=history.u.at[:, history.at].set(u), at=history.at + 1)
            full = after.at == self.window
            shifted = History(
                x=jnp.roll(after.x, -1, axis=1),
                u=jnp.roll(after.u, -1, axis=1),
                g=jnp.roll(after.g, -1, axis=1).at[:, -1].set(left[step + 1]),
                at=after.at - 1,
            )
            after = jax.tree.map(lambda a, b: jnp.where(full, a, b), shifted, after)
            return (after, step + 1), jnp.concatenate([u, noise[..., 2:]], axis=-1)

        return pointmass.rollout(act, (history, jnp.int32(0)), world.starts, world.noise, noisy_move)[1]

    def floor(self, world: World) -> "Reference":
        """Says that nothing moves, and stands still."""
        return Reference(told=False, world=world)

    def oracle(self, world: World) -> "Reference":
        """Knows the mean move, the actions of the test set, and the expert."""
        return Reference(told=True, world=world)


class Reference(NamedTuple):
    """Answers from the world itself, or without looking at all."""

    told: bool
    world: World

    def purpose(self) -> jax.Array:
        return jnp.ones(3)

    def forward(self, x: jax.Array, u: jax.Array) -> jax.Array:
        place = x[:, -1, :2]
        there = mean_move(place, u) if self.told else place
        return jnp.concatenate([there, there - place], axis=-1)

    def inverse(self, x: jax.Array) -> jax.Array:
        u = self.world.test.u[:, -2]
        return u if self.told else jnp.zeros_like(u)

    def act(self, history: History) -> jax.Array:
        x = history.x[:, history.at, :2]
        sides = jnp.where(jnp.arange(PLAYED) % 2 == 0, 1.0, -1.0)
        return pointmass.waypoint_expert(x, sides) if self.told else jnp.zeros_like(x)


def mean_move(x: jax.Array, u: jax.Array) -> jax.Array:
    """The next place [..., 2] without noise: slower far from the middle, unmoved where that would be in the disc."""
    slow = 1 + (x**2).sum(-1, keepdims=True)
    there = jnp.clip(x + pointmass.STEP * pointmass.bounded(u) / slow, -1.0, 1.0)
    return jnp.where(pointmass.inside(there), x, there)


def noisy_move(x: jax.Array, control: jax.Array) -> jax.Array:
    """The next place, for an action and two standard normal numbers in one: control [..., 4]."""
    return mean_move(x, control[..., :2]) + NOISE * control[..., 2:]


def moves_only(noise: jax.Array) -> jax.Array:
    """The noise [t, e, 4] without what is added to actions."""
    return noise.at[..., :2].set(0.0)


def play(control: Any, starts: jax.Array, noise: jax.Array) -> Path:
    """Episodes of `control(x, noise)` from starts [e, 2]; noise [t, e, 4]: two numbers for actions, two for moves."""

    def act(carry: tuple[()], x: jax.Array, noise: jax.Array) -> tuple[tuple[()], jax.Array]:
        u = pointmass.bounded(control(x, noise[..., :2]))
        return carry, jnp.concatenate([u, noise[..., 2:]], axis=-1)

    return pointmass.rollout(act, (), starts, noise, noisy_move)[1]


def record(key: jax.Array, count: int) -> Path:
    """Episodes of `blocks/pointmass.py`'s three kinds, in this order, in this world's moves."""
    own, other = jax.random.split(key)
    drawn = uniforms(own, starts=(count, 2), side=(count,))
    noise = normals(other, noise=(pointmass.LENGTH, count, 4))["noise"]
    kind = (jnp.arange(count) * KINDS // count)[:, None]
    side = jnp.where(drawn["side"] < 0.5, 1.0, -1.0)
    size = jnp.where(kind == 0, GOOD, NOISY)

    def act(drift: jax.Array, x: jax.Array, noise: jax.Array) -> tuple[jax.Array, jax.Array]:
        fresh = noise[..., :2]
        drift = pointmass.MEMORY * drift + jnp.sqrt(1 - pointmass.MEMORY**2) * fresh
        u = jnp.where(kind == KINDS - 1, drift, pointmass.waypoint_expert(x, side) + size * fresh)
        return drift, jnp.concatenate([pointmass.bounded(u), noise[..., 2:]], axis=-1)

    return pointmass.rollout(act, jnp.zeros((count, 2)), pointmass.starts(drawn["starts"]), noise, noisy_move)[1]


def tokens_of(path: Path) -> Tokens:
    """Tokens of whole episodes: [e, t, ...]; the return to go is the mean reward of what is left."""
    rewards = pointmass.reward(path.x[:, 1:])
    left = jnp.cumsum(rewards[:, ::-1], axis=1)[:, ::-1]
    steps = jnp.arange(rewards.shape[1], 0, -1).astype(rewards.dtype)
    place = path.x[:, :-1]
    state = jnp.concatenate([place, jnp.diff(place, axis=1, prepend=place[:, :1])], axis=-1)
    return Tokens(x=state, u=path.u[..., :2], g=(left / steps[None])[..., None])


def cut(episodes: Tokens, which: jax.Array, uniform: jax.Array, window: int) -> Tokens:
    """Windows of some episodes, int32 [n], from a place that the uniform numbers [n] say."""
    choices = episodes.x.shape[1] - window + 1
    first = (uniform * choices).astype(jnp.int32)
    steps = jnp.minimum(first, choices - 1)[:, None] + jnp.arange(window)[None]
    return jax.tree.map(lambda a: a[which[:, None], steps], episodes)
