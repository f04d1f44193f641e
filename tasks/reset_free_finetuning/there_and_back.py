"""A point learns to reach one of nine goals and to come back to the middle, and judges by pictures whether it has.

Isolates what pretraining is worth where nobody resets the world and nobody pays. Records have walks to five goals and
back; every second of their actions is random, and one walk out of fifty goes to the target. A picture shows the place
and a background that has nothing to do with it. Forty own walks to the target alternate with walks back. Before each
pair of them the learner's best policy is tested, from the middle: it succeeds where its last step ends near the target.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks import pointmass
from toybench.blocks.random import normals, uniforms
from toybench.tasks.reset_free_finetuning import TARGET, Captioned, Given, Labelled, Played, Records, Spec, Tuner

GOALS = 9
CIRCLE = 0.8  # distance of all goals from the middle
NEAR = 0.15  # distance from the aim within which a step succeeds
AROUND = 0.1  # half of the width of the square in which walks begin
HEADINGS = 8
PICTURE = 32  # numbers of a picture
BACKGROUND = 4  # numbers that a picture shows besides the place
CONTRAST = 2.5  # of the place in a picture, so that its numbers spread as the background's do
CAPTIONED = 2000  # pictures that come with their place
QUARTERS = (0.5, 0.75)  # shares of labelled places at which their kinds change
TESTS = 16  # walks of a test
EARLY = 10  # rounds after the first in which learners may lose what they had
LAST = 10  # rounds that count as the end


class World(NamedTuple):
    """What doesn't change, and what rounds leave behind.

    Attributes:
      aims: places of the aims, [k, 2].
      camera: weights of pictures, [2 + BACKGROUND, PICTURE].
      given: what a learner has before its own walks.
      starts: first places of tests, [TESTS, 2].
      here: where the point is, [2].
      rounds: updates so far, [].
      success: of the test before each round that counts, [steps / 2]; 0 for those to come.
      returned: whether walks back ended near the middle, alike.
    """

    aims: jax.Array
    camera: jax.Array
    given: Given
    starts: jax.Array
    here: jax.Array
    rounds: jax.Array
    success: jax.Array
    returned: jax.Array


class Known(NamedTuple):
    """A reference whose metrics follow from its rule."""

    metrics: dict[str, jax.Array]


class ThereAndBack(Task):
    """Every step is a round of two walks; rounds of the second half count."""

    labels: int = 20  # labelled pictures for each of the two aims
    walks: int = 200  # recorded, half of them back
    visited: int = 5  # goals of recorded walks, the target among them
    rare: float = 0.02  # share of recorded walks that go to the target or come back from it, 0 to 1
    random: float = 0.5  # share of random actions in recorded walks, 0 to 1
    updates: int = 25  # gradient steps of a learner in a round
    steps: int = 80  # type: ignore[misc]  # rounds

    interface = Tuner
    kind = "interactive"
    metrics = {
        "final_success": Metric("max", "share of test walks that succeed, over the last ten rounds"),
        "initial_dip": Metric("min", "success before own walks, less that over the ten rounds after the first"),
        "auc_success": Metric("max", "share of test walks that succeed, over all rounds that count"),
        "first_success": Metric("info", "share of test walks that succeed before own walks"),
        "back_success": Metric("info", "share of walks back that end near the middle"),
    }

    @property
    def spec(self) -> Spec:
        return Spec(
            actions=1 + HEADINGS,
            aims=self.visited + 1,
            picture=PICTURE,
            length=pointmass.LENGTH,
            updates=self.updates,
        )

    @property
    def offline(self) -> int:
        """Rounds before the first that counts."""
        return self.steps // 2

    def sample(self, key: jax.Array) -> World:
        one, other = jax.random.split(key)
        half = self.walks // 2
        drawn = uniforms(
            one,
            order=(GOALS,),
            goal=(2, half),
            starts=(2, half, 2),
            tests=(TESTS, 2),
            whether=(pointmass.LENGTH, self.walks),
            which=(pointmass.LENGTH, self.walks),
            labelled=(2, self.labels, 2),
            captioned=(CAPTIONED, 2),
        )
        noise = normals(
            other,
            camera=(2 + BACKGROUND, PICTURE),
            walks=(self.walks, BACKGROUND),
            labelled=(2, self.labels, BACKGROUND),
            captioned=(CAPTIONED, BACKGROUND),
        )
        aims = jnp.concatenate([places()[jnp.argsort(drawn["order"])[: self.visited]], jnp.zeros((1, 2))])
        camera = noise["camera"] / (2 + BACKGROUND) ** 0.5
        goal = self.goals(drawn["goal"])
        starts = around(drawn["starts"]) + jnp.stack([jnp.zeros((half, 2)), aims[goal[1]]])
        aim = jnp.concatenate([goal[0], jnp.full(half, self.visited)])
        erring = jnp.where(drawn["whether"] < self.random, (drawn["which"] * (1 + HEADINGS)).astype(jnp.int32), -1)

        def act(x: jax.Array, wrong: jax.Array) -> jax.Array:
            return jnp.where(wrong < 0, straight(x, aims[aim]), wrong)

        x, a = walk(act, starts.reshape(self.walks, 2), erring)
        records = Records(x=x, picture=picture(camera, x, noise["walks"]), a=a, aim=aim, r=reached(x, aims[aim]))
        blank = jnp.zeros(self.steps - self.offline)
        return World(
            aims=aims,
            camera=camera,
            given=Given(
                records=records,
                captioned=captioned(camera, drawn["captioned"], noise["captioned"]),
                labelled=labelled(camera, aims, drawn["labelled"], noise["labelled"]),
            ),
            starts=around(drawn["tests"]),
            here=jnp.zeros(2),
            rounds=jnp.int32(0),
            success=blank,
            returned=blank,
        )

    def goals(self, uniform: jax.Array) -> jax.Array:
        """Goals int32 [2, w / 2] of walks, in shares as exact as may be, from uniform numbers [2, w / 2]."""
        count = uniform.shape[1]
        share = (jnp.arange(count, dtype=uniform.dtype)[None] + uniform) / count
        others = 1 + ((share - self.rare) / (1 - self.rare) * (self.visited - 1)).astype(jnp.int32)
        return jnp.where(share < self.rare, TARGET, others)

    def given(self, world: World) -> Given:
        return world.given

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Played]:
        acts, backgrounds = jax.random.split(key)
        online = world.rounds >= self.offline
        home = jnp.full(1, self.visited)
        target = jnp.full(1, TARGET)
        keys = jax.random.split(acts, (2, pointmass.LENGTH))
        there = walk(lambda x, key: learner.act(x, target, key), world.here[None], keys[0])
        back = walk(lambda x, key: learner.act(x, home, key), there[0][:, -1], keys[1])
        x = jnp.concatenate([there[0], back[0]])
        aim = jnp.concatenate([target, home])
        hidden = reached(x, world.aims[aim])
        played = Played(
            x=x,
            picture=picture(world.camera, x, jax.random.normal(backgrounds, (2, BACKGROUND))),
            a=jnp.concatenate([there[1], back[1]]),
            aim=aim,
            hidden=hidden,
            online=online.astype(x.dtype),
        )
        place = jnp.where(online, world.rounds - self.offline, len(world.success))  # beyond the end is left out
        world = world._replace(
            here=jnp.where(online, x[1, -1], world.here),
            rounds=world.rounds + 1,
            success=world.success.at[place].set(self.tested(world, learner), mode="drop"),
            returned=world.returned.at[place].set(hidden[1, -1], mode="drop"),
        )
        return world, played

    def tested(self, world: World, learner: Any) -> jax.Array:
        """Share of test walks whose last step ends near the target: []."""
        aim = jnp.full(TESTS, TARGET)
        x, _ = walk(lambda x, _: learner.best(x, aim), world.starts, jnp.zeros(pointmass.LENGTH))
        return reached(x, world.aims[aim])[:, -1].mean()

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        if isinstance(learner, Known):
            return learner.metrics
        return {
            "final_success": world.success[-LAST:].mean(),
            "initial_dip": world.success[0] - world.success[1 : 1 + EARLY].mean(),
            "auc_success": world.success.mean(),
            "first_success": world.success[0],
            "back_success": world.returned.mean(),
        }

    def floor(self, world: World) -> Known:
        """The worst there may be: it has all before its own walks and nothing after them."""
        zero = jnp.zeros(())
        one = jnp.ones(())
        return Known({"initial_dip": one, "first_success": one} | {k: zero for k in self.metrics if k not in LOST})

    def oracle(self, world: World) -> Known:
        """Goes straight to its aim, before its own walks and after them."""
        return Known(dict.fromkeys(self.metrics, jnp.ones(())) | {"initial_dip": jnp.zeros(())})


LOST = ("initial_dip", "first_success")  # of who loses all that it has


def places() -> jax.Array:
    """All goals, evenly on the circle: [GOALS, 2]."""
    angle = 2 * jnp.pi * jnp.linspace(0.0, 1.0, GOALS, endpoint=False)
    return CIRCLE * jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=-1)


def directions() -> jax.Array:
    """Controls by action: to stay, and to go in one of the headings: [1 + HEADINGS, 2]."""
    angle = 2 * jnp.pi * jnp.linspace(0.0, 1.0, HEADINGS, endpoint=False)
    return jnp.concatenate([jnp.zeros((1, 2)), jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=-1)])


def around(uniform: jax.Array) -> jax.Array:
    """Places around the middle, from uniform numbers [..., 2]."""
    return AROUND * (2 * uniform - 1)


def straight(x: jax.Array, aim: jax.Array) -> jax.Array:
    """The actions int32 [n] after which places [n, 2] are nearest to `aim` [n, 2]."""
    after = jnp.clip(x[:, None] + pointmass.STEP * directions()[None], -1.0, 1.0)
    return ((after - aim[:, None]) ** 2).sum(-1).argmin(-1)


def reached(x: jax.Array, aim: jax.Array) -> jax.Array:
    """1 for the steps of walks [n, t + 1, 2] that end near their aims [n, 2], else 0: [n, t]."""
    return (jnp.linalg.norm(x[:, 1:] - aim[:, None], axis=-1) < NEAR).astype(x.dtype)


def picture(camera: jax.Array, x: jax.Array, background: jax.Array) -> jax.Array:
    """Pictures [n, t, p] of places [n, t, 2] before the background [n, BACKGROUND] of each walk."""
    behind = jnp.broadcast_to(background[:, None], (*x.shape[:2], background.shape[-1]))
    return jnp.tanh(jnp.concatenate([CONTRAST * x, behind], axis=-1) @ camera)


def captioned(camera: jax.Array, uniform: jax.Array, background: jax.Array) -> Captioned:
    """Pictures of places everywhere, from uniform numbers [c, 2] and backgrounds [c, BACKGROUND]."""
    where = 2 * uniform - 1
    return Captioned(picture=picture(camera, where[:, None], background)[:, 0], where=where)


def labelled(camera: jax.Array, aims: jax.Array, uniform: jax.Array, background: jax.Array) -> Labelled:
    """Labelled pictures for the target and for home, from uniform numbers [2, m, 2] and backgrounds [2, m, BACKGROUND].

    Half of the places are drawn from the square around the aim, a quarter from one of twice its width, a quarter from
    everywhere.
    """
    aim = jnp.stack([aims[TARGET], aims[-1]])
    count = uniform.shape[1]
    wide = 2 * uniform - 1
    share = (jnp.arange(count, dtype=uniform.dtype) / count)[None, :, None]
    close = aim[:, None] + NEAR * jnp.where(share < QUARTERS[0], 1.0, 2.0) * wide
    x = jnp.clip(jnp.where(share < QUARTERS[1], close, wide), -1.0, 1.0)
    shown = picture(camera, x.reshape(2 * count, 1, 2), background.reshape(2 * count, BACKGROUND))
    near = jnp.linalg.norm(x - aim[:, None], axis=-1) < NEAR
    return Labelled(picture=shown.reshape(2, count, PICTURE), reached=near.astype(x.dtype))


def walk(act: Any, starts: jax.Array, inputs: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Places [n, t + 1, 2] and actions [n, t] of walks by `act(x, input)`, with one of the inputs [t, ...] a step."""

    def step(x: jax.Array, now: jax.Array) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
        a = act(x, now)
        there = pointmass.move(x, directions()[a], 0.0)
        return there, (there, a)

    later, a = jax.lax.scan(step, starts, inputs)[1]
    return jnp.concatenate([starts[None], later]).swapaxes(0, 1), a.swapaxes(0, 1)
