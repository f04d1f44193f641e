"""Faults: each costs its own cell and no other. `docs/faults.md` is the table of what is tested here."""

import ast
import json
import os
import random
import re
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock
import msgspec
import psutil
import pytest
from helpers import added, write

from toybench import api
from toybench.cli import main
from toybench.engine import execute, runner, runtime
from toybench.engine.cells import Cell
from toybench.evidence.records import Folder, Record
from toybench.guard import checks, conformance
from toybench.plugins import registry
from toybench.plugins.registry import HOME

INIT, UPDATE = "        return State(params=0.1", "        return State(params=state.params + "


@dataclass(frozen=True)
class Plugin:
    """A misbehaving copy of the demo study's method, and what becomes of it."""

    edits: dict[str, str]  # text of the model: what replaces it
    state: str
    reason: str = ""  # regular expression that matches the whole reason
    exit_code: int = 4


def in_init(line: str, state: str, reason: str = "", exit_code: int = 4) -> Plugin:
    return Plugin({INIT: f"        {line}\n{INIT}"}, state, reason, exit_code)


HOST = {"    space =": "    compiled = False\n    space ="}
AT = r" at methods/demo/\w+\.py:\d+"
PLUGINS = {
    "raises_at_import": Plugin(
        {"class State": "raise ValueError('on purpose')\nclass State"},
        "failed",
        r".*raises_at_import\.py can't be imported: ValueError: on purpose",
    ),
    "exits_at_import": Plugin(
        {"class State": "raise SystemExit(0)\nclass State"}, "failed", r".*can't be imported: SystemExit: 0"
    ),
    "raises_in_init": in_init("raise ValueError('on purpose')", "failed", "ValueError: on purpose" + AT),
    "raises_markup": in_init(
        r"raise ValueError('\x1b[2J[bold]on\npurpose')", "failed", r"ValueError: \?\[2J\[bold\]on purpose" + AT
    ),
    "exits_in_init": in_init("raise SystemExit(0)", "failed", "SystemExit: 0" + AT),
    "nan_from_step_7": Plugin(
        {
            "    params: jax.Array": "    params: jax.Array\n    count: jax.Array",
            "(self.spec.dim,)))": "(self.spec.dim,)), count=jnp.zeros(()))",
            UPDATE: "        broken = jnp.where(state.count < 6, 0.0, jnp.nan)\n"
            "        return State(count=state.count + 1, params=state.params + broken + ",
        },
        "diverged",
        "4 of 4 seeds diverged",
        exit_code=0,
    ),
    "endless_compiled": in_init(
        "key = jax.lax.while_loop(lambda k: True, lambda k: jax.random.split(k, 1)[0], key)",
        "timeout",
        "took longer than the 25 s allowed",
    ),
    "endless_on_host": in_init(
        "import time\n        while True: time.sleep(1)", "timeout", "took longer than the 25 s allowed"
    ),
    "uses_30_gb": in_init(
        "import numpy as np; hoard = [np.ones(2**28, np.uint8) for _ in range(120)]",
        "failed",
        r"took \d+\.\d GiB of memory, its share is 1\.5 GiB; run it alone with --jobs 1",
    ),
    "wants_the_whole_accelerator": in_init(
        "import os; raise ValueError('limit ' + os.environ['XLA_PYTHON_CLIENT_MEM_FRACTION'])",
        "failed",
        r"ValueError: limit 0\.300" + AT,  # nine tenths by three workers
    ),
    "kills_its_process": in_init(
        "import os; os.kill(os.getpid(), 9)",
        "failed",
        r"the worker process died \(signal 9, SIGKILL, perhaps out of memory\)",
    ),
    "crashes_natively": in_init(
        "import ctypes; ctypes.string_at(0)", "failed", r"the worker process died \(signal 11, SIGSEGV\)"
    ),
    "leaves_its_process": in_init("import os; os._exit(7)", "failed", r"the worker process died \(exit code 7\)"),
    "ignores_its_key": Plugin(
        {"0.1 * jax.random.normal(key, (self.spec.dim,))": "jnp.zeros(self.spec.dim)"}, "ok", "", 0
    ),
    "mutates_its_batch": Plugin(
        {**HOST, "        error =": "        batch.x[:] = 0.0\n        error ="},
        "failed",
        "ValueError: assignment destination is read-only" + AT,
    ),
    "changes_its_dtype": Plugin(
        {"axis=0))": "axis=0)).astype(jnp.float16))", UPDATE: "        return State(params=(state.params + "},
        "failed",
        "TypeError: scan body function carry input and carry output must have equal types.*",
    ),
    "changes_jax_at_import": Plugin(
        {
            "class State": "for name in ('jax_enable_x64', 'jax_threefry_partitionable'):\n"
            "    jax.config.update(name, not jax.config.values[name])\nclass State"
        },
        "ok",
        "",
        0,
    ),
    "changes_jax_in_init": in_init(
        "jax.config.update('jax_threefry_partitionable', False)",
        "failed",
        r"changed jax\.config \(jax_threefry_partitionable\); numbers under other settings can't be compared, .*",
    ),
    "changes_its_process": in_init(
        "import os, random; os.chdir('/'); os.environ['LEFT'] = 'here'; random.seed(0)",
        "ok",
        r"changed environment variables \(LEFT\), changed the working directory, changed the state of Python's random",
        0,
    ),
    "leaves_a_thread": in_init(
        "import threading, time; threading.Thread(target=time.sleep, args=(600,), name='mine', daemon=True).start()",
        "ok",
        r"left a thread running \(mine\)",
        0,
    ),
    "leaves_a_process": in_init(
        "import subprocess; subprocess.Popen(['sleep', '4242'])", "ok", r"left a process running \(sleep\)", 0
    ),
    "prints_at_import": Plugin({"class State": "print('{')\nimport os; os.write(1, b'{')\nclass State"}, "ok", "", 0),
    "can_t_say_whether_it_fits": Plugin(
        {"    def init": "    def fits(self, spec):\n        raise ValueError('on purpose')\n\n    def init"},
        "failed",
        "ValueError: on purpose",
    ),
    "prints_a_megabyte": in_init("import os; print('x' * 10**6); os.write(1, b'x' * 10**6)", "ok", "", 0),
    "has\\a\\path": Plugin({}, "failed", r".*'demo/has\\a\\path' can't be a name; use lower-case letters.*"),
}
LAUNCH = """
import sys
from toybench import cli
from toybench.engine import pool
pool.share = lambda jobs: 3 * 2**29
cli.main(sys.argv[1:])
"""  # a script without the guard that spawned processes usually ask for


def launch(script: Path, *args: Any) -> subprocess.Popen:
    """The command line in a process of its own."""
    script.write_text(LAUNCH, encoding="utf-8")
    command = [sys.executable, str(script), *map(str, args)]
    env = {**os.environ, "PYTHONPATH": str(HOME)}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)


@dataclass(frozen=True)
class Outcome:
    """What one run of all the misbehaving plug-ins left behind."""

    root: Path
    out: Path
    exit_code: int
    stdout: str
    stderr: str
    status: dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def outcome(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """One run, shared by the processes that the tests are spread over."""
    base = tmp_path_factory.getbasetemp()
    root = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "adversarial"
    root.mkdir(exist_ok=True)
    with filelock.FileLock(root / "lock"):
        if not (root / "said.json").exists():
            misbehave(demo, root)
    with added(root):
        status = {row["cell"].split("/", 2)[2]: row for row in api.status("demo", results=root / "runs")}
    exit_code, stdout, stderr = json.loads((root / "said.json").read_text())
    return Outcome(root=root, out=root / "runs", exit_code=exit_code, stdout=stdout, stderr=stderr, status=status)


def misbehave(demo: Path, root: Path) -> None:
    """Write the plug-ins, run them all at once, and keep what the command said."""
    for name, plugin in PLUGINS.items():
        write(demo, root, name, plugin.edits)
    options = ["--budget", "quick", "--jobs", 3, "--timeout", 25, "--out", root / "runs"]
    with launch(root / "run.py", "--plugins", demo, "--plugins", root, "run", "demo", *options) as process:
        stdout, stderr = process.communicate(timeout=300)
    (root / "said.json").write_text(json.dumps([process.returncode, stdout, stderr]))


@pytest.mark.parametrize("name", PLUGINS)
def test_a_plugin(name: str, outcome: Outcome) -> None:
    row, plugin = outcome.status[name], PLUGINS[name]
    assert re.fullmatch(plugin.reason, row["reason"], re.DOTALL), row["reason"]
    if plugin.reason and plugin.state != "diverged":
        assert name in outcome.stdout
    path = outcome.out / f"demo/linear/{name}.json"
    if not path.exists():  # it never became a cell
        summary = runner.Summary(Folder(outcome.out), broken={name: row["reason"]})
        assert row["state"] == plugin.state == "failed"
    else:
        record = Folder(outcome.out).read(f"demo/linear/{name}")
        assert isinstance(record, Record) and record.state == plugin.state
        summary = runner.Summary(Folder(outcome.out), records={name: record})
    assert summary.exit_code == plugin.exit_code


def test_faults_cost_no_other_cell(outcome: Outcome) -> None:
    assert {outcome.status[n]["state"] for n in ("floor", "oracle", "least_mean_squares")} == {"ok"}
    assert outcome.exit_code == 4
    assert len(outcome.stdout) < 20_000
    assert "[bold]on purpose" in outcome.stdout
    assert "\x1b" not in outcome.stdout
    assert "Traceback" not in outcome.stderr


def test_a_neighbour_s_numbers_stay_as_they_were(demo: Path, outcome: Outcome, tmp_path: Path) -> None:
    """The misbehaving ones came before it in its worker, or after it."""
    runner.run(["demo"], out=tmp_path, methods=["least_mean_squares"], budget="quick", jobs=0)
    assert numbers(tmp_path).items() <= numbers(outcome.out).items()


def test_nothing_outlives_a_run(outcome: Outcome) -> None:
    assert not [p for p in psutil.process_iter(["cmdline"]) if p.info["cmdline"] == ["sleep", "4242"]]


def test_who_changed_the_process_at_import_is_told(outcome: Outcome) -> None:
    told = [line for line in outcome.stdout.splitlines() if "at import; this was undone" in line]
    assert len(told) == 2
    assert re.search(r"changes_jax_at_import.py changed jax.config \(jax_\w+, jax_\w+\)", told[0])
    assert "prints_at_import.py printed at import" in told[1]
    assert "{" not in outcome.stdout


def test_a_diverging_seed_is_dated(outcome: Outcome) -> None:
    record = Folder(outcome.out).read("demo/linear/nan_from_step_7")
    assert record
    assert record.diverged_at == [7, 7, 7, 7]
    assert record.metrics["mse"].values == [None] * 4


def test_conformance_catches_what_a_run_can_t_see(outcome: Outcome) -> None:
    with added(outcome.root):
        method = registry.load("methods", "demo/ignores_its_key")()
    subject = conformance.Subject(registry.load("tasks", "demo/linear")(), method)
    with pytest.raises(checks.Violation):
        conformance.METHOD_CHECKS["init_uses_its_key"](subject)


def numbers(folder: Path) -> dict[str, Any]:
    """What must not depend on how a run went: everything but cost and environment."""
    found = list(Folder(folder).scan())
    assert all(isinstance(r, Record) for r in found), found
    return {r.cell: msgspec.structs.replace(r, cost=None, environment=None) for r in found if isinstance(r, Record)}


def test_sigkill_at_random_moments_costs_nothing(demo: Path, tmp_path: Path) -> None:
    for i in range(1, 6):
        write(demo, tmp_path, f"copy{i}", {"= 0.1  #": f"= 0.0{i}  #"})
    with added(tmp_path):
        done = runner.run(["demo"], out=tmp_path / "undisturbed", budget="smoke", jobs=0)
    assert [r.reason for r in done.failed] == []
    whole, chance, killed = numbers(tmp_path / "undisturbed"), random.Random(4), tmp_path / "killed"
    for lines in (0, 1, 2):
        run = ["--plugins", demo, "--plugins", tmp_path, "run", "demo", "--budget", "smoke", "--jobs", 2]
        with launch(tmp_path / "run.py", *run, "--out", killed) as process:
            for _ in range(lines):
                assert process.stdout and process.stdout.readline()
            time.sleep(chance.uniform(0, 1.5))
            workers = psutil.Process(process.pid).children(recursive=True)
            process.kill()
        assert not psutil.wait_procs(workers, timeout=60)[1], "workers outlive their run"
        assert numbers(killed).items() <= whole.items()
    with added(tmp_path):
        assert not runner.run(["demo"], out=killed, budget="smoke", jobs=0).failed
    assert numbers(killed) == whole
    assert not list(killed.rglob(".unfinished*"))


class Notes:
    """A watch that keeps what it was told."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def begin(self, total: int, kept: int) -> None: ...
    def start(self, cell: Cell) -> None: ...
    def finish(self, cell: Cell, record: Record) -> None: ...

    def note(self, sentence: str) -> None:
        self.notes.append(sentence)


def test_two_runs_into_one_folder_share_the_work(demo: Path, tmp_path: Path) -> None:
    watches, done = [Notes(), Notes()], []

    def run(watch: Notes) -> None:
        done.append(runner.run(["demo"], out=tmp_path, budget="smoke", jobs=0, watch=watch))

    threads = [threading.Thread(target=run, args=(watch,)) for watch in watches]
    with filelock.FileLock(tmp_path / ".lock"):
        for thread in threads:
            thread.start()
        while not all(watch.notes for watch in watches):
            time.sleep(0.01)
    for thread in threads:
        thread.join()
    assert "Another run is writing to" in watches[0].notes[0]
    assert sorted(map(sorted, ([*d.records] for d in done))) == [[], sorted(done[0].names)]
    assert sorted(map(sorted, (d.kept for d in done))) == [[], sorted(done[0].names)]


def demo_run(out: Path) -> int:
    """`toybench run demo` in this process; its exit code."""
    with pytest.raises(SystemExit) as end:
        main(["run", "demo", "--budget", "smoke", "--jobs", "0", "--out", str(out)])
    assert isinstance(end.value.code, int)
    return end.value.code


def test_a_full_disk_ends_the_run_with_one_sentence(
    demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    sync, calls = os.fsync, iter(range(9))

    def full(handle: int) -> None:
        if next(calls):
            raise OSError(28, "No space left on device")
        sync(handle)

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        assert demo_run(tmp_path) == 4
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "No space left on device" in said and "type the same command again" in said
    assert len(numbers(tmp_path)) == 1
    assert demo_run(tmp_path) == 0
    assert len(numbers(tmp_path)) == 3


def test_a_folder_that_can_t_be_written_ends_the_run_with_one_sentence(
    demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    (tmp_path / "demo").write_text("in the way")
    assert demo_run(tmp_path) == 4
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "can't be written" in said


def test_a_timeout_needs_a_worker(demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["run", "demo", "--timeout", "9", "--jobs", "0", "--out", str(tmp_path / "none")])
    assert "--jobs 1 or more" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_another_environment_is_shown_and_is_not_stale(demo: Path, tmp_path: Path) -> None:
    runner.run(["demo"], out=tmp_path, budget="smoke", jobs=0)
    folder = Folder(tmp_path)
    record = folder.read("demo/linear/oracle")
    assert record
    elsewhere = msgspec.structs.replace(record.environment, jax="0.0.1", device="TPU v9")
    folder.write(msgspec.structs.replace(record, environment=elsewhere))
    rows = {row["cell"]: row for row in api.status("demo", results=tmp_path)}
    assert rows["demo/linear/oracle"]["state"] == "ok"
    assert rows["demo/linear/oracle"]["environment"].startswith("environment differs: jax 0.0.1 (here 0.")
    assert "device TPU v9 (here cpu)" in rows["demo/linear/oracle"]["environment"]
    assert rows["demo/linear/floor"]["environment"] == ""


def test_nothing_that_is_read_can_run() -> None:
    """The harness neither unpickles nor evaluates: code comes from the tree and from --plugins alone."""
    for file in (HOME / "toybench").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [getattr(node, "module", None) or "", *(alias.name for alias in node.names)]
                assert not {"pickle", "cloudpickle", "marshal", "shelve", "dill", "joblib", "yaml"} & set(names), file
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in ("eval", "exec", "compile", "__import__"), file


TABLE = re.findall(r"^\|.*\| `(tests/\w+\.py)::(\S+)` \|$", (HOME / "docs/faults.md").read_text(), flags=re.M)


def test_every_fault_in_the_table_is_a_test() -> None:
    assert len(TABLE) > 30
    for file, name in TABLE:
        defined = {n.name for n in ast.walk(ast.parse((HOME / file).read_text())) if isinstance(n, ast.FunctionDef)}
        function, _, case = name.rstrip("]").partition("[")
        assert function in defined, name
        assert not case or case in PLUGINS or f'"{case}"' in (HOME / file).read_text(), name


def test_every_test_of_a_fault_is_in_the_table() -> None:
    listed = {name for _, name in TABLE}
    assert {f"test_a_plugin[{n}]" for n in PLUGINS} <= listed
    for file in ("test_faults.py", "test_cluster.py"):
        tests = {n.name for n in ast.parse((HOME / "tests" / file).read_text()).body if isinstance(n, ast.FunctionDef)}
        known = {n for n in tests if n.startswith("test_")} - {"test_a_plugin"}
        assert {n for n in known if "the_table" not in n} <= listed


def test_a_failed_cell_is_tried_again(demo: Path, tmp_path: Path) -> None:
    Folder(tmp_path).write(execute.blank(Cell("demo", "linear", "floor", "smoke", (0, 1)), "failed", "on purpose"))
    assert "demo/linear/floor" in runner.run(["demo"], out=tmp_path, budget="smoke", jobs=0).records


@pytest.fixture
def caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Our cache of compiled programs and a user's own, each with three of 10 bytes, oldest first."""
    for name in ("DIR", "MAX_SIZE"):
        monkeypatch.delenv(f"JAX_COMPILATION_CACHE_{name}", raising=False)
    monkeypatch.setattr(runtime.platformdirs, "user_cache_path", lambda app: tmp_path / app)
    monkeypatch.setattr(runtime, "_CACHE_BYTES", 25)
    ours, theirs = tmp_path / "toybench" / "xla", tmp_path / "theirs"
    for folder in (ours, theirs):
        folder.mkdir(parents=True)
        for used, name in enumerate(("old", "newer", "newest"), start=1):
            (folder / f"{name}-cache").write_bytes(b"0123456789")
            os.utime(folder / f"{name}-cache", (used, used))
    return ours, theirs


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.glob("*-cache"))


def test_a_cache_that_has_grown_loses_what_was_not_used_longest(caches: tuple) -> None:
    ours, _ = caches
    runtime.configure()
    assert names(ours) == ["newer-cache", "newest-cache"]
    assert "JAX_COMPILATION_CACHE_MAX_SIZE" not in os.environ, "JAX's own bound makes processes wait for each other"
    (ours / "more-cache").write_bytes(b"0123456789")
    runtime.configure()
    assert len(names(ours)) == 3, "looked through once an hour"
    os.utime(ours / ".pruned", (1, 1))
    runtime.configure()
    assert names(ours) == ["more-cache", "newest-cache"]


def test_a_user_s_own_cache_is_left_alone(caches: tuple, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = caches
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", str(theirs))
    runtime.configure()
    assert len(names(theirs)) == len(names(ours)) == 3
