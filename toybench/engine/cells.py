"""Cells: which (task variant, method variant, budget) there are, and what each depends on."""

import functools
import itertools
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from toybench.errors import PluginError, ToybenchError, UsageError, nearest
from toybench.fields import join_label, knobs, make, split_label
from toybench.plugins import digest, registry
from toybench.plugins.shelf import Shelf

TUNING = 1_000_000  # tuning seeds count up from here; reporting seeds from `Benchmark.first_seed`, below
BUDGETS = {"smoke": (0.02, 2), "quick": (0.25, 4), "full": (1.0, 16)}  # share of the task's steps, reporting seeds


@dataclass(frozen=True)
class Cell:
    """The unit of work, of caching and of failure.

    Attributes:
      task, method: canonical labels without the study.
      tuned: field values chosen by `toybench tune`, applied below those of the label.
      first_seed: where the study's reporting seeds begin; records of earlier seeds are stale once it moves.
      why_not: a sentence where the method can't run on the task; such a cell is recorded as skipped.
    """

    study: str
    task: str
    method: str
    budget: str
    seeds: tuple[int, ...]
    tuned: dict[str, Any] = field(default_factory=dict, hash=False)
    tuning_updates: int = 0
    why_not: str = ""
    first_seed: int = 0

    @property
    def name(self) -> str:
        """`study/task/method`: the record's name."""
        return f"{self.study}/{self.task}/{self.method}"

    @property
    def digest(self) -> str:
        """Hash of what the numbers depend on; imports nothing."""
        task, task_fields = split_label(self.task)
        method, method_fields = split_label(self.method)
        return digest.of(
            (f"{self.study}/{task}", task_fields),
            (f"{self.study}/{method}", {**self.tuned, **method_fields}),
            {"share": BUDGETS[self.budget][0]} | ({"first_seed": self.first_seed} if self.first_seed else {}),
        )

    def build(self) -> tuple[Any, Any, int, int]:
        """(task, method or reference name, steps, checkpoints), ready for `trial.run`."""
        from toybench.engine import trial

        stem, given = split_label(self.task)
        task = make(registry.load("tasks", f"{self.study}/{stem}"), given)
        length = budgeted(task.steps, task.checkpoints, BUDGETS[self.budget][0])
        if "steps" in knobs(type(task)):
            task = replace(task, steps=length)
        stem, given = split_label(self.method)
        if stem in registry.REFERENCES:
            return task, stem, 0, 0
        method = make(registry.load("methods", f"{self.study}/{stem}"), {**self.tuned, **given})
        steps = trial.updates(task, method, length)
        return task, method, steps, task.checkpoints if steps else 0


@dataclass(frozen=True)
class Plan:
    """Cells to run, and plug-ins that can't be loaded: `{name: reason}`."""

    cells: list[Cell]
    broken: dict[str, str]


def budgeted(steps: int, checkpoints: int, share: float) -> int:
    """A share of `steps`, rounded up to a multiple of `checkpoints`."""
    return checkpoints * math.ceil(steps * share / checkpoints) if steps and checkpoints else steps


def plan(
    selectors: Sequence[str] = (), methods: Sequence[str] = (), budget: str = "quick", seeds: int | None = None
) -> Plan:
    """The cells that selectors name: every study, some studies, or `study/task[field=value]`; of all or some methods.

    Planning imports every plug-in of a study, so its plan is kept in the user's cache until a file changes that it
    depends on.

    Raises:
      UsageError: an unknown name, field or value, or fewer than one seed.
    """
    count = _count(budget, seeds)
    wanted = [m.split("/")[-1] for m in methods]
    if wanted:
        _check_methods(wanted, methods, selectors)
    shelf = Shelf()
    cells: dict[str, Cell] = {}
    broken: dict[str, str] = {}
    for study, labels in _asked(selectors).items():
        mine = [label for label in wanted if split_label(label)[0] in _known(study)]
        if wanted and not mine:
            continue
        found = shelf.find(study, [labels, mine], list[Cell])
        if found is None:
            wrong: dict[str, str] = {}
            found = list(_study_cells(study, labels, mine, wrong))
            if not wrong:
                shelf.keep(study, [labels, mine], found)
            broken |= wrong
        for cell in found:
            block = range(cell.first_seed, cell.first_seed + count)
            cells[cell.name] = replace(cell, budget=budget, seeds=tuple(block))
    shelf.close()
    return Plan(cells=list(cells.values()), broken=broken)


def _count(budget: str, seeds: int | None) -> int:
    """How many seeds a cell has."""
    if budget not in BUDGETS:
        raise UsageError(f"there is no budget '{budget}'{nearest(budget, BUDGETS)}; use {', '.join(BUDGETS)}.")
    if seeds is not None and not 1 <= seeds <= 100_000:
        raise UsageError(f"--seeds takes a number from 1 to 100000, got {seeds}; reporting studies use 16.")
    return seeds if seeds is not None else BUDGETS[budget][1]


def _check_methods(wanted: list[str], methods: Sequence[str], selectors: Sequence[str]) -> None:
    studies = {s.split("/")[0] for s in selectors} or set(registry.studies())
    known = set().union(*(_known(study) for study in studies & set(registry.studies())))
    for label, asked in zip(wanted, methods, strict=True):
        stem = split_label(label)[0]
        if stem not in known:
            where = f" in {', '.join(sorted(studies))}" if selectors else ""
            raise UsageError(f"there is no method '{asked}'{where}{nearest(stem, known)}; see `toybench list methods`.")


def _known(study: str) -> set[str]:
    """Names that `--method` may name in a study."""
    return {name.split("/")[1] for name in registry.methods(study)} | set(registry.REFERENCES)


def _asked(selectors: Sequence[str]) -> dict[str, list[str]]:
    """`{study: [task labels]}` of what is asked for; an empty label is the whole study."""
    found: dict[str, list[str]] = {}
    for selector in selectors or registry.studies():
        study, _, label = selector.partition("/")
        registry.tasks(study)
        if label:
            registry.path("tasks", f"{study}/{split_label(label)[0]}")
        found.setdefault(study, []).append(label)
    return found


def _study_cells(study: str, asked: Sequence[str], wanted: list[str], broken: dict[str, str]) -> Iterator[Cell]:
    """Cells of a study without budget and seeds; a whole study comes with the variants that its benchmark names."""
    broken |= {} if wanted else registry.misnamed(study)
    for label in itertools.chain.from_iterable([label] if label else _labels(study, broken) for label in asked):
        try:
            found = list(_task_cells(study, label, wanted, broken))
        except PluginError as error:
            broken[f"{study}/{label}"] = str(error)
        else:
            yield from found


def _labels(study: str, broken: dict[str, str]) -> list[str]:
    """Labels of all tasks of a study."""
    stems = [name.split("/")[1] for name in registry.tasks(study)]
    try:
        return stems + list(registry.benchmark(study).variants)
    except PluginError as error:
        broken[f"benchmarks/{study}"] = str(error)
        return stems


def _task_cells(study: str, label: str, wanted: list[str], broken: dict[str, str]) -> Iterator[Cell]:
    from toybench.protocol import unanswered

    stem, given = split_label(label)
    cls = registry.load("tasks", f"{study}/{stem}")
    task, label = make(cls, given), join_label(stem, cls, given)
    references = [r for r in registry.REFERENCES if getattr(cls, r) is not None]
    benchmark = registry.benchmark(study)
    cell = functools.partial(Cell, study, label, budget="", seeds=(), first_seed=benchmark.first_seed)
    labels = wanted or references + [m.split("/")[1] for m in registry.methods(study)] + list(benchmark.ablations)
    only = benchmark.only.get(label)
    for chosen in labels:
        name, fields = split_label(chosen)
        if name in registry.REFERENCES:
            if name in references:
                yield cell(name)
            continue
        if only is not None and not wanted and chosen not in only:
            continue
        try:
            method = registry.load("methods", f"{study}/{name}")
        except PluginError as error:
            broken[f"{study}/{name}"] = str(error)
            continue
        canonical = join_label(name, method, fields, defaults=True)
        missing = unanswered(method, cls.interface)
        if not missing:
            chosen_values, spent = tuned(study, label, name)
            why = make(method, {**chosen_values, **fields}).fits(task.spec) or ""
            yield cell(canonical, tuned=chosen_values, tuning_updates=spent, why_not=why)
        elif wanted:
            why = f"{study}/{name} has no {' or '.join(missing)}, which {stem} asks for"
            yield cell(canonical, why_not=why)


def tuned_file(study: str, root: Path | None = None) -> Path:
    """Where the chosen hyperparameters of a study are committed."""
    return (root or registry.HOME) / "benchmarks" / "tuned" / f"{study}.json"


def tuned(study: str, task: str, method: str) -> tuple[dict[str, Any], int]:
    """(chosen field values, updates spent on choosing) of a method on a task; empty where it wasn't tuned.

    A variant that wasn't tuned itself takes the values of the plain task.
    """
    known = _tuned(study)
    entry = known.get(f"{task}/{method}") or known.get(f"{split_label(task)[0]}/{method}", {})
    return dict(entry.get("fields", {})), int(entry.get("updates", 0))


@functools.cache
def _tuned(study: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for root in registry.roots():
        file = tuned_file(study, root)
        if file.is_file():
            try:
                found |= json.loads(file.read_text())
            except (ValueError, OSError) as error:
                raise ToybenchError(f"{file} can't be read ({error}); restore it or run `toybench tune`.") from None
    return found


def forget_tuned() -> None:
    """Read the tuned values anew: they were just written."""
    _tuned.cache_clear()
