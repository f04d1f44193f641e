"""Speed: compile, update and evaluate per study; the harness beside a hand-written loop; its cost per cell.

tox -e speed                                        runs/speed.json, to be compared between commits
pytest-benchmark compare OLD.json runs/speed.json
"""

import dataclasses
import os
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import jax
import pytest
import sides

from toybench.engine import programs, randomness, runtime, states
from toybench.engine.cells import TUNING, Cell
from toybench.engine.pool import run_cells
from toybench.evidence.records import Folder
from toybench.guard import conformance
from toybench.plugins import registry
from toybench.protocol import learns

SEEDS, STEPS = 16, 100
OPTIONS = dict(runtime.options(STEPS))
DEAR = "in_context/linear_regression/softmax_transformer[layers=1]"  # what in_context spends its time on


def representative(study: str) -> conformance.Subject:
    """The method that is measured beside other ways to run it, or else the study's first that learns, on a task."""
    chosen = sides.CELLS.get(study)
    names = [f"{study}/{chosen[1]}"] if chosen else registry.methods(study)
    for s in map(conformance.subject_of, names):
        if s and s.method.compiled and learns(s.method):
            return s
    pytest.skip(f"in {study} nobody learns")


def block(study: str) -> tuple[Callable, list[tuple]]:
    """(what the harness compiles for updates, its arguments per seed), for 16 seeds and 100 updates."""
    s = representative(study)
    task, method = (programs.traced(o) for o in (s.task, dataclasses.replace(s.method, spec=s.task.spec, steps=STEPS)))
    sample, init, stream = jax.jit(programs.sample), jax.jit(programs.init), jax.jit(programs.stream)
    rows: list[tuple] = []
    for seed in range(TUNING, TUNING + SEEDS):
        world, given = sample(task, randomness.key("world", task.name, seed))
        state = init(method, given, randomness.key("init", method.name, seed))
        shown = randomness.step_keys(STEPS, "stream", task.name, seed)
        noise = randomness.step_keys(STEPS, "update", method.name, seed)
        if task.kind == "interactive":
            rows.append((task, method, given, world, state, (shown, noise)))
        else:
            rows.append((method, given, state, stream(task, world, shown)[1], noise))
    return programs.interact if task.kind == "interactive" else programs.advance, rows


@pytest.mark.parametrize("study", registry.studies())
def test_compile(benchmark: Any, study: str) -> None:
    """Tracing and compiling 100 updates, anew each time."""
    updates, rows = block(study)

    def compile_anew() -> Any:
        return jax.jit(lambda *args: updates(*args), compiler_options=OPTIONS).lower(*rows[0]).compile()

    benchmark.pedantic(compile_anew, rounds=3)


@pytest.mark.parametrize("study", registry.studies())
def test_update(benchmark: Any, study: str) -> None:
    """100 updates of 16 seeds; divide by 100 for one update of the block."""
    updates, rows = block(study)
    compiled = jax.jit(updates, compiler_options=OPTIONS).lower(*rows[0]).compile()
    benchmark.extra_info["updates"] = STEPS
    benchmark.pedantic(lambda: jax.block_until_ready([compiled(*row) for row in rows]), rounds=5, warmup_rounds=1)


@pytest.mark.parametrize("study", registry.studies())
def test_evaluate(benchmark: Any, study: str) -> None:
    """One evaluation of one seed."""
    s = representative(study)
    (world, given), state, key = s.problem, s.state, s.key
    args = (programs.traced(s.task), programs.traced(s.bound), given, world, state, key)
    compiled = jax.jit(programs.evaluate).lower(*args).compile()
    benchmark.pedantic(lambda: jax.block_until_ready(compiled(*args)), rounds=20, warmup_rounds=1)


@pytest.mark.parametrize("study", [*sides.CELLS, DEAR])
def test_harness_beside_a_hand_written_loop(benchmark: Any, study: str) -> None:
    """A whole cell of 16 seeds by the harness and by hand: as one jit(vmap(scan)), and seed after seed, in turns.

    All on one core, as the workers of a run are; `extra_info` has the median ratios of harness to hand-written.
    Compilation is left out, and the harness has to make its worlds and streams anew.
    """
    with ProcessPoolExecutor(1, get_context("spawn"), initializer=_pin) as process:
        rounds = process.submit(_side_by_side, study).result()
    for side in ("hand", "hand_in_turn"):
        benchmark.extra_info[f"ratio to {side}"] = statistics.median(r["toybench"] / r[side] for r in rounds)
    benchmark.extra_info["seconds"] = {k: statistics.median(r[k] for r in rounds) for k in rounds[0]}
    benchmark.pedantic(lambda: None, rounds=1)


def _pin() -> None:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    runtime.configure()


def _side_by_side(study: str) -> list[dict[str, float]]:
    """Seconds of every side in turns: five times, or as often as goes into a minute."""
    seeds = range(TUNING, TUNING + SEEDS)

    def timed(side: str) -> float:
        start = time.perf_counter()
        sides.SIDES[side](study, seeds)
        return time.perf_counter() - start

    rounds: list[dict[str, float]] = []
    while len(rounds) < 2 or (len(rounds) < 6 and sum(sum(r.values()) for r in rounds) < 60):
        rounds.append({side: timed(side) for side in ("toybench", "hand", "hand_in_turn")})
    return rounds[1:]  # the first compiles


def test_overhead_per_cell(benchmark: Any, tmp_path: Path) -> None:
    """A cell that is recorded without computing: planning aside, what the harness itself spends."""
    cell = Cell("quasimetric", "random_digraph", "iqe", "smoke", (0,), why_not="a no-op")
    folder = Folder(tmp_path)

    def record() -> None:
        for one, result in run_cells([cell], 0, None, lambda c: None):
            assert folder.write(result)
            assert states.state(one, folder.read(one.name)) == "skipped"

    benchmark(record)
