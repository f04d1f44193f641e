"""Reading results folders: records of what is named, and the verdicts that they give."""

from pathlib import Path
from typing import TYPE_CHECKING

from toybench.errors import UsageError
from toybench.evidence.archive import Archive
from toybench.evidence.records import BrokenRecord, Folder, Record
from toybench.plugins import registry

if TYPE_CHECKING:
    from toybench.evidence.verdicts import Judgements


def folder(results: Folder | Path | str | None = None) -> Folder:
    """A results folder; by default the accepted records."""
    if isinstance(results, Folder):
        return results
    return Folder(Path(results)) if results is not None else accepted()


def accepted() -> Folder:
    """The user's accepted records, and below them those of the other plug-ins and those that toybench brings along."""
    own = registry.own()
    others = [root / "results" for root in reversed(registry.roots()) if root != own]
    return Folder(own / "results", below=(*map(Folder, others), Archive(registry.PACKAGE / "results")))


def records(
    selector: str | None = None, *, results: Folder | Path | str | None = None
) -> tuple[list[Record], list[BrokenRecord]]:
    """Records of a study or of a task with all its variants, in the order of names; and files that aren't records."""
    study, _, task = (selector or "").partition("/")
    if study:
        registry.tasks(study)
    if task:
        registry.path("tasks", f"{study}/{task.split('[')[0]}")
    found = list(folder(results).scan(study or None))
    good = [r for r in found if isinstance(r, Record) and task in ("", r.task, r.task.split("[")[0])]
    return good, [r for r in found if isinstance(r, BrokenRecord)]


def measured(selector: str | None = None, *, results: Folder | Path | str | None = None) -> list[Record]:
    """The same, where there are any.

    Raises:
      ToybenchError: there are none; the message says what to do.
    """
    found, broken = records(selector, results=results)
    if found:
        return found
    if broken:
        raise broken[0]
    raise UsageError(nothing(selector, results=results))


def nothing(selector: str | None = None, *, results: Folder | Path | str | None = None) -> str:
    """A sentence on what has no records."""
    command = f"toybench run {selector or ''}".rstrip()
    return f"no records in {folder(results).root}; run `{command}` first."


def claims(study: str | None = None, *, results: Folder | Path | str | None = None) -> "Judgements":
    """Verdicts of the declared claims, or of one study's; each corrected for all claims of its paper."""
    from toybench.evidence.verdicts import Judgements, judge  # with SciPy, which readers of records needn't wait for

    if study is not None:
        registry.tasks(study)  # raises with the nearest names
    every, broken = registry.declared()
    judged = judge(every, folder(results))
    shown = [j for j in judged if study in (None, j.study)]
    return Judgements(shown, {s: why for s, why in broken.items() if study in (None, s)})
