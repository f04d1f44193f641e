"""Claims judged twice: which lost or gained ground, and whether that is more than the seeds' noise.

A re-run with other noise lets claims near their margin cross it. So a verdict that changed isn't taken at its word: the
numbers of the seeds are compared themselves, before and after, in pairs. Holm's procedure corrects over all claims
whose numbers aren't what they were.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from toybench.evidence import statistics
from toybench.evidence.assessments import Assessment
from toybench.evidence.samples import Sample
from toybench.evidence.verdicts import Judgement


@dataclass(frozen=True)
class Drift:
    """A claim whose verdict isn't what it was.

    Attributes:
      p: against "no condition moved away from what it claims, but by chance"; corrected. 0 for a theorem, on whose
        seeds chance has no say.
    """

    before: Judgement
    after: Judgement
    p: float

    @property
    def worse(self) -> bool:
        """Whether the claim lost ground beyond chance: supported no more, or refuted or without numbers now."""
        lost = self.before.verdict == "supported" or self.after.verdict in ("refuted", "not_run")
        return lost and self.p <= statistics.ERROR / 2


def drifts(before: Sequence[Judgement], after: Sequence[Judgement]) -> list[Drift]:
    """The claims whose verdict changed, in their order; of the same claims on other records."""
    pairs = list(zip(before, after, strict=True))
    touched = [i for i, (old, new) in enumerate(pairs) if old.claim.kind == "finding" and _moved(old, new)]
    corrected = statistics.holm([_away(*pairs[i]) for i in touched])
    p = dict(zip(touched, corrected, strict=True))
    return [
        Drift(before=old, after=new, p=p.get(i, 0.0))
        for i, (old, new) in enumerate(pairs)
        if old.verdict != new.verdict
    ]


def _moved(old: Judgement, new: Judgement) -> list[tuple[Assessment, Assessment]]:
    """The conditions whose numbers aren't what they were."""
    both = zip(old.assessments, new.assessments, strict=True)
    return [(f, g) for f, g in both if _numbers(f) != _numbers(g)]


def _numbers(assessment: Assessment) -> tuple[object, ...]:
    x = assessment.sample
    return (x.values, x.steps, x.own, x.others) if x else ()


def _away(old: Judgement, new: Judgement) -> float:
    """P-value against "no condition moved away from what it claims, but by chance"."""
    found = _moved(old, new)
    return min(1.0, len(found) * min(_condition(f, g) for f, g in found))


def _condition(old: Assessment, new: Assessment) -> float:
    """The same of one condition: by its numbers, by its steps, and by how many seeds have no number any more."""
    was = old.sample
    now = new.sample
    if was is None or now is None:
        return float(was is None)  # numbers that are gone are no chance
    middle = float(now.array.mean()) if now.values else 0.0
    upper = abs(middle - now.high) < abs(middle - now.low)
    found = [_shifted(was.values, now.values, now, -1.0 if upper else 1.0)]
    found += [_shifted(was.steps[name], change, now, 1.0) for name, change in now.steps.items()]
    if was.looked == now.looked:
        common = len(set(was.values) & set(now.values))
        found.append(statistics.flips(len(was.values) - common, len(now.values) - common))
    return min(1.0, len(found) * min(found))


def _shifted(was: Mapping[int, float], now: Mapping[int, float], sample: Sample, sign: float) -> float:
    """P-value against "the numbers moved by chance", of a fall (or of a rise, where `sign` is -1)."""
    change = sign * np.array([now[s] - was[s] for s in was if s in now])
    if sample.aggregate.name == "share":
        return statistics.flips(int((change < 0).sum()), int((change > 0).sum()))
    mean = statistics.AGGREGATES["mean"]
    return float(mean.below(change, 0.0)) if len(change) >= mean.least else 1.0
