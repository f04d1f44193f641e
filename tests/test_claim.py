"""Claims are checked when they are built: what can't be evaluated is said in one sentence."""

import math
from collections.abc import Callable
from typing import Any

import pytest

from toybench.claim import Better, Bound, Claim, Equivalent, Trend, cells_of
from toybench.errors import UsageError

ANY: Any = None
FINE = Bound("t", "a", "m", below=1.0)
WRONG: list[tuple[Callable[[], object], str]] = [
    (lambda: Better("t", "a", "b", margin=math.nan), "Better of a, b on t has a margin of nan"),
    (lambda: Better("t", "a", "a"), "compares a with itself"),
    (lambda: Better("t", "a[", "b"), "'a[' can't be read"),
    (lambda: Better("t", "a", "b", aggregate="shares"), "did you mean 'share'?"),  # type: ignore[arg-type]
    (lambda: Better("t", "a", "b", share=1.0), "has a share of 1.0"),
    (lambda: Equivalent("t", "a", 0.0, -0.1), "has a margin of -0.1"),
    (lambda: Equivalent("t", "a", 0.0, math.inf), "has a margin of inf"),
    (lambda: Equivalent("t", "a", math.nan, 0.1), "compares with nan"),
    (lambda: Equivalent("t", "a", "a", 0.1), "compares a with itself"),
    (lambda: Bound("t", "a", "m"), "Bound of a on t has no limits"),
    (lambda: Bound("t", "a", "m", below=math.nan), "has a limit of nan"),
    (lambda: Bound("t", "a", "m", below=1.0, above=2.0), "above 2.0 and below 1.0"),
    (lambda: Trend(("t",), ("a",), "grows"), "several tasks and one method"),
    (lambda: Trend(("t", "u"), ("a", "b"), "grows"), "several tasks and one method"),
    (lambda: Trend(("t", "t"), ("a",), "grows"), "one label twice"),
    (lambda: Trend((), ("a",), "grows"), "has tasks ()"),
    (lambda: Trend("tu", ("a",), "grows"), "give a tuple"),  # type: ignore[arg-type]
    (lambda: Trend(("t", "u"), ("a",), "grow"), "did you mean 'grows'?"),  # type: ignore[arg-type]
    (lambda: Trend(("t", "u"), ("a",), "grows", margin=-1.0), "has a margin of -1.0"),
    (lambda: Trend(("t", "u"), ("a",), "grows", exponent=(2.0, 1.0)), "the smaller first"),
    (lambda: Trend(("t", "u"), ("a",), "falls", exponent=(0.5, 1.0)), "falls, but its exponent is in [0.5, 1.0]"),
    (lambda: Trend(("t", "u"), ("a",), "grows", margin=1.0, exponent=(0.5, 1.0)), "leave one of them out"),
    (lambda: Claim("", "says", "differs", (FINE,)), "names no paper"),
    (lambda: Claim("p", "says", "differs", ()), "the claim 'says' of p has no conditions"),
    (lambda: Claim("p", "says", "differs", ("t",)), "has a condition 't'"),  # type: ignore[arg-type]
    (lambda: Claim("p", "says", "differs", (FINE,), kind="theorm"), "did you mean 'theorem'?"),  # type: ignore[arg-type]
    (lambda: Claim("p", "says", "differs", (FINE,), read="title"), "use method or abstract"),  # type: ignore[arg-type]
    (lambda: Claim("p", "says", "differs", (FINE,), toy="blnd"), "(did you mean 'blind' or"),  # type: ignore[arg-type]
    (lambda: Claim("p", "says", "differs", (FINE,), expected="not_run"), "has expected 'not_run'"),  # type: ignore[arg-type]
    (
        lambda: Claim("p", "says", "differs", (Bound("t", "a", "m", below=1.0, aggregate="share"),), kind="theorem"),
        "holds on every seed",
    ),
]


@pytest.mark.parametrize(("build", "sentence"), WRONG, ids=[s for _, s in WRONG])
def test_what_makes_no_sense_is_refused_in_a_sentence(build: Callable[[], object], sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        build()
    assert sentence in str(caught.value)
    assert str(caught.value).endswith(".")


def test_what_makes_sense_is_not() -> None:
    conditions = (
        Better("t", "a", "b", margin=-0.01),
        Equivalent("t", "a", 0.0, 0.0),
        Equivalent("t[k=1]", "a", "a[lr=2]", 0.1),
        Bound("t", "a", "m", below=0.0, above=0.0),
        Trend(("t[k=1]", "t[k=2]"), ("a",), "falls", exponent=(-1.0, 0.1)),
    )
    claim = Claim("p", "says", "", conditions, expected="refuted", kind="theorem", read="abstract", toy="blind")
    assert claim.conditions == conditions
    assert [cells_of("s", c)[0] for c in conditions] == ["s/t/a", "s/t/a", "s/t[k=1]/a", "s/t/a", "s/t[k=1]/a"]
