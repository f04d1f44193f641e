"""What conformance checks find: that a plug-in passes, fails and why, or that a check doesn't apply to it.

Checks run under strict JAX, with warnings as errors: a plug-in's own lines convert no types and add no axes silently.
Lines of a library that it calls may; where some do, everything is checked once more without that strictness.
"""

import contextlib
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import jax

from toybench.plugins import registry

_STRICT = {
    "jax_numpy_dtype_promotion": "numbers of two types meet; cast one of them, `x.astype(y.dtype)`",
    "rank_promotion": "arrays with unequal numbers of axes meet; add the missing axes, `x[:, None]`",
}
_TRACED = (
    "Python asks for the value of a number that JAX traces; use jnp.where or jax.lax, "
    "or annotate the field as int or bool, which makes it structure"
)


class Violation(AssertionError):
    """A check that fails; the message names the plug-in, what was found and what was expected."""


class DoesNotApply(Exception):
    """A check that asks nothing of this plug-in; the message says why."""


@dataclass(frozen=True)
class Checked:
    """What one check found; `reason` says why it failed or doesn't apply."""

    check: str
    state: Literal["passed", "failed", "not_applicable"]
    reason: str = ""


class _InLibrary(Exception):
    """A library's own lines are not strict."""


def examine(checks: Mapping[str, Callable[[Any], None]], subject: Callable[[], Any]) -> list[Checked]:
    """What all checks find of what `subject` makes."""
    try:
        with _strictness("raise", "strict", "error"):
            one = subject()
            return [_find(name, check, one) for name, check in checks.items()]
    except _InLibrary:
        with _strictness("allow", "standard", "ignore"):
            one = subject()
            return [_find(name, check, one) for name, check in checks.items()]


@contextlib.contextmanager
def _strictness(rank: Any, dtype: Any, warning: Any) -> Iterator[None]:
    with warnings.catch_warnings(), jax.numpy_rank_promotion(rank), jax.numpy_dtype_promotion(dtype):
        warnings.simplefilter(warning)
        yield


def _find(name: str, check: Callable[[Any], None], subject: Any) -> Checked:
    try:
        check(subject)
    except DoesNotApply as why:
        return Checked(check=name, state="not_applicable", reason=str(why))
    except Violation as violation:
        return Checked(check=name, state="failed", reason=str(violation))
    except Exception as error:
        if _is_strictness(error) and _in_library(error):
            raise _InLibrary from error
        return Checked(check=name, state="failed", reason=explain(error))
    return Checked(check=name, state="passed")


def explain(error: Exception) -> str:
    """What went wrong in which line of a plug-in, and what to do where that is known."""
    places = [f"{where}:{f.lineno}" for f in _frames(error) if (where := registry.place(Path(f.filename)))]
    place = places[-1] if places else ""
    what = next((remedy for sign, remedy in _STRICT.items() if sign in str(error)), "")
    if isinstance(error, jax.errors.ConcretizationTypeError | jax.errors.TracerArrayConversionError):
        what = _TRACED
    if isinstance(error, Warning):
        what = f"warns '{error}'; warnings are errors in checks, so do without what it warns of"
    if what:
        return f"{place or 'somewhere'}: {what}."
    message = " ".join(str(error).split())[:400]
    return f"{type(error).__name__}: {message}" + (f" at {place}" if place else "")


def _is_strictness(error: Exception) -> bool:
    """Whether an error comes from strictness alone."""
    return isinstance(error, Warning) or any(sign in str(error) for sign in _STRICT)


def _in_library(error: Exception) -> bool:
    """Whether the innermost line outside JAX is neither a plug-in's nor the harness'."""
    jax_itself = Path(jax.__file__).parent
    files = [Path(frame.filename) for frame in _frames(error)]
    innermost = next(file for file in reversed(files) if not file.is_relative_to(jax_itself))
    return not (registry.place(innermost) or innermost.is_relative_to(registry.PACKAGE))


def _frames(error: Exception) -> list[traceback.FrameSummary]:
    return list(traceback.extract_tb(error.__traceback__))


def failures(made: list[Checked]) -> list[str]:
    """A sentence for each reason that checks failed for."""
    reasons: dict[str, list[str]] = {}
    for one in made:
        if one.state == "failed":
            reasons.setdefault(one.reason, []).append(one.check)
    return [f"{', '.join(checks)}: {reason}" for reason, checks in reasons.items()]


def summary(made: list[Checked]) -> str:
    """How many checks passed, and how many don't apply for which reason."""
    passed = sum(one.state == "passed" for one in made)
    left = [one.reason for one in made if one.state == "not_applicable"]
    why = "; ".join(dict.fromkeys(left))
    return f"{passed} checks passed" + (f", {len(left)} don't apply ({why})" if left else "")
