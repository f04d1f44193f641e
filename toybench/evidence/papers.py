"""The paper index: every paper of the catalogue, and what became of it."""

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from toybench.claim import cells_of
from toybench.errors import PluginError, nearest
from toybench.evidence import display, reading
from toybench.plugins import registry

if TYPE_CHECKING:
    from toybench.evidence.records import Record


STATES = (
    "supported",
    "refuted",
    "inconclusive",
    "mixed",
    "not_run",
    "not yet reproduced",
    "no reproducible claim",
)


@dataclass(frozen=True)
class Paper:
    """One row of `benchmarks/papers.json`.

    Attributes:
      key: first author, year and first word of the title, as in a BibTeX file.
      url: where it can be read. venue: where it appeared.
      why_not: for a paper without a reproducible claim (a survey), the reason; else empty.
    """

    key: str
    title: str
    authors: tuple[str, ...]
    year: int | None
    url: str
    study: str
    venue: str = ""
    why_not: str = ""


@cache
def index() -> dict[str, Paper]:
    """All papers by key, of every root."""
    found: dict[str, Paper] = {}
    for root in registry.roots():
        for paper in read(root / "benchmarks" / "papers.json"):
            found[paper.key] = paper
    return found


def read(file: Path) -> list[Paper]:
    """The rows of an index, none where there is no such file.

    Raises:
      PluginError: it isn't a list of papers; the message names the row and what is wrong with it.
    """
    if not file.is_file():
        return []
    try:
        rows = msgspec.json.decode(file.read_bytes(), type=list[dict[str, Any]])
    except (msgspec.MsgspecError, OSError) as error:
        raise PluginError(f"{file} can't be read as a list of JSON objects, one a paper ({error}).") from None
    papers = [_paper(f"{file}, row {number}", row) for number, row in enumerate(rows, 1)]
    for number, paper in enumerate(papers, 1):
        if paper.key in {other.key for other in papers[: number - 1]}:
            raise PluginError(f"{file}, row {number}: the key '{paper.key}' is there twice; remove a row or rename it.")
    return papers


def _paper(where: str, row: dict[str, Any]) -> Paper:
    """A row of the index as a paper."""
    known = {field.name: field.default is dataclasses.MISSING for field in dataclasses.fields(Paper)}
    where = f"{where} ('{row.get('key', 'without key')}')"
    for name in row:
        if name not in known:
            raise PluginError(f"{where} has '{name}'{nearest(name, known)}; a paper has {', '.join(known)}.")
    for name, needed in known.items():
        if needed and name not in row:
            raise PluginError(f"{where} lacks '{name}'; a paper has {', '.join(known)}.")
    try:
        return msgspec.convert(row, Paper)
    except msgspec.ValidationError as error:
        raise PluginError(f"{where} can't be read: {error}.") from None


class Catalogue(list[dict[str, Any]]):
    """Rows of the paper index, which show themselves in a notebook as a line a study."""

    def _repr_html_(self) -> str | None:
        return display.html(self)


def keys(study: str) -> list[str]:
    """Keys of a study's papers."""
    found = [paper.key for paper in index().values() if paper.study == study]
    if not found:
        registry.tasks(study)  # raises with the nearest names
    return found


def rows(study: str | None = None, *, results: Path | str | None = None) -> Catalogue:
    """One row per paper: its facts, the verdicts of its claims on the records in `results`, and its state."""
    if study is not None:
        keys(study)  # raises with the nearest names
    verdicts: dict[str, list[str]] = {}
    for judgement in reading.claims(study if study in registry.studies() else None, results=results):
        verdicts.setdefault(judgement.claim.paper, []).append(judgement.verdict)
    return Catalogue(
        {
            "key": p.key,
            "title": p.title,
            "authors": list(p.authors),
            "year": p.year,
            "url": p.url,
            "study": p.study,
            "state": _state(p, verdicts.get(p.key, [])),
            "verdicts": verdicts.get(p.key, []),
            "reason": p.why_not,
        }
        for p in index().values()
        if study in (None, p.study)
    )


def _state(paper: Paper, verdicts: list[str]) -> str:
    """The verdict of the paper's claims, `mixed` where they differ; or why there is none."""
    if paper.why_not:
        return "no reproducible claim"
    kinds = set(verdicts)
    return "not yet reproduced" if not kinds else kinds.pop() if len(kinds) == 1 else "mixed"


def used(records: "Iterable[Record]") -> list[str]:
    """Keys of the papers behind records: of their methods, and of the claims that they decide."""
    from toybench.fields import split_label

    kept = list(records)
    cells = {r.cell for r in kept}
    found: dict[str, None] = {}
    for r in kept:
        stem = split_label(r.method)[0]
        if stem not in registry.REFERENCES and f"{r.study}/{stem}" in registry.methods(r.study):
            paper = registry.load("methods", f"{r.study}/{stem}").paper
            found |= {paper: None} if paper else {}
    for study, claim in registry.declared()[0]:
        if any(name in cells for c in claim.conditions for name in cells_of(study, c)):
            found[claim.paper] = None
    return list(found)


def bibtex(keys: list[str]) -> str:
    """BibTeX entries of the papers with these keys."""
    entries = []
    for key in keys:
        p = index()[key]
        fields = {
            "title": "{" + p.title + "}",
            "author": " and ".join(p.authors),
            "year": str(p.year or ""),
            "journal": p.venue,
            "url": p.url,
        }
        body = ",\n".join(f"  {k} = {{{v}}}" for k, v in fields.items() if v)
        entries.append(f"@article{{{key},\n{body}\n}}")
    return "\n\n".join(entries)
