"""Runs: only what is missing is computed; failures, hangs and deaths cost nothing but their own cell."""

from pathlib import Path

import msgspec
import pytest

from toybench import api
from toybench.claim import Benchmark, Better, Claim
from toybench.engine import execute, runner
from toybench.engine.cells import Cell
from toybench.errors import UsageError
from toybench.evidence.records import Folder, Record
from toybench.plugins import registry

ONLY = {"methods": ("least_mean_squares",), "budget": "smoke", "jobs": 0}


def lms(out: Path, **options) -> runner.Summary:
    return runner.run(["demo/linear"], out=out, **{**ONLY, **options})


def test_a_second_run_computes_nothing(demo: Path, tmp_path: Path) -> None:
    first = lms(tmp_path)
    path = tmp_path / "demo/linear/least_mean_squares.json"
    before = path.read_bytes(), path.stat().st_mtime_ns
    second = lms(tmp_path)
    assert list(first.records) == list(second.kept) == ["demo/linear/least_mean_squares"]
    assert not second.records
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_more_seeds_extend_the_record_to_what_one_run_gives(demo: Path, tmp_path: Path) -> None:
    lms(tmp_path / "grown", seeds=2)
    grown = lms(tmp_path / "grown", seeds=5).records["demo/linear/least_mean_squares"]
    whole = lms(tmp_path / "whole", seeds=5).records["demo/linear/least_mean_squares"]
    assert grown.seeds == whole.seeds == [0, 1, 2, 3, 4]
    assert grown.metrics == whole.metrics
    assert grown.curve == whole.curve
    assert not lms(tmp_path / "grown", seeds=3).records, "fewer seeds than recorded: nothing to do"


def test_force_runs_again_with_equal_numbers(demo: Path, tmp_path: Path) -> None:
    first, again = (lms(tmp_path, force=f).records["demo/linear/least_mean_squares"] for f in (False, True))
    assert first.metrics == again.metrics


def test_workers_give_the_numbers_of_this_process(demo: Path, tmp_path: Path) -> None:
    here = lms(tmp_path / "here").records["demo/linear/least_mean_squares"]
    there = lms(tmp_path / "there", jobs=2).records["demo/linear/least_mean_squares"]
    assert here.metrics == there.metrics


def test_references_are_cells(demo: Path, tmp_path: Path) -> None:
    done = runner.run(["demo"], out=tmp_path, budget="smoke", jobs=0)
    assert {n.split("/")[-1] for n in done.names} == {"floor", "oracle", "least_mean_squares"}
    assert done.records["demo/linear/oracle"].metrics["mse"].values == [0.0, 0.0]
    assert done.exit_code == 0


def test_a_broken_record_is_left_alone_until_forced(demo: Path, tmp_path: Path) -> None:
    lms(tmp_path)
    path = tmp_path / "demo/linear/least_mean_squares.json"
    path.write_text("{")
    done = lms(tmp_path)
    assert "least_mean_squares.json" in done.unreadable["demo/linear/least_mean_squares"]
    assert done.exit_code == 4
    assert path.read_text() == "{"
    assert lms(tmp_path, force=True).exit_code == 0
    assert path.with_suffix(".json.broken").read_text() == "{"


def test_an_interrupt_keeps_what_is_finished(demo: Path, tmp_path: Path) -> None:
    class Interrupts:
        """Presses Ctrl-C when the second cell starts."""

        started = 0

        def begin(self, total: int, kept: int) -> None: ...

        def start(self, cell: Cell) -> None:
            self.started += 1
            if self.started == 2:
                raise KeyboardInterrupt

        def finish(self, cell: Cell, record: Record) -> None: ...

        def note(self, sentence: str) -> None: ...

    done = runner.run(["demo"], out=tmp_path, budget="smoke", jobs=0, watch=Interrupts())
    assert done.interrupted
    assert len(done.records) == 1
    rest = runner.run(["demo"], out=tmp_path, budget="smoke", jobs=0)
    assert list(rest.kept) == list(done.records)
    assert len(rest.records) == 2


def test_status_tells_stale_from_missing(demo: Path, tmp_path: Path) -> None:
    lms(tmp_path)
    folder = Folder(tmp_path)
    rows = {r["cell"]: r["state"] for r in api.status("demo", results=tmp_path)}
    assert rows["demo/linear/least_mean_squares"] == "ok"
    assert rows["demo/linear/floor"] == "missing"
    record = folder.read("demo/linear/least_mean_squares")
    assert record
    folder.write(msgspec.structs.replace(record, digest="x" * 16))
    assert {r["cell"]: r["state"] for r in api.status("demo", results=tmp_path)}[
        "demo/linear/least_mean_squares"
    ] == "stale"


def test_accept_promotes_results_and_refuses_the_rest(demo: Path, tmp_path: Path) -> None:
    lms(tmp_path / "new")
    source, target = Folder(tmp_path / "new"), Folder(tmp_path / "accepted")
    assert runner.accept(["demo/linear"], source, target) == ["demo/linear/least_mean_squares"]
    assert list(target.scan()) == list(source.scan())
    cell = Cell("demo", "linear", "floor", "smoke", (0,))
    source.write(execute.blank(cell, "failed", "on purpose"))
    with pytest.raises(UsageError, match="on purpose"):
        runner.accept([], source, Folder(tmp_path / "none"))
    assert not (tmp_path / "none").exists()
    with pytest.raises(UsageError, match="no record matches 'demo/lin'"):
        runner.accept(["demo/lin"], source, target)


def test_seeds_are_doubled_until_the_claims_are_resolved(demo: Path, tmp_path: Path, monkeypatch) -> None:
    """One claim is clear at the first look, one never, one may have no verdict: only the second gets more seeds."""
    clear = Claim("p", "", "", (Better("linear", "least_mean_squares", "oracle", "mse"),))
    never = Claim("p", "", "", (Better("linear", "least_mean_squares[lr=0.1001]", "floor", "mse", margin=2.6),))
    barred = Claim("p", "", "", (Better("oracle", "oracle", "least_mean_squares", "mse", margin=9),), read="abstract")
    known = registry.benchmark

    def declared(study: str) -> Benchmark:
        ablations = ("least_mean_squares[lr=0.1001]",)
        return Benchmark(claims=(clear, never, barred), ablations=ablations) if study == "demo" else known(study)

    monkeypatch.setattr(registry, "benchmark", declared)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))  # without a plan of the study as it is
    looks = list(runner.resolve(["demo"], most=40, budget="smoke", jobs=0, out=tmp_path))
    assert [len(look.records) for look in looks] == [4, 2, 2]
    seeds = {r.method: len(r.seeds) for r in Folder(tmp_path).scan() if isinstance(r, Record)}
    assert seeds == {"floor": 40, "oracle": 16, "least_mean_squares": 16, "least_mean_squares[lr=0.1001]": 40}
    with pytest.raises(UsageError, match="at least 16"):
        next(runner.resolve(["demo"], most=8))


def test_a_cell_that_cannot_be_leaves_no_record(demo: Path, tmp_path: Path) -> None:
    """It is no failure; status says why."""
    model = (demo / "methods/demo/least_mean_squares.py").read_text()
    picky = demo / "methods/demo/picky.py"
    picky.write_text(model + '\n    def fits(self, spec):\n        return "it is picky."\n')
    registry._forget()
    try:
        done = runner.run(["demo"], methods=["picky"], out=tmp_path, budget="smoke", jobs=0)
        states = {r["cell"]: (r["state"], r["reason"]) for r in api.status("demo", results=tmp_path)}
    finally:
        picky.unlink()
        registry._forget()
    assert done.skipped == {"demo/linear/picky": "it is picky."}
    assert not done.names
    assert not list(tmp_path.rglob("*.json"))
    assert states["demo/linear/picky"] == ("skipped", "it is picky.")
    assert states["demo/linear/floor"] == ("missing", "")
