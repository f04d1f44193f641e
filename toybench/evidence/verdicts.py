"""Verdicts: what the records say about the claims. Nothing is run here, and nothing but records is looked at.

Every condition becomes one number per seed and a region in which its mean has to lie: a paired difference above a
margin, a value below a bound, an exponent inside an interval. A claim is supported when every condition's number
lies inside, refuted when one lies outside, each beyond doubt; else it is inconclusive.

Beyond doubt: of the claims of one paper, any is called supported wrongly in at most one of 40 papers, and any refuted
in one of 40. A claim's p-value is its weakest condition's. Every look at a claim, with 16, 32, 64, ... seeds, spends
half of what error the looks before it left, so that adding seeds until a claim is resolved is valid. Then Holm
corrects for the claims of the paper. A verdict depends on its paper alone, whatever else is on the board.

A theorem is no finding: it is checked on every seed, and one seed that breaks it refutes it. A claim whose paper
could be read in its abstract only has no verdict: what won or failed may not be the paper's method. Nor has an unequal
comparison. A claim whose task trains the method too little, or has no room for its mechanism, is never refuted.
"""

import functools
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from toybench.claim import Claim
from toybench.evidence import assessments, display, statistics
from toybench.evidence.assessments import FIRST_LOOK, VERDICTS, Assessment, Results, Verdict

_NO_EVIDENCE = {  # why the numbers are no verdict, by what the claim says of the paper and of the task
    "abstract": "of the paper only the abstract could be read.",
    "undertrained": "for want of steps: a larger budget would tell.",
    "blind": "the task leaves the mechanism no room.",
}
_UNEQUAL = "There is no verdict while one side lacks what the other has, or its paper gives it."


@dataclass(frozen=True)
class Judgement:
    """One claim with its verdict.

    Attributes:
      number: place among the study's claims, from 1.
      p: two-sided, corrected for looks and for the claims of the paper; of the refutation, where that is the verdict.
      level: the one-sided error that it was allowed by this look, after both corrections.
      claims: how many claims of the paper the correction counts; 0 for a theorem.
      look: which look at the claim this is, from 1.
      numbers: what the numbers alone say, whatever was read of the paper and however able the task is.
    """

    study: str
    number: int
    claim: Claim
    verdict: Verdict
    assessments: tuple[Assessment, ...]
    p: float | None = None
    level: float = 0.0
    claims: int = 0
    look: int = 1
    numbers: Verdict = "not_run"

    @property
    def withheld(self) -> str:
        """Why what the numbers say is no verdict; empty where it is one, or they say nothing."""
        unequal = self.claim.toy == "unequal"
        if self.verdict == self.numbers and not (unequal and self.verdict == "inconclusive"):
            return ""
        if unequal:
            return _UNEQUAL
        lacks = "abstract" if self.claim.read == "abstract" else self.claim.toy
        return f"It would be {self.numbers}, but {_NO_EVIDENCE[lacks]}"

    @property
    def wants_seeds(self) -> bool:
        """Whether more seeds could bring a verdict: the numbers say none yet, and the claim may have one."""
        return self.verdict == self.numbers == "inconclusive" and len(_withheld(self.claim)) < 2

    @property
    def decisive(self) -> Assessment:
        """The assessment that the verdict hangs on: the clearest refutation, else the weakest support."""
        if self.verdict == "not_run":
            return next(f for f in self.assessments if f.verdict == "not_run")
        if "refuted" in (self.verdict, self.numbers):
            return min(self.assessments, key=lambda f: f.p_refutes)
        return max(self.assessments, key=lambda f: (f.barred, f.p_supports))

    @property
    def reason(self) -> str:
        """Why the verdict isn't `supported`, or what a reader has to know although it is."""
        return " ".join(filter(None, (self.withheld, self.decisive.reason)))

    @property
    def seeds(self) -> int:
        """Seeds of the decisive assessment."""
        return self.decisive.seeds


class Judgements(list[Judgement]):
    """Judgements that show themselves in a notebook as the board and a forest plot.

    Attributes:
      broken: `{study: why}` of the benchmarks that can't be loaded, whose claims have no verdicts.
    """

    def __init__(self, found: Iterable[Judgement] = (), broken: Mapping[str, str] | None = None) -> None:
        super().__init__(found)
        self.broken = dict(broken or {})

    def _repr_html_(self) -> str | None:
        return display.html(self)


@dataclass(frozen=True)
class Tally:
    """What a board comes to.

    Attributes:
      findings, theorems: `{verdict: how many}`.
      decided: findings that are supported or refuted.
      wrong: how many of these are expected to be wrong at most, after Benjamini and Hochberg: the errors that all
        claims tested were allowed, summed.
      forecasts: findings whose verdict somebody had forecast, and that have one.
      right: how many of the forecasts were right.
    """

    findings: Mapping[Verdict, int]
    theorems: Mapping[Verdict, int]
    decided: int
    wrong: float
    forecasts: int
    right: int


def tally(judgements: Iterable[Judgement]) -> Tally:
    """What a board comes to; theorems are counted apart."""
    every = list(judgements)
    claimed = [j for j in every if j.claim.kind == "finding"]
    theorems = [j for j in every if j.claim.kind == "theorem"]
    tested = [j for j in claimed if j.verdict != "not_run"]
    decided = [j for j in tested if j.verdict != "inconclusive"]
    forecast = [j for j in tested if j.claim.expected and not j.withheld]
    return Tally(
        findings=_count(claimed),
        theorems=_count(theorems),
        decided=len(decided),
        wrong=min(float(len(decided)), sum(j.level for j in tested)),
        forecasts=len(forecast),
        right=sum(j.verdict == j.claim.expected for j in forecast),
    )


def _count(judgements: Iterable[Judgement]) -> dict[Verdict, int]:
    counts: Counter[Verdict] = Counter(j.verdict for j in judgements)
    return {v: counts[v] for v in VERDICTS if counts[v]}


def judge(claims: Sequence[tuple[str, Claim]], results: Results) -> list[Judgement]:
    """Verdicts of `(study, claim)` pairs, each corrected for the claims of its paper that are among them."""
    read = functools.cache(functools.partial(assessments.record, results))
    numbers: Counter[str] = Counter()
    judgements: list[Judgement] = []
    papers: dict[str, list[int]] = {}
    for place, (study, claim) in enumerate(claims):
        numbers[study] += 1
        found = tuple(assessments.find(study, condition, read) for condition in claim.conditions)
        judgement = Judgement(
            study=study, number=numbers[study], claim=claim, verdict="not_run", assessments=found, look=_look(found)
        )
        judgements.append(_checked(judgement) if claim.kind == "theorem" else judgement)
        if claim.kind == "finding":
            papers.setdefault(claim.paper, []).append(place)
    for places in papers.values():
        for place, decided in zip(places, _corrected([judgements[i] for i in places]), strict=True):
            judgements[place] = decided
    return judgements


def _look(found: Iterable[Assessment]) -> int:
    """Which look at the claim this is, from 1, by the number of seeds."""
    seeds = max(FIRST_LOOK, *(f.looked for f in found))
    return 1 + math.ceil(math.log2(seeds / FIRST_LOOK))


def _corrected(judgements: Sequence[Judgement]) -> list[Judgement]:
    """The claims of a paper with their verdicts; one that hasn't been run counts as well."""
    error = statistics.ERROR / 2
    supports = [2.0**j.look * max(f.p_supports for f in j.assessments) for j in judgements]
    refutes = [2.0**j.look * len(j.assessments) * min(f.p_refutes for f in j.assessments) for j in judgements]
    levels = statistics.holm_levels(supports, error), statistics.holm_levels(refutes, error)
    found = []
    for i, (p, q) in enumerate(zip(statistics.holm(supports), statistics.holm(refutes), strict=True)):
        judgement = replace(judgements[i], claims=len(judgements))
        if all(f.verdict != "not_run" for f in judgement.assessments):
            judgement = _decided(judgement, p, q)
            allowed = levels[judgement.verdict == "refuted"][i] * (1 - 0.5**judgement.look)
            judgement = replace(judgement, level=allowed)
        found.append(judgement)
    return found


def _decided(judgement: Judgement, supports: float, refutes: float) -> Judgement:
    """The verdict of a claim and of each of its conditions, from corrected one-sided p-values."""
    error = statistics.ERROR / 2
    barred = any(f.barred for f in judgement.assessments)
    numbers: Verdict = "inconclusive"
    if refutes <= error:
        numbers = "refuted"
    elif supports <= error and not barred:
        numbers = "supported"
    verdict = "inconclusive" if numbers in _withheld(judgement.claim) else numbers
    each = error / (judgement.claims * 2.0**judgement.look)
    clearest = min(f.p_refutes for f in judgement.assessments)
    found = []
    for f in judgement.assessments:
        own: Verdict = "inconclusive"
        if f.p_refutes <= each / len(judgement.assessments) or (numbers == "refuted" and f.p_refutes == clearest):
            own = "refuted"
        elif numbers == "supported" or (f.p_supports <= each and not f.barred):
            own = "supported"
        found.append(replace(f, verdict=own, reason=assessments.explained(f, own, each)))
    p = min(1.0, 2 * (refutes if numbers == "refuted" else supports))
    return replace(judgement, verdict=verdict, assessments=tuple(found), p=p, numbers=numbers)


def _withheld(claim: Claim) -> tuple[Verdict, ...]:
    """Verdicts that a claim can't have, whatever its numbers."""
    if claim.toy == "unequal" or claim.read == "abstract":
        return "supported", "refuted"
    return () if claim.toy == "able" else ("refuted",)


def _checked(judgement: Judgement) -> Judgement:
    """A theorem with its verdict: every condition is to hold on every seed."""
    found = tuple(f if f.sample is None else assessments.checked(f, f.sample) for f in judgement.assessments)
    order: tuple[Verdict, ...] = ("not_run", "refuted", "inconclusive", "supported")
    verdict = next(v for v in order if v in {f.verdict for f in found})
    return replace(judgement, verdict=verdict, assessments=found, numbers=verdict)


def rows(judgements: Iterable[Judgement]) -> list[dict[str, Any]]:
    """One plain row per claim, with the assessment that its verdict hangs on; keys are stable."""
    return [
        {
            "study": j.study,
            "paper": j.claim.paper,
            "number": j.number,
            "claim": j.claim.says,
            "conditions": len(j.assessments),
            **_row(j.decisive),
            "verdict": j.verdict,
            "numbers": j.numbers,
            "reason": j.reason,
            "p": j.p,
            "claims": j.claims,
            "look": j.look,
            "kind": j.claim.kind,
            "read": j.claim.read,
            "toy": j.claim.toy,
            "expected": j.claim.expected,
            "note": j.claim.note,
            "differs": j.claim.differs,
            "assessments": [_row(f) for f in j.assessments],
        }
        for j in judgements
    ]


def _row(f: Assessment) -> dict[str, Any]:
    effect = f.effect
    return {
        "condition": f.says,
        "verdict": f.verdict,
        "effect": effect.value if effect else None,
        "effect_low": effect.low if effect else None,
        "effect_high": effect.high if effect else None,
        "region_low": f.low if math.isfinite(f.low) else None,
        "region_high": f.high if math.isfinite(f.high) else None,
        "normalized": f.normalized,
        "improvement": f.improvement,
        "seeds": f.seeds,
        "p_supports": f.p_supports,
        "p_refutes": f.p_refutes,
        "reason": f.reason,
    }
