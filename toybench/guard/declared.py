"""What claims name: papers, tasks, methods, variants, metrics and cells that exist."""

from collections.abc import Collection, Iterator

from toybench.claim import Better, Claim, Condition, sides
from toybench.errors import ToybenchError, nearest
from toybench.evidence import papers
from toybench.fields import make, split_label
from toybench.plugins import registry
from toybench.protocol import unanswered


def problems(study: str, claim: Claim, planned: Collection[str]) -> list[str]:
    """Sentences about what a claim names and what isn't there.

    Args:
      planned: names of the cells that run with the study.
    """
    found = []
    if claim.paper not in papers.index():
        close = nearest(claim.paper, papers.index())
        found.append(f"there is no paper '{claim.paper}'{close}; add it to benchmarks/papers.json.")
    for condition in claim.conditions:
        found += _condition(study, condition, planned)
    return list(dict.fromkeys(found))


def _condition(study: str, condition: Condition, planned: Collection[str]) -> Iterator[str]:
    tasks, methods = sides(condition)
    for label in tasks:
        try:
            task = _made("tasks", study, label)
        except ToybenchError as error:
            yield str(error)
            continue
        yield from _metric(f"{study}/{label}", condition, task)
        for method in methods:
            yield from _cell(study, label, method, task, planned)


def _made(kind: str, study: str, label: str) -> type:
    """The class that a label names, after trying to make it.

    Raises:
      ToybenchError: there is none, or not with these fields.
    """
    stem, given = split_label(label)
    found: type = registry.load(kind, f"{study}/{stem}")
    make(found, given)
    return found


def _metric(name: str, condition: Condition, task: type) -> Iterator[str]:
    metrics = task.metrics  # type: ignore[attr-defined]
    chosen = condition.metric or next(iter(metrics))
    if chosen not in metrics:
        yield f"{name} has no metric '{chosen}'{nearest(chosen, metrics)}; it has {', '.join(metrics)}."
    elif isinstance(condition, Better) and metrics[chosen].direction == "info":
        yield f"nothing is better by '{chosen}' of {name}, which has no direction; use Bound, Equivalent or Trend."


def _cell(study: str, task: str, method: str, cls: type, planned: Collection[str]) -> Iterator[str]:
    """What hinders a method on a task."""
    name = f"{study}/{task}/{method}"
    if split_label(method)[0] not in registry.REFERENCES:
        try:
            missing = unanswered(_made("methods", study, method), cls.interface)  # type: ignore[attr-defined]
        except ToybenchError as error:
            yield str(error)
            return
        if missing:
            yield f"{study}/{method} has no {' or '.join(missing)}, which {task} asks for."
            return
    if name not in planned:
        yield f"{name} is no cell that runs{nearest(name, planned)}; name its variants in benchmarks/{study}.py."
