"""Plug-ins can't reach their neighbours: what they change is put back, and what they declare is checked."""

import locale
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path

import jax
import numpy as np
import pytest
from helpers import added, record

from toybench.claim import Benchmark
from toybench.engine import cells, execute
from toybench.errors import UsageError
from toybench.guard import check, conformance
from toybench.plugins import digest, isolation, registry


def look() -> list:
    """What plug-ins might change of this process."""
    parts = isolation._PARTS.values()
    return [part.read() for part in parts]


CHANGES = {
    "changed jax.config (jax_enable_x64)": lambda: jax.config.update("jax_enable_x64", True),
    "changed environment variables (HOME, LEFT)": lambda: (os.environ.pop("HOME"), os.environ.update(LEFT="1")),
    "changed the working directory": lambda: os.chdir("/"),
    "changed the state of numpy.random": lambda: np.random.normal(),
    "changed the state of Python's random": lambda: random.random(),
    "changed signal handlers (SIGUSR1)": lambda: signal.signal(signal.SIGUSR1, lambda *_: None),
    "changed the locale": lambda: locale.setlocale(
        locale.LC_NUMERIC, "POSIX" if locale.setlocale(locale.LC_NUMERIC) != "C" else "C.UTF-8"
    ),
    "changed warning filters": lambda: warnings.simplefilter("ignore"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_changed_is_put_back_and_told(change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/root")
    before = look()
    with isolation.restored() as changed:
        CHANGES[change]()
        assert look() != before
    assert look() == before
    assert changed == [change]


def test_what_is_changed_is_put_back_where_an_error_ends_it() -> None:
    before = look()
    changed: list[str] = []

    def change() -> None:
        with isolation.restored() as noticed:
            os.environ["LEFT"] = "1"
            try:
                raise ValueError("on purpose")
            finally:
                changed.append(noticed)  # type: ignore[arg-type]

    with pytest.raises(ValueError, match="on purpose"):
        change()
    assert look() == before
    assert changed == [["changed environment variables (LEFT)"]]


def test_every_part_has_a_change() -> None:
    assert all(any(name in change for change in CHANGES) for name in isolation._PARTS)


def test_a_thread_that_goes_on_is_told() -> None:
    end = threading.Event()
    with isolation.restored() as changed:
        threading.Thread(target=end.wait, name="mine").start()
        quick = threading.Thread(target=time.sleep, args=(0,))
        quick.start()
        quick.join()
    end.set()
    assert changed == ["left a thread running (mine)"]


def test_a_process_that_goes_on_is_ended_unless_another_thread_may_have_started_it() -> None:
    script = """if True:
        import subprocess, threading, time
        from toybench.plugins import isolation
        with isolation.restored() as changed:
            mine = subprocess.Popen(["sleep", "60"])
            subprocess.run(["true"])
        assert changed == ["left a process running (sleep)"] and mine.wait(5) == -9, changed
        threading.Thread(target=time.sleep, args=(3,), daemon=True).start()
        with isolation.restored() as changed:
            theirs = subprocess.Popen(["sleep", "60"])
        assert changed == ["left a process running (sleep)"] and theirs.poll() is None, changed
        theirs.kill()
    """
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_looking_takes_milliseconds() -> None:
    start = time.process_time()
    for _ in range(100):
        with isolation.restored() as changed, isolation.muffled(changed):
            pass
    assert time.process_time() - start < 0.5
    assert not changed


def test_what_another_thread_prints_is_passed_on(capsys: pytest.CaptureFixture) -> None:
    changed: list[str] = []
    with isolation.muffled(changed):
        other = threading.Thread(target=print, args=("theirs",))
        other.start()
        other.join()
        print("mine")
    assert capsys.readouterr().out == "theirs\n"
    assert changed == ["printed"]


TASK, METHOD, HELPER = "tasks/demo/linear.py", "methods/demo/least_mean_squares.py", "methods/demo/_helper.py"
MISTAKES = {
    "checkpoints-0": (
        TASK,
        "steps = 200",
        "steps = 200\n    checkpoints = 0",
        "checkpoints=0 in 200 steps; .* 1 to 50",
    ),
    "checkpoints-negative": (TASK, "steps = 200", "steps = 200\n    checkpoints = -1", "checkpoints=-1 in 200 steps"),
    "checkpoints-many": (TASK, "steps = 200", "steps = 9000\n    checkpoints = 5000", "checkpoints=5000 in 9000 steps"),
    "checkpoints-text": (TASK, "steps = 200", "checkpoints = '5'", "checkpoints='5' in 1000 steps"),
    "steps-negative": (TASK, "steps = 200", "steps = -5", "steps=-5; give a whole number"),
    "steps-float": (TASK, "steps = 200", "steps = 1e3", "steps=1000.0; give a whole number"),
    "steps-knob-negative": (TASK, "steps = 200", "steps: int = -5", "steps=-5; give a whole number"),
    "direction": (TASK, 'Metric("min"', 'Metric("down"', "direction can't be 'down'; use one of min, max, zero, info"),
    "metric-name": (TASK, '{"mse"', '{"mean squared error"', "metric 'mean squared error' .* can't be a name"),
    "metric-bare": (
        TASK,
        'Metric("min", "squared error on 256 noiseless test points")',
        '"min"',
        "give it a toybench.Me",
    ),
    "no-metrics": (TASK, "    metrics =", "    scores =", "Linear has no metrics"),
    "no-interface": (TASK, "    interface = Predicts\n", "", "Linear has no interface; set it to the study's Protocol"),
    "kind": (
        TASK,
        "steps = 200",
        "steps = 200\n    kind = 'online'",
        "of kind 'online'; use stationary, stream, inter",
    ),
    "no-evaluate": (TASK, "def evaluate", "def judge", "Linear doesn't define evaluate"),
    "spec-raises": (TASK, "Spec(dim=self.dim)", "1 / 0", "ZeroDivisionError"),
    "default-array": (METHOD, "lr: float = 0.1", "lr: float = jnp.ones(2)", "give fields plain values as their"),
    "default-missing": (METHOD, "lr: float = 0.1", "lr: float", "its default is .* give a plain value"),
    "default-infinite": (METHOD, "lr: float = 0.1", "lr: float = float('inf')", "its default is inf"),
    "default-other": (
        METHOD,
        "lr: float = 0.1",
        "width: int = 0.5  # w\n    lr: float = 0.1",
        "type int, its default is 0.5",
    ),
    "type-union": (
        METHOD,
        "lr: float = 0.1",
        "lr: float | None = None",
        r"of type float \| None; a field is one of float",
    ),
    "type-array": (
        METHOD,
        "lr: float = 0.1",
        "lr: jax.Array = None",
        "is of type .*Array; a field is one of float, int",
    ),
    "field-spec": (
        METHOD,
        "lr: float = 0.1",
        "spec: int = 3  # s\n    lr: float = 0.1",
        "'spec' .* part of the protocol",
    ),
    "field-steps": (
        METHOD,
        "lr: float = 0.1",
        "steps: int = 3  # s\n    lr: float = 0.1",
        "'steps' .* part of the prot",
    ),
    "field-given": (
        METHOD,
        "lr: float = 0.1",
        "given: int = 3  # s\n    lr: float = 0.1",
        "'given' .* part of the prot",
    ),
    "field-name": (
        METHOD,
        "lr: float = 0.1",
        "name: str = 'x'  # s\n    lr: float = 0.1",
        "'name' .* part of the protoc",
    ),
    "field-checkpoints": (TASK, "dim: int = 4", "checkpoints: int = 4", "'checkpoints' .* part of the protocol"),
}


def copy(demo: Path, root: Path, place: str, name: str, old: str = "", new: str = "") -> None:
    """A plug-in of the demo study under another name in another folder, edited."""
    text = (demo / place).read_text()
    assert old in text
    file = (root / place).with_name(f"{name}.py")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_costs_one_row_and_is_named(mistake: str, demo: Path, tmp_path: Path) -> None:
    place, old, new, sentence = MISTAKES[mistake]
    name = mistake.replace("-", "_")
    copy(demo, tmp_path, place, name, old, new)
    with added(tmp_path):
        plan = cells.plan(["demo"])
    assert list(plan.broken) == [f"demo/{name}"]
    assert re.search(sentence, plan.broken[f"demo/{name}"]), plan.broken
    assert {"demo/linear/floor", "demo/linear/least_mean_squares"} <= {cell.name for cell in plan.cells}


def test_a_range_is_checked_in_a_variant_too(demo: Path, tmp_path: Path) -> None:
    copy(demo, tmp_path, TASK, "longer", "steps = 200", "steps: int = 200")
    with added(tmp_path), pytest.raises(UsageError, match="steps=-5; give a whole number"):
        cells.plan(["demo/longer[steps=-5]"])


def test_a_benchmark_s_mistake_costs_one_row(demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = Benchmark(variants=("linear[dimm=3]", "linear[dim=3]"), ablations=("least_mean_squares[lrr=1]",))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))  # without a plan of the study as it is
    monkeypatch.setattr(registry, "benchmark", lambda study: page)
    plan = cells.plan(["demo"])
    assert list(plan.broken) == ["demo/least_mean_squares", "demo/linear[dimm=3]"]
    assert {"demo/linear/least_mean_squares", "demo/linear[dim=3]/floor"} <= {cell.name for cell in plan.cells}


def test_what_is_asked_for_wrongly_is_wrong_usage(demo: Path) -> None:
    with pytest.raises(UsageError, match="no field 'dimm'"):
        cells.plan(["demo/linear[dimm=3]"])
    with pytest.raises(UsageError, match="no field 'lrr'"):
        cells.plan(["demo"], methods=["least_mean_squares[lrr=3]"])


def test_a_plug_in_named_like_a_landed_one_costs_one_row(demo: Path, tmp_path: Path) -> None:
    copy(demo, tmp_path, METHOD, "least_mean_squares", "lr: float = 0.1", "rate: float = 0.1")
    with added(tmp_path):
        plan = cells.plan(["demo"])
        assert "demo/least_mean_squares" in registry.methods("demo")
        assert "lr" in cells.knobs(registry.load("methods", "demo/least_mean_squares"))
    assert [re.sub(r"/\S*/", "", why) for why in plan.broken.values()] == [
        "method 'demo/least_mean_squares' exists twice; least_mean_squares.py is used, rename least_mean_squares.py."
    ]
    assert "demo/linear/least_mean_squares" in {cell.name for cell in plan.cells}


def test_a_helper_named_like_a_landed_one_makes_nothing_stale(demo: Path, tmp_path: Path) -> None:
    names = ["continual/separable_tasks", "quasimetric/one_way_grid"]
    before = {name: digest.sources(registry.path("tasks", name)) for name in names}
    for place in ("tasks/continual/__init__.py", "tasks/quasimetric/_graphs.py", "tasks/quasimetric/__init__.py"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text("MINE = 1\n")
    with added(tmp_path):
        digest.forget()
        after = {name: digest.sources(registry.path("tasks", name)) for name in names}
    digest.forget()
    assert after == before


def test_a_method_that_answers_no_task_is_told_with_what_it_lacks(demo: Path, tmp_path: Path) -> None:
    copy(demo, tmp_path, METHOD, "mute", "def predict", "def foretell")
    with added(tmp_path):
        plan, part = cells.plan(["demo"]), cells.plan(["demo/linear"])
    assert plan.notes == ("demo/mute has no predict, which linear asks for; it runs on no task.",)
    assert not plan.broken
    assert not part.notes  # another task may ask what it answers


def test_the_landed_plug_ins_change_nothing_and_answer_something() -> None:
    plan = cells.plan(sorted(path.parent.name for path in (registry.HOME / "tasks").glob("*/__init__.py")))
    assert (plan.broken, plan.notes) == ({}, ())


def test_what_a_cell_did_is_kept_where_seeds_are_added() -> None:
    old, new = record("a", [1.0]), record("a", [2.0], seeds=[1], reason="changed the locale")
    assert execute.extend(old, new).reason == execute.extend(new, old).reason == "changed the locale"


def test_conformance_tells_what_a_plug_in_does_to_its_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conformance, "check_method", lambda name: os.environ.update(LEFT="1") or [])
    problems, _, _ = check._conforms("methods", "demo/mine")
    assert problems == ("leaves_its_process_alone: demo/mine changed environment variables (LEFT).",)
    assert "LEFT" not in os.environ


def test_files_that_are_imported_at_once_leave_the_output_open(demo: Path, tmp_path: Path) -> None:
    """Two threads that each took the output away and gave it back would leave it closed."""
    slow = "import time\ntime.sleep(0.3)\nprint('loud')\nclass State"
    for name in ("slow_one", "slow_other"):
        copy(demo, tmp_path, METHOD, name, "class State", slow)
    before = os.fstat(1), sys.stdout
    with added(tmp_path):
        pair = [threading.Thread(target=registry.load, args=("methods", f"demo/slow_{n}")) for n in ("one", "other")]
        for thread in pair:
            thread.start()
            time.sleep(0.1)
        for thread in pair:
            thread.join()
        told = registry.imports_told("demo")
    assert (os.fstat(1), sys.stdout) == before
    assert sum("slow_" in sentence and "printed" in sentence for sentence in told) == 2
