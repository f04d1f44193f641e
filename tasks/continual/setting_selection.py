"""Which hyperparameters does a continual learner get, and what does choosing them on the evaluation stream pretend?

Four replay learners are trained with `settings` random settings each (the first is the default one), on a stream for
tuning and on a stream of other classes from the same generator, the evaluation stream. A selector sees both tables of
accuracy and picks a setting for each learner; what would be published is its accuracy in the evaluation table. The
truth is the accuracy of the same setting in another run on the evaluation stream, with another initialisation, other
minibatches and other examples kept. Streams have 5 sessions of 2 classes in 16 dimensions, 50 examples a class, 5 of
which are kept; networks 16-24-24-10, 60 updates of 8 + 8 a session.
"""

import dataclasses
import functools
from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.tasks.continual._replayers import DERPP, ER, ERLogitAdjust, Kept, LwFER, Replayer
from toybench.tasks.continual._selection import Selector, Tables, TableSpec, spearman
from toybench.tasks.continual.class_incremental import ClassIncremental

STREAM = {"inputs": 16, "sessions": 5, "fresh": 2, "examples": 50, "memory": 5, "updates": 60, "batch": 8}
HIDDEN = 24  # units of each hidden layer
# (low, high) of each field, and whether it is searched on a logarithmic scale
LEARNERS = (
    (ER, {"lr": (3e-4, 3e-2, True), "balance": (0.0, 1.0, False)}),
    (ERLogitAdjust, {"lr": (3e-4, 3e-2, True), "tau": (0.0, 2.0, False)}),
    (LwFER, {"lr": (3e-4, 3e-2, True), "weight": (0.1, 10.0, True), "balance": (0.0, 1.0, False)}),
    (DERPP, {"lr": (3e-4, 3e-2, True), "alpha": (0.03, 3.0, True), "beta": (0.1, 3.0, True)}),
)


class World(NamedTuple):
    """The tables that are shown, and accuracies [k, s] of other runs on the evaluation stream."""

    shown: Tables
    again: jax.Array


class SettingSelection(Task):
    """Pick hyperparameters from tables of accuracy."""

    settings: int = 12  # random settings of each learner

    interface = Selector
    steps = 0
    metrics = {
        "true_accuracy": Metric("max", "accuracy of the picked settings in another run, mean over learners"),
        "published_accuracy": Metric("max", "accuracy of the picked settings in the evaluation table"),
        "reported_minus_true": Metric("min", "published accuracy less the true one: what picking by luck adds"),
        "overstatement": Metric("min", "published accuracy less the true one of settings tuned on the other stream"),
        "rank_correlation": Metric(
            "max",
            "of the learners by published accuracy and by the true accuracy of settings tuned on the other stream",
        ),
    }

    @property
    def spec(self) -> TableSpec:
        return TableSpec(len(LEARNERS), self.settings)

    def sample(self, key: jax.Array) -> World:
        """Two streams, random settings, and three runs of each setting."""
        streams, search, runs = jax.random.split(key, 3)
        task = ClassIncremental(**STREAM)
        tuning, evaluation = (task.sample(k) for k in jax.random.split(streams))
        courses = jax.tree.map(lambda a, b: jnp.stack([a, b, b]), tuning, evaluation)
        u = jax.random.uniform(search, (len(LEARNERS), 3, self.settings))
        rows = []
        for i, (learner, box) in enumerate(LEARNERS):
            default = learner(spec=task.spec, hidden=HIDDEN)
            settings = {name: searched(u[i, j], *box[name], getattr(default, name)) for j, name in enumerate(box)}
            noise = jax.random.split(jax.random.fold_in(runs, i), (3, self.settings))
            rows.append(accuracies(task, default, settings, courses, noise))
        tables = jnp.stack(rows, 1)  # [run, k, s]
        return World(shown=Tables(tuning=tables[0], evaluation=tables[1]), again=tables[2])

    def given(self, world: World) -> Tables:
        """The tables that a selector sees."""
        return world.shown

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        picked, transferred = learner.pick(), jnp.argmax(world.shown.tuning, -1)
        published, true = at(world.shown.evaluation, picked), at(world.again, picked)
        revised = at(world.again, transferred)
        return {
            "true_accuracy": true.mean(),
            "published_accuracy": published.mean(),
            "reported_minus_true": (published - true).mean(),
            "overstatement": (published - revised).mean(),
            "rank_correlation": spearman(published, revised),
        }

    def floor(self, world: World) -> Any:
        """A random setting of each learner."""
        return SimpleNamespace(pick=lambda: jnp.full(len(LEARNERS), self.settings - 1))

    def oracle(self, world: World) -> Any:
        """The settings that do best in the run that is the truth."""
        return SimpleNamespace(pick=lambda: jnp.argmax(world.again, -1))


def at(table: jax.Array, picked: jax.Array) -> jax.Array:
    """The entry of each row [k, s] that was picked, int32 [k]: [k]."""
    return jnp.take_along_axis(table, picked[:, None], axis=-1)[:, 0]


def searched(u: jax.Array, low: float, high: float, logarithmic: bool, default: float) -> jax.Array:
    """Values of a field from uniform draws [s]; the first is the default."""
    value = low * (high / low) ** u if logarithmic else low + (high - low) * u
    return value.at[0].set(default)


def accuracies(
    task: Any, default: Replayer, settings: dict[str, jax.Array], courses: Any, keys: jax.Array
) -> jax.Array:
    """Average incremental accuracy [runs, s] of a learner with each setting on each of the courses."""

    def once(values: dict[str, jax.Array], course: Any, key: jax.Array) -> jax.Array:
        learner: Any = dataclasses.replace(default, **values)  # type: ignore[arg-type]  # traced fields
        start, rest = jax.random.split(key)

        def asked(state: Kept) -> Any:
            return SimpleNamespace(session_scores=functools.partial(learner.session_scores, state))

        def session(carry: tuple, key: jax.Array) -> tuple[tuple, None]:
            course, state = carry
            shown, learn = jax.random.split(key)
            course, batch = task.draw(course, shown, asked(state))
            return (course, learner.update(state, batch, learn)), None

        carry = (course, learner.init(start))
        (course, state), _ = jax.lax.scan(session, carry, jax.random.split(rest, task.sessions))
        return task.evaluate(course, start, asked(state))["average_incremental_accuracy"]

    each = jax.vmap(once, (0, None, 0))
    return jax.vmap(each, (None, 0, 0))(settings, courses, keys)
