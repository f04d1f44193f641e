"""Where a suite's seconds went, and what share of one core's arithmetic peak its training reached, from its records.

python benchmarks/speed/costs.py [RESULTS]      of records made on this machine, nothing else running

FLOPs are XLA's count of one update times the updates, which takes every branch for taken. The rate leaves out cells
without a count, and those that would be faster than the peak, as their branches are rarely taken; a study where these
are more than a tenth has none.
"""

import os
import sys
import time
from collections import defaultdict
from pathlib import Path

from toybench.engine import runtime
from toybench.evidence.records import SECONDS, Folder, Record

SHORT = 20e-6  # seconds of an update below which starting its kernels may be most of it


def peak() -> float:
    """FLOPs a second of a compiled product of float32 matrices [1024, 1024] on one core, the best of ten."""
    import jax
    import jax.numpy as jnp

    x = jnp.ones((1024, 1024))
    product = jax.jit(lambda a, b: a @ b).lower(x, x).compile()
    seconds = []
    for _ in range(11):
        start = time.perf_counter()
        product(x, x).block_until_ready()
        seconds.append(time.perf_counter() - start)
    return 2 * 1024**3 / min(seconds[1:])


def main(results: Path) -> None:
    """Prints the table."""
    spent: dict[tuple[str, str], float] = defaultdict(float)
    work: dict[str, float] = defaultdict(float)
    busy: dict[str, float] = defaultdict(float)
    cells: dict[str, int] = defaultdict(int)
    over: dict[str, int] = defaultdict(int)
    short: list[float] = []
    best = peak()
    for r in Folder(results).scan():
        if isinstance(r, Record) and r.metrics:
            cells[r.study] += 1
            for part in SECONDS:
                spent[r.study, part] += getattr(r.cost, part)
            if r.steps and r.cost.run_seconds < SHORT * r.steps * len(r.seeds):
                short.append(r.cost.run_seconds)
            if r.cost.flops:
                done = r.cost.flops * len(r.seeds)
                if done > best * r.cost.run_seconds:
                    over[r.study] += 1
                    continue
                work[r.study] += done
                busy[r.study] += r.cost.run_seconds
    print(f"one core's peak: {best / 1e9:.0f} GFLOP/s\n")
    print(f"| study | cells | {' | '.join(p.split('_')[0] for p in SECONDS)} | GFLOP/s | of peak |")
    print("|---|---|---|---|---|---|---|---|---|")
    for study in sorted(cells):
        rate = work[study] / busy[study] if busy[study] and over[study] <= cells[study] / 10 else 0.0
        row = [study, cells[study], *(f"{spent[study, p]:.0f}" for p in SECONDS)]
        print("|", " | ".join(map(str, row)), "|", f"{rate / 1e9:.2f} | {rate / best:.1%} |" if rate else "– | – |")
    total = [f"{sum(v for (_, p), v in spent.items() if p == part):.0f}" for part in SECONDS]
    print("| all |", sum(cells.values()), "|", " | ".join(total), "| | |")
    print(f"\nupdates of less than {SHORT * 1e6:.0f} µs: {len(short)} cells, {sum(short):.0f} s of the run")


if __name__ == "__main__":
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    runtime.configure()
    main(Path(sys.argv[1] if sys.argv[1:] else "results"))
