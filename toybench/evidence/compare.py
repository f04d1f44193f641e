"""Comparing two results folders: cell by cell, metric by metric, aware of the seeds.

Seeds that both records have are compared in pairs; a metric is worse or better where the paired difference is
significant after Holm's correction over everything compared, and larger than what rounding or a shuffled sum makes
of it. Which seeds diverge can be chaotic. So more of them is worse where it is significant too, or where none is left.
Costs are compared exactly, where both come from the same version of JAX and the same device. Seconds never decide
anything.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from toybench.errors import UsageError
from toybench.evidence import statistics
from toybench.evidence.records import BrokenRecord, Folder, Measured, Record, by_seed, loss

Kind = Literal["equal", "same", "better", "worse", "changed", "unclear"]
KINDS: tuple[Kind, ...] = ("worse", "better", "changed", "unclear", "same", "equal")
NEGLIGIBLE = 0.05  # of the seeds' standard deviation: a smaller shift is no change
COSTS = ("flops", "parameters", "programs")
_RANK = {"ok": 0, "skipped": 0, "diverged": 0, "timeout": 1, "failed": 1}


@dataclass(frozen=True)
class Change:
    """One metric, cost or state of one cell, before and after.

    Attributes:
      what: name of the metric, `cost flops`, or `state`.
      kind: `equal` to the bit; `same` within seed noise; `better` or `worse`; `changed`, where neither direction is
        better; `unclear`, where too few seeds differ to say.
      difference: after minus before, in the metric's unit, with its 95 % interval.
      uncertain: whether the seeds have a say; then the p-values, corrected, decide.
    """

    cell: str
    what: str
    kind: Kind
    before: float | str | None = None
    after: float | str | None = None
    difference: statistics.Estimate | None = None
    seeds: int = 0
    p_worse: float = 1.0
    p_better: float = 1.0
    uncertain: bool = False


@dataclass(frozen=True)
class Comparison:
    """Everything compared, cells that only one folder has, and files that aren't records.

    Attributes:
      seconds: (before, after) of compiling and of running the cells that both have: for information.
    """

    changes: list[Change] = field(default_factory=list)
    only_before: list[str] = field(default_factory=list)
    only_after: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    seconds: dict[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def worse(self) -> list[Change]:
        """What a gate stops at."""
        return [c for c in self.changes if c.kind == "worse"]

    def count(self) -> dict[str, int]:
        """How many changes of each kind there are."""
        return {k: n for k in KINDS if (n := sum(c.kind == k for c in self.changes))}


def folders(before: Folder, after: Folder) -> Comparison:
    """Compare two folders.

    Raises:
      UsageError: one of them holds no record.
    """
    sides = []
    unreadable = []
    for folder in (before, after):
        found = list(folder.scan())
        unreadable += [str(r) for r in found if isinstance(r, BrokenRecord)]
        sides.append({r.cell: r for r in found if isinstance(r, Record)})
        if not sides[-1]:
            raise UsageError(f"{folder.root} holds no records; name a folder that `toybench run --out` wrote.")
    old, new = sides
    both = [(old[c], new[c]) for c in old if c in new]
    return Comparison(
        changes=records(both),
        seconds={
            what: (sum(getattr(a.cost, key) for a, _ in both), sum(getattr(b.cost, key) for _, b in both))
            for what, key in (("compiling", "compile_seconds"), ("running", "run_seconds"))
        },
        only_before=[c for c in old if c not in new],
        only_after=[c for c in new if c not in old],
        unreadable=unreadable,
    )


def records(pairs: Iterable[tuple[Record, Record]]) -> list[Change]:
    """Compare records of the same cells; significance is corrected over all of them together."""
    found = [change for old, new in pairs for change in _cell(old, new)]
    tested = [i for i, c in enumerate(found) if c.kind in ("worse", "better", "changed") and c.uncertain]
    worse = statistics.holm([found[i].p_worse for i in tested])
    better = statistics.holm([found[i].p_better for i in tested])
    for i, down, up in zip(tested, worse, better, strict=True):
        doubtful: Kind = "same" if found[i].difference else "unclear"
        kind = found[i].kind if min(down, up) <= statistics.ERROR / 2 else doubtful
        found[i] = replace(found[i], kind=kind, p_worse=down, p_better=up)
    return found


def _cell(old: Record, new: Record) -> Iterable[Change]:
    if old.budget != new.budget:  # a shorter training is no regression
        yield Change(cell=old.cell, what="budget", kind="changed", before=old.budget, after=new.budget)
        return
    yield from _state(old, new)
    for name in [*old.metrics, *(m for m in new.metrics if m not in old.metrics)]:
        if name in old.metrics and name in new.metrics:
            yield _metric(old, new, name)
        elif new.state in ("ok", "diverged") and old.state in ("ok", "diverged"):
            gone = name in old.metrics
            before = "there" if gone else "missing"
            yield Change(cell=old.cell, what=name, kind="changed", before=before, after="gone" if gone else "there")
    if (old.environment.jax, old.environment.device) == (new.environment.jax, new.environment.device):
        for cost in COSTS:
            a = getattr(old.cost, cost)
            b = getattr(new.cost, cost)
            if old.state == new.state and (a or cost != "flops"):  # 0: nobody counted, or there was nothing to
                yield Change(
                    cell=old.cell,
                    what=f"cost {cost}",
                    kind="equal" if a == b else "worse" if b > a else "better",
                    before=a,
                    after=b,
                )


def _state(old: Record, new: Record) -> Iterable[Change]:
    """The state; of two results, which seeds diverged."""
    if {old.state, new.state} <= {"ok", "diverged"}:
        yield from _divergence(old, new)
    elif old.state != new.state:
        a = _RANK[old.state]
        b = _RANK[new.state]
        yield Change(
            cell=old.cell,
            what="state",
            kind="worse" if b > a else "better" if b < a else "changed",
            before=_said(old),
            after=_said(new),
        )


def _said(record: Record) -> str:
    """A record's state with its reason."""
    return f"{record.state}: {record.reason}" if record.reason else record.state


def _lost(record: Record) -> str:
    """How many seeds of a record diverged, in words."""
    return f"{sum(at is not None for at in record.diverged_at)} of {len(record.seeds)} seeds diverged"


def _divergence(old: Record, new: Record) -> Iterable[Change]:
    """Which seeds diverged, where these aren't the same: by the sign test, or for certain where none is left."""
    lost, found = _moved(old, new)
    if not lost + found:
        return
    yield Change(
        cell=old.cell,
        what="state",
        kind="worse" if lost > found else "better" if lost < found else "changed",
        before=_lost(old),
        after=_lost(new),
        seeds=len(set(old.seeds) & set(new.seeds)),
        p_worse=statistics.flips(lost, found),
        p_better=statistics.flips(found, lost),
        uncertain=found > 0 or None in new.diverged_at,
    )


def _moved(old: Record, new: Record) -> tuple[int, int]:
    """(seeds that diverge now and didn't, seeds that did and don't), of those that both records have."""
    was = dict(zip(old.seeds, old.diverged_at, strict=True))
    now = dict(zip(new.seeds, new.diverged_at, strict=True))
    common = [s for s in was if s in now]
    lost = sum(was[s] is None and now[s] is not None for s in common)
    return lost, sum(was[s] is not None and now[s] is None for s in common)


def _metric(old: Record, new: Record, name: str) -> Change:
    """One metric on the seeds that both records have."""
    a = by_seed(old, name)
    b = by_seed(new, name)
    common = [s for s in a if s in b]
    if common and all(a[s] == b[s] for s in common):
        value = _mean([a[s] for s in common])
        return Change(cell=old.cell, what=name, kind="equal", before=value, after=value, seeds=len(common))
    pairs = [(x, y) for s in common if (x := a[s]) is not None and (y := b[s]) is not None]
    plain = Change(
        cell=old.cell, what=name, kind="unclear", before=_mean(a.values()), after=_mean(b.values()), seeds=len(pairs)
    )
    if len(pairs) < statistics.AGGREGATES["mean"].least:
        return plain
    x, y = np.array(pairs).T
    plain = replace(plain, before=float(x.mean()), after=float(y.mean()))
    estimate = statistics.Estimate(*(float(v) for v in statistics.AGGREGATES["mean"].estimate(y - x)))
    if abs(estimate.value) <= max(NEGLIGIBLE * float(x.std(ddof=1)), 1e-5 * abs(float(x.mean()))):
        return replace(plain, kind="same", difference=estimate)
    return replace(plain, difference=estimate, **_judged(new.metrics[name], x, y))


def _judged(measured: Measured, x: np.ndarray, y: np.ndarray) -> dict[str, Any]:
    mean = statistics.AGGREGATES["mean"]
    direction = measured.direction
    change = np.array([loss(v, direction) for v in y]) - np.array([loss(v, direction) for v in x])
    up = float(mean.above(change, 0.0))
    down = float(mean.below(change, 0.0))
    kind: Kind = "changed" if direction == "info" else "worse" if up < down else "better"
    return {"kind": kind, "p_worse": up, "p_better": down, "uncertain": True}


def _mean(values: Iterable[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return float(np.mean(known)) if known else None


def rows(changes: Sequence[Change]) -> list[dict[str, Any]]:
    """One plain row per change; keys are stable."""
    return [
        {
            "cell": c.cell,
            "what": c.what,
            "kind": c.kind,
            "before": c.before,
            "after": c.after,
            "difference": c.difference.value if c.difference else None,
            "low": c.difference.low if c.difference else None,
            "high": c.difference.high if c.difference else None,
            "seeds": c.seeds,
            "p": min(1.0, 2 * min(c.p_worse, c.p_better)) if c.uncertain else None,
        }
        for c in changes
    ]
