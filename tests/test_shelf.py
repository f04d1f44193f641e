"""Plans are kept per study: an edit costs the plans of the studies that depend on it, and no other."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from toybench.plugins import registry, scaffold

HELPER = "methods/alpha/_helper.py"
METHOD = "methods/{}/least_mean_squares.py"
PLAN = """
import json, sys
from pathlib import Path
from toybench.engine import cells
from toybench.plugins import registry, shelf

registry.add_root({root!r})
plan = cells.plan(["alpha", "beta"], budget={budget!r})
digests = {{cell.name: cell.digest for cell in plan.cells}}
modules = {{name: getattr(m, "__file__", None) for name, m in sys.modules.items() if name.startswith("toybench")}}
trees = ("toybench.tasks", "toybench.methods", "toybench.benchmarks", "toybench.blocks")
harness = {{file for name, file in modules.items() if file and not name.startswith(trees)}}
counted = {{line.split()[0] for line in shelf._harness({{}})}}
print(json.dumps({{
    "studies": sorted({{name.split(".")[2] for name in modules if name.startswith("toybench.methods.")}}),
    "digests": digests,
    "seeds": sorted({{len(cell.seeds) for cell in plan.cells}}),
    "budgets": sorted({{cell.budget for cell in plan.cells}}),
    "uncounted": sorted(harness - counted),
}}))
"""


class Planned(NamedTuple):
    """What a new process planned: whose methods it imported, digests, numbers of seeds and budgets of the cells."""

    studies: list[str]
    digests: dict[str, str]
    seeds: list[int]
    budgets: list[str]
    uncounted: list[str]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two studies; a method of `beta` imports a helper of `alpha`."""
    folder = tmp_path_factory.mktemp("shelf")
    for study in ("alpha", "beta"):
        scaffold.create("study", study, folder)
    (folder / HELPER).write_text('"""A helper."""\n\nRATE = 0.1\n')
    method = folder / METHOD.format("beta")
    method.write_text(
        method.read_text().replace("from toybench", "from toybench.methods.alpha._helper import RATE\nfrom toybench", 1)
    )
    return folder


@pytest.fixture
def plan(root: Path, tmp_path: Path) -> Callable[..., Planned]:
    """Plan both studies in a new process, with a cache of the test's own."""

    def run(budget: str = "full") -> Planned:
        code = PLAN.format(root=str(root), budget=budget)
        env = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=registry.HOME, env=env
        )
        found: dict[str, Any] = json.loads(done.stdout)
        return Planned(**found)

    return run


@pytest.mark.parametrize(
    ("place", "imported", "stale"),
    [
        ("tasks/alpha/__init__.py", ["alpha"], {"alpha"}),
        (METHOD.format("alpha"), ["alpha"], {"alpha"}),
        ("benchmarks/alpha.py", ["alpha"], set()),
        (METHOD.format("beta"), ["alpha", "beta"], {"beta"}),  # which imports the helper of alpha
        (HELPER, ["alpha", "beta"], {"beta"}),
    ],
)
def test_an_edit_costs_the_plans_of_the_studies_that_depend_on_it(
    place: str, imported: list[str], stale: set[str], root: Path, plan: Callable[..., Planned]
) -> None:
    first = plan()
    assert first.studies == ["alpha", "beta"]
    again = plan()
    assert (again.studies, again.digests) == ([], first.digests), "nothing was imported"
    text = (root / place).read_text()
    (root / place).write_text(text + "\nEDITED = True\n")
    try:
        edited = plan()
    finally:
        (root / place).write_text(text)
    assert edited.studies == imported
    assert {name.split("/")[0] for name, found in edited.digests.items() if first.digests[name] != found} == stale
    assert plan().digests == first.digests


def test_a_new_file_is_planned_with_its_study_alone(root: Path, plan: Callable[..., Planned]) -> None:
    before = plan()
    new = root / "methods" / "alpha" / "another.py"
    new.write_text((root / METHOD.format("alpha")).read_text())
    try:
        found = plan()
    finally:
        new.unlink()
    assert found.studies == ["alpha"]
    assert set(found.digests) - set(before.digests) == {"alpha/linear/another"}


def test_a_file_that_an_import_would_now_find_costs_the_plan(root: Path, plan: Callable[..., Planned]) -> None:
    plan()
    shadow = root / "methods" / "alpha" / "_helper" / "RATE.py"  # `from ..._helper import RATE` may mean this one now
    shadow.parent.mkdir()
    shadow.write_text("")
    try:
        found = plan()
    finally:
        shadow.unlink()
        shadow.parent.rmdir()
    assert "beta" in found.studies


def test_a_plan_serves_every_budget(plan: Callable[..., Planned]) -> None:
    assert plan("full").seeds == [16]
    quick = plan("quick")
    assert quick.studies == [], "nothing was imported"
    assert quick.seeds == [4]
    assert quick.budgets == ["quick"]


def test_every_part_of_the_harness_that_plans_counts(plan: Callable[..., Planned]) -> None:
    assert plan().uncounted == []
