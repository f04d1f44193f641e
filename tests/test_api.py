"""The verbs as functions: what they take, and what a notebook shows where there is nothing to show."""

import io
from pathlib import Path

import pytest
from helpers import record
from rich.console import Console

import toybench
from toybench import api, screen
from toybench.engine.runner import Summary
from toybench.errors import ToybenchError, UsageError
from toybench.evidence import compare
from toybench.evidence.records import Folder
from toybench.evidence.verdicts import Judgements


def test_a_string_is_one_name(demo: Path, tmp_path: Path) -> None:
    done = toybench.run("demo", methods="least_mean_squares", budget="smoke", jobs=0, out=tmp_path)
    assert list(done.records) == ["demo/linear/least_mean_squares"]
    with pytest.raises(TypeError, match="method"):
        toybench.run("demo", method="least_mean_squares")  # type: ignore[call-arg]


def test_without_records_a_sentence_says_so(tmp_path: Path) -> None:
    for ask in (lambda: api.table("quasimetric", results=tmp_path, metric="heldout_mse"), lambda: _plot(tmp_path)):
        with pytest.raises(UsageError, match=r"no records in .*; run `toybench run quasimetric` first\."):
            ask()


def _plot(results: Path) -> object:
    return api.plot("scores", "quasimetric", results=results)


def test_a_broken_record_is_named_where_no_other_is(tmp_path: Path) -> None:
    file = tmp_path / "quasimetric" / "one_way_grid" / "iqe.json"
    file.parent.mkdir(parents=True)
    file.write_text("{")
    with pytest.raises(ToybenchError, match=r"iqe\.json is not a"):
        api.table("quasimetric", results=tmp_path)


def test_a_notebook_says_why_there_is_nothing(tmp_path: Path) -> None:
    def shown(**changes: object) -> str:
        return str(Summary(Folder(tmp_path), **changes)._repr_html_())  # type: ignore[arg-type]

    assert "no method answers what these tasks ask" in shown()
    assert "<b>s/m</b> can&#39;t be imported" in shown(broken={"s/m": "can't be imported"})
    assert "s/t/m can't run: &lt;why&gt;" in shown(skipped={"s/t/m": "<why>"})
    failed = record("m", [], state="failed", reason="on purpose", metrics={})
    assert "failed: on purpose" in shown(names=["s/t/m"], records={"s/t/m": failed})
    assert "No claims are declared here" in str(Judgements([])._repr_html_())


def test_a_notebook_shows_an_error_as_its_sentence() -> None:
    """IPython asks an exception for what to show instead of a traceback."""
    assert UsageError("what to do.")._render_traceback_() == ["toybench: what to do."]


def test_no_word_is_broken_at_80_columns(tmp_path: Path) -> None:
    """Names of tasks and cells that are longer than a table's columns."""
    task = "correlated_latent_compression[code_dimensions=16]"
    console = Console(file=io.StringIO(), width=80)
    screen.tables(console, [record("m", [1.0, 2.0], task=task)])
    old, new = (record("rotation_trick_with_a_name", [x, x + 1, x + 3], task=task) for x in (1.0, 90.0))
    found = compare.Comparison(changes=compare.records([(old, new)]))
    screen.changes(console, found, found.changes)
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert f"s/{task}" in lines
    assert f"s/{task}/rotation_trick_with_a_name" in lines
    assert any("m: 2.333 before, 91.33 now" in line for line in lines)


@pytest.mark.parametrize(("done", "said"), [(0, ""), (9, ""), (10, "0:09:00 left"), (50, "0:01:00 left")])
def test_no_time_left_is_said_before_a_tenth_is_done(done: int, said: str) -> None:
    """The pace is that of the whole run: a minute for what is done."""

    class Run:
        total = 100
        completed = done
        elapsed = 60.0

    assert screen.TimeLeft().render(Run()).plain == said  # type: ignore[arg-type]
