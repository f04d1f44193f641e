"""An arm of two links, an image of where it ends, and two small areas that are rewarded: who finds both?

Isolates exploration in a space of behaviours when rewards are sparse. A policy is a network of 50 weights that moves
the two joints for 20 steps. Its reward is 0 unless the hand ends within 0.1 of one of two places, and then the nearer
the better. 32 policies a step, 100 steps. The search sees an image of 8 x 8 pixels; where the hand is stands beside
it, for those who are told which numbers matter.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.random import uniforms
from toybench.tasks.policy_search import Known, Outcome, Searcher, SearchSpec

HIDDEN = 8
INPUTS = 3  # both angles and the time
WEIGHTS = INPUTS * HIDDEN + HIDDEN + 2 * HIDDEN + 2
MOVES = 20
FASTEST = 0.3  # radians a step and joint
LINK = 0.5  # length of either link
RADIUS = 0.1  # of a rewarded area
NEAREST = 0.35  # rewarded places lie between these distances from the shoulder
FARTHEST = 0.9
CELLS = 16  # of the grid that coverage is counted on, a side
BLUR = 0.2  # width of a drawn point, in lengths; a pixel is 0.28
DRAWN = (
    0.5,
    1.0,
    1.5,
    2.0,
)  # points of the arm in the image: middles and ends of the links, in links from the shoulder


class World(NamedTuple):
    """Rewarded places, and what was found.

    Attributes:
      places: [2, 2].
      found: 1 for each place where something was rewarded, [2].
      best: the largest reward at each, [2].
      visited: 1 for each cell where a hand ended, [CELLS CELLS].
    """

    places: jax.Array
    found: jax.Array
    best: jax.Array
    visited: jax.Array


class SparseArm(Task):
    """The arm begins stretched out to the right."""

    proposals: int = 32  # policies a step

    steps = 100
    kind = "interactive"
    interface = Searcher
    metrics = {
        "areas_found": Metric("max", "rewarded areas, of 2, where a policy ended"),
        "best_reward": Metric("max", "largest reward, at most 1, mean over both areas"),
        "coverage": Metric("max", "share of the cells within reach where a hand ended"),
    }

    @property
    def spec(self) -> SearchSpec:
        return SearchSpec(proposals=self.proposals, weights=WEIGHTS, side=8, descriptor=2)

    def sample(self, key: jax.Array) -> World:
        drawn = uniforms(key, far=(2,), turn=(2,))
        # uniform in area between the two distances; the second place at least 60 degrees away from the first
        far = jnp.sqrt(NEAREST**2 + (FARTHEST**2 - NEAREST**2) * drawn["far"])
        first = 2 * jnp.pi * drawn["turn"][0]
        second = first + jnp.pi / 3 + drawn["turn"][1] * 4 * jnp.pi / 3
        angle = jnp.stack([first, second])
        places = far[:, None] * jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=-1)
        return World(places=places, found=jnp.zeros(2), best=jnp.zeros(2), visited=jnp.zeros(CELLS * CELLS))

    def angles(self, theta: jax.Array) -> jax.Array:
        """Angles of the joints [m, 2] at the end, for weights [m, w]."""
        inner = theta[:, : INPUTS * HIDDEN].reshape(-1, INPUTS, HIDDEN)
        bias = theta[:, INPUTS * HIDDEN : (INPUTS + 1) * HIDDEN]
        outer = theta[:, (INPUTS + 1) * HIDDEN : -2].reshape(-1, HIDDEN, 2)

        def move(angle: jax.Array, time: jax.Array) -> tuple[jax.Array, None]:
            seen = jnp.concatenate([angle, jnp.broadcast_to(time, (len(theta), 1))], axis=-1)
            hidden = jnp.tanh(jnp.einsum("mi,mih->mh", seen, inner) + bias)
            speed = jnp.tanh(jnp.einsum("mh,mho->mo", hidden, outer) + theta[:, -2:])
            return angle + FASTEST * speed, None

        return jax.lax.scan(move, jnp.zeros((len(theta), 2)), jnp.linspace(-1, 1, MOVES))[0]

    def outcome(self, world: World, theta: jax.Array) -> tuple[Outcome, jax.Array]:
        """What comes of policies [m, w], and the rewards of each place [m, 2]."""
        angle = self.angles(theta)
        total = jnp.cumsum(angle, axis=-1)
        links = LINK * jnp.stack([jnp.cos(total), jnp.sin(total)], axis=-1)  # [m, link, 2]
        hand = links.sum(1)
        each = jnp.maximum(1 - jnp.linalg.norm(hand[:, None] - world.places[None], axis=-1) / RADIUS, 0)
        drawn = [min(at, 1.0) * links[:, 0] + max(at - 1.0, 0.0) * links[:, 1] for at in DRAWN]
        image = self.image(jnp.stack(drawn, axis=1))
        return Outcome(theta=theta, image=image, descriptor=hand, reward=each.sum(-1)), each

    def image(self, points: jax.Array) -> jax.Array:
        """Images [m, g g] of arms with points [m, 4, 2]: how near a pixel is to the nearest point."""
        side = self.spec.side
        axis = jnp.linspace(-1, 1, side)
        pixels = jnp.stack(jnp.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
        squares = ((pixels[None, :, None] - points[:, None]) ** 2).sum(-1)
        return jnp.exp(-squares.min(-1) / (2 * BLUR**2))

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Outcome]:
        batch, each = self.outcome(world, learner.propose(key))
        cell = jnp.clip(((batch.descriptor + 1) * (CELLS / 2)).astype(jnp.int32), 0, CELLS - 1)
        after = world._replace(
            found=jnp.maximum(world.found, (each > 0).any(0).astype(jnp.float32)),
            best=jnp.maximum(world.best, each.max(0)),
            visited=world.visited.at[cell[:, 0] * CELLS + cell[:, 1]].set(1.0),
        )
        return after, batch

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        if isinstance(learner, Known):
            return learner.metrics
        return {
            "areas_found": world.found.sum(),
            "best_reward": world.best.mean(),
            "coverage": world.visited.sum() / self.within_reach(),
        }

    def within_reach(self) -> jax.Array:
        """How many cells have their nearest point within the arm's length."""
        low = 2 * jnp.arange(CELLS) / CELLS - 1
        near = jnp.maximum(jnp.maximum(low, -(low + 2 / CELLS)), 0.0)
        return (near[:, None] ** 2 + near[None] ** 2 <= (2 * LINK) ** 2).sum().astype(jnp.float32)

    def floor(self, world: World) -> Known:
        """Nothing found."""
        zero = jnp.zeros(())
        return Known({"areas_found": zero, "best_reward": zero, "coverage": zero})

    def oracle(self, world: World) -> Known:
        """A policy that ends in the middle of each area, and one in every cell."""
        return Known({"areas_found": jnp.float32(2.0), "best_reward": jnp.ones(()), "coverage": jnp.ones(())})
