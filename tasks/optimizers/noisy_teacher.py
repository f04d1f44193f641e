"""Train a network past the point of overfitting, on a grid of learning rates and weight decays.

Isolates whether the best decay depends on the learning rate. 200 examples with noisy labels, of inputs whose columns
have very different scales, so that the gradients of weights do; a student as wide as its teacher fits the noise
unless decay holds it back. The teacher reads the scaled columns, so that those with small gradients matter least, or
(`aligned=false`) the columns before scaling, so that all matter alike. All 6 x 7 runs are side by side in a cell, and
a decay is chosen for each rate on 2,000 validation points. 1,000 steps.
"""

import math
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.descent import Problem, Start
from toybench.blocks.random import normals, uniforms
from toybench.tasks.optimizers import Optimizer

RATES = tuple(3.0**i for i in (-2, -1, 0, 1, 2, 3))  # times a rule's own rate
DECAYS = tuple(10 * 3.0**i for i in (-3, -2, -1, 0, 1, 2, 3))  # times a rule's own decay
CENTRE = RATES.index(1.0) * len(DECAYS) + DECAYS.index(10.0)
USEFUL = 2.0  # a rate counts where its best validation loss is at most so many times the best of all
VALIDATION = 2000  # points
TEST = 4000  # points
WORST = 1e6  # losses count as at most this much, those of a run that diverged too


class Examples(NamedTuple):
    """Inputs [b, d] and labels [b]."""

    inputs: jax.Array
    labels: jax.Array


class World(NamedTuple):
    """Training, validation and test examples; the starting weights."""

    train: Examples
    validation: Examples
    test: Examples
    start: dict[str, jax.Array]


@dataclass(frozen=True)
class TeacherProblem(Problem):
    """Squared error of a network with one hidden layer."""

    roles = ("vector", "linear", "head", "vector")

    def losses(self, weights: dict[str, jax.Array], batch: Examples) -> jax.Array:
        return (forward(weights, batch.inputs) - batch.labels) ** 2


class NoisyTeacher(Task):
    """Regression on the labels of a random network with one hidden layer."""

    width: int = 64  # hidden units, of teacher and student
    inputs: int = 20  # columns
    examples: int = 200  # in training
    batch: int = 50  # examples a step
    scale: float = 1.0  # a column's scale lies between 10^-scale and 10^scale, at random
    aligned: bool = True  # the teacher reads the columns as the student does; false: before they are scaled
    noise: float = 0.5  # standard deviation of a label's noise, over that of the teacher's answers

    interface = Optimizer
    steps = 1000
    checkpoints = 4
    metrics = {
        "best_test_loss": Metric("min", "squared error on test points, without noise, at the best rate and decay"),
        "decay_drift": Metric("min", "standard deviation over rates of log10 of the best decay, decades"),
        "decay_slope": Metric("zero", "slope of log10 of the best decay against log10 of the rate"),
        "counted_rates": Metric("info", "rates whose best loss is at most twice the best of all"),
        "centre_loss": Metric("info", "squared error on test points at the rule's own rate and the middle decay"),
        "best_rate": Metric("info", "log10 of the best rate, relative to the rule's own"),
    }

    @property
    def spec(self) -> TeacherProblem:
        return TeacherProblem(rates=RATES, decays=DECAYS)

    def sample(self, key: jax.Array) -> World:
        for_points, for_scales = jax.random.split(key)
        hidden = (self.inputs, self.width)
        counts = {"train": self.examples, "validation": VALIDATION, "test": TEST}
        shapes = {name: (count, self.inputs + 1) for name, count in counts.items()}
        networks = {"teacher": hidden, "teacher_out": (self.width,), "student": hidden, "student_out": (self.width,)}
        drawn = normals(for_points, **shapes, **networks)
        scales = 10.0 ** (self.scale * (2 * uniforms(for_scales, scales=(self.inputs,))["scales"] - 1))
        teacher = network(drawn["teacher"], drawn["teacher_out"])
        reading = scales if self.aligned else jnp.ones_like(scales)
        size = forward(teacher, drawn["validation"][:, :-1] * reading[None]).std()

        def examples(points: jax.Array, noise: float) -> Examples:
            columns = points[:, :-1]
            answers = forward(teacher, columns * reading[None]) / size
            return Examples(inputs=columns * scales[None], labels=answers + noise * points[:, -1])

        return World(
            train=examples(drawn["train"], self.noise),
            validation=examples(drawn["validation"], 0.0),
            test=examples(drawn["test"], 0.0),
            start=network(drawn["student"], drawn["student_out"]),
        )

    def given(self, world: World) -> Start:
        return Start(weights=world.start)

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Examples]:
        """Training examples, drawn with replacement."""
        chosen = jax.random.randint(key, (self.batch,), 0, self.examples)
        return world, jax.tree.map(lambda column: column[chosen], world.train)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        grid = jax.tree.map(lambda leaf: leaf[:-1], learner.weights())
        shape = (len(RATES), len(DECAYS))
        validation = jax.vmap(lambda weights: error(weights, world.validation))(grid).reshape(shape)
        test = jax.vmap(lambda weights: error(weights, world.test))(grid).reshape(-1)
        best = jnp.argmin(validation)
        decays, counted = best_decays(validation)
        rates = jnp.log10(jnp.array(RATES))
        return {
            "best_test_loss": test[best],
            "decay_drift": jnp.sqrt(mean_over(counted, (decays - mean_over(counted, decays)) ** 2)),
            "decay_slope": slope(counted, rates, decays),
            "counted_rates": counted.sum().astype(jnp.float32),
            "centre_loss": test[CENTRE],
            "best_rate": rates[best // len(DECAYS)],
        }

    def floor(self, world: World) -> Any:
        """Answers 0."""
        return SimpleNamespace(weights=lambda: stacked(jax.tree.map(jnp.zeros_like, world.start)))


def network(hidden: jax.Array, out: jax.Array) -> dict[str, jax.Array]:
    """Weights of a network from normal draws [d, h] and [h], in He's scaling."""
    inputs, width = hidden.shape
    return {
        "b1": jnp.zeros(width),
        "w1": hidden * (2 / inputs) ** 0.5,
        "w2": out[:, None] * (2 / width) ** 0.5,
        "z": jnp.zeros(1),
    }


def forward(weights: dict[str, jax.Array], inputs: jax.Array) -> jax.Array:
    """Answers [b] to inputs [b, d]."""
    hidden = jax.nn.relu(inputs @ weights["w1"] + weights["b1"][None])
    return (hidden @ weights["w2"])[:, 0] + weights["z"]


def error(weights: dict[str, jax.Array], examples: Examples) -> jax.Array:
    """Mean squared error: float [], WORST where it isn't finite."""
    found = ((forward(weights, examples.inputs) - examples.labels) ** 2).mean()
    return jnp.where(jnp.isfinite(found), jnp.minimum(found, WORST), WORST)


def best_decays(losses: jax.Array) -> tuple[jax.Array, jax.Array]:
    """(log10 of the best decay [rates], which rates count) of losses [rates, decays].

    The best decay is the lowest point of the parabola through the logarithms of the best loss and its neighbours; a
    rate counts if its best loss is useful.
    """
    row = jnp.arange(len(RATES))
    middle = jnp.clip(jnp.argmin(losses, axis=1), 1, len(DECAYS) - 2)
    before = jnp.log(losses[row, middle - 1])
    at = jnp.log(losses[row, middle])
    after = jnp.log(losses[row, middle + 1])
    bend = before - 2 * at + after
    shift = jnp.where(bend > 0, (before - after) / (2 * jnp.where(bend > 0, bend, 1.0)), jnp.sign(before - after))
    places = middle.astype(jnp.float32) + jnp.clip(shift, -1.0, 1.0)
    first = math.log10(DECAYS[0])
    return first + (math.log10(DECAYS[1]) - first) * places, losses.min(1) <= USEFUL * losses.min()


def mean_over(counted: jax.Array, values: jax.Array) -> jax.Array:
    """Mean of the values that count; one at least does."""
    return jnp.where(counted, values, 0.0).sum() / counted.sum().astype(jnp.float32)


def slope(counted: jax.Array, x: jax.Array, y: jax.Array) -> jax.Array:
    """Slope of the least-squares line through the points that count; 0 through a single one."""
    across = x - mean_over(counted, x)
    along = mean_over(counted, across**2)
    return jnp.where(along > 0, mean_over(counted, across * y) / jnp.where(along > 0, along, 1.0), 0.0)


def stacked(weights: dict[str, jax.Array]) -> dict[str, jax.Array]:
    """The same weights for every state of the grid."""
    states = len(RATES) * len(DECAYS) + 1
    return jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (states, *leaf.shape)), weights)
