"""Small labelled training sets of random graphs, and a test set from the same law.

Shapes: b graphs, r kinds of edges, n nodes, d features, c classes.
"""

import abc
from types import SimpleNamespace
from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.tasks.graph_classification import Batch, Classifier, Labelled, World, accuracy, split

CLASSES = 4  # as many graphs of each, in turn
TESTED = 400  # graphs of the test set: a standard error of 0.025 at most a seed


class GraphSet(Task):
    """Accuracy of a classifier on graphs that it wasn't shown."""

    train: int = 200  # training graphs
    known: int = 0  # of these, how many show their class; 0 for all

    interface = Classifier
    checkpoints = 2
    metrics = {
        "test_accuracy": Metric(direction="max", about="share of test graphs of the right class; guessing has 0.25"),
        "train_accuracy": Metric(
            direction="info", about="share of training graphs with a known class that are put there"
        ),
    }

    batch: ClassVar[int] = 32

    @property
    def shown(self) -> int:
        """Training graphs whose class is known: the first ones."""
        return self.known or self.train

    @abc.abstractmethod
    def drawn(self, key: jax.Array, count: int) -> Labelled:
        """`count` graphs; graph i is of class i modulo CLASSES."""

    def sample(self, key: jax.Array) -> World:
        """Training and test graphs."""
        return split(self.drawn(key, self.train + TESTED), self.train, self.shown)

    def given(self, world: World) -> Labelled:
        """The training set."""
        return world.train

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Batch]:
        """Rows of the training set: of those whose class is known, and as many of all where some are hidden."""
        some = self.shown < self.train
        noise = jax.random.uniform(key, (2 * self.batch if some else self.batch,))
        ends = jnp.concatenate([jnp.full(self.batch, self.shown), jnp.full(len(noise) - self.batch, self.train)])
        return world, Batch(rows=jnp.floor(noise * ends).astype(jnp.int32))

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        known = jax.tree.map(lambda a: a[: self.shown], world.train)
        return {
            "test_accuracy": accuracy(learner.predict(world.test.graphs), world.test.y),
            "train_accuracy": accuracy(learner.predict(known.graphs), known.y),
        }

    def floor(self, world: World) -> Any:
        """One class for all: a quarter of the graphs."""
        first = jax.nn.one_hot(0, CLASSES)
        return SimpleNamespace(predict=lambda graphs: jnp.broadcast_to(first, (len(graphs.mask), CLASSES)))

    def oracle(self, world: World) -> Any:
        """The classes in their turn."""
        return SimpleNamespace(predict=lambda graphs: jax.nn.one_hot(jnp.arange(len(graphs.mask)) % CLASSES, CLASSES))
