"""Time and memory against the number of seeds, of updates, of cells that do nothing, and of records that are read.

python benchmarks/speed/growth.py [KIND[=SIZE,...] ...]

Kinds: seeds, steps, cells, records; `seeds=16,256,4096` on an accelerator. Every row is a process of its own; memory is
the most that it held at once.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from toybench.engine import runtime

CELL = ("in_context", "linear_regression", "linear_self_attention")
SIZES = {
    "seeds": (1, 4, 16, 64, 256, 1024),
    "steps": (160, 1600, 16_000, 160_000),
    "cells": (10, 100, 1000, 10_000),
    "records": (1000, 20_000),
}
COMMANDS = ("claims", "status", "table quasimetric --format csv", "papers --format csv")


def trained(seeds: int, steps: int) -> dict[str, float]:
    """A cell with that many seeds and updates: seconds without compilation, those of compilation, and throughput."""
    from toybench.engine import trial
    from toybench.engine.cells import TUNING, Cell

    task, method, _, _ = Cell(*CELL, "full", (0,)).build()
    start = time.perf_counter()
    _, bill = trial.run(task, method, range(TUNING, TUNING + seeds), steps, 4)
    compiled = bill.trace + bill.compile
    seconds = time.perf_counter() - start - compiled
    return {"seconds": seconds, "compile": compiled, "seeds × steps / s": seeds * steps / seconds}


def recorded(count: int) -> dict[str, float]:
    """Cells that are skipped: handed out, recorded, and read again."""
    from toybench.engine import states
    from toybench.engine.cells import Cell
    from toybench.engine.pool import run_cells
    from toybench.evidence.records import Folder

    cell = Cell(*CELL, "smoke", (0,), why_not="a no-op")
    cells = [replace(cell, method=f"linear_self_attention[lr={i + 1}]") for i in range(count)]
    with tempfile.TemporaryDirectory() as scratch:
        folder, start = Folder(Path(scratch)), time.perf_counter()
        for one, result in run_cells(cells, 0, None, lambda c: None):
            folder.write(result)
            assert states.state(one, folder.read(one.name)) == "skipped"
        return {"seconds": time.perf_counter() - start}


def read(count: int) -> dict[str, float]:
    """The accepted records, copied under other labels until there are that many, and commands that read them."""
    import msgspec

    from toybench.evidence.records import Folder, Record

    known = [r for r in Folder(Path("results")).scan() if isinstance(r, Record)]
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Folder(Path(scratch))
        for i in range(count):
            r = known[i % len(known)]
            copy = f"{r.method.split('[')[0]}[copy={i}]"
            folder.write(r if i < len(known) else msgspec.structs.replace(r, method=copy))
        for command in COMMANDS:
            start = time.perf_counter()
            call = [sys.executable, "-m", "toybench", *command.split(), "--results", scratch]
            subprocess.run(call, stdout=subprocess.DEVNULL, check=True)
            found[command.split()[0]] = time.perf_counter() - start
    return found


KINDS = {"seeds": lambda n: trained(n, 400), "steps": lambda n: trained(4, n), "cells": recorded, "records": read}


def main(kinds: list[str]) -> None:
    """Prints the device, and a table a kind."""
    print(runtime.environment().device)
    for kind, _, sizes in (k.partition("=") for k in kinds):
        print(f"\n{kind}")
        for size in map(int, sizes.split(",")) if sizes else SIZES[kind]:
            call = [sys.executable, __file__, "one", kind, str(size)]
            done = subprocess.run(call, capture_output=True, text=True, check=True)
            row = json.loads(done.stdout.splitlines()[-1])
            print(f"| {size:,} | " + " | ".join(f"{k} {v:.4g}" for k, v in row.items()) + " |", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["one"]:
        runtime.configure()
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        row = KINDS[sys.argv[2]](int(sys.argv[3]))
        own, children = (
            resource.getrusage(w).ru_maxrss / 1024 for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        )
        print(json.dumps({**row, "MiB": max(own, children)}))
    else:
        main(sys.argv[1:] or list(SIZES))
