"""Worker processes: cells go in, records come out. One that hangs, dies or eats the memory is ended and replaced.

Workers are spawned, one a core and kept on it: a small program gains nothing from a second core, and compilation,
which is most of a cold run, is spread over all of them. Memory is watched from here, not limited by the operating
system: XLA, LLVM and GPU drivers reserve address space that they never touch, so a limit on it ends harmless cells.
"""

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import time
import types
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import msgspec
import psutil

from toybench.engine.cells import Cell
from toybench.engine.execute import Results, blank, compute
from toybench.evidence.records import Record
from toybench.fields import split_label
from toybench.plugins import isolation, registry

TICK = 0.2  # seconds between two looks at the workers' memory


@dataclass(frozen=True)
class Limits:
    """What one cell may use: wall-clock seconds, compilation included (None: any), and bytes of resident memory."""

    seconds: float | None
    memory: int


def share(jobs: int) -> int:
    """Bytes that each of `jobs` workers may use: nine tenths of what is free now, but room to start JAX in any case."""
    return max(int(0.9 * psutil.virtual_memory().available) // jobs, 2**30)


class Waiting:
    """Cells that wait, handed out so that a worker has at hand what it needs: worlds, batches, compiled programs.

    A worker keeps to one task and its variants, in their order. Where no task is left for it, it takes the last variant
    from the one with the most cells left, or shares its only one. As the tasks of a study share programs, every worker
    begins with other methods.
    """

    def __init__(self, cells: Sequence[Cell], workers: int):
        tasks: dict[tuple[str, str], dict[str, list[Cell]]] = {}
        for cell in cells:
            tasks.setdefault((cell.study, split_label(cell.task)[0]), {}).setdefault(cell.task, []).append(cell)
        self.fresh = deque(tasks.values())
        self.workers = workers
        self.begun: dict[int, deque[Cell]] = {}  # by worker; those that share one have the same

    def take(self, worker: int) -> Cell | None:
        """The next cell for a worker, None when none waits."""
        if not self.begun.get(worker):
            self.begun[worker] = self._task(worker) if self.fresh else self._part()
        mine = self.begun[worker]
        return mine.popleft() if mine else None

    def _task(self, worker: int) -> deque[Cell]:
        """A fresh task's cells, variant after variant, the methods from this worker's place on."""
        found: deque[Cell] = deque()
        for cells in self.fresh.popleft().values():
            first = len(cells) * worker // self.workers
            found += cells[first:] + cells[:first]
        return found

    def _part(self) -> deque[Cell]:
        """The last variant of the task with the most cells left, or its only one, shared."""
        most = max(self.begun.values(), key=len, default=deque())
        last: deque[Cell] = deque()
        while most and most[-1].task != most[0].task and (not last or most[-1].task == last[0].task):
            last.appendleft(most.pop())
        return last or most


class _Answer(msgspec.Struct):
    """What a worker sends back: a record, and whether it can go on, because nothing was left running in it."""

    record: Record
    clean: bool


@dataclass
class _Worker:
    """A spawned process with a pipe to it, and what it is doing."""

    process: Any
    pipe: Connection
    cell: Cell | None = None
    since: float = 0.0

    @property
    def memory(self) -> int:
        """Bytes of resident memory."""
        try:
            return psutil.Process(self.process.pid).memory_info().rss
        except psutil.Error:
            return 0


@dataclass
class Pool:
    """Workers that take cells one at a time. As a context manager: leaving it ends them.

    Attributes:
      cores: which core each worker keeps to; None leaves it to the system.
      started: called with a cell when it is handed out.
    """

    cores: Sequence[int | None]
    limits: Limits
    started: Callable[[Cell], None]
    workers: list[_Worker] = field(default_factory=list)

    def __enter__(self) -> "Pool":
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.workers:
            _end(worker)

    def run(self, cells: Sequence[Cell]) -> Iterator[tuple[Cell, Record]]:
        """Every cell with its record, as they finish."""
        waiting = Waiting(cells, len(self.cores))
        for core in self.cores[len(self.workers) : len(cells)]:
            self.workers.append(_spawn(core, len(self.cores)))
        for i in range(len(self.workers)):
            self._give(i, waiting)
        while any(w.cell for w in self.workers):
            for i in self._ready():
                yield self._collect(self.workers[i])
                self._give(i, waiting)

    def _give(self, index: int, waiting: Waiting) -> None:
        cell = waiting.take(index)
        if cell and not self.workers[index].process.is_alive():
            _end(self.workers[index])
            self.workers[index] = _spawn(self.cores[index], len(self.cores))
        worker = self.workers[index]
        worker.cell = cell
        if worker.cell:
            worker.since = time.monotonic()
            with contextlib.suppress(OSError):  # a worker that dies just now is found by _ready
                worker.pipe.send(worker.cell)
            self.started(worker.cell)

    def _ready(self) -> list[int]:
        """Workers that answered, died, or went over a limit."""
        while True:
            busy = {i: w for i, w in enumerate(self.workers) if w.cell}
            signals = {s: i for i, w in busy.items() for s in (w.pipe, w.process.sentinel)}
            ready = {signals[s] for s in wait(list(signals), timeout=TICK)}
            ready |= {i for i, w in busy.items() if self._late(w) or w.memory > self.limits.memory}
            if ready:
                return sorted(ready)

    def _late(self, worker: _Worker) -> bool:
        return self.limits.seconds is not None and time.monotonic() - worker.since >= self.limits.seconds

    def _collect(self, worker: _Worker) -> tuple[Cell, Record]:
        cell = worker.cell
        seconds = time.monotonic() - worker.since
        memory = worker.memory
        assert cell is not None
        try:
            if worker.pipe.poll():
                answer = msgspec.json.decode(worker.pipe.recv_bytes(), type=_Answer)
                if not answer.clean:
                    _kill(worker.process)
                return cell, answer.record
        except (EOFError, OSError, ValueError, msgspec.MsgspecError):  # it died, or wrote what is no record
            memory = 0
        if memory > self.limits.memory:
            state = "failed"
            why = f"took {_gib(memory)} of memory, its share is {_gib(self.limits.memory)}; run it alone with --jobs 1"
        elif worker.process.is_alive() and self._late(worker):
            state = "timeout"
            why = f"took longer than the {self.limits.seconds:g} s allowed"
        else:
            worker.process.join(5)
            state = "failed"
            why = f"the worker process died ({_cause(worker.process)})"
        _kill(worker.process)
        return cell, blank(cell, state, why, seconds)


def _gib(size: int) -> str:
    return f"{size / 2**30:.1f} GiB"


def _cause(process: Any) -> str:
    code = process.exitcode
    if code is None or code >= 0:
        return f"exit code {code}"
    name = signal.Signals(-code).name if -code in set(signal.Signals) else "unknown"
    return f"signal {-code}, {name}" + (", perhaps out of memory" if name == "SIGKILL" else "")


def _spawn(core: int | None, workers: int) -> _Worker:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there, registry.extra_roots(), core, workers), daemon=True)
    # A spawned process imports its parent's main module. Ours needs nothing of it; a user's script may have no guard.
    main = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        process.start()
    finally:
        sys.modules["__main__"] = main
    there.close()
    return _Worker(process=process, pipe=here)


def _end(worker: _Worker) -> None:
    _kill(worker.process)
    worker.pipe.close()


def _kill(process: Any) -> None:
    """End a worker, and whatever a cell started there that still runs."""
    with contextlib.suppress(OSError, AttributeError):  # it has no group yet, or the system knows no groups
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.join(5)


def _serve(pipe: Connection, plugins: list[str], core: int | None, workers: int) -> None:
    """A worker's life: cells in, records out. Compiled programs stay for the next cell."""
    from toybench.engine import runtime

    _settle(core)
    runtime.configure(workers)
    for root in plugins:
        registry.add_root(root)
    while True:
        try:
            cell = pipe.recv()
        except EOFError:
            return
        record = compute(cell)
        pipe.send_bytes(msgspec.json.encode(_Answer(record=record, clean=not isolation.others())))


def _settle(core: int | None) -> None:
    """Be quiet, be mortal, stay on one core, lead a group of processes that ends as one."""
    if hasattr(os, "setpgid"):
        os.setpgid(0, 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what a plug-in prints is no output of ours, from C neither
    threading.Thread(target=_outlive_nobody, name=isolation.OURS, daemon=True).start()
    with contextlib.suppress(OSError):  # where there is such a thing: out of memory, a worker goes before its parent
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="utf-8")
    if core is not None and hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[core % len(cores)]})


def _outlive_nobody() -> None:
    """End with the parent, also if that was killed while a cell hangs here."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    if hasattr(os, "killpg"):
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def run_cells(cells: Sequence[Cell], jobs: int, timeout: float | None, started: Callable[[Cell], None]) -> Results:
    """Records as they finish. `jobs=0` runs in this process, where no cell can be ended and one that dies ends all.

    Args:
      timeout: seconds a cell may take, compilation included; None for no limit.
      started: called with a cell when it begins.
    """
    if jobs:
        cores = list(range(jobs)) if jobs > 1 else [None]
        with Pool(cores=cores, limits=Limits(seconds=timeout, memory=share(jobs)), started=started) as pool:
            yield from pool.run(cells)
        return
    for cell in cells:
        started(cell)
        yield cell, compute(cell)
