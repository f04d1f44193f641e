"""States of cells: what their records say, compared with the code as it is now."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from toybench.engine import cells, runtime
from toybench.engine.cells import Cell
from toybench.evidence import display, reading
from toybench.evidence.records import BrokenRecord, Folder, Record

STATES = ("ok", "diverged", "failed", "timeout", "skipped", "stale", "missing", "broken")
FINAL = ("ok", "diverged", "skipped")  # states that are results; failed and timeout are tried again


def state(cell: Cell, record: Record | BrokenRecord | None) -> str:
    """ok, diverged, failed, timeout, skipped; stale, missing; or broken, for a file that is no record."""
    if record is None:
        return "skipped" if cell.why_not else "missing"
    if isinstance(record, BrokenRecord):
        return "broken"
    asked = cell if cell.budget == record.budget else replace(cell, budget=record.budget)
    return record.state if record.digest == asked.digest else "stale"


class States(list[dict[str, Any]]):
    """Rows of `status`, which show themselves in a notebook as a line a study."""

    def _repr_html_(self) -> str | None:
        return display.html(self)


def status(study: str | None = None, *, results: Folder | Path | str | None = None) -> States:
    """One row per cell: its state, the reason for it, its seeds, and how its environment differs from this one.

    Records of cells that are no more are stale.
    """
    runtime.configure()
    plan = cells.plan([study] if study else [], budget="full")
    planned = {cell.name: cell for cell in plan.cells}
    blank = {"seeds": 0, "reason": "", "environment": ""}
    rows = {name: {"cell": name, "state": state(c, None), **blank, "reason": c.why_not} for name, c in planned.items()}
    for item in reading.folder(results).scan(study):
        cell = planned.get(item.cell)
        row = {"cell": item.cell, **blank}
        if isinstance(item, BrokenRecord):
            row |= {"state": "broken", "reason": str(item)}
        elif cell is None:
            row |= {"state": "stale", "seeds": len(item.seeds), "reason": "not a planned cell"}
        else:
            differs = runtime.differences(item.environment) if item.metrics else ""
            row |= {"state": state(cell, item), "seeds": len(item.seeds), "reason": item.reason}
            row["environment"] = f"environment differs: {differs}" if differs else ""
        rows[item.cell] = row
    failed = {"state": "failed", "seeds": 0, "environment": ""}
    broken = ({"cell": _as_cell(name), "reason": reason, **failed} for name, reason in plan.broken.items())
    return States([*rows.values(), *broken])


def _as_cell(name: str) -> str:
    study, _, stem = name.partition("/")
    return f"{study}/*/{stem or '*'}"
