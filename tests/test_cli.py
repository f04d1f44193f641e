"""The command line: what a user types, sees, and gets as an exit code."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import toybench

from toybench.plugins.registry import HOME


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["run", "quasimetrik"], "did you mean 'quasimetric'"),
        (["run", "quasimetric/random_digraf"], "did you mean 'random_digraph'"),
        (["run", "quasimetric", "--method", "ieq"], "did you mean 'iqe'"),
        (["run", "quasimetric/random_digraph[node=9]"], "did you mean 'nodes'"),
        (["run", "quasimetric/random_digraph[nodes=many]"], "takes int, got 'many'"),
        (["run", "quasimetric", "--method", "iqe[lr=fast]"], "takes float, got 'fast'"),
        (["run", "quasimetric", "--seeds", "0"], "from 1 to"),
        (["run", "quasimetric", "--seeds", "some"], "not a valid integer"),
        (["run", "quasimetric", "--budget", "ful"], "did you mean 'full'"),
        (["run", "quasimetric", "--jobs", "-1"], "--jobs"),
        (["run", "quasimetric", "--out", "/proc/nowhere"], "choose another folder with --out"),
        (["run", "../../etc"], "there is no study"),
        (["rnu"], "did you mean 'run'"),
        (["scorecard", "quasimetric/ieq"], "did you mean 'iqe'"),
        (["scorecard", "iqe", "--against", "ipe"], "there is no method 'ipe'"),
        (["table", "quasimetric", "--across", "tasks", "--metric", "heldout_ms"], "did you mean 'heldout_mse'"),
        (["table", "quasimetric/hierarchy", "--method", "iqee"], "did you mean 'iqe'"),
        (["table", "quasimetric", "--scores"], "add --across tasks"),
        (["run", "quasimetric", "--cells", "quasimetric/*/iqee"], "no cell matches"),
        (["list", "methods", "nothing"], "there is no study 'nothing'"),
        (["--plugins", "/proc", "list"], "point --plugins at a folder"),
        (["new", "method", "quasimetric/IQE 2"], "can't be a name"),
        (["new", "method", "quasimetric/iqe"], "already"),
        (["new", "method", "quasimetric/floor"], "reserved"),
        (["accept", "--from", "/proc/nowhere"], "no records"),
    ],
)
def test_wrong_usage_is_one_sentence_and_exit_code_2(args: list[str], says: str, tmp_path: Path) -> None:
    done = toybench(*args, cwd=tmp_path)
    assert says in done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert done.returncode == 2
    assert not list(tmp_path.iterdir()), "nothing was written"


def test_help_and_listings_do_not_import_jax() -> None:
    code = (
        "import sys\nfrom toybench.cli import main\n"
        "try: main({args})\nexcept SystemExit: pass\nassert 'jax' not in sys.modules and 'pandas' not in sys.modules"
    )
    for args in (["--help"], ["list", "methods"], ["list", "tasks", "quasimetric"]):
        done = subprocess.run(
            [sys.executable, "-c", code.format(args=args)], capture_output=True, text=True, timeout=60, cwd=HOME
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout


def test_a_newcomer_s_path(demo: Path, tmp_path: Path) -> None:
    """run, run again, status, table in every format, accept: on a plug-in folder."""
    plugins = ["--plugins", str(demo)]
    first = toybench(*plugins, "run", "demo", "--budget", "smoke", "--jobs", "1", cwd=tmp_path)
    assert first.returncode == 0, first.stderr
    assert "demo/linear" in first.stdout
    assert "least_mean_squares" in first.stdout
    assert "3 cells run" in first.stdout
    again = toybench(*plugins, "run", "demo", "--budget", "smoke", cwd=tmp_path)
    assert "3 cells are recorded already" in again.stdout
    status = toybench(*plugins, "status", "demo", "--results", "runs/smoke", "--format", "json", cwd=tmp_path)
    assert {r["state"] for r in json.loads(status.stdout)} == {"ok"}
    for form, has in {
        "markdown": "| mse ↓",
        "latex": r"\begin{tabular}",
        "csv": "study,task,method",
        "rich": "mse\N{NO-BREAK SPACE}↓",
    }.items():
        shown = toybench(*plugins, "table", "demo", "--results", "runs/smoke", "--format", form, cwd=tmp_path)
        assert has in shown.stdout, (form, shown.stdout, shown.stderr)
    shown = toybench(*plugins, "table", "demo", "--results", "runs/smoke", "--format", "json", "--cost", cwd=tmp_path)
    rows = json.loads(shown.stdout)
    assert {r["method"] for r in rows} == {"floor", "oracle", "least_mean_squares"}
    assert next(r for r in rows if r["method"] == "oracle")["score"] == 1.0
    assert next(r for r in rows if r["method"] == "least_mean_squares")["parameters"] == 4
    accepted = toybench(*plugins, "accept", "demo", "--from", "runs/smoke", "--to", "kept", cwd=tmp_path)
    assert accepted.returncode == 0
    assert len(list((tmp_path / "kept").rglob("*.json"))) == 3
    empty = toybench(*plugins, "table", "demo", "--results", "nowhere", cwd=tmp_path)
    assert empty.returncode == 3
    assert "run `toybench run demo` first" in empty.stderr


def test_the_paper_index_is_complete() -> None:
    rows = json.loads(toybench("papers", "--format", "json").stdout)
    assert len(rows) == 488
    assert len({r["key"] for r in rows}) == 488
    assert all(r["title"] and r["url"] and r["study"] for r in rows)
    assert {r["state"] for r in rows} >= {"not yet reproduced", "no reproducible claim"}
    bibtex = toybench("papers", "quasimetric", "--format", "bibtex").stdout
    assert bibtex.startswith("@article{wang2022learning,")
    assert bibtex.count("{") == bibtex.count("}")


def completed(line: str, *plugins: str) -> set[str]:
    """What the shell offers for the last word of a line, from a process that has not imported JAX."""
    code = "import sys\nfrom toybench.cli import main\ntry: main(prog_name='toybench')\n" + (
        "finally: assert not {'jax', 'numpy', 'rich'} & set(sys.modules), 'slow'"
    )
    words = " ".join(["toybench", *plugins, line])
    given = {"_TOYBENCH_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split(" ")) - 1)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, env={**os.environ, **given}
    )
    assert not done.stderr
    return {offer.split(",", 1)[1] for offer in done.stdout.splitlines() if offer}


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("sta", {"status"}),
        ("list st", {"studies"}),
        ("status vec", {"vector_quantization", "vector_symbolic"}),
        ("run quasimetric/h", {"quasimetric/hierarchy"}),
        ("run quasi", {"quasimetric", *(f"quasimetric/{t}" for t in ("hierarchy", "one_way_grid", "random_digraph"))}),
        ("run quasimetric --method mrn", {"mrn", "mrn_fixed"}),
        ("run conformal --method mrn", set()),
        ("run --method mrn", {"mrn", "mrn_fixed"}),
        ("check quasimetric/mr", {"quasimetric/mrn", "quasimetric/mrn_fixed"}),
        ("scorecard quasimetric/mrn_", {"quasimetric/mrn_fixed"}),
        ("table --format ma", {"markdown"}),
        ("status nothing_like_it", set()),
    ],
)
def test_the_shell_completes_names(line: str, offered: set[str]) -> None:
    assert completed(line) == offered


def test_the_shell_completes_names_of_plug_in_folders(demo: Path) -> None:
    assert completed("run dem", "--plugins", str(demo)) == {"demo", "demo/linear"}
    assert completed("run dem", "--plugins", "/proc") == set()
