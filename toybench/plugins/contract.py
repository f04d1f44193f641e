"""What a Task or Method class must be: checked where it is loaded, so that no cell runs on a mistake."""

import re
from collections.abc import Mapping
from typing import Any, get_args

from toybench import fields
from toybench.protocol import Kind, Method, Metric, Task

MOST_CHECKPOINTS = 50  # every budget has at least one update for each of them
_METRIC = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def problem(cls: type[Task] | type[Method]) -> str:
    """What is wrong with a class, in one sentence; empty where nothing is."""
    missing = ", ".join(sorted(getattr(cls, "__abstractmethods__", ())))
    if missing:
        return f"{cls.__name__} doesn't define {missing}."
    wrong = _fields(cls)
    if issubclass(cls, Task):
        wrong = wrong or _metrics(cls) or _declared(cls) or values(cls())
    return wrong


def values(task: Task) -> str:
    """What is wrong with a task's spec, steps and checkpoints, in one sentence; empty where nothing is."""
    hash(task.spec)
    steps = task.steps
    checkpoints = task.checkpoints
    if not _whole(steps) or steps < 0:
        return f"{type(task).__name__} has steps={steps!r}; give a whole number of updates, 0 or more."
    if not _whole(checkpoints) or not min(steps, 1) <= checkpoints <= MOST_CHECKPOINTS:
        what = f"{type(task).__name__} has checkpoints={checkpoints!r} in {steps} steps"
        return f"{what}; give a whole number from {min(steps, 1)} to {MOST_CHECKPOINTS}."
    return ""


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _fields(cls: type[Task] | type[Method]) -> str:
    base = Task if issubclass(cls, Task) else Method
    for name, field in fields.knobs(cls).items():
        what = f"field '{name}' of {cls.__name__}"
        kind = fields.kind(field)
        if hasattr(base, name) and (base, name) != (Task, "steps"):
            return f"{what} has the name of a part of the protocol; rename it."
        if kind not in fields.KINDS:
            return f"{what} is of type {kind}; a field is one of {', '.join(fields.KINDS)}."
        if not fields.is_plain(kind, field.default):
            return f"{what} is of type {kind}, its default is {field.default!r}; give a plain value of that type."
    return ""


def _metrics(cls: type[Task]) -> str:
    metrics = getattr(cls, "metrics", None)
    if not isinstance(metrics, Mapping) or not metrics:
        return f"{cls.__name__} has no metrics; declare them, `metrics = {{'mse': Metric('min', 'squared error')}}`."
    for name, metric in metrics.items():
        if not isinstance(metric, Metric):
            return f"metric {name!r} of {cls.__name__} is {metric!r}; give it a toybench.Metric."
        if not isinstance(name, str) or not _METRIC.fullmatch(name):
            return f"metric {name!r} of {cls.__name__} can't be a name; use letters, digits and '_'."
    return ""


def _declared(cls: type[Task]) -> str:
    if not isinstance(getattr(cls, "interface", None), type):
        return f"{cls.__name__} has no interface; set it to the study's Protocol."
    if cls.kind not in get_args(Kind):
        return f"{cls.__name__} is of kind {cls.kind!r}; use {', '.join(get_args(Kind))}."
    return ""
