"""Studies in a line each, grouped by field: what is shown of them before one is named."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from toybench.plugins import registry

if TYPE_CHECKING:
    from toybench.evidence.verdicts import Judgement

UNNAMED = "other"  # studies whose benchmark names no field
THEOREM = "theorem"  # a claim that holds by algebra, and held on every seed
TO_COME = "to come"  # studies of the catalogue that are not here yet


@dataclass(frozen=True)
class Line:
    """One study, counted.

    Attributes:
      counts: how many there are of each kind: of each state, or of each verdict.
      marks: the kind of every single one, where there are few enough to show.
      forecasts: how many came out as expected, of how many that have come out and were forecast.
    """

    study: str
    counts: Mapping[str, int]
    marks: tuple[str, ...] = ()
    forecasts: tuple[int, int] = (0, 0)

    @property
    def total(self) -> int:
        """How many there are of all kinds."""
        return sum(self.counts.values())


def by_field(studies: Iterable[str]) -> dict[str, list[str]]:
    """`{field: studies}`, both in the order of their names; what has no field comes last."""
    here = set(registry.studies())
    found: dict[str, list[str]] = {}
    for study in sorted(studies):
        found.setdefault(registry.field(study) or (UNNAMED if study in here else TO_COME), []).append(study)
    return dict(sorted(found.items(), key=lambda item: (item[0] == TO_COME, item[0] == UNNAMED, item[0])))


def of_cells(states: Mapping[str, str]) -> list[Line]:
    """Lines of `{cell: state}`."""
    return [Line(study=study, counts=Counter(kinds)) for study, kinds in _by_study(states.items()).items()]


def of_papers(rows: Iterable[Mapping[str, Any]]) -> list[Line]:
    """Lines of the paper index: what became of each study's papers."""
    found = _by_study((str(row["study"]), str(row["state"])) for row in rows)
    return [Line(study=study, counts=Counter(kinds)) for study, kinds in found.items()]


def of_claims(judgements: "Sequence[Judgement]") -> list[Line]:
    """Lines of the verdict board, with a mark for every claim."""
    found = _by_study((j.study, j) for j in judgements)
    return [_of_claims(study, judged) for study, judged in found.items()]


def kind_of(judgement: "Judgement") -> str:
    """A claim's verdict; of a theorem that held, that it is one: it is no finding."""
    held = judgement.claim.kind == "theorem" and judgement.verdict == "supported"
    return THEOREM if held else judgement.verdict


def _of_claims(study: str, judged: "Sequence[Judgement]") -> Line:
    forecast = [j for j in judged if j.claim.expected and j.verdict != "not_run"]
    right = sum(j.claim.expected == j.verdict for j in forecast)
    marks = tuple(map(kind_of, judged))
    return Line(study=study, counts=Counter(marks), marks=marks, forecasts=(right, len(forecast)))


def _by_study(pairs: Iterable[tuple[str, Any]]) -> dict[str, list[Any]]:
    """Second parts of pairs by the study that the first begins with."""
    found: dict[str, list[Any]] = {}
    for name, value in pairs:
        found.setdefault(name.split("/")[0], []).append(value)
    return found
