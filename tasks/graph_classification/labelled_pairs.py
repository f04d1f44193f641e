"""Pairs of graphs that colour refinement can't tell apart, to be learnt by name.

The ten graphs of the five sparse pairs are the classes, and each is decided between itself and its partner. It is shown
in one numbering and asked for in others. A network that is blind to what tells partners apart stays at one half.
"""

from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.tasks.graph_classification import Batch, Classifier, Labelled, Spec, World, _pairs

PAIRS = "sparse"
NUMBERINGS = 4  # of each graph, in the test set
SHOWN = 2  # pairs of a minibatch
TIE = 1e-3  # partners whose margins differ by less are told apart by rounding alone


class LabelledPairs(Task):
    """Decisions between partners."""

    interface = Classifier
    steps = 400
    checkpoints = 2
    metrics = {
        "pair_accuracy": Metric(
            direction="max",
            about="share of graphs scored higher as themselves than as their partner; alike margins count one half",
        )
    }

    @property
    def spec(self) -> Spec:
        nodes, degree = _pairs.sizes(PAIRS)
        count = 2 * len(_pairs.PAIRS[PAIRS])
        return Spec(
            nodes=nodes,
            features=1,
            relations=1,
            degree=degree,
            classes=count,
            coarse=0,
            train=count,
            known=count,
            batch=2 * SHOWN,
            width=8,
            reach=3,
            pooling="sum",
        )

    def sample(self, key: jax.Array) -> World:
        """One numbering of every graph to learn from, several to be asked for."""
        count = self.spec.classes
        noise = jax.random.uniform(key, (NUMBERINGS + 1, count, self.spec.nodes))
        shuffled = jax.vmap(lambda u: _pairs.shuffled(PAIRS, u))(noise)
        names = jnp.arange(count)
        options = jnp.kron(jnp.eye(count // 2), jnp.ones((2, 2)))
        flat = jax.tree.map(lambda a: a[1:].reshape(-1, *a.shape[2:]), shuffled)
        once = Labelled(graphs=jax.tree.map(lambda a: a[0], shuffled), y=names, coarse=names, options=options)
        again = Labelled(
            graphs=flat,
            y=jnp.tile(names, NUMBERINGS),
            coarse=jnp.tile(names, NUMBERINGS),
            options=jnp.tile(options, (NUMBERINGS, 1)),
        )
        return World(train=once, test=again)

    def given(self, world: World) -> Labelled:
        """One numbering of every graph."""
        return world.train

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Batch]:
        """Random pairs, with both partners."""
        noise = jax.random.uniform(key, (self.spec.classes // 2,))
        pairs = jnp.argsort(noise)[:SHOWN]
        return world, Batch(rows=(2 * pairs[:, None] + jnp.arange(2)[None, :]).ravel())

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        return {"pair_accuracy": pair_accuracy(learner.predict(world.test.graphs))}

    def floor(self, world: World) -> Any:
        """No preference."""
        return SimpleNamespace(predict=lambda graphs: jnp.zeros((len(graphs.mask), self.spec.classes)))

    def oracle(self, world: World) -> Any:
        """The graphs' names, in the order of the test set."""
        return SimpleNamespace(predict=lambda graphs: jax.nn.one_hot(world.test.y, self.spec.classes))


def pair_accuracy(scores: jax.Array) -> jax.Array:
    """Share of right decisions between partners, from scores [m c, c] of m numberings of the c graphs in their order.

    The margin of a graph is the score of its pair's first name minus that of the second.
    """
    count = scores.shape[-1]
    by_graph = scores.reshape(-1, count // 2, 2, count // 2, 2)
    margins = by_graph[..., 0] - by_graph[..., 1]  # [m, pair, which, pair]
    own = jnp.diagonal(margins, axis1=1, axis2=3)  # [m, which, pair]
    right = ((own[:, 0] > 0).astype(jnp.float32) + (own[:, 1] < 0).astype(jnp.float32)) / 2
    return jnp.where(jnp.abs(own[:, 0] - own[:, 1]) < TIE, 0.5, right).mean()
