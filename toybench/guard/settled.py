"""Settled studies: those whose tests passed with the code as it is now, so that only a part of them is due every day.

A committed file, `tests/settled.json`, holds for each of them a digest of what is the study's own and one of what all
studies stand on. A digest that does not match means that tests run; it never is a failure.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from toybench.errors import ToybenchError
from toybench.files import write_atomically
from toybench.guard.turns import turn
from toybench.plugins import digest, registry

TESTS = registry.HOME / "tests"
FILE = TESTS / "settled.json"
WEEK = 7  # days within which a settled study's tests have a turn, where that takes no more than
SECONDS = 360.0  # a run on one core, three minutes on two; more where it would else be later than
LATEST = 28  # days
NUMERIC = (  # what all studies' tests stand on; patterns of files in the repository
    "constraints.txt",
    "tests/conftest.py",
    "toybench/protocol.py",
    "toybench/fields.py",
    "toybench/engine/lowering.py",
    "toybench/engine/pricing.py",
    "toybench/engine/programs.py",
    "toybench/engine/randomness.py",
    "toybench/engine/runtime.py",
    "toybench/engine/trial.py",
)


@dataclass(frozen=True)
class Settled:
    """What a study's tests stood on when they passed.

    Attributes:
      own: digest of its tests, tasks, methods, of the blocks that these import, its benchmark and tuned values.
      shared: digest of the numeric part of the harness and of the pinned environment.
      seconds: CPU seconds that each of its test files took, by its place below `tests/`.
    """

    own: str
    shared: str
    seconds: dict[str, float]


@dataclass(frozen=True)
class Choice:
    """Test files of studies that a run leaves out, by their places below `tests/`.

    Attributes:
      waiting: nothing behind them has changed, and it is not their turn.
      unsampled: what all studies stand on has changed, and another file of their study is run.
      count: test files that the studies have.
    """

    waiting: frozenset[str]
    unsampled: frozenset[str]
    count: int

    @property
    def left_out(self) -> frozenset[str]:
        """All of them."""
        return self.waiting | self.unsampled

    @property
    def reasons(self) -> list[str]:
        """A sentence for each reason to leave files out: how many, why, and how to run them."""
        found = (
            (self.waiting, f"nothing behind them changed since they passed, and each has a turn within {LATEST} days"),
            (self.unsampled, "the numeric harness or the environment changed, and one file of each study is a sample"),
        )
        return [
            f"{len(files)} of {self.count} test files of studies were left out: {why}; `tox -e all` runs every test."
            for files, why in found
            if files
        ]


def tested() -> dict[str, list[str]]:
    """The test files of each study that has some, by their places below `tests/`."""
    found = {study: sorted((TESTS / study).rglob("test_*.py")) for study in registry.studies()}
    return {study: [f.relative_to(TESTS).as_posix() for f in files] for study, files in found.items() if files}


def own(study: str) -> str | None:
    """Digest of a study's own files, the blocks that it imports among them; None where one of them is not Python."""
    try:
        return _digest(_own_files(study))
    except SyntaxError:
        return None


def _own_files(study: str) -> Iterator[Path]:
    tasks = [registry.path("tasks", name) for name in registry.tasks(study)]
    methods = [registry.path("methods", name) for name in registry.methods(study)]
    tests = (TESTS / study).rglob("*.py")
    yield from frozenset[Path]().union(*map(digest.sources, [*tasks, *methods, *tests]))
    yield registry.HOME / "benchmarks" / f"{study}.py"
    yield registry.HOME / "benchmarks" / "tuned" / f"{study}.json"


def shared() -> str:
    """Digest of the numeric part of the harness and of the pinned environment."""
    return _digest(file for pattern in NUMERIC for file in registry.HOME.glob(pattern))


def _digest(files: Iterable[Path]) -> str:
    """Hash of the names of some files and of their content, in Python comments, docstrings and layout aside."""
    home = registry.HOME
    content = {
        str(file.relative_to(home)): digest.code(file) if file.suffix == ".py" else file.read_text()
        for file in files
        if file.exists()
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def choose(day: int) -> Choice:
    """What a run on that day leaves out."""
    known = read()
    files = tested()
    common = shared()
    seconds: dict[str, float] = {}
    unsampled: set[str] = set()
    for study, here in files.items():
        entry = known.get(study)
        if entry is None or entry.own != own(study):
            continue
        if entry.shared == common:
            seconds |= {file: entry.seconds[file] for file in here}
        else:
            unsampled |= set(here) - {here[day % len(here)]}
    waiting = frozenset(seconds) - turn(seconds, day, WEEK, SECONDS, LATEST)
    return Choice(waiting=waiting, unsampled=frozenset(unsampled), count=sum(map(len, files.values())))


def read() -> dict[str, Settled]:
    """The settled studies by name; none where nothing was ever settled."""
    try:
        return {study: Settled(**entry) for study, entry in json.loads(FILE.read_text()).items()}
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, AttributeError) as error:
        raise ToybenchError(f"{FILE} can't be read ({error}); restore it, or remove it and run `tox -e all`.") from None


def settle(passed: Mapping[str, Settled]) -> None:
    """Note what the tests of some studies stood on when all of them passed."""
    known = {study: entry for study, entry in {**read(), **passed}.items() if study in registry.studies()}
    lines = [f"{json.dumps(study)}: {json.dumps(asdict(known[study]))}" for study in sorted(known)]
    write_atomically(FILE, ("{\n" + ",\n".join(lines) + "\n}\n").encode())
