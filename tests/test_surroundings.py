"""Odd surroundings: caches, locales, folders and files as nobody expects them."""

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from helpers import record

from toybench.engine import runner
from toybench.evidence import records
from toybench.evidence.records import BrokenRecord, Curve, Folder, Measured, Record
from toybench.plugins import cache
from toybench.plugins.registry import HOME

COMMAND = [sys.executable, "-c", "from toybench.cli import main; main()"]
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}


def typed(*args: object, **variables: str) -> subprocess.CompletedProcess:
    """The command in a process with other environment variables."""
    env = {**os.environ, "PYTHONPATH": str(HOME), **variables}
    return subprocess.run(
        [*COMMAND, *map(str, args)], capture_output=True, text=True, env=env, timeout=300, check=False
    )


def run_demo(demo: Path, out: Path, **variables: str) -> subprocess.CompletedProcess:
    return typed("--plugins", demo, "run", "demo", "--budget", "smoke", "--jobs", 1, "--out", out, **variables)


@pytest.mark.parametrize("cache", ["/proc/nowhere", "/dev/null"])
def test_a_cache_that_can_t_be_written_costs_nothing_but_time(cache: str, demo: Path, tmp_path: Path) -> None:
    done = run_demo(demo, tmp_path, XDG_CACHE_HOME=cache)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    assert "compilation cache" not in done.stdout


def test_a_cache_that_is_full_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def full(path: Path, content: bytes) -> None:
        asked.append(content)
        raise cache.ToybenchError("no space")

    monkeypatch.setattr(cache, "write_atomically", full)
    cache.write("something", b"made")
    assert asked == [b"made"], "it was tried, and the fault went no further"


def test_a_half_written_compiled_program_is_compiled_anew(demo: Path, tmp_path: Path) -> None:
    """What a killed process left, or what another one is just writing."""
    programs = tmp_path / "toybench" / "xla"
    variables = {
        "XDG_CACHE_HOME": str(tmp_path),
        "JAX_COMPILATION_CACHE_DIR": str(programs),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",  # a fast machine keeps nothing of the demo otherwise
    }
    assert run_demo(demo, tmp_path / "first", **variables).returncode == 0
    kept = list(programs.glob("*-cache"))
    assert kept
    for program in kept:
        program.write_bytes(program.read_bytes()[:-50])
    again = run_demo(demo, tmp_path / "second", **variables)
    assert again.returncode == 0
    assert again.stderr == ""
    assert "cache" not in again.stdout
    first, second = (
        [r.metrics for r in Folder(tmp_path / out).scan() if isinstance(r, Record)] for out in ("first", "second")
    )
    assert first == second


def test_a_terminal_that_knows_few_characters_shows_the_others_as_marks() -> None:
    for command in (["claims", "quasimetric"], ["status", "quasimetric"], ["papers"], ["table", "quasimetric"]):
        done = typed(*command, **ASCII)
        assert done.returncode == 0, done.stderr
        assert done.stdout.isascii()
    assert "?" in done.stdout


def test_files_are_read_as_utf_8_whatever_the_locale(demo: Path, tmp_path: Path) -> None:
    method = demo / "methods/demo/least_mean_squares.py"
    (tmp_path / "methods/demo").mkdir(parents=True)
    (tmp_path / "methods/demo/accented.py").write_text(
        method.read_text(encoding="utf-8").replace("Widrow", "Wîdröw"), encoding="utf-8"
    )
    options = ["--method", "accented", "--budget", "smoke", "--jobs", 1, "--out", tmp_path / "runs"]
    done = typed("--plugins", demo, "--plugins", tmp_path, "run", "demo", *options, **ASCII)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_working_directory_that_is_gone_is_wrong_usage(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    script = f'cd {gone} && rmdir {gone} && exec "$0" "$@"'
    env = {**os.environ, "PYTHONPATH": str(HOME)}
    command = ["sh", "-c", script, *COMMAND, "run", "quasimetric", "--budget", "smoke"]
    done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=300, check=False)
    said = "toybench: the working directory is gone; change to one that exists.\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", said)


def make_huge(path: Path) -> None:
    path.touch()
    os.truncate(path, 2**40)


ODD: dict[str, Callable[[Path], None]] = {
    "pipe": os.mkfifo,
    "device": lambda path: path.symlink_to("/dev/zero"),
    "folder": Path.mkdir,
    "huge": make_huge,
}


@pytest.mark.parametrize("kind", ODD)
def test_what_is_no_plain_file_in_a_record_s_place_is_reported(kind: str, tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    good = folder.write(record("good", [1.0]))
    path = folder.file("s/t/odd")
    ODD[kind](path)
    first, second = folder.scan()
    assert first.cell == "s/t/good" and isinstance(second, BrokenRecord)
    assert str(path) in str(second) and "move it away" in str(second)
    assert good.exists()


UNEVEN: dict[str, dict[str, Any]] = {
    "a metric": {"metrics": {"m": Measured(direction="min", values=[1.0, 2.0])}},
    "divergences": {"diverged_at": [None]},
    "seeds": {"seeds": [0, 1]},
    "a seed twice": {"seeds": [0, 1, 1]},
    "a curve's seeds": {"curve": Curve(steps=[0], values={"m": [[1.0], [1.0]]})},
    "a curve's steps": {"curve": Curve(steps=[0, 5], values={"m": [[1.0, 2.0], [1.0, 2.0], [1.0]]})},
}


@pytest.mark.parametrize("part", UNEVEN)
def test_a_sealed_record_of_unequal_lengths_is_refused(part: str) -> None:
    whole = record("a", [1.0, 2.0, 3.0], curve=Curve(steps=[0], values={"m": [[1.0], [2.0], [3.0]]}))
    assert records.decode(records.encode(whole)) == whole
    with pytest.raises(ValueError, match="unequal lengths"):
        records.decode(records.encode(msgspec.structs.replace(whole, **UNEVEN[part])))


@pytest.mark.parametrize("command", [["claims"], ["list", "methods"], ["papers", "--format", "json"], ["table"]])
def test_a_reader_that_stops_early_is_no_error(command: list[str]) -> None:
    env = {**os.environ, "PYTHONPATH": str(HOME)}
    with subprocess.Popen([*COMMAND, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env) as process:
        assert process.stdout and process.stderr
        process.stdout.close()
        said = process.stderr.read()
    assert (process.returncode, said) == (0, b"")


def test_without_an_output_a_run_is_recorded(demo: Path, tmp_path: Path) -> None:
    plugins = tmp_path / "plugins"  # a copy: other tests leave tuned values in theirs
    for place in ("tasks/demo/__init__.py", "tasks/demo/linear.py", "methods/demo/least_mean_squares.py"):
        (plugins / place).parent.mkdir(parents=True, exist_ok=True)
        (plugins / place).write_bytes((demo / place).read_bytes())
    out = tmp_path / "runs"
    options = ["--plugins", plugins, "run", "demo", "--budget", "smoke", "--jobs", 1, "--out", out]
    command = ["sh", "-c", 'exec "$0" "$@" >&-', *COMMAND, *map(str, options)]
    env = {**os.environ, "PYTHONPATH": str(HOME)}
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, env=env, timeout=300, check=False)
    reasons = [found.reason for found in Folder(out).scan() if isinstance(found, Record)]
    assert (done.returncode, done.stderr, reasons) == (0, "", ["", "", ""])


def test_a_second_user_can_take_the_lock(tmp_path: Path) -> None:
    mask = os.umask(0o077)
    try:
        with runner._alone(Folder(tmp_path), None):
            mode = (tmp_path / ".lock").stat().st_mode
    finally:
        os.umask(mask)
    assert stat.S_IMODE(mode) == 0o666


def test_a_lock_that_can_t_be_opened_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / ".lock").mkdir()
    with (
        pytest.raises(runner.UsageError, match=r"can't be locked .* choose another folder with --out"),
        runner._alone(Folder(tmp_path), None),
    ):
        pass


READ_ONLY = """if True:
    import os, sys
    home = sys.argv.pop(1)

    def refuse(event, args):
        path = args[0] if args and isinstance(args[0], (str, bytes, os.PathLike)) else ""
        if event in ("open", "os.mkdir", "os.remove", "os.rename"):
            below = os.path.realpath(os.fsdecode(path)).startswith(home)
            if below and (event != "open" or args[2] & (os.O_WRONLY | os.O_RDWR)):
                raise PermissionError(13, "read-only", path)

    sys.addaudithook(refuse)
    from toybench.cli import main
    main()
"""


def test_an_installation_that_is_read_only_runs_and_shows(demo: Path, tmp_path: Path) -> None:
    """Written to by nobody: the folder of the package and of its trees."""

    def there(*args: object) -> None:
        command = [sys.executable, "-c", READ_ONLY, str(HOME), "--plugins", str(demo), *map(str, args)]
        env = {**os.environ, "PYTHONPATH": str(HOME), "XDG_CACHE_HOME": str(tmp_path / "cache")}
        done = subprocess.run(command, capture_output=True, text=True, env=env, cwd=tmp_path, timeout=300, check=False)
        assert done.returncode == 0, (args, done.stdout, done.stderr)

    there("run", "demo", "--budget", "smoke", "--jobs", "0")
    there("table", "demo", "--results", "runs/smoke")
    there("status", "quasimetric")
    there("claims", "quasimetric")
