"""Pass two gates in one episode, learning from episodes that pass one.

Isolates whether things learned one at a time can be asked for together. A point mass on the open square starts at (0,
-0.8). Gates are discs of radius 0.25 at (-0.6, 0), (0, 0.3) and (0.6, 0). A recorded episode goes to a place in a
gate and then to some other place, or the other way round, and wanders on. Kept are 500 episodes that pass exactly one
gate, labelled with it. In a test two gates are asked for: 20 steps suffice for each of the three pairs.

Nobody is told where the gates are, and no recorded episode passes two of them.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks import pointmass
from toybench.blocks.random import normals, uniforms
from toybench.tasks.offline_control import Batch, Obedient, Recorded, Spec

START = (0.0, -0.8)
GATES = ((-0.6, 0.0), (0.0, 0.3), (0.6, 0.0))
GATE = 0.25  # radius
INNER = 0.15  # half of the width of the squares in the gates that recorded episodes go to
ARRIVED = 0.1  # distance to an aim at which the next one is taken up
NOISE = 0.2  # standard deviation of what is added to recorded controls
TRIED = 3  # episodes tried for one that is kept; about half pass one gate
PAIRS = ((0, 1), (0, 2), (1, 2))


class World(NamedTuple):
    """Recorded episodes, and the test's first places x0 [e, 2] and wanted gates [e, 3]."""

    data: Recorded
    x0: jax.Array
    wanted: jax.Array


class PointmassConstraints(Task):
    """Two gates of three."""

    trajectories: int = 500  # recorded episodes
    batch: int = 64  # places a step
    episodes: int = 48  # test episodes, a third for each pair

    interface = Obedient
    steps = 2000
    checkpoints = 1
    metrics = {
        "both_satisfied": Metric("max", "share of the test episodes that pass both gates"),
        "single_satisfied": Metric("max", "mean share of the wanted gates that are passed"),
    }

    @property
    def spec(self) -> Spec:
        return Spec(actions=2, labels=len(GATES))

    def sample(self, key: jax.Array) -> World:
        """Recorded episodes that pass one gate, and the test's starts."""
        recording, testing = jax.random.split(key)
        path = recorded(recording, TRIED * self.trajectories)
        label = passed(path.x)
        kept = jnp.argsort(label.sum(-1) != 1.0, stable=True)[: self.trajectories]
        each = jnp.broadcast_to(label[kept][:, None, :], (self.trajectories, pointmass.LENGTH, len(GATES)))
        x0 = starts(jax.random.uniform(testing, (self.episodes, 2)))
        pair = jax.nn.one_hot(jnp.array(PAIRS), len(GATES)).sum(1)
        return World(
            data=Recorded(x=path.x[kept], u=path.u[kept], r=jnp.zeros(each.shape[:2]), label=each),
            x0=x0,
            wanted=pair[jnp.arange(self.episodes) % len(PAIRS)],
        )

    def given(self, world: World) -> Recorded:
        """The recorded episodes; their rewards are 0."""
        return world.data

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Batch]:
        """Places with replacement."""
        place = jax.random.randint(key, (self.batch,), 0, self.trajectories * pointmass.LENGTH)
        return world, Batch(episode=place // pointmass.LENGTH, step=place % pointmass.LENGTH)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        keys = jax.random.split(key, pointmass.LENGTH)
        _, path = pointmass.rollout(learner.act, learner.begin(world.wanted), world.x0, keys, moved)
        share = (passed(path.x) * world.wanted).sum(-1) / world.wanted.sum(-1)
        return {"both_satisfied": (share == 1.0).mean(dtype=share.dtype), "single_satisfied": share.mean()}

    def floor(self, world: World) -> Any:
        """Replays recorded episodes, whatever is wanted."""

        def act(mind: jax.Array, x: jax.Array, key: jax.Array) -> tuple[jax.Array, jax.Array]:
            return mind + 1, world.data.u[: len(x), mind]

        return SimpleNamespace(begin=lambda wanted: jnp.zeros((), jnp.int32), act=act)

    def chance(self, world: World) -> Any:
        """Uniform actions."""

        def act(mind: tuple, x: jax.Array, key: jax.Array) -> tuple[tuple, jax.Array]:
            return mind, jax.random.uniform(key, (len(x), 2), minval=-1.0, maxval=1.0)

        return SimpleNamespace(begin=lambda wanted: (), act=act)

    def oracle(self, world: World) -> Any:
        """Straight to the middle of each wanted gate that was not passed yet, in their order."""

        def act(left: jax.Array, x: jax.Array, key: jax.Array) -> tuple[jax.Array, jax.Array]:
            left = left * (1 - passed(x[:, None]))
            return left, pointmass.towards(x, jnp.array(GATES)[left.argmax(-1)])

        return SimpleNamespace(begin=lambda wanted: wanted, act=act)


def moved(x: jax.Array, u: jax.Array) -> jax.Array:
    """The next places on the open square."""
    return pointmass.move(x, u, radius=0.0)


def passed(x: jax.Array) -> jax.Array:
    """Which gates [n, 3] are passed, as 0 or 1, by the places x [n, t, 2] of episodes."""
    gates = jnp.array(GATES)[None, None]
    return jnp.any(((x[:, :, None, :] - gates) ** 2).sum(-1) < GATE**2, axis=1).astype(x.dtype)


def starts(uniform: jax.Array) -> jax.Array:
    """First places [n, 2], from uniform numbers [n, 2]."""
    return jnp.array([START]) + pointmass.SPREAD * (2 * uniform - 1)


def recorded(key: jax.Array, count: int) -> pointmass.Path:
    """Episodes that go to a place in a gate and to some other place, in either order, and wander on."""
    one, two = jax.random.split(key)
    drawn = uniforms(one, start=(count, 2), inner=(count, 2), other=(count, 2), gate=(count,), order=(count,))
    noise = normals(two, noise=(pointmass.LENGTH, count, 2))["noise"]
    gate = (drawn["gate"] * len(GATES)).astype(jnp.int32)
    inside = jnp.array(GATES)[gate] + INNER * (2 * drawn["inner"] - 1)
    outside = 2 * drawn["other"] - 1
    swap = (drawn["order"] < 0.5)[:, None]
    aims = jnp.stack([jnp.where(swap, outside, inside), jnp.where(swap, inside, outside)], axis=1)

    def step(now: tuple, fresh: jax.Array) -> tuple[tuple, tuple[jax.Array, jax.Array]]:
        x, stage, drift = now
        aim = jnp.take_along_axis(aims, jnp.minimum(stage, 1)[:, None, None], axis=1)[:, 0]
        drift = pointmass.MEMORY * drift + jnp.sqrt(1 - pointmass.MEMORY**2) * fresh
        u = jnp.where((stage < 2)[:, None], pointmass.towards(x, aim) + NOISE * fresh, drift)
        u = pointmass.bounded(u)
        there = moved(x, u)
        stage = stage + (jnp.linalg.norm(there - aim, axis=-1) < ARRIVED).astype(jnp.int32)
        return (there, stage, drift), (there, u)

    x0 = starts(drawn["start"])
    begin = (x0, jnp.zeros(count, jnp.int32), jnp.zeros((count, 2)))
    _, steps = jax.lax.scan(step, begin, noise)
    x, u = steps
    return pointmass.Path(x=jnp.concatenate([x0[None], x]).swapaxes(0, 1), u=u.swapaxes(0, 1))
