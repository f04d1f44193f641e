"""Two Gaussian classes, and five voters that are right with chances .6 to .85.

Isolates what the places of points add to votes. The classes are standard normal in 10 dimensions with centres at a
distance of 4, so that the best rule by place alone has an accuracy of 0.977, at a distance of 2 it has 0.841. The
five votes alone have 0.875 by majority and 0.896 if each counts by its log-odds; both together have more. With
`copies`, the weakest voters are copied, each copy with a tenth of its votes turned round. Copies know nothing, but
whoever takes voters for independent counts them.

The oracle knows the centres, the voters' chances, and which voters are copies.
"""

from types import SimpleNamespace
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.random import normals, uniforms
from toybench.tasks.weak_labels import Labeller, Spec, Votes, as_scores, vote_log_odds

RIGHT = (0.6, 0.66, 0.73, 0.79, 0.85)  # chances of the voters to be right
TURNED = 0.1  # share of a copy's votes that differ from the original's
TESTED = 1000  # points that no learner is given


class World(NamedTuple):
    """What is public of all points, those of the test last; true classes 0 or 1 [n]; the unit vector [d] to class 1."""

    public: Votes
    y: jax.Array
    towards: jax.Array


class NoisyVoters(Task):
    """Accuracy on the points that are given, and on others."""

    copies: int = 0  # voters that copy one of the weakest, 0 to 5
    points: int = 500  # given without a label
    features: int = 10
    distance: float = 4.0  # between the classes' centres, in standard deviations

    interface = Labeller
    steps = 400
    checkpoints = 2
    classes: ClassVar[int] = 2
    metrics = {
        "accuracy": Metric("max", "share of the given points that are labelled rightly"),
        "test_accuracy": Metric("max", "share of new points, with votes, that are labelled rightly"),
    }

    @property
    def spec(self) -> Spec:
        return Spec(features=self.features, voters=len(RIGHT) + self.copies)

    def errors(self) -> jax.Array:
        """How often each voter errs, [m]."""
        wrong = 1 - jnp.asarray(RIGHT)
        copied = wrong[: self.copies] * (1 - TURNED) + (1 - wrong[: self.copies]) * TURNED
        return jnp.concatenate([wrong, copied])

    def sample(self, key: jax.Array) -> World:
        """Points, true classes and votes."""
        places, chances = jax.random.split(key)
        count = self.points + TESTED
        noise = normals(places, x=(count, self.features), towards=(self.features,))
        drawn = uniforms(chances, y=(count,), wrong=(count, len(RIGHT)), turned=(count, self.copies))
        y = (drawn["y"] < 0.5).astype(jnp.float32)
        towards = noise["towards"] / jnp.linalg.norm(noise["towards"])
        x = noise["x"] + self.distance * (y - 0.5)[:, None] * towards[None, :]
        wrong = (drawn["wrong"] > jnp.asarray(RIGHT)[None, :]).astype(y.dtype)
        votes = jnp.abs(y[:, None] - wrong)
        turned = (drawn["turned"] < TURNED).astype(y.dtype)
        copies = jnp.abs(votes[:, : self.copies] - turned)
        public = Votes(x=x, votes=jnp.concatenate([votes, copies], axis=1), errors=self.errors())
        return World(public=public, y=y, towards=towards)

    def given(self, world: World) -> Votes:
        public = world.public
        return Votes(x=public.x[: self.points], votes=public.votes[: self.points], errors=public.errors)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        scores = learner.labels(world.public.x, world.public.votes, key)
        right = (scores.argmax(1) == world.y.astype(jnp.int32)).astype(jnp.float32)
        return {"accuracy": right[: self.points].mean(), "test_accuracy": right[self.points :].mean()}

    def floor(self, world: World) -> Any:
        """Class 0 for all."""
        return SimpleNamespace(labels=lambda x, votes, key: as_scores(-jnp.ones(len(x))))

    def oracle(self, world: World) -> Any:
        """The posterior: log-odds of the place and of the voters that aren't copies."""
        own = len(RIGHT)

        def labels(x: jax.Array, votes: jax.Array, key: jax.Array) -> jax.Array:
            by_place = self.distance * x @ world.towards
            return as_scores(by_place + vote_log_odds(votes[:, :own], self.errors()[:own]))

        return SimpleNamespace(labels=labels)
