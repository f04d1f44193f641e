"""Two Gaussian classes, and voters of different accuracy that err independently, or some of which copy each other."""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.random import normals, uniforms
from toybench.tasks.weak_labels import Batch, Given, Labeller, Spec, one_hot, weighted_scores

ACCURACIES = (0.6, 0.66, 0.73, 0.79, 0.85)
FLIPS = 0.1  # share of votes in which a copy differs from its original


class World(NamedTuple):
    """What is given, the true classes int32 [n] of these points, and test points, votes and classes."""

    given: Given
    truth: jax.Array
    test_x: jax.Array
    test_votes: jax.Array
    test_truth: jax.Array


class BinaryVotes(Task):
    """The voters' error rates are known exactly, the true classes to nobody."""

    copies: int = 0  # further voters that copy the weakest ones, 0 to 5
    dims: int = 40  # features
    distance: float = 3.5  # of the classes' centres, in standard deviations
    points: int = 500  # to be labelled; as many test points
    batch: int = 128  # points a step

    interface = Labeller
    steps = 500
    checkpoints = 2
    metrics = {
        "accuracy": Metric(direction="max", about="share of the training points that are labelled right"),
        "test_accuracy": Metric(direction="max", about="share of new points, with new votes, that are labelled right"),
    }

    @property
    def spec(self) -> Spec:
        return Spec(dims=self.dims, voters=len(ACCURACIES) + self.copies)

    def errors(self) -> jax.Array:
        """Error rates [v]; a copy errs where its original is right and it differs, or the other way round."""
        errors = 1 - jnp.array(ACCURACIES)
        copied = errors[: self.copies]
        return jnp.concatenate([errors, copied * (1 - FLIPS) + (1 - copied) * FLIPS])

    def sample(self, key: jax.Array) -> World:
        """Training and test points with their votes."""
        for_points, for_votes = jax.random.split(key)
        count = 2 * self.points
        noise = normals(for_points, x=(count, self.dims), direction=(self.dims,))
        voters = len(ACCURACIES)
        numbers = uniforms(for_votes, truth=(count,), wrong=(count, voters), flip=(count, self.copies))
        truth = (numbers["truth"] < 0.5).astype(jnp.int32)
        direction = noise["direction"] / jnp.linalg.norm(noise["direction"])
        side = jnp.where(truth == 1, 0.5, -0.5)
        x = noise["x"] + self.distance * side[:, None] * direction[None, :]
        wrong = (numbers["wrong"] < 1 - jnp.array(ACCURACIES)[None, :]).astype(jnp.int32)
        votes = truth[:, None] ^ wrong
        flipped = votes[:, : self.copies] ^ (numbers["flip"] < FLIPS).astype(jnp.int32)
        votes = jnp.concatenate([votes, flipped], axis=1)
        return World(
            given=Given(x=x[: self.points], votes=votes[: self.points], errors=self.errors()),
            truth=truth[: self.points],
            test_x=x[self.points :],
            test_votes=votes[self.points :],
            test_truth=truth[self.points :],
        )

    def given(self, world: World) -> Given:
        return world.given

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Batch]:
        """Training points with replacement."""
        index = jax.random.randint(key, (self.batch,), 0, self.points)
        return world, Batch(x=world.given.x[index], votes=world.given.votes[index])

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        x = jnp.concatenate([world.given.x, world.test_x])
        votes = jnp.concatenate([world.given.votes, world.test_votes])
        truth = jnp.concatenate([world.truth, world.test_truth])
        right = (jnp.argmax(learner.labels(x, votes, key), axis=1) == truth).astype(jnp.float32)
        return {"accuracy": right[: self.points].mean(), "test_accuracy": right[self.points :].mean()}

    def floor(self, world: World) -> Any:
        """The vote of the first and weakest voter."""
        return SimpleNamespace(labels=lambda x, votes, key: one_hot(votes[:, 0]))

    def oracle(self, world: World) -> Any:
        """Bayes' rule from the votes of the originals and from the true classes' centres."""
        every = jnp.concatenate([world.given.x, world.test_x])
        truth = jnp.concatenate([world.truth, world.test_truth]).astype(jnp.float32)[:, None]
        ones = (every * truth).sum(0) / truth.sum()
        zeros = (every * (1 - truth)).sum(0) / (1 - truth).sum()

        def labels(x: jax.Array, votes: jax.Array, key: jax.Array) -> jax.Array:
            originals = len(ACCURACIES)
            by_votes = jnp.log(weighted_scores(votes[:, :originals], world.given.errors[:originals]))
            gap = ((x - zeros[None]) ** 2).sum(1) - ((x - ones[None]) ** 2).sum(1)
            return by_votes + jnp.stack([jnp.zeros(len(x)), gap / 2], axis=1)

        return SimpleNamespace(labels=labels)
