"""A line a study: what is shown before a study is named, in the terminal, in notebooks and in listings."""

import io
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from helpers import record, toybench
from rich.console import Console

from toybench import api as _registers  # noqa: F401  (how values show themselves)
from toybench import screen
from toybench.claim import Bound, Claim
from toybench.engine import runner
from toybench.engine.states import States
from toybench.evidence import studies, verdicts
from toybench.evidence.papers import Catalogue
from toybench.evidence.records import Folder
from toybench.evidence.studies import Line
from toybench.plugins import registry

FIELDS = {"alpha": "samplers", "beta": "codes", "gamma": "codes"}


@pytest.fixture(autouse=True)
def fields(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four studies that are here, of two fields and of none."""
    monkeypatch.setattr(registry, "studies", lambda: [*FIELDS, "plain"])
    monkeypatch.setattr(registry, "field", lambda study: FIELDS.get(study, ""))


def shown(found: list[Line], marks: dict[str, str]) -> list[str]:
    """The lines that a terminal shows."""
    text = io.StringIO()
    screen.lines(Console(file=text, width=80, color_system=None), found, "claims", marks)
    return text.getvalue().splitlines()


def judged(study: str, verdict: verdicts.Verdict, expected: str | None = None) -> verdicts.Judgement:
    """A claim with a verdict."""
    condition = Bound(task="t", method="m", metric="m", below=1.0)
    claim = Claim(paper="p", says="It works.", differs="", conditions=(condition,), expected=expected)  # type: ignore[arg-type]
    return verdicts.Judgement(study=study, number=1, claim=claim, verdict=verdict, assessments=())


def test_fields_come_in_order_and_those_without_one_last() -> None:
    assert list(studies.by_field(["unwritten", "plain", "alpha", "gamma", "beta"]).items()) == [
        ("codes", ["beta", "gamma"]),
        ("samplers", ["alpha"]),
        (studies.UNNAMED, ["plain"]),
        (studies.TO_COME, ["unwritten"]),
    ]


def test_every_landed_study_names_its_field(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    here = registry.studies()
    unnamed = [study for study in here if (registry.HOME / "tasks" / study).is_dir() and not registry.field(study)]
    assert not unnamed


def test_a_study_whose_benchmark_is_broken_has_no_field(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    for part in ("tasks/torn", "benchmarks"):
        (tmp_path / part).mkdir(parents=True)
    (tmp_path / "tasks/torn/one.py").write_text("")
    (tmp_path / "benchmarks/torn.py").write_text("1 +")
    done = toybench("--plugins", str(tmp_path), "list")
    assert done.returncode == 0
    field, line = done.stdout.splitlines()[-2:]
    assert field == studies.UNNAMED
    assert line.split() == ["torn", "1", "tasks", "0", "methods", "0", "claims"]


def test_a_line_counts_each_kind_and_marks_each_claim() -> None:
    board = [judged("beta", "refuted"), judged("beta", "supported"), judged("alpha", "inconclusive")]
    assert shown(studies.of_claims(board), screen.VERDICTS) == [
        "         claims    ✓    ✗    ?",
        "codes",
        "  beta        2    1    1       ✓✗",
        "samplers",
        "  alpha       1              1  ?",
        "",
        "✓ 1 supported  ✗ 1 refuted  ? 1 inconclusive",
    ]


def test_forecasts_stand_beside_what_came_out() -> None:
    board = [
        judged("alpha", "supported", expected="supported"),
        judged("alpha", "refuted", expected="supported"),
        judged("alpha", "not_run", expected="supported"),
        judged("beta", "supported"),
    ]
    lines = shown(studies.of_claims(board), screen.VERDICTS)
    assert lines[0].endswith("as expected")
    assert "1 of 2" in next(line for line in lines if "alpha" in line), "what has not been run is no forecast yet"
    assert " of " not in next(line for line in lines if "beta" in line)


def test_no_line_is_wider_than_a_terminal() -> None:
    many = Line(study="a_study_of_26_letters_long", counts=Counter(supported=20, refuted=10), marks=("supported",) * 30)
    assert max(map(len, shown([many], screen.VERDICTS))) <= 80


def test_notebooks_show_a_line_a_study_until_one_is_named(tmp_path: Path) -> None:
    many = verdicts.Judgements([judged("alpha", "supported"), judged("beta", "refuted")])
    rows: list[dict[str, Any]] = [
        {"cell": f"{study}/t/m", "state": "ok", "seeds": 3, "reason": "", "environment": ""} for study in FIELDS
    ]
    papers = [{"key": f"k-{study}", "title": "T", "study": study, "state": "mixed"} for study in FIELDS]
    run = runner.Summary(folder=Folder(tmp_path), named=False, kept={str(row["cell"]): "ok" for row in rows})
    values: tuple[Any, ...] = (many, States(rows), Catalogue(papers), run)
    for value in values:
        html = str(value._repr_html_())
        assert '<td style="text-align:left">codes</td>' in html
        assert "/t/m" not in html
        assert "k-alpha" not in html
        assert "<svg" not in html
    assert "alpha/t/m" in str(States(rows[:1])._repr_html_())
    assert "k-alpha" in str(Catalogue(papers[:1])._repr_html_())
    folder = Folder(tmp_path)
    folder.write(record("m", [1.0, 2.0, 3.0]))
    named = runner.Summary(folder=folder, names=["s/t/m"], kept={"s/t/m": "ok"})
    assert "s/t" in str(named._repr_html_())


def test_fields_and_listings_import_neither_jax_nor_numpy() -> None:
    code = (
        "import sys\nfrom toybench.cli import main\n"
        "try: main(['list', {what!r}])\nexcept SystemExit as end: assert not end.code\n"
        "assert not {{'jax', 'numpy', 'pandas'}} & set(sys.modules)"
    )
    for what in ("studies", "tasks", "methods", "claims"):
        done = subprocess.run([sys.executable, "-c", code.format(what=what)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert "optimisation\n  learning_rates" in done.stdout


def test_detail_is_shown_of_what_is_named() -> None:
    """The whole board is a line a study; a study's has its claims, its matrix, its papers."""
    details = {"claims": "wang2022learning: ", "status": "mlp_concatenated", "papers": "On the Learning"}
    papers = json.loads(Path("benchmarks/papers.json").read_text(encoding="utf-8"))
    lines = len({paper["study"] for paper in papers}) + 20  # those to come have a line, too; and fields and a footer
    for verb, detail in details.items():
        every, one = toybench(verb), toybench(verb, "quasimetric")
        assert every.returncode == one.returncode == 0
        assert detail not in every.stdout
        assert detail in one.stdout
        assert "  quasimetric " in every.stdout
        assert len(every.stdout.splitlines()) < lines
        assert f"toybench {verb} STUDY" in every.stdout


def test_a_run_of_everything_says_a_line_a_study(demo: Path, tmp_path: Path) -> None:
    plugins = ["--plugins", str(demo)]
    options = ["--budget", "smoke", "--jobs", "0", "--method", "least_mean_squares"]
    toybench(*plugins, "run", "demo", *options, cwd=tmp_path)
    again = toybench(*plugins, "run", *options, cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert f"{studies.UNNAMED}\n  demo       1    1\n" in again.stdout
    assert "± " not in again.stdout, "no table"
    assert "toybench table STUDY --results runs/smoke" in again.stdout


def test_status_waits_for_no_library_that_it_does_not_need() -> None:
    """With a plan that is kept it imports neither JAX nor what verdicts and tables are computed with."""
    toybench("status", "quasimetric")
    code = (
        "import sys\nfrom toybench.cli import main\n"
        "try: main(['status', 'quasimetric'])\nexcept SystemExit: pass\n"
        "print(sorted({'jax', 'scipy', 'pandas'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=registry.HOME)
    assert "mlp_concatenated" in done.stdout
    assert done.stderr == "[]\n"
