"""Ranks across tasks: which method is better on a whole study, and which can't be told apart.

Methods are ranked on every task at every seed; a seed's mean rank over the tasks is one number a method. Two methods
differ where the paired difference of these numbers is significant at 5 % after Holm's correction over all pairs. That
speaks of these tasks and other seeds, not of other tasks: a study has too few of them, and they resemble each other.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from toybench.evidence import statistics, tables
from toybench.evidence.records import Record, loss


@dataclass(frozen=True)
class Rank:
    """A method's mean rank over tasks, 1 for the best, with its 95 % interval over seeds."""

    method: str
    mean: tables.Average


@dataclass(frozen=True)
class Ranking:
    """Methods from best to worst, over tasks that all of them have.

    Attributes:
      groups: (first, last) places, from 0, between which no two methods differ; longest runs only.
      differ: corrected two-sided p-values by (better, worse) method.
      left: methods without a number on some of the tasks. seeds: common to all records.
    """

    tasks: list[str] = field(default_factory=list)
    ranks: list[Rank] = field(default_factory=list)
    groups: list[tuple[int, int]] = field(default_factory=list)
    differ: dict[tuple[str, str], float] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    seeds: int = 0


def rank(groups: Mapping[str, Iterable[Record]], metrics: Mapping[str, str]) -> Ranking:
    """The ranking over tasks `{task: records}` by `{task: metric}`; empty where no two methods share a task."""
    usable = {task: {r.method: r for r in group if _ranks(r, metrics[task])} for task, group in groups.items()}
    tasks, methods = _block(usable)
    everyone = {m for found in usable.values() for m in found}
    if len(methods) < 2:
        return Ranking(left=sorted(everyone))
    found = [[usable[t][m] for m in methods] for t in tasks]
    seeds = sorted(set.intersection(*(set(r.seeds) for row in found for r in row)))
    if not seeds:
        return Ranking(left=sorted(everyone))
    each = np.mean([_of_task(row, metrics[t], seeds) for t, row in zip(tasks, found, strict=True)], axis=0)
    order = np.argsort(each.mean(1), kind="stable")
    ranks = [Rank(method=methods[i], mean=tables.mean([float(v) for v in each[i]])) for i in order]
    differ = _compared([r.method for r in ranks], each[order])
    groups_ = runs([r.method for r in ranks], differ)
    return Ranking(
        tasks=tasks, ranks=ranks, groups=groups_, differ=differ, left=sorted(everyone - set(methods)), seeds=len(seeds)
    )


def _ranks(record: Record, metric: str) -> bool:
    """Whether the record can be ranked: a method's, with a metric that has a better direction."""
    measured = record.metrics.get(metric)
    return measured is not None and measured.direction != "info" and not tables.is_reference(record)


def _block(usable: Mapping[str, Mapping[str, Record]]) -> tuple[list[str], list[str]]:
    """(tasks, methods) of the largest block in which every method has every task; of one task where none has more."""
    having = {m: frozenset(t for t in usable if m in usable[t]) for found in usable.values() for m in found}
    best: tuple[list[str], list[str]] = ([], [])
    for some in sorted(set(having.values()), key=lambda s: (-len(s), sorted(s))):
        methods = [m for m, tasks in having.items() if some <= tasks]
        larger = len(some) * len(methods) > len(best[0]) * len(best[1])
        if len(methods) > 1 and larger and not (len(some) == 1 < len(best[0])):
            best = ([t for t in usable if t in some], methods)
    return best


def _of_task(records: Sequence[Record], metric: str, seeds: Sequence[int]) -> np.ndarray:
    """Ranks [methods, seeds] on one task: 1 for the best, the mean for equals; a diverged seed comes last."""
    losses = np.empty((len(records), len(seeds)))
    for i, r in enumerate(records):
        known = dict(zip(r.seeds, r.metrics[metric].values, strict=True))
        values = [known[s] for s in seeds]
        losses[i] = [np.inf if v is None else loss(v, r.metrics[metric].direction) for v in values]
    return pd.DataFrame(losses).rank(axis=0).to_numpy()


def _compared(methods: Sequence[str], each: np.ndarray) -> dict[tuple[str, str], float]:
    """Corrected p-values of all pairs, in the order of mean ranks `each` [methods, seeds]."""
    pairs = list(itertools.combinations(range(len(methods)), 2))
    if each.shape[1] < statistics.AGGREGATES["mean"].least:
        return {(methods[i], methods[j]): 1.0 for i, j in pairs}
    corrected = statistics.holm([min(1.0, 2 * statistics.tails(each[j] - each[i])[0]) for i, j in pairs])
    return {(methods[i], methods[j]): c for (i, j), c in zip(pairs, corrected, strict=True)}


def runs(methods: Sequence[str], differ: Mapping[tuple[str, str], float]) -> list[tuple[int, int]]:
    """Longest runs of neighbours in which no two methods differ, as (first, last) places."""
    found: list[tuple[int, int]] = []
    for i in range(len(methods)):
        j = i
        while j + 1 < len(methods) and all(
            differ[methods[a], methods[j + 1]] > statistics.ERROR for a in range(i, j + 1)
        ):
            j += 1
        if j > i and (not found or j > found[-1][1]):
            found.append((i, j))
    return found
