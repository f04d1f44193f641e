"""Comparison at equal compute: who had spent how much when, and whose FLOPs can be believed."""

from typing import Any

import jax
import jax.numpy as jnp
import msgspec
import numpy as np
import pytest
from helpers import record

from toybench.engine import pricing
from toybench.errors import UsageError
from toybench.evidence import matching, tables
from toybench.evidence.records import Cost, Curve, Record


def trained(method: str, flops: float, curve: list[list[float | None]], **changes: Any) -> Record:
    """100 updates, evaluated at 0, 25, 50, 75 and 100; `curve[seed][checkpoint]`."""
    cost = Cost(flops=flops, miscounted=changes.pop("miscounted", []))
    steps = Curve(steps=[0, 25, 50, 75, 100], values={"m": curve})
    return record(method, [c[-1] for c in curve], cost=cost, curve=steps, checkpoints=4, **changes)


CHEAP = trained("cheap", 1e6, [[9, 8, 7, 6, 5], [9, 8, 7, 6, 5]])
DEAR = trained("dear", 2.5e6, [[9, 4, 3, 2, 1], [9, 5, 4, 3, 2]])


def test_everybody_is_shown_when_it_had_spent_what_the_cheapest_spends() -> None:
    found = matching.match([DEAR, CHEAP, record("oracle", [0.0, 0.0])])
    assert found.budgets == {("s", "t"): 1e6}
    assert found.updates == {"s/t/dear": (25, 100), "s/t/cheap": (100, 100)}, "at 50 updates it had spent 1.25e6"
    by_method = {r.method: r for r in found.records}
    assert by_method["dear"].metrics["m"].values == [4, 5]
    assert by_method["dear"].cost.flops == 2.5e6 / 4
    assert by_method["cheap"] is CHEAP
    assert by_method["oracle"].metrics["m"].values == [0.0, 0.0]
    steps = {r["method"]: r["steps"] for r in tables.frame(found.records).to_dict(orient="records")}
    assert steps == {"dear": 25, "cheap": 100, "oracle": 100}
    text = tables.render(found.records, "markdown", notes=matching.notes(found))
    assert "| dear · 25 of 100 updates | 4.5 ± 6.4 |" in text
    assert "| cheap  " in text


def test_who_has_no_checkpoint_within_the_budget_is_left_out() -> None:
    found = matching.match([CHEAP, trained("giant", 4.1e6, [[9, 8, 7, 6, 5]])])
    assert [r.method for r in found.records] == ["cheap"], "25 updates of it cost more than all of the cheapest"
    assert found.left == {"s/t/giant": "the first checkpoint costs more"}


def test_a_comparison_can_be_of_some_methods() -> None:
    records = [CHEAP, DEAR, record("oracle", [0.0, 0.0])]
    assert [r.method for r in tables.only(records, ["dear"])] == ["dear", "oracle"]
    assert tables.only(records, []) == records
    with pytest.raises(UsageError, match="did you mean 'dear'"):
        tables.only(records, ["deer"])


def test_equal_prices_change_nothing() -> None:
    twin = trained("twin", 1e6, [[9, 8, 7, 6, 4], [9, 8, 7, 6, 4]])
    assert matching.match([CHEAP, twin]).records == [CHEAP, twin]


def test_a_seed_that_diverged_later_had_not_diverged_yet() -> None:
    lost = trained("dear", 2e6, [[9, 4, 3, None, None], [9, 5, 4, 3, 2]], state="diverged", diverged_at=[60, None])
    (found,) = (r for r in matching.match([CHEAP, lost]).records if r.method == "dear")
    assert (found.state, found.metrics["m"].values, found.diverged_at) == ("ok", [3, 4], [None, None])
    early = trained("dear", 2e6, [[9, None, None, None, None], [9, 5, 4, 3, 2]], diverged_at=[7, None])
    (found,) = (r for r in matching.match([CHEAP, early]).records if r.method == "dear")
    assert (found.state, found.metrics["m"].values, found.diverged_at) == ("diverged", [None, 4], [7, None])


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"miscounted": ["scan"]}, r"miscounts .* \(scan\)"),
        ({"miscounted": None}, "doesn't say how FLOPs were counted"),
        ({"flops": 0.0}, "nobody counted"),
        ({"steps": 0}, "there are no updates"),
    ],
)
def test_who_is_not_counted_is_left_out_and_named(changes: dict[str, Any], why: str) -> None:
    odd = trained("odd", changes.pop("flops", 1e5), [[9, 8, 7, 6, 5]], **changes)
    found = matching.match([CHEAP, DEAR, odd])
    assert found.budgets == {("s", "t"): 1e6}, "what isn't counted sets no budget"
    assert {r.method for r in found.records} == {"cheap", "dear"}
    assert matching.sentences(found)[-1].startswith("s/t: left out odd; ")
    with pytest.raises(UsageError, match=why):
        matching.match([odd])


def test_old_records_can_be_read_and_do_not_count() -> None:
    assert not matching.counted(record("a", [1.0], cost=Cost(flops=5.0)))
    assert matching.counted(msgspec.structs.replace(CHEAP))


def update_of(body: Any) -> list[str]:
    """What is miscounted in four updates with a body."""

    def train(x: jax.Array, keys: jax.Array) -> jax.Array:
        return jax.lax.scan(lambda s, k: (body(s), None), x, keys)[0]

    x = jnp.eye(3) * 2
    return pricing.miscounted(jax.jit(train).trace(x, np.zeros((4, 2), np.uint32)).jaxpr, 4)


def test_what_xla_miscounts_is_read_off_the_program() -> None:
    assert update_of(lambda x: x @ x) == []
    assert update_of(lambda x: jax.lax.fori_loop(0, 3, lambda i, y: y @ y, x)) == ["scan"]
    assert update_of(lambda x: jax.lax.while_loop(lambda y: y.sum() < 9, lambda y: y * 2, x)) == ["while"]
    assert update_of(lambda x: jax.lax.cond(x.sum() > 0, lambda y: y @ y, lambda y: y, x)) == ["cond"]
    assert update_of(jnp.linalg.cholesky) == ["cholesky"]
    assert update_of(jax.jit(lambda x: jax.lax.scan(lambda y, _: (y @ y, None), x, length=1)[0])) == []
