"""Speed: compile, update and evaluate per study; the harness beside a hand-written loop; its cost per cell.

tox -e speed                                        runs/speed.json, to be compared between commits
pytest-benchmark compare OLD.json runs/speed.json
"""

import dataclasses
import os
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import jax
import pytest

from toybench import conformance, execute, randomness, registry, runner, runtime, trial
from toybench.cells import TUNING, Cell
from toybench.protocol import learns
from toybench.records import Folder

SEEDS, STEPS = 16, 100


def representative(study: str) -> conformance.Subject:
    """The first method of a study that learns, on its first task."""
    subjects = (conformance.subject_of(m) for m in registry.methods(study))
    for s in subjects:
        if s and learns(s.method) and s.method.compiled and s.task.kind != "interactive":
            return s
    pytest.skip(f"in {study} nobody learns from batches that come of themselves")


def block(subject: conformance.Subject) -> tuple[Any, list[tuple]]:
    """(method, arguments of `trial.advance` per seed) for 16 seeds and 100 updates."""
    task = trial._traced(subject.task)
    method = trial._traced(dataclasses.replace(subject.method, spec=subject.task.spec, steps=STEPS))
    sample, init, stream = jax.jit(trial.sample), jax.jit(trial.init), jax.jit(trial.stream)
    rows = []
    for seed in range(TUNING, TUNING + SEEDS):
        world, given = sample(task, randomness.key("world", task.name, seed))
        state = init(method, given, randomness.key("init", method.name, seed))
        batches = stream(task, world, randomness.step_keys(STEPS, "stream", task.name, seed))[1]
        rows.append((given, state, batches, randomness.step_keys(STEPS, "update", method.name, seed)))
    return method, rows


@pytest.mark.parametrize("study", registry.studies())
def test_compile(benchmark: Any, study: str) -> None:
    """Tracing and compiling 100 updates, anew each time."""
    method, rows = block(representative(study))

    def compile_anew() -> Any:
        return jax.jit(lambda *args: trial.advance(*args)).lower(method, *rows[0]).compile()

    benchmark.pedantic(compile_anew, rounds=3)


@pytest.mark.parametrize("study", registry.studies())
def test_update(benchmark: Any, study: str) -> None:
    """100 updates of 16 seeds; divide by 100 for one update of the block."""
    method, rows = block(representative(study))
    compiled = jax.jit(trial.advance).lower(method, *rows[0]).compile()
    benchmark.extra_info["updates"] = STEPS
    benchmark(lambda: jax.block_until_ready([compiled(method, *row) for row in rows]))


@pytest.mark.parametrize("study", registry.studies())
def test_evaluate(benchmark: Any, study: str) -> None:
    """One evaluation of one seed."""
    s = representative(study)
    (world, given), state, key = s.problem, s.state, s.key
    args = (trial._traced(s.task), trial._traced(s.bound), given, world, state, key)
    compiled = jax.jit(trial.evaluate).lower(*args).compile()
    benchmark(lambda: jax.block_until_ready(compiled(*args)))


@pytest.mark.parametrize("study", registry.studies())
def test_harness_beside_a_hand_written_loop(benchmark: Any, study: str) -> None:
    """A whole trial of 16 seeds by the harness, and the same trial as one jit(vmap(scan)), in turns.

    Both on one core, as the workers of a run are; `extra_info` has the median ratio of harness to hand-written.
    Compilation is left out of both, and the harness has to make its worlds and streams anew.
    """
    with ProcessPoolExecutor(1, get_context("spawn"), initializer=_pin) as process:
        pairs = process.submit(_side_by_side, study).result()
    benchmark.extra_info["ratio"] = statistics.median(a / b for a, b in pairs)
    benchmark.extra_info["harness_seconds"] = statistics.median(a for a, _ in pairs)
    benchmark.extra_info["by_hand_seconds"] = statistics.median(b for _, b in pairs)
    benchmark.pedantic(lambda: None, rounds=1)


def _pin() -> None:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    runtime.configure()


def _side_by_side(study: str) -> list[tuple[float, float]]:
    """(seconds of the harness, seconds by hand), five times in turns."""
    s = representative(study)
    task, seeds, steps = s.task, list(range(TUNING, TUNING + SEEDS)), 500
    method = trial._traced(dataclasses.replace(s.method, spec=task.spec, steps=steps))
    keys = {role: trial._keys(o, role, seeds) for o, role in ((task, "world"), (task, "evaluate"), (method, "init"))}
    shown, noise = (trial._step_keys(o, r, seeds, steps) for o, r in ((task, "stream"), (method, "update")))

    def one(world_key: Any, init_key: Any, judge_key: Any, shown: Any, noise: Any) -> Any:
        world, given = trial.sample(task, world_key)
        bound = dataclasses.replace(method, given=given)

        def step(state: Any, k: Any) -> Any:
            return bound.update(state, task.draw(world, k[0], None)[1], k[1]), None

        first = trial.init(method, given, init_key)
        last, _ = jax.lax.scan(step, first, trial._typed((shown, noise)))
        return [trial.evaluate(task, method, given, world, state, judge_key) for state in (first, last)]

    by_hand = jax.jit(jax.vmap(one))
    args = (keys["world"], keys["init"], keys["evaluate"], shown, noise)

    def harness() -> Any:
        trial._shared.task = None
        return trial.run(task, s.method, seeds, steps, 1)[0]

    def timed(f: Any) -> float:
        start = time.perf_counter()
        jax.block_until_ready(f())
        return time.perf_counter() - start

    harness(), by_hand(*args)
    return [(timed(harness), timed(lambda: by_hand(*args))) for _ in range(5)]


def test_overhead_per_cell(benchmark: Any, tmp_path: Path) -> None:
    """A cell that is recorded without computing: planning aside, what the harness itself spends."""
    cell = Cell("quasimetric", "random_digraph", "iqe", "smoke", (0,), why_not="a no-op")
    folder = Folder(tmp_path)

    def record() -> None:
        for one, result in execute.run([cell], 0, None, lambda c: None):
            assert folder.write(result)
            assert runner.state(one, folder.read(one.name)) == "skipped"

    benchmark(record)
