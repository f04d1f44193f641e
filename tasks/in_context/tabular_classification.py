"""Small classification tables: which answers can a network give that was trained on made-up tables only?

The stream holds freshly drawn tables of two pretraining laws, random structural causal models and random trees; a
method uses those that its prior names, or none. At the end a learner meets fresh tables of both laws, and of laws
that nobody was trained on: two smooth ones (Gaussian classes, a disc) and four with intricate boundaries (XOR,
checkerboards, rotated stripes, spirals). It isolates what the pretraining law gives to an in-context classifier.

Sizes: 2 features, 2 classes, 32 context and 16 query rows; 16 tables of each law a step; 48 test tables a law.
"""

from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.tasks.in_context._tabular import LAWS, Pretraining, TableClassifier, Tables, TabularSpec, tables

SMOOTH, COMPLEX = ("gaussians", "disc"), ("xor", "checkerboard", "stripes", "spirals")


class TabularClassification(Task):
    """Rows are standardised by the context's statistics for everyone."""

    features: int = 2
    context: int = 32  # labelled rows
    queries: int = 16  # rows to classify
    batch: int = 16  # tables of each pretraining law a step
    test: int = 48  # test tables a law

    interface = TableClassifier
    steps = 800
    metrics = {
        "accuracy_mean": Metric("max", "query accuracy, mean over the eight laws"),
        "accuracy_smooth": Metric("max", "on Gaussian classes and discs, which nobody trains on"),
        "accuracy_complex": Metric("max", "on XOR, checkerboards, stripes and spirals, which nobody trains on"),
        **{f"accuracy_{law}": Metric("max", f"on fresh tables of the law '{law}'") for law in LAWS},
    }

    @property
    def spec(self) -> TabularSpec:
        return TabularSpec(self.context, self.queries, self.features)

    def tables(self, law: str, key: jax.Array, count: int) -> Tables:
        """`count` tables of a law, at the task's sizes."""
        return tables(law, key, count, self.context, self.queries, self.features)

    def sample(self, key: jax.Array) -> Tables:
        """Test tables of every law, stacked in their order: rows [laws * n, r, f]."""
        keys = jax.random.split(key, len(LAWS))
        drawn = [self.tables(law, k, self.test) for law, k in zip(LAWS, keys, strict=True)]
        return jax.tree.map(lambda *x: jnp.concatenate(x), *drawn)

    def draw(self, world: Tables, key: jax.Array, learner: Any) -> tuple[Tables, Pretraining]:
        """Fresh tables of the two pretraining laws."""
        a, b = jax.random.split(key)
        return world, Pretraining(scm=self.tables("scm", a, self.batch), forest=self.tables("forest", b, self.batch))

    def evaluate(self, world: Tables, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        c = self.context
        chance = learner.classify(world.x[:, :c], world.y[:, :c], world.x[:, c:])
        right = (jnp.asarray(chance) > 0.5) == (world.y[:, c:] > 0.5)
        law = dict(zip(LAWS, right.reshape(len(LAWS), -1).astype(jnp.float32).mean(1), strict=True))

        def over(names: Any) -> jax.Array:
            return jnp.stack([law[n] for n in names]).mean()

        groups = {"mean": over(LAWS), "smooth": over(SMOOTH), "complex": over(COMPLEX)}
        return {f"accuracy_{name}": value for name, value in (groups | law).items()}

    def floor(self, world: Tables) -> Any:
        """The majority class of the context."""

        def classify(x: jax.Array, y: jax.Array, query: jax.Array) -> jax.Array:
            return jnp.broadcast_to(y.mean(1, keepdims=True), query.shape[:2])

        return SimpleNamespace(classify=classify)
