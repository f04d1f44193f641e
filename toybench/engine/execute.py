"""One cell becomes a record, here in this process."""

import math
import time
import traceback
from collections.abc import Generator
from typing import Any

import msgspec

from toybench.engine.cells import Cell
from toybench.evidence.records import SECONDS, Cost, Curve, Measured, Record
from toybench.plugins import digest

Results = Generator[tuple[Cell, Record], None, None]


def compute(cell: Cell) -> Record:
    """Run one cell here; an exception becomes a `failed` record that says where."""
    started = time.perf_counter()
    try:
        return _compute(cell)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a plug-in may raise anything, SystemExit too
        where = [f for f in traceback.extract_tb(error.__traceback__) if "/toybench/" not in f.filename]
        ours = [f for f in where if "site-packages" not in f.filename]
        place = f" at {'/'.join(ours[-1].filename.split('/')[-3:])}:{ours[-1].lineno}" if ours else ""
        message = "".join(c if c.isprintable() else "?" for c in " ".join(str(error).split())[:400])
        return blank(cell, "failed", f"{type(error).__name__}: {message}{place}", time.perf_counter() - started)


def _compute(cell: Cell) -> Record:
    from toybench import fields
    from toybench.engine import runtime, trial

    if cell.why_not:
        return blank(cell, "skipped", cell.why_not)
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
        reason=f"{lost} of {len(at)} seeds diverged" if lost else "",
    )
