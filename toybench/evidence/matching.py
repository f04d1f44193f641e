"""Comparison at equal compute: every method at the checkpoint where it has spent what the cheapest spends in all."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from toybench.errors import UsageError
from toybench.evidence import tables
from toybench.evidence.records import Measured, Record

SLACK = 1 + 1e-9  # a checkpoint that costs the budget up to rounding is within it


@dataclass(frozen=True)
class Matched:
    """Records of tasks as they were when their methods had spent equally much.

    Attributes:
      records: metrics, steps and FLOPs are those of the checkpoint; references are as they were.
      budgets: FLOPs of one seed that every method of a task may spend, by (study, task).
      updates: (update of the checkpoint, updates in all) by cell.
      left: why a cell is left out, by its name.
    """

    records: list[Record] = field(default_factory=list)
    budgets: dict[tuple[str, str], float] = field(default_factory=dict)
    updates: dict[str, tuple[int, int]] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)


def counted(record: Record) -> bool:
    """Whether the record's FLOPs are those of its training: somebody counted, and nothing was miscounted."""
    return not uncounted(record)


def uncounted(record: Record) -> str:
    """Why the record's FLOPs can't be believed; empty where they can."""
    cost = record.cost
    if not record.steps:
        return "there are no updates"
    if cost.miscounted is None:
        return "the record doesn't say how FLOPs were counted, run it again"
    if cost.miscounted:
        return f"XLA miscounts the FLOPs of an update ({', '.join(cost.miscounted)})"
    return "" if cost.flops else "nobody counted its FLOPs"


def match(records: Iterable[Record]) -> Matched:
    """Records as they were at equal compute, task by task.

    Raises:
      UsageError: no method's FLOPs are counted.
    """
    found = Matched()
    for (study, task), group in tables.by_task(records).items():
        methods = [r for r in group if r.metrics and not tables.is_reference(r)]
        priced = [r for r in methods if counted(r)]
        found.left.update({r.cell: uncounted(r) for r in methods if not counted(r)})
        if not priced:
            continue
        budget = min(r.cost.flops for r in priced)
        found.budgets[study, task] = budget
        for r in group:
            if tables.is_reference(r):
                found.records.append(r)
            elif r in priced and (at := _checkpoint(r, budget)):
                found.records.append(_cut(r, at))
                found.updates[r.cell] = (r.curve.steps[at], r.steps)
            elif r in priced:
                found.left[r.cell] = "the first checkpoint costs more"
    if not found.records:
        raise UsageError(f"no FLOPs can be compared: {_first(found.left)}.")
    return found


def _checkpoint(record: Record, budget: float) -> int:
    """Index of the last checkpoint at which the record has spent at most the budget; 0 is before the first update."""
    price = record.cost.flops / record.steps
    return max(i for i, step in enumerate(record.curve.steps) if step * price <= budget * SLACK)


def _cut(record: Record, at: int) -> Record:
    """The record as it was at a checkpoint of its curve; whole where that is the last one."""
    step = record.curve.steps[at]
    if step == record.steps:
        return record
    metrics = {
        name: Measured(direction=m.direction, values=[seed[at] for seed in record.curve.values[name]])
        for name, m in record.metrics.items()
    }
    gone = [d if d is not None and d <= step else None for d in record.diverged_at]
    cost = msgspec.structs.replace(record.cost, flops=record.cost.flops * step / record.steps)
    state = "diverged" if any(d is not None for d in gone) else "ok"
    return msgspec.structs.replace(
        record, metrics=metrics, diverged_at=gone, cost=cost, steps=step, state=state, reason=""
    )


def _first(left: dict[str, str]) -> str:
    """One of the reasons, with how many more there are."""
    if not left:
        return "no method has a record"
    cell, why = next(iter(left.items()))
    more = f" (and {len(left) - 1} more cells)" if len(left) > 1 else ""
    return f"{cell}: {why}{more}"


def notes(found: Matched) -> dict[str, str]:
    """`320 of 1,000 updates` by cell, of those that were stopped before their end."""
    return {cell: f"{at:,} of {of:,} updates" for cell, (at, of) in found.updates.items() if at < of}


def sentences(found: Matched) -> list[str]:
    """What a reader has to know below the table: the budget of each task, and who is left out."""
    lines = [f"{s}/{t}: every method has spent at most {b:.3g} FLOPs a seed." for (s, t), b in found.budgets.items()]
    out: dict[tuple[str, str], list[str]] = {}
    for cell, why in found.left.items():
        task, _, method = cell.rpartition("/")
        out.setdefault((task, why), []).append(method)
    return lines + [f"{task}: left out {', '.join(methods)}; {why}." for (task, why), methods in out.items()]
