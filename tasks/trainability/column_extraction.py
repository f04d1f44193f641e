"""Train a network of columns, then throw all but the deepest column away.

Isolates whether drop-path makes a column a network of its own. A network without columns is extracted whole: what a
plain stack of the column's depth, with all the parameters, comes to.
"""

from typing import Any

import jax

from toybench import Metric
from toybench.tasks.trainability import Extractable, Teacher, TeacherTask, World, cross_entropy, error_rate


class ColumnExtraction(TeacherTask):
    """Error of the deepest column alone, and of the whole."""

    depth: int = 16  # layers of the deepest column between the first and the last layer

    interface = Extractable
    metrics = {
        "single_column_error": Metric(direction="min", about="share of fresh points that the column alone gets wrong"),
        "ensemble_error": Metric(direction="min", about="share of fresh points that the whole network gets wrong"),
        "train_loss": Metric(direction="min", about="cross-entropy of the whole network on fresh points, nats"),
    }

    def guide(self, teacher: Teacher, key: jax.Array) -> Any:
        return ()

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        logits = learner.predict(world.test.x)
        return {
            "single_column_error": error_rate(learner.predict_column(world.test.x), world.test.y),
            "ensemble_error": error_rate(logits, world.test.y),
            "train_loss": cross_entropy(logits, world.test.y),
        }
