"""Cells: which (task variant, method variant, budget) there are, and what each depends on."""

import functools
import itertools
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from toybench.claim import Benchmark
from toybench.errors import PluginError, ToybenchError, UsageError, nearest
from toybench.fields import join_label, knobs, make, split_label
from toybench.plugins import digest, registry
from toybench.plugins.shelf import Shelf

TUNING = 1_000_000  # tuning seeds count up from here; reporting seeds from `Benchmark.first_seed`, below
T = TypeVar("T")
BUDGETS = {"smoke": (0.02, 2), "quick": (0.25, 4), "full": (1.0, 16)}  # share of the task's steps, reporting seeds


@dataclass(frozen=True)
class Cell:
    """The unit of work, of caching and of failure.

    Attributes:
      task, method: canonical labels without the study.
      tuned: field values chosen by `toybench tune`, applied below those of the label.
      first_seed: where the study's reporting seeds begin; records of earlier seeds are stale once it moves.
      why_not: a sentence where the method can't run on the task; such a cell is skipped.
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
    """Cells to run.

    Attributes:
      broken: plug-ins that can't be used, `{name: reason}`.
      notes: sentences on plug-ins that can be, and do something else than their author may have meant.
    """

    cells: list[Cell]
    broken: dict[str, str]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Kept:
    """What is kept of a study's plan without broken plug-ins: cells without budget and seeds."""

    cells: list[Cell]
    notes: list[str]


@dataclass
class _Draft:
    """A study's plan that is being made: cells without budget and seeds.

    Attributes:
      wanted: labels of the methods that were asked for; empty: all.
      lacking: what a method doesn't answer, of the first task that asks it: `{method: sentence}`.
    """

    study: str
    wanted: list[str]
    cells: list[Cell] = field(default_factory=list)
    broken: dict[str, str] = field(default_factory=dict)
    lacking: dict[str, str] = field(default_factory=dict)

    def unanswering(self) -> list[str]:
        """A sentence for every method that answers none of the tasks."""
        running = {split_label(cell.method)[0] for cell in self.cells}
        return [f"{why}; it runs on no task." for name, why in self.lacking.items() if name not in running]

    def attempt(self, name: str, asked: bool, make: Callable[..., T], *args: Any) -> T | None:
        """What `make` gives; where a plug-in's mistake is in the way that costs a row of this name, and there is none.

        What was `asked` for and can't be is raised.
        """
        try:
            return make(*args)
        except PluginError as error:
            self.broken[name] = str(error)
        except UsageError as error:
            if asked:
                raise
            self.broken[name] = str(error)
        except ToybenchError:
            raise
        except (Exception, SystemExit) as error:
            self.broken[name] = f"{type(error).__name__}: {error}"
        return None


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
    notes: list[str] = []
    for study, labels in _asked(selectors).items():
        mine = [label for label in wanted if split_label(label)[0] in _known(study)]
        if wanted and not mine:
            continue
        found = shelf.find(study, [labels, mine], _Kept)
        if found is None:
            draft = _draft(study, labels, mine)
            whole = "" in labels and not mine
            told = registry.imports_told(study) + (draft.unanswering() if whole else [])
            found = _Kept(cells=draft.cells, notes=told)
            if not draft.broken:
                shelf.keep(study, [labels, mine], found)
            broken |= draft.broken
        notes += found.notes
        for cell in found.cells:
            block = range(cell.first_seed, cell.first_seed + count)
            cells[cell.name] = replace(cell, budget=budget, seeds=tuple(block))
    shelf.close()
    return Plan(cells=list(cells.values()), broken=broken, notes=tuple(notes))


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


def _draft(study: str, asked: Sequence[str], wanted: list[str]) -> _Draft:
    """The plan of a study; the whole study comes with the variants that its benchmark names."""
    draft = _Draft(study=study, wanted=wanted)
    draft.broken |= {} if wanted else registry.misnamed(study)
    page = draft.attempt(f"benchmarks/{study}", False, registry.benchmark, study)
    if page is None:
        return draft
    every = [name.split("/")[1] for name in registry.tasks(study)] + list(page.variants)
    only = draft.attempt(f"benchmarks/{study}", False, _only, study, page, every)
    if only is None:
        return draft
    for label in itertools.chain.from_iterable([label] if label else every for label in asked):
        task = draft.attempt(f"{study}/{label}", label in asked, _task, study, label)
        if task is not None:
            _add_methods(draft, task, label, page, only)
    return draft


def _only(study: str, page: Benchmark, labels: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The methods that a page names for its tasks, by the tasks' labels as cells have them.

    Raises:
      UsageError: it names a task that is neither a plain one of the study nor among its variants.
    """
    known = {_canonical(study, label) for label in labels}
    found = {_canonical(study, label): methods for label, methods in page.only.items()}
    for label in found:
        if label not in known:
            raise UsageError(
                f"benchmarks/{study}: `only` names '{label}'{nearest(label, known)}, which is no task of the study; "
                "name it in `variants`, or take it out."
            )
    return found


def _canonical(study: str, label: str) -> str:
    """A task's label with its fields in the order of the class; as it is where there is no such task."""
    stem, given = split_label(label)
    if f"{study}/{stem}" not in registry.tasks(study):
        return label
    try:
        return join_label(stem, registry.load("tasks", f"{study}/{stem}"), given)
    except (PluginError, UsageError):  # its own row says so
        return label


def _task(study: str, label: str) -> Any:
    """A task variant."""
    from toybench.plugins import contract  # brings JAX

    stem, given = split_label(label)
    task = make(registry.load("tasks", f"{study}/{stem}"), given)
    if wrong := contract.values(task):
        raise UsageError(f"{study}/{label}: {wrong}")
    return task


def _add_methods(draft: _Draft, task: Any, label: str, page: Benchmark, only: Mapping[str, Sequence[str]]) -> None:
    """Every cell of a task variant."""
    stem, given = split_label(label)
    label = join_label(stem, type(task), given)
    references = [r for r in registry.REFERENCES if getattr(type(task), r) is not None]
    methods = [m.split("/")[1] for m in registry.methods(draft.study)] + list(page.ablations)
    named = only.get(label, methods)
    for chosen in draft.wanted or references + [m for m in methods if m in named]:
        name = split_label(chosen)[0]
        cell = Cell(study=draft.study, task=label, method=name, budget="", seeds=(), first_seed=page.first_seed)
        if name in references:
            draft.cells.append(cell)
        if name not in registry.REFERENCES:
            draft.attempt(f"{draft.study}/{name}", bool(draft.wanted), _add_method, draft, cell, task, chosen)


def _add_method(draft: _Draft, cell: Cell, task: Any, chosen: str) -> None:
    """The cell of a method variant, where it answers the task or was asked for; `cell` says which task."""
    from toybench.protocol import unanswered

    name, fields = split_label(chosen)
    method = registry.load("methods", f"{cell.study}/{name}")
    label = join_label(name, method, fields, defaults=True)
    missing = unanswered(method, type(task).interface)
    if not missing:
        values, spent = tuned(cell.study, cell.task, name)
        why = make(method, {**values, **fields}).fits(task.spec) or ""
        draft.cells.append(replace(cell, method=label, tuned=values, tuning_updates=spent, why_not=why))
        return
    why = f"{cell.study}/{name} has no {' or '.join(missing)}, which {split_label(cell.task)[0]} asks for"
    draft.lacking.setdefault(name, why)
    if draft.wanted:
        draft.cells.append(replace(cell, method=label, why_not=why))


def tuned_file(study: str, root: Path | None = None) -> Path:
    """Where the chosen hyperparameters of a study are committed."""
    return (root or registry.HOME) / "benchmarks" / "tuned" / f"{study}.json"


def tuned(study: str, task: str, method: str) -> tuple[dict[str, Any], int]:
    """(chosen field values, updates spent on choosing) of a method on a task; empty where it wasn't tuned.

    A variant that wasn't tuned itself takes the values of the plain task.
    """
    known = tuned_entries(study)
    entry = known.get(f"{task}/{method}") or known.get(f"{split_label(task)[0]}/{method}", {})
    return dict(entry.get("fields", {})), int(entry.get("updates", 0))


def tuned_entries(study: str) -> dict[str, Any]:
    """`{task/method: what was tried and chosen}` of a study; what a user tuned counts before what toybench brings."""
    return _tuned(study, tuple(registry.roots()))


@functools.cache
def _tuned(study: str, roots: tuple[Path, ...]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for root in roots:
        file = tuned_file(study, root)
        if file.is_file():
            try:
                found |= json.loads(file.read_text(encoding="utf-8"))
            except (ValueError, OSError) as error:
                raise ToybenchError(f"{file} can't be read ({error}); restore it or run `toybench tune`.") from None
    return found


def forget_tuned() -> None:
    """Read the tuned values anew: they were just written."""
    _tuned.cache_clear()
