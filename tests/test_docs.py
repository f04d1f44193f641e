"""The examples of README, docs and CONTRIBUTING.md are executed, and the commands that they type exist."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from toybench.cli import main
from toybench.evidence import papers
from toybench.guard import checks, conformance
from toybench.plugins import registry
from toybench.plugins.registry import HOME

TEXT = (HOME / "CONTRIBUTING.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", TEXT, flags=re.S)
COMMANDS = [
    line[2:] for kind, body in BLOCKS if kind == "console" for line in body.splitlines() if line.startswith("$ ")
]
FILES = {b.split("\n", 1)[0][2:]: b.split("\n", 1)[1] for kind, b in BLOCKS if kind == "python"}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory):
    """The files of the examples, as a plug-in folder."""
    root = tmp_path_factory.mktemp("contributing")
    for place, body in FILES.items():
        if place.endswith(".py"):
            (root / place).parent.mkdir(parents=True, exist_ok=True)
            (root / place).write_text(body)
    return root


def test_there_are_examples_of_each_kind() -> None:
    assert {Path(p).parts[0] for p in FILES} == {"methods", "tasks", "claim", "benchmarks"}
    assert sum("new study" in c for c in COMMANDS) == 1


def test_the_commands_run_in_their_order(root: Path) -> None:
    for command in COMMANDS:
        words = shlex.split(command)
        assert words[0] == "toybench"
        extra = [] if "new" in words else ["--jobs", "1"]
        done = subprocess.run(
            [sys.executable, "-c", "from toybench.cli import main; main()", "--plugins", str(root), *words[1:], *extra],
            capture_output=True,
            text=True,
            timeout=300,
            cwd=root,
        )
        assert done.returncode == 0, (command, done.stdout, done.stderr)


def test_the_examples_pass_conformance(root: Path) -> None:
    registry.add_root(root)
    try:
        assert checks.failures(conformance.check_method("quasimetric/mean_distance")) == []
        assert checks.failures(conformance.check_task("quasimetric/ring")) == []
    finally:
        registry._extra.remove(root)
        registry._forget()


def test_the_example_claim_is_about_something_that_exists() -> None:
    space: dict = {}
    exec(FILES["claim"], space)
    claim = space["claim"]
    assert claim.paper in papers.index()
    for condition in claim.conditions:
        assert f"quasimetric/{condition.method}" in registry.methods("quasimetric")
        assert f"quasimetric/{condition.than}" in registry.methods("quasimetric")


def test_the_kinds_of_tasks_and_the_row_of_a_paper_are_as_they_say() -> None:
    kinds = re.findall(r'^\| `"(\w+)"`.*`(\w+/\w+)` \|$', TEXT, flags=re.M)
    assert {kind: registry.load("tasks", task).kind for kind, task in kinds} == {k: k for k, _ in kinds}
    assert len(kinds) == 3
    [row] = [body for kind, body in BLOCKS if kind == "json"]
    assert papers.index()["wang2022learning"] == msgspec.json.decode(row, type=papers.Paper)


PAGES = [HOME / "README.md", *sorted((HOME / "docs").glob("*.md"))]
ELSEWHERE = ("dask_jobqueue", "dask_kubernetes")  # what clusters have


def blocks(*kinds: str) -> list[tuple[str, str]]:
    """(page, code block) of these kinds, page after page."""
    pattern = rf"^```(?:{'|'.join(kinds)})\n(.*?)^```"
    return [(page.name, body) for page in PAGES for body in re.findall(pattern, page.read_text(), flags=re.S | re.M)]


def test_every_python_block_runs_in_one_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In order, with what the blocks before have left. Files and what needs a cluster are compiled."""
    monkeypatch.chdir(tmp_path)
    space: dict = {}
    for page, body in blocks("python"):
        code = compile(body, page, "exec")
        if not body.startswith("# toybench-plugins/") and not any(name in body for name in ELSEWHERE):
            exec(code, space)
    assert space["done"].exit_code == 0
    assert "iqe" in space["done"]._repr_html_()


def test_every_command_exists() -> None:
    """With its options and their values; nothing is run. What a shell adds to the end of a line is no part of it."""
    typed = [line for _, body in blocks("sh", "yaml") for line in body.splitlines()]
    commands = [c for line in typed for c in re.findall(r"(?:^|[ /;])toybench ([a-z].*?)(?=&&|--out \\|$)", line)]
    assert len(commands) > 40
    for words in (shlex.split(command.replace("$jobs", "1"), comments=True) for command in commands):
        known = main.commands.get(words[0])
        assert known is not None, words
        known.make_context(words[0], words[1:])


def test_readme_s_test_command_is_what_ci_runs() -> None:
    command = "python3 -m venv .venv && .venv/bin/pip install -q tox && .venv/bin/tox"
    assert command in (HOME / "README.md").read_text()
    assert command in (HOME / ".ci" / "run").read_text()


def test_readme_s_table_is_what_its_command_prints() -> None:
    text = (HOME / "README.md").read_text()
    command = re.search(r"^toybench (table .*)$", text, flags=re.M)
    assert command
    done = subprocess.run(
        [sys.executable, "-c", "from toybench.cli import main; main()", *shlex.split(command[1])],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=HOME,
    )
    assert done.stdout.strip() in text
