"""Which of the planned cells a run takes: those whose names match a pattern, or those that claims are about."""

import fnmatch
import re
from collections.abc import Iterable, Sequence

from toybench.claim import cells_of
from toybench.engine.cells import Cell
from toybench.errors import UsageError, nearest
from toybench.fields import split_label
from toybench.plugins import registry


def matching(cells: Sequence[Cell], patterns: Sequence[str]) -> list[Cell]:
    """Cells whose names `study/task/method` match one of the patterns; all of them where there is no pattern.

    In a pattern `*` stands for anything, `?` for one character; brackets stand for themselves, as labels have them.

    Raises:
      UsageError: a pattern matches nothing.
    """
    if not patterns:
        return list(cells)
    rules = {p: re.compile(fnmatch.translate(p.replace("[", "[[]"))) for p in patterns}
    for pattern, rule in rules.items():
        if not any(rule.match(c.name) for c in cells):
            near = nearest(pattern, [c.name for c in cells])
            raise UsageError(
                f"no cell matches '{pattern}'{near}; a cell's name is study/task/method, and * is anything."
            )
    return [c for c in cells if any(rule.match(c.name) for rule in rules.values())]


def claimed(cells: Iterable[Cell]) -> list[Cell]:
    """Cells that some claim is about, with the floors and oracles that effects are measured against."""
    found = list(cells)
    wanted = {
        name
        for study in dict.fromkeys(c.study for c in found)
        for claim in registry.benchmark(study).claims
        for condition in claim.conditions
        for name in cells_of(study, condition)
    }
    tasks = {name.rsplit("/", 1)[0] for name in wanted}
    ends = {c.name for c in found if split_label(c.method)[0] in registry.REFERENCES and f"{c.study}/{c.task}" in tasks}
    return [c for c in found if c.name in wanted | ends]
