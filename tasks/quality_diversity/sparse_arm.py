"""An arm of two links among walls, an image of how it ends, and six small rewarded areas: who finds them all?

Isolates exploration in a space of behaviours when rewards are sparse. A policy is a network of 50 weights that moves
the two joints for 20 steps. Its reward is 0 unless the hand ends within 0.1 of one of six places, and then the nearer
the better. Six walls point at the shoulder and end at 0.3 of the arm's length from it: a move that would carry the hand
through a wall is not made. So whoever wants to see another sector has to fold the arm, turn it and unfold it.
36 policies a step, 130 steps. The search sees an image of 8 x 8 pixels; where the hand is stands beside it, for those
who are told which numbers matter.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.random import uniforms
from toybench.tasks.quality_diversity import Known, Outcome, Searcher, SearchSpec

INPUTS = 3  # both angles and the time
HIDDEN = 8
WEIGHTS = INPUTS * HIDDEN + HIDDEN + 2 * HIDDEN + 2
MOVES = 20
FASTEST = 0.3  # radians a move and joint
LINK = 0.5  # length of either link
AREAS = 6  # rewarded ones, each in a sector of its own; the arm begins in the middle of sector 0
NEAREST = 0.5  # rewarded places lie between these distances from the shoulder
FARTHEST = 0.9
SPREAD = 0.6  # share of a sector's angle, in its middle, where the place may be
CELLS = 16  # of the grid that coverage is counted on, a side
SIDE = 8  # pixels of an image
BLUR = 0.2  # width of a drawn point, in lengths; a pixel is 0.28
DRAWN = (0.5, 1.0, 1.5, 2.0)  # points of the arm in the image: middles and ends of the links, in links


class World(NamedTuple):
    """Rewarded places, and what was found.

    Attributes:
      places: [a, 2].
      best: the largest reward at each place so far, [a]; 0 where nothing was rewarded.
      visited: 1 for each cell where a hand ended, [CELLS CELLS].
    """

    places: jax.Array
    best: jax.Array
    visited: jax.Array


class SparseArm(Task):
    """The arm begins stretched out to the right."""

    gate: float = 0.3  # walls end at this distance from the shoulder, in lengths of the arm; 1 is no walls
    radius: float = 0.1  # of a rewarded area, in lengths of the arm
    proposals: int = 36  # policies a step

    steps = 130
    kind = "interactive"
    interface = Searcher
    metrics = {
        "best_reward": Metric("max", "largest reward, at most 1, mean over the areas"),
        "areas_found": Metric("max", "share of the six rewarded areas where a policy ended"),
        "coverage": Metric("max", "share of the cells within reach where a hand ended"),
    }

    @property
    def spec(self) -> SearchSpec:
        return SearchSpec(proposals=self.proposals, weights=WEIGHTS, pixels=SIDE**2)

    def sample(self, key: jax.Array) -> World:
        drawn = uniforms(key, far=(AREAS,), turn=(AREAS,))
        far = jnp.sqrt(NEAREST**2 + (FARTHEST**2 - NEAREST**2) * drawn["far"])  # uniform in area
        angle = (jnp.arange(AREAS, dtype=far.dtype) + SPREAD * (drawn["turn"] - 0.5)) * (2 * jnp.pi / AREAS)
        places = far[:, None] * jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=-1)
        return World(places=places, best=jnp.zeros(AREAS), visited=jnp.zeros(CELLS * CELLS))

    def angles(self, theta: jax.Array) -> jax.Array:
        """Angles of the joints [m, 2] at the end, for weights [m, w]."""
        first = INPUTS * HIDDEN
        second = first + HIDDEN
        inner = theta[:, :first].reshape(-1, INPUTS, HIDDEN)
        outer = theta[:, second:-2].reshape(-1, HIDDEN, 2)

        def move(angle: jax.Array, time: jax.Array) -> tuple[jax.Array, None]:
            seen = jnp.concatenate([angle, jnp.broadcast_to(time, (len(theta), 1))], axis=-1)
            hidden = jnp.tanh(jnp.einsum("mi,mih->mh", seen, inner) + theta[:, first:second])
            speed = jnp.tanh(jnp.einsum("mh,mhj->mj", hidden, outer) + theta[:, -2:])
            after = angle + FASTEST * speed
            stopped = self.walled(links(angle).sum(1), links(after).sum(1))
            return jnp.where(stopped[:, None], angle, after), None

        return jax.lax.scan(move, jnp.zeros((len(theta), 2)), jnp.linspace(-1, 1, MOVES))[0]

    def walled(self, before: jax.Array, after: jax.Array) -> jax.Array:
        """Whether there is a wall between two places [m, 2], bool [m]: another sector, and not within the gate."""
        far = jnp.maximum(jnp.linalg.norm(before, axis=-1), jnp.linalg.norm(after, axis=-1)) > self.gate
        return far & (sector(before) != sector(after)) & (self.gate < 1)

    def outcome(self, world: World, theta: jax.Array) -> tuple[Outcome, jax.Array]:
        """What comes of policies [m, w], and the rewards of each place [m, a]."""
        link = links(self.angles(theta))
        hand = link.sum(1)
        distance = jnp.linalg.norm(hand[:, None] - world.places[None], axis=-1)
        each = jnp.maximum(1 - distance / self.radius, 0)
        drawn = [min(at, 1.0) * link[:, 0] + max(at - 1.0, 0.0) * link[:, 1] for at in DRAWN]
        return Outcome(theta=theta, image=image(jnp.stack(drawn, axis=1)), place=hand, reward=each.max(-1)), each

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Outcome]:
        batch, each = self.outcome(world, learner.propose(key))
        visited = world.visited.at[cell(batch.place)].set(1.0)
        return world._replace(best=jnp.maximum(world.best, each.max(0)), visited=visited), batch

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        if isinstance(learner, Known):
            return learner.metrics
        return {
            "areas_found": (world.best > 0).astype(world.best.dtype).mean(),
            "best_reward": world.best.mean(),
            "coverage": world.visited.sum() / within_reach(),
        }

    def floor(self, world: World) -> Known:
        """Nothing found."""
        zero = jnp.zeros(())
        return Known({"areas_found": zero, "best_reward": zero, "coverage": zero})

    def oracle(self, world: World) -> Known:
        """A policy that ends in the middle of each area, and one in every cell."""
        one = jnp.ones(())
        return Known({"areas_found": one, "best_reward": one, "coverage": one})


def links(angle: jax.Array) -> jax.Array:
    """Both links as vectors [m, 2, 2], for angles of the joints [m, 2]."""
    total = jnp.cumsum(angle, axis=-1)
    return LINK * jnp.stack([jnp.cos(total), jnp.sin(total)], axis=-1)


def sector(place: jax.Array) -> jax.Array:
    """Numbers int32 [m] of the sectors that places [m, 2] lie in; the middle of sector 0 is to the right."""
    turn = jnp.arctan2(place[:, 1], place[:, 0]) * (AREAS / (2 * jnp.pi))
    return jnp.floor(turn + 0.5).astype(jnp.int32) % AREAS


def image(points: jax.Array) -> jax.Array:
    """Images [m, d] of arms with points [m, p, 2]: how near a pixel is to the nearest point."""
    axis = jnp.linspace(-1, 1, SIDE)
    pixels = jnp.stack(jnp.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    squares = ((pixels[None, :, None] - points[:, None]) ** 2).sum(-1)
    return jnp.exp(-squares.min(-1) / (2 * BLUR**2))


def cell(place: jax.Array) -> jax.Array:
    """Numbers int32 [m] of the cells that places [m, 2] lie in."""
    column = jnp.clip(((place + 1) * (CELLS / 2)).astype(jnp.int32), 0, CELLS - 1)
    return column[:, 0] * CELLS + column[:, 1]


def within_reach() -> jax.Array:
    """How many cells have their nearest point within the arm's length."""
    low = 2 * jnp.arange(CELLS) / CELLS - 1
    near = jnp.maximum(jnp.maximum(low, -(low + 2 / CELLS)), 0.0)
    return (near[:, None] ** 2 + near[None] ** 2 <= 1).sum().astype(jnp.float32)
