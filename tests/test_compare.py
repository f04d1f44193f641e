"""Comparing folders: what is equal, what is noise, what is worse, and what the exit code says."""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from helpers import record

from toybench.errors import UsageError
from toybench.evidence import compare
from toybench.evidence.records import Cost, Environment, Folder, Record

NOISE = np.random.default_rng(3).standard_normal(48)
OLD = record("a", NOISE[:16])


def kinds(old: Record, new: Record) -> dict[str, str]:
    return {c.what: c.kind for c in compare.records([(old, new)])}


def changed(values: Any, **changes: Any) -> Record:
    return record("a", values, **changes)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (NOISE[:16], "equal"),
        (NOISE[:16] * (1 + 1e-7), "same"),  # rounding, in one direction
        (NOISE[:16] + 0.3 * NOISE[16:32], "same"),
        (NOISE[:16] + 0.5 + 0.1 * NOISE[16:32], "worse"),
        (NOISE[:16] - 0.5 + 0.1 * NOISE[16:32], "better"),
        (NOISE[:2], "equal"),
        (NOISE[:2] + 1.0, "unclear"),
    ],
)
def test_a_metric_is_compared_seed_by_seed(values: np.ndarray, kind: str) -> None:
    assert kinds(OLD, changed(values))["m"] == kind


def test_what_has_no_direction_only_changes() -> None:
    old, new = (record("a", NOISE[:16] + shift, direction="info") for shift in (0.0, 1.0))
    assert kinds(old, new)["m"] == "changed"


def test_seeds_count_by_number_not_by_place() -> None:
    new = changed(NOISE[:16][::-1], seeds=list(range(16))[::-1])
    assert kinds(OLD, new)["m"] == "equal"


@pytest.mark.parametrize(
    ("new", "kind"),
    [
        (record("a", [None] * 16), "worse"),
        (record("a", [*NOISE[:6], *[None] * 10]), "worse"),
        (record("a", [], state="failed", reason="boom", metrics={}), "worse"),
        (record("a", [], state="skipped", reason="can't", metrics={}), "changed"),
    ],
)
def test_a_state_can_get_worse(new: Record, kind: str) -> None:
    assert kinds(OLD, new)["state"] == kind
    if kind == "worse":
        assert kinds(new, OLD)["state"] == "better"


def test_which_seeds_diverge_may_be_chance() -> None:
    """Where divergence is chaotic, a re-run moves it to other seeds, and a few more or fewer."""
    old = record("a", [*NOISE[:12], *[None] * 4])
    other = record("a", [*[None] * 3, *NOISE[3:14], *[None] * 2])
    assert kinds(old, other)["state"] == "unclear"
    assert kinds(OLD, record("a", [*NOISE[:15], None]))["state"] == "unclear"
    assert "state" not in kinds(old, old)


def test_few_seeds_of_a_record_are_compared_with_the_same_seeds() -> None:
    """Of a record in which some seeds diverged, two that didn't come out as they were."""
    old = record("a", [*NOISE[:12], *[None] * 4])
    assert set(kinds(old, record("a", NOISE[:2])).values()) == {"equal"}
    assert set(kinds(old, record("a", [NOISE[0], None], seeds=[0, 12])).values()) == {"equal"}


def test_chaotic_divergence_is_called_worse_no_more_often_than_promised() -> None:
    rng = np.random.default_rng(12)
    alarms = 0
    for _ in range(400):
        old, new = (record("a", np.where(rng.uniform(size=16) < 0.4, np.nan, NOISE[:16])) for _ in range(2))
        alarms += kinds(old, new).get("state") == "worse"
    assert alarms <= 18  # 2.5 % of 400 is 10


def test_another_budget_is_no_regression() -> None:
    assert kinds(OLD, changed(NOISE[:16] + 1.0, budget="quick")) == {"budget": "changed"}


def test_costs_are_compared_exactly_on_the_same_versions() -> None:
    old = msgspec.structs.replace(OLD, cost=Cost(flops=100.0, parameters=7, run_seconds=1.0))
    new = msgspec.structs.replace(OLD, cost=Cost(flops=101.0, parameters=6, run_seconds=9.0))
    found = kinds(old, new)
    assert (found["cost flops"], found["cost parameters"], found["cost programs"]) == ("worse", "better", "equal")
    assert not any("seconds" in what for what in found)
    uncounted = msgspec.structs.replace(old, cost=Cost(flops=0.0))
    assert "cost flops" not in kinds(uncounted, new)
    elsewhere = msgspec.structs.replace(new, environment=Environment(jax="0.0.1"))
    assert not any(what.startswith("cost") for what in kinds(old, elsewhere))


def test_noise_is_called_worse_no_more_often_than_promised() -> None:
    """A folder of 30 cells, run again with other noise: a false alarm in few folders."""
    rng = np.random.default_rng(11)
    alarms = 0
    for _ in range(150):
        a, b = rng.standard_normal((2, 30, 16))
        pairs = [(record("a", x, f"t{i}"), record("a", y, f"t{i}")) for i, (x, y) in enumerate(zip(a, b, strict=True))]
        alarms += any(c.kind == "worse" for c in compare.records(pairs))
    assert alarms <= 9  # 2.5 % of 150 is 3.75; more than 9 has probability 0.007


def test_folders_are_compared_by_cell(tmp_path: Path) -> None:
    old, new = Folder(tmp_path / "old"), Folder(tmp_path / "new")
    for r in (OLD, record("gone", NOISE[:4])):
        old.write(r)
    for r in (changed(NOISE[:16] + 1), record("added", NOISE[:4])):
        new.write(r)
    (tmp_path / "new/s/t/half.json").write_text('{"schema": "toybench.rec')
    found = compare.folders(old, new)
    assert (found.only_before, found.only_after) == (["s/t/gone"], ["s/t/added"])
    assert [(c.cell, c.what) for c in found.worse] == [("s/t/a", "m")]
    assert "half.json" in found.unreadable[0]
    assert found.seconds == {"compiling": (0, 0), "running": (0, 0)}
    assert {r["kind"] for r in compare.rows(found.changes)} >= {"worse"}
    with pytest.raises(UsageError, match="holds no records"):
        compare.folders(old, Folder(tmp_path / "nowhere"))
