"""Dask: results equal local ones, limits hold, a lost worker costs nothing, a worker with other code is refused."""

import sys
from pathlib import Path

import pytest

from toybench.engine import runner, runtime
from toybench.errors import ToybenchError, UsageError
from toybench.evidence.records import Folder
from toybench.plugins import registry

distributed = pytest.importorskip("distributed")
INIT = "        return State(params=0.1"
BAD = {
    "dies": "import os; os.kill(os.getpid(), 9)",
    "loses_its_dask_worker": "import os, pathlib; lost = pathlib.Path(__file__).with_suffix('.lost')\n"
    "        if not lost.exists(): lost.touch(); os.kill(os.getppid(), 9)",
    "hangs": "while True: pass",
}
GOOD = ("floor", "oracle", "least_mean_squares")
pytestmark = pytest.mark.filterwarnings("default")  # Dask's are not ours


@pytest.fixture(scope="module")
def plugins(demo: Path, tmp_path_factory: pytest.TempPathFactory):
    root = tmp_path_factory.mktemp("dask")
    (root / "methods/demo").mkdir(parents=True)
    model = (demo / "methods/demo/least_mean_squares.py").read_text()
    for name, line in BAD.items():
        (root / f"methods/demo/{name}.py").write_text(model.replace(INIT, f"        {line}\n{INIT}"))
    registry.add_root(root)
    yield root
    registry._extra.remove(root)
    registry._forget()


@pytest.fixture(scope="module")
def scheduler(plugins: Path):
    """The address of a cluster with two workers."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=60
    ) as cluster:
        yield cluster.scheduler_address


def run(methods: tuple[str, ...], out: Path, **options) -> runner.Summary:
    return runner.run(["demo"], methods=methods, out=out, budget="smoke", **options)


def test_a_lost_worker_costs_no_cell_and_results_equal_local_ones(scheduler: str, tmp_path: Path) -> None:
    there = run((*GOOD, "dies", "loses_its_dask_worker"), tmp_path / "there", scheduler=scheduler)
    states = {name.split("/")[-1]: record.state for name, record in there.records.items()}
    assert states == {**dict.fromkeys(GOOD, "ok"), "dies": "failed", "loses_its_dask_worker": "ok"}
    assert "SIGKILL" in there.failed[0].reason
    assert there.exit_code == 4
    here = run(GOOD, tmp_path / "here", jobs=2)
    for name, record in here.records.items():
        assert (record.metrics, record.curve) == (there.records[name].metrics, there.records[name].curve)
    assert all(there.records[name] == Folder(tmp_path / "there").read(name) for name in there.records)


def test_a_timeout_holds_on_a_cluster(scheduler: str, tmp_path: Path) -> None:
    done = run(("hangs",), tmp_path, scheduler=scheduler, timeout=6)
    assert [(r.state, r.reason) for r in done.failed] == [("timeout", "took longer than the 6 s allowed")]


def test_a_worker_with_other_versions_is_refused(
    scheduler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = runtime.versions
    monkeypatch.setattr(runtime, "versions", lambda roots: {**versions(roots), "jax": "0.0.1", "code": "abc"})
    with pytest.raises(
        ToybenchError, match=r"worker tcp://\S+ has jax [\d.]+ instead of 0\.0\.1, code \w+ instead of abc;"
    ):
        run(GOOD, tmp_path, scheduler=scheduler)


def test_a_local_cluster_is_started_and_its_workers_introduced(
    plugins: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    from rich.console import Console

    from toybench.screen import Progressing

    with Progressing(Console()) as watch:
        done = run(("oracle",), tmp_path, executor="dask", jobs=1, watch=watch)
    assert done.exit_code == 0
    assert "Worker tcp://127.0.0.1:" in capsys.readouterr().out


def test_a_cluster_that_isn_t_there_is_wrong_usage(demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="no Dask scheduler answers at 'nowhere://x'"):
        run(("floor",), tmp_path, scheduler="nowhere://x")
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match=r"pip install 'toybench\[dask\]'"):
        run(("floor",), tmp_path, executor="dask")
