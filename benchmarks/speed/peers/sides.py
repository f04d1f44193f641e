"""One method of each of the first three studies, trained on 16 seeds by toybench and by what a user would pick instead.

python benchmarks/speed/peers/sides.py SIDE STUDY [SEEDS]      a line of JSON: seconds and final values

Every side has the same worlds, the same batches, the same first state and the same number of updates, and is judged
by the task's own evaluation before and after training. Seconds are of a first run in a fresh process, compilation
included, and of a second one in the same process.
"""

import contextlib
import functools
import io
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import numpy as np

from toybench.engine import programs, randomness, runtime, trial
from toybench.engine.cells import TUNING, Cell

CELLS = {
    "in_context": ("linear_regression", "linear_self_attention"),
    "quasimetric": ("random_digraph", "mlp_concatenated"),
    "vector_quantization": ("codebook_collapse", "straight_through"),
}


@functools.cache
def cell(study: str) -> tuple[Any, Any, int]:
    """(task, method, updates) of a study or of a cell by its whole name, at the full budget and tuned."""
    parts = study.split("/") if "/" in study else (study, *CELLS[study])
    task, method, steps, _ = Cell(parts[0], parts[1], parts[2], "full", (TUNING,)).build()
    return task, method, steps


@functools.cache
def compiled_parts(study: str) -> tuple[Callable, ...]:
    """The compiled parts of the protocol (sample, init, stream, evaluate) for sides that bring a loop of their own."""
    task, method, steps = cell(study)
    bound = replace(method, spec=task.spec, steps=steps)
    return (
        jax.jit(lambda key: programs.sample(task, key)),
        jax.jit(lambda given, key: programs.init(bound, given, key)),
        jax.jit(lambda world, keys: programs.stream(task, world, keys)[1]),
        jax.jit(lambda given, world, state, key: programs.evaluate(task, bound, given, world, state, key)),
    )


def begin(study: str, seed: int) -> tuple[Any, Any, Any, Any]:
    """(world, given, first state, all batches) of a seed."""
    task, method, steps = cell(study)
    sample, init, stream, _ = compiled_parts(study)
    world, given = sample(randomness.key("world", task.name, seed))
    state = init(given, randomness.key("init", method.name, seed))
    return world, given, state, stream(world, randomness.step_keys(steps, "stream", task.name, seed))


def judge(study: str, seed: int, world: Any, given: Any, state: Any) -> float:
    """The task's first metric."""
    task = cell(study)[0]
    metrics = compiled_parts(study)[3](given, world, state, randomness.key("evaluate", task.name, seed))
    return float(metrics[next(iter(task.metrics))])


def by_toybench(study: str, seeds: range) -> list[float]:
    """What `toybench run` does with a cell, less its record."""
    task, method, steps = cell(study)
    trial.shared.task = None
    outcomes, _ = trial.run(task, method, seeds, steps, 1)
    return [o.curve[next(iter(task.metrics))][-1] for o in outcomes]


def by_hand(study: str, seeds: range, together: bool = True) -> list[float]:
    """The same trial as one jit(vmap(scan)) over all seeds, batches drawn in the loop: the limit."""
    task, method, steps = cell(study)
    keys = [trial.keys(o, role, list(seeds)) for o, role in ((task, "world"), (task, "evaluate"), (method, "init"))]
    streams = [trial.step_keys(o, r, list(seeds), steps) for o, r in ((task, "stream"), (method, "update"))]
    _, after = jax.device_get(_by_hand(study, together)(*keys, *streams))
    return [float(v) for v in after[next(iter(task.metrics))]]


def by_hand_in_turn(study: str, seeds: range) -> list[float]:
    """The same with one seed after the other, as toybench runs them on CPU: bits don't depend on their company."""
    return by_hand(study, seeds, together=False)


@functools.cache
def _by_hand(study: str, together: bool) -> Callable:
    task, method, steps = cell(study)

    def one(world_key: Any, judge_key: Any, init_key: Any, shown: Any, noise: Any) -> tuple[Any, Any]:
        world, given = programs.sample(task, world_key)
        bound = replace(method, spec=task.spec, steps=steps, given=given)

        def step(state: Any, k: Any) -> Any:
            return bound.update(state, task.draw(world, k[0], None)[1], k[1]), None

        first = programs.init(bound, given, init_key)
        last, _ = jax.lax.scan(step, first, programs.typed((shown, noise)))
        before, after = (programs.evaluate(task, bound, given, world, s, judge_key) for s in (first, last))
        return before, after

    # with the options that toybench compiles updates with: both forms gain by them
    options = dict(runtime.options(steps))
    function = jax.vmap(one) if together else lambda *args: jax.lax.map(lambda row: one(*row), args)
    return jax.jit(function, compiler_options=options)


def by_pytorch(study: str, seeds: range) -> list[float]:
    """A plain loop per seed; worlds, batches and evaluation come from toybench's compiled programs."""
    import torch_loops

    found = []
    for seed in seeds:
        world, given, state, batches = begin(study, seed)
        judge(study, seed, world, given, state)
        params = torch_loops.train(study, cell(study), given, state.params, batches)
        found.append(judge(study, seed, world, given, state._replace(params=params)))
    return found


def by_benchopt(study: str, seeds: range) -> list[float]:
    """benchopt hosts the same JAX method: a data set per seed, one run each."""
    import pandas as pd
    from benchopt import run_benchmark

    here = Path(__file__).parent / "hosted"
    with contextlib.redirect_stdout(io.StringIO()):
        file = run_benchmark(
            here,
            dataset_names=[f"world[seed={list(seeds)},study={study}]"],
            plot_result=False,
            display=False,
            show_progress=False,
            no_cache=True,
        )
    rows = pd.read_parquet(file)
    Path(file).unlink()
    return [float(v) for v in rows.sort_values("p_dataset_seed")["objective_value"]]


SIDES: dict[str, Callable[[str, range], list[float]]] = {
    "toybench": by_toybench,
    "hand": by_hand,
    "hand_in_turn": by_hand_in_turn,
    "pytorch": by_pytorch,
    "benchopt": by_benchopt,
}


def main(side: str, study: str, count: int = 16) -> None:
    """Run a side twice and print what it took."""
    seeds, seconds, values = range(TUNING, TUNING + count), [], []
    for _ in range(2):
        start = time.perf_counter()
        values = SIDES[side](study, seeds)
        seconds.append(time.perf_counter() - start)
    print(json.dumps({"first": seconds[0], "second": seconds[1], "values": np.round(values, 7).tolist()}))


if __name__ == "__main__":
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    os.environ["JAX_ENABLE_COMPILATION_CACHE"] = "false"
    runtime.configure()
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
