"""One cell becomes a record, here in this process."""

import math
import time
import traceback
from collections.abc import Generator
from pathlib import Path
from typing import Any

import msgspec

from toybench.engine.cells import Cell
from toybench.evidence.records import SECONDS, Cost, Curve, Measured, Record
from toybench.plugins import digest, isolation, registry

Results = Generator[tuple[Cell, Record], None, None]


def compute(cell: Cell) -> Record:
    """Run one cell here, and leave the process as it was; an exception becomes a `failed` record that says where."""
    from toybench.engine import runtime, trial  # before the process is looked at: JAX changes it

    runtime.environment()  # the same for all cells
    started = time.perf_counter()
    with isolation.restored() as changed:
        record = _caught(cell, started)
    if not changed:
        return record
    trial.forget()  # programs that were traced meanwhile
    return _told(cell, record, changed)


def _caught(cell: Cell, started: float) -> Record:
    """A cell's record, whatever it raises."""
    try:
        return _compute(cell)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a plug-in may raise anything, SystemExit too
        place = _place(error)
        message = "".join(c if c.isprintable() else "?" for c in " ".join(str(error).split())[:400])
        return blank(cell, "failed", f"{type(error).__name__}: {message}{place}", time.perf_counter() - started)


def _place(error: BaseException) -> str:
    """The innermost line of a plug-in that an error comes through: ` at methods/study/method.py:12`."""
    frames = reversed(traceback.extract_tb(error.__traceback__))
    places = (f" at {where}:{frame.lineno}" for frame in frames if (where := registry.place(Path(frame.filename))))
    return next(places, "")


def _told(cell: Cell, record: Record, changed: list[str]) -> Record:
    """The record of a cell that changed its process: failed where its numbers may come from other settings."""
    done = ", ".join(changed)
    if any(isolation.SETTINGS in change for change in changed):
        return blank(cell, "failed", f"{done}; numbers under other settings can't be compared, leave JAX's alone")
    return msgspec.structs.replace(record, reason="; ".join(filter(None, (record.reason, done))))


def _compute(cell: Cell) -> Record:
    from toybench import fields
    from toybench.engine import runtime, trial

    task, method, steps, checkpoints = cell.build()
    outcomes, bill = trial.run(task, method, cell.seeds, steps, checkpoints)
    at = [o.diverged_at for o in outcomes]
    lost = sum(a is not None for a in at)
    length = steps // checkpoints if checkpoints else 0
    return Record(
        **_head(cell),
        task_fields=fields.values(task),
        method_fields={} if isinstance(method, str) else fields.values(method),
        steps=steps,
        checkpoints=checkpoints,
        state="diverged" if lost else "ok",
        reason=f"{lost} of {len(at)} seeds diverged" if lost else "",
        seeds=list(cell.seeds),
        diverged_at=at,
        metrics={
            name: Measured(direction=m.direction, values=[_finite(o.curve[name][-1]) for o in outcomes])
            for name, m in task.metrics.items()
        },
        curve=Curve(
            steps=[i * length for i in range(checkpoints + 1)] if checkpoints else [],
            values={name: [[_finite(v, 5) for v in o.curve[name]] for o in outcomes] for name in task.metrics}
            if checkpoints
            else {},
        ),
        cost=Cost(
            parameters=bill.parameters,
            flops=bill.flops,
            miscounted=bill.miscounted,
            peak_bytes=bill.peak_bytes,
            programs=len(bill.programs),
            tuning_updates=cell.tuning_updates,
            trace_seconds=round(bill.trace, 4),
            compile_seconds=round(bill.compile, 4),
            sample_seconds=round(bill.sample, 4),
            run_seconds=round(bill.run, 4),
            evaluate_seconds=round(bill.evaluate, 4),
        ),
        environment=runtime.environment(),
    )


def _head(cell: Cell) -> dict[str, Any]:
    return {
        "study": cell.study,
        "task": cell.task,
        "method": cell.method,
        "budget": cell.budget,
        "protocol": digest.PROTOCOL,
        "digest": cell.digest,
    }


def blank(cell: Cell, state: Any, reason: str, seconds: float = 0.0) -> Record:
    """A record without numbers: failed, timeout or skipped, and why."""
    cost = Cost(run_seconds=round(seconds, 4))
    none: dict[str, Any] = {"task_fields": {}, "method_fields": {}, "steps": 0, "checkpoints": 0}
    return Record(**_head(cell), **none, state=state, reason=reason, cost=cost)


def _finite(value: float, digits: int = 9) -> float | None:
    return float(f"{value:.{digits}g}") if math.isfinite(value) else None


def extend(old: Record, new: Record) -> Record:
    """One record of both blocks of seeds; costs add up."""
    metrics = {
        k: Measured(direction=m.direction, values=m.values + new.metrics[k].values) for k, m in old.metrics.items()
    }
    curve = Curve(steps=old.curve.steps, values={k: v + new.curve.values[k] for k, v in old.curve.values.items()})
    spent = {k: round(getattr(old.cost, k) + getattr(new.cost, k), 4) for k in SECONDS}
    cost = msgspec.structs.replace(new.cost, **spent)
    at = old.diverged_at + new.diverged_at
    lost = sum(a is not None for a in at)
    return msgspec.structs.replace(
        new,
        seeds=old.seeds + new.seeds,
        diverged_at=at,
        metrics=metrics,
        curve=curve,
        cost=cost,
        state="diverged" if lost else "ok",
        reason=f"{lost} of {len(at)} seeds diverged" if lost else new.reason or old.reason,
    )
