"""Options that choose among the tests of studies: `--due` leaves out what is settled, `--settle` notes what passed.

Both act in the process that was started, which tells its workers what to leave out.
"""

import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from toybench.guard import settled

FILES = pytest.StashKey[frozenset[str]]()  # test files to leave out, by their places below `tests/`
STARTED = pytest.StashKey[float]()  # CPU seconds of this process when a test began; others may keep its cores busy
NARROW = ("keyword", "markexpr", "deselect", "maxfail", "lf", "stepwise")  # options that cut test files short


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("toybench")
    group.addoption("--due", action="store_true", help="leave out tests of settled studies whose turn it is not")
    group.addoption("--day", type=int, help="the day whose turn it is, by default the ordinal of today")
    group.addoption("--settle", action="store_true", help="note in tests/settled.json which studies' tests passed")


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        config.stash[FILES] = frozenset(config.workerinput["left_out"])
        return
    config.stash[FILES] = frozenset()
    if config.option.due and config.args_source is pytest.Config.ArgsSource.TESTPATHS:
        day = config.option.day
        choice = settled.choose(date.today().toordinal() if day is None else day)
        config.stash[FILES] = choice.left_out
        config.pluginmanager.register(LeftOut(choice))
    if config.option.settle:
        if any(getattr(config.option, name, None) for name in NARROW) or any("::" in arg for arg in config.args):
            raise pytest.UsageError("--settle needs whole test files; leave out what chooses single tests.")
        config.pluginmanager.register(Passed())


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput["left_out"] = sorted(node.config.stash[FILES])


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    if not collection_path.is_relative_to(settled.TESTS):
        return None
    return True if collection_path.relative_to(settled.TESTS).as_posix() in config.stash[FILES] else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    item.stash[STARTED] = time.process_time()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    try:
        return (yield)
    finally:
        item.user_properties.append(("cpu", time.process_time() - item.stash[STARTED]))


class LeftOut:
    """Says at the end of the run what was left out."""

    def __init__(self, choice: settled.Choice) -> None:
        self.choice = choice

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for reason in self.choice.reasons:
            terminalreporter.write_line(reason)


class Passed:
    """Settles the studies whose tests have all passed; digests are of what there was when the run began."""

    def __init__(self) -> None:
        self.files = settled.tested()
        shared = settled.shared()
        self.digests = {study: (own, shared) for study in self.files if (own := settled.own(study))}
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.failed: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        file = report.nodeid.split("::")[0].removeprefix("tests/")
        if report.when == "teardown":
            self.seconds[file] += dict(report.user_properties)["cpu"]  # type: ignore[operator]
        if report.failed:
            self.failed.add(file)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        if exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            settled.settle({study: self._entry(study) for study in self._studies()})

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.write_line(f"Settled in {settled.FILE}: {', '.join(self._studies()) or 'no study'}.")

    def _studies(self) -> list[str]:
        passed = self.seconds.keys() - self.failed
        return [study for study in self.digests if passed.issuperset(self.files[study])]

    def _entry(self, study: str) -> settled.Settled:
        own, shared = self.digests[study]
        seconds = {file: round(self.seconds[file], 1) for file in self.files[study]}
        return settled.Settled(own=own, shared=shared, seconds=seconds)
