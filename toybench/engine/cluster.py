"""Running cells on a Dask cluster: one here, or one that is there already.

The cluster only carries cells out and records back. Each Dask worker keeps a worker process of its own, as a local run
does, so that limits hold and a cell that dies costs no Dask worker; records are written by the client alone.
"""

import contextlib
import logging
import multiprocessing
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from toybench.engine import runtime
from toybench.engine.cells import Cell
from toybench.engine.execute import Results, blank
from toybench.engine.pool import Limits, Pool, share
from toybench.errors import ToybenchError, UsageError
from toybench.evidence.records import Record
from toybench.plugins import registry

_mine = threading.local()  # of a Dask worker's thread: its pool, and what that was started with


def run(
    cells: Sequence[Cell], jobs: int, timeout: float | None, scheduler: str | None, note: Callable[[str], None]
) -> Results:
    """Records as they finish. A cell whose Dask worker is lost goes to another one.

    Args:
      jobs: workers of the local cluster, where no `scheduler` is given.
      timeout: seconds a cell may take, compilation included; None for no limit.
      note: told of every worker that sends a record, and of its device.

    Raises:
      UsageError: there is no such cluster.
      ToybenchError: a worker has other code or other versions, or the scheduler is gone.
    """
    try:
        import distributed
    except ImportError:
        raise UsageError("Dask is not installed; run `pip install 'toybench[dask]'`.") from None
    roots = registry.extra_roots()
    facts = (runtime.versions(roots), roots, timeout)
    seen: set[str] = set()
    with _client(distributed, jobs, scheduler) as client:
        if not client.scheduler_info()["workers"]:
            note(f"The cluster at {client.scheduler.address} has no workers yet; waiting for the first.")
        futures = {client.submit(_work, cell, *facts, pure=False): cell for cell in cells}
        for future in distributed.as_completed(futures, loop=client.loop):
            record, worker = _result(distributed, future, futures[future])
            future.release()
            device = record.environment.device
            if device and worker not in seen:
                seen.add(worker)
                note(f"Worker {worker}: {device}")
            yield futures[future], record


@contextlib.contextmanager
def _client(distributed: Any, jobs: int, scheduler: str | None) -> Iterator[Any]:
    with contextlib.ExitStack() as stack:
        log = logging.getLogger("distributed.client")  # shows tracebacks where we have a sentence
        stack.callback(log.setLevel, log.level)
        log.setLevel(logging.CRITICAL)
        address: Any = scheduler
        if scheduler is None:
            options = {"threads_per_worker": 1, "dashboard_address": ":0", "silence_logs": logging.CRITICAL}
            address = stack.enter_context(distributed.LocalCluster(n_workers=max(jobs, 1), **options))
        try:
            client = stack.enter_context(distributed.Client(address, timeout=10, set_as_default=False))
        except (OSError, ValueError) as error:
            why = "start one with `dask scheduler`, or use `--executor dask` for a local one"
            raise UsageError(f"no Dask scheduler answers at '{scheduler}' ({error}); {why}.") from None
        yield client


def _result(distributed: Any, future: Any, cell: Cell) -> tuple[Record, str]:
    """A future's record, and the worker it comes from."""
    try:
        content, worker = future.result()
        return msgspec.json.decode(content, type=Record), worker
    except distributed.scheduler.KilledWorker:
        return blank(cell, "failed", "several Dask workers were lost while they ran it"), ""
    except ToybenchError:
        raise
    except distributed.client.FutureCancelledError:
        raise ToybenchError("the Dask scheduler is gone; what is finished is recorded, run the same again.") from None
    except Exception as error:
        what = f"{type(error).__name__}: {' '.join(str(error).split())}"
        raise ToybenchError(
            f"a Dask worker can't run cells ({what}); install the same toybench there, with its extra 'dask'."
        ) from None


def _work(cell: Cell, versions: dict[str, str], roots: list[str], timeout: float | None) -> tuple[bytes, str]:
    """On a Dask worker: one cell's record as JSON, and the worker's address."""
    import distributed

    worker = distributed.get_worker()
    here = runtime.versions(roots)
    wrong = [f"{name} {here[name]} instead of {versions[name]}" for name in here if here[name] != versions[name]]
    if wrong:
        raise ToybenchError(
            f"the Dask worker {worker.address} has {', '.join(wrong)}; give it the same code and the same versions."
        )
    started_with = (tuple(here.values()), tuple(roots), timeout)
    if getattr(_mine, "started_with", None) != started_with:  # the code that a process has imported doesn't change
        for root in roots:
            registry.add_root(root)
        if hasattr(_mine, "pool"):
            _mine.pool.__exit__()
        _mine.pool = _pool(worker, timeout)
        _mine.started_with = started_with
    [(_, record)] = _mine.pool.run([cell])
    return msgspec.json.encode(record), worker.address


def _pool(worker: Any, timeout: float | None) -> Pool:
    """One worker process for a thread of a Dask worker, with the memory that Dask gives that thread."""
    multiprocessing.current_process().daemon = False  # Dask's own are, and such processes may have no children
    allowed = worker.memory_manager.memory_limit
    memory = allowed // worker.state.nthreads if allowed else share(worker.state.nthreads)
    core = worker.name if isinstance(worker.name, int) else None  # local workers are numbered
    return Pool(cores=[core], limits=Limits(seconds=timeout, memory=memory), started=lambda cell: None)
