"""What a report is about: records, verdicts, states and papers, gathered once, and where each has its page."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from urllib.parse import quote

from toybench.engine import runtime
from toybench.engine.states import status
from toybench.errors import ToybenchError, UsageError, nearest
from toybench.evidence import papers, tables, verdicts
from toybench.evidence.records import BrokenRecord, Folder, Record
from toybench.evidence.verdicts import Judgement
from toybench.fields import split_label
from toybench.plugins import registry


def stem(label: str) -> str:
    """The name without its fields; a malformed label is its own name."""
    return label.split("[")[0] or label


def slug(text: str) -> str:
    """A fragment identifier: readable, and nothing that has to be quoted."""
    return re.sub(r"[^A-Za-z0-9_.=-]+", "-", text).strip("-") or "x"


class Links:
    """Where everything is, relative to the site's root, quoted."""

    def study(self, study: str) -> str:
        return quote(f"study/{study}.html")

    def task(self, study: str, task: str) -> str:
        return quote(f"task/{study}/{stem(task)}.html") + (f"#{slug(task)}" if "[" in task else "")

    def method(self, study: str, method: str) -> str:
        return quote(f"method/{study}/{stem(method)}.html")

    def paper(self, key: str) -> str:
        return quote(f"paper/{key}.html")

    def claim(self, j: Judgement) -> str:
        return f"{self.study(j.study)}#claim-{j.number}"

    def record(self, cell: str) -> str:
        return f"record.html#{quote(cell)}"

    def source(self, path: str) -> str:
        return quote(f"source/{path}.html")


@dataclass
class Model:
    """Everything the pages show.

    Attributes:
      by_task: `{(study, task label): records from best to worst}`.
      states: `{cell: {state, reason}}`, of planned cells and of records.
      baseline: label of the method that scorecards compare with besides the best other one.
    """

    folder: Folder
    records: list[Record]
    broken: list[BrokenRecord]
    judgements: list[Judgement]
    states: dict[str, dict[str, Any]]
    by_task: dict[tuple[str, str], list[Record]] = field(default_factory=dict)
    made: str = ""
    commit: str = ""
    baseline: str = ""

    @cached_property
    def frame(self) -> dict[tuple[str, str, str, str], dict[str, Any]]:
        """Rows of `tables.frame` by (study, task, method, metric)."""
        rows: list[Any] = tables.frame(self.records).to_dict(orient="records")
        return {(r["study"], r["task"], r["method"], r["metric"]): r for r in rows}

    @cached_property
    def cells(self) -> set[str]:
        """Cells that have a record."""
        return {r.cell for r in self.records}

    @cached_property
    def studies(self) -> list[str]:
        """Studies of the tree and of the records."""
        return sorted({*registry.studies(), *(r.study for r in self.records)})

    def tasks(self, study: str) -> list[str]:
        """Names of a study's tasks, in the tree or in the records, without their fields."""
        known = [t.split("/")[1] for t in registry.tasks(study)] if study in registry.studies() else []
        return list(dict.fromkeys([*known, *(stem(t) for s, t in self.by_task if s == study)]))

    def methods(self, study: str) -> list[str]:
        """Names of a study's methods, without fields and without references."""
        known = [m.split("/")[1] for m in registry.methods(study)] if study in registry.studies() else []
        recorded = (stem(r.method) for r in self.records if r.study == study and not tables.is_reference(r))
        return list(dict.fromkeys([*known, *sorted(recorded)]))

    def variants(self, study: str, task: str | None = None) -> list[str]:
        """Task labels of a study (or of one of its tasks) that have records, plain ones first."""
        order = {t: i for i, t in enumerate(self.tasks(study))}
        found = [t for s, t in self.by_task if s == study and task in (None, stem(t))]
        return sorted(found, key=lambda t: (order[stem(t)], t))

    def claims(self, study: str | None = None, paper: str | None = None) -> list[Judgement]:
        """Judgements of a study, or of a paper."""
        return [j for j in self.judgements if study in (None, j.study) and paper in (None, j.claim.paper)]

    def state(self, record: Record) -> str:
        """The record's state by comparison with the code: `stale` where that has changed."""
        return str(self.states.get(record.cell, {}).get("state", record.state))

    @cached_property
    def papers(self) -> list[dict[str, Any]]:
        """The paper index, a row a paper, with the verdicts of its claims and its authors in words."""
        rows = []
        for row in papers.rows():
            verdict = [j.verdict for j in self.claims(paper=str(row["key"]))]
            rows.append({**row, "verdicts": verdict, "by": _names(row["authors"])})
        return rows

    @cached_property
    def sources(self) -> dict[tuple[str, str], str]:
        """Key of the paper that a method comes from, by (study, method)."""
        every = [(s, m) for s in self.studies for m in self.methods(s)]
        return {(s, m): key for s, m in every if (key := _source(s, m))}

    @cached_property
    def environments(self) -> list[tuple[Any, int]]:
        """Distinct environments of the records, the most frequent first."""
        counts: dict[Any, int] = {}
        for r in self.records:
            counts[r.environment] = counts.get(r.environment, 0) + 1
        return sorted(counts.items(), key=lambda item: -item[1])


def _source(study: str, method: str) -> str | None:
    try:
        return registry.load("methods", f"{study}/{method}").paper
    except ToybenchError:
        return None


def _names(authors: Any) -> str:
    """`Wang and Isola`, `Hu et al.`"""
    names = list(authors)
    return " and ".join(names) if len(names) < 3 else f"{names[0]} et al."


def gather(folder: Folder, baseline: str = "") -> Model:
    """Read everything that a report shows; every method is also compared with `baseline` where its study has that.

    Raises:
      UsageError: no record is of the baseline.
    """
    found = list(folder.scan())
    records = [r for r in found if isinstance(r, Record) and _labelled(r)]
    broken = [r for r in found if isinstance(r, BrokenRecord)]
    labels = {r.method for r in records}
    if baseline and baseline not in labels:
        raise UsageError(
            f"no record here is of '{baseline}'{nearest(baseline, labels)}; --baseline takes a method's name."
        )
    judgements = verdicts.judge(registry.declared()[0], {r.cell: r for r in records})
    states = {str(row["cell"]): row for row in status(results=folder)}
    here = runtime.environment()
    by_task: dict[tuple[str, str], list[Record]] = {}
    for r in records:
        by_task.setdefault((r.study, r.task), []).append(r)
    return Model(
        folder=folder,
        records=records,
        broken=broken,
        judgements=judgements,
        states=states,
        by_task={k: tables.ranked(group, tables.primary(group)) for k, group in by_task.items()},
        made=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        commit=here.commit + (" with uncommitted changes" if here.dirty else ""),
        baseline=baseline,
    )


def _labelled(record: Record) -> bool:
    try:
        split_label(record.task), split_label(record.method)
    except ToybenchError:
        return False
    return True
