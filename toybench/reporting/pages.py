"""What each page says: (path, template, context) for every page, the search index, and the numbers of the charts."""

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from typing import Any

from markupsafe import Markup, escape

from toybench.claim import sides
from toybench.engine import cells
from toybench.engine.states import STATES
from toybench.errors import ToybenchError
from toybench.evidence import compare, matching, papers, scorecard, studies, tables, verdicts
from toybench.evidence.compare import Comparison
from toybench.evidence.records import Record
from toybench.evidence.studies import THEOREM, Line, kind_of
from toybench.evidence.verdicts import VERDICTS, Assessment, Judgement
from toybench.fields import render as field_text
from toybench.plugins import registry
from toybench.reporting import docs, series, standing
from toybench.reporting.model import Links, Model, stem

Page = tuple[str, str, dict[str, Any]]
link = Links()
KINDS = (*VERDICTS, THEOREM)
GLYPHS = {"supported": "✓", "refuted": "✗", "inconclusive": "?", "not_run": "–", THEOREM: "∎"}
WORDS = {kind: kind.replace("_", " ") for kind in KINDS}
SCREEN = 50  # rows of a list on the overview that may be long
ARROWS = {"min": "↓", "max": "↑", "zero": "→0", "info": ""}


def every(model: Model, drawn: Mapping[str, "Future[Any]"], compared: Comparison | None) -> Iterator[Page]:
    """All pages of the site. Tasks come last: their pictures are being drawn meanwhile."""
    yield "index.html", "overview.html", overview(model)
    yield "papers.html", "papers.html", {}
    yield "record.html", "record.html", {}
    for study in model.studies:
        yield f"study/{study}.html", "study.html", study_page(model, study)
        for name in model.methods(study):
            yield f"method/{study}/{name}.html", "method.html", method_page(model, study, name)
    for row in (r for r in model.papers if r["study"] in model.studies):
        yield f"paper/{row['key']}.html", "paper.html", paper_page(model, row)
    yield from _sources(model)
    if compared is not None:
        yield "compare.html", "compare.html", compare_page(model, compared)
    for study in model.studies:
        for name in model.tasks(study):
            picture = drawn[f"{study}/{name}"].result() if f"{study}/{name}" in drawn else None
            yield f"task/{study}/{name}.html", "task.html", task_page(model, study, name, picture)


def overview(model: Model) -> dict[str, Any]:
    """The verdict board, the coverage of the catalogue and the state of the run."""
    lines = {line.study: line for line in studies.of_claims(model.judgements)}
    fields = studies.by_field(model.studies)
    states = [str(row["state"]) for row in model.states.values()]
    tally = verdicts.tally(model.judgements)
    return {
        "counts": {v: tally.findings.get(v, 0) for v in VERDICTS},
        "tally": tally,
        "forecasts": (tally.right, tally.forecasts),
        "kinds": Counter(map(kind_of, model.judgements)),
        "fields": {field: [_board_row(model, study, lines) for study in names] for field, names in fields.items()},
        "coverage": coverage(model),
        "states": {s: states.count(s) for s in STATES if s in states},
        "wrong": [r for r in model.states.values() if r["state"] in ("failed", "timeout", "stale", "broken")],
        "missing": [r for r in model.states.values() if r["state"] == "missing"],
    }


def _board_row(model: Model, study: str, lines: Mapping[str, Line]) -> dict[str, Any]:
    """A study's line on the overview; its claims by verdict."""
    return {
        "name": study,
        "about": _first(docs.interface(study)[0]),
        "claims": sorted(model.claims(study), key=lambda j: KINDS.index(kind_of(j))),
        "line": lines.get(study, Line(study=study, counts=Counter())),
        "tasks": len(model.tasks(study)),
        "methods": len(model.methods(study)),
    }


def _first(text: str) -> str:
    return " ".join(text.split("\n\n")[0].split())


def coverage(model: Model) -> list[dict[str, Any]]:
    """One row per study of the catalogue: how many of its papers have a verdict, are declared, are left."""
    found: dict[str, dict[str, Any]] = {}
    for p in model.papers:
        row = found.setdefault(
            str(p["study"]), {"study": p["study"], "papers": 0, "judged": 0, "declared": 0, "none": 0}
        )
        row["papers"] += 1
        judged = any(v != "not_run" for v in p["verdicts"])
        row["judged"] += judged
        row["declared"] += bool(p["verdicts"]) and not judged
        row["none"] += p["state"] == "no reproducible claim"
    return sorted(found.values(), key=lambda r: (-r["judged"], -r["declared"], -r["papers"], r["study"]))


def study_page(model: Model, study: str) -> dict[str, Any]:
    """Tasks with their rankings, claims with their effects, scores across tasks."""
    about, asked = docs.interface(study)
    groups = {task: model.by_task[study, task] for task in model.variants(study)}
    methods, scores = series.scores(groups)
    return {
        "study": study,
        "about": docs.html(about),
        "asked": asked,
        "judged": model.claims(study),
        "rankings": [ranking(model, study, task) for task in groups],
        "tasks": [{"name": t, "first": docs.read("tasks", f"{study}/{t}").first} for t in model.tasks(study)],
        "scores": scores,
        "scored": methods,
        "ranked": standing.rankings(model, study),
        "open": [p for p in model.papers if p["study"] == study and not p["verdicts"]],
    }


def ranking(model: Model, study: str, task: str) -> dict[str, Any]:
    """The table of a task: a row a method, best first; a cell a metric with its interval."""
    group = model.by_task[study, task]
    metrics = list(dict.fromkeys(m for r in group for m in r.metrics))
    main = tables.primary(group)
    known = [model.frame.get((study, task, r.method, main)) for r in series.competing(group, main)]
    place = _scale([row for row in known if row])
    directions = {m: r.metrics[m].direction for r in group for m in metrics if m in r.metrics}
    rows = []
    for r in group:
        found = [model.frame.get((study, task, r.method, m)) for m in metrics]
        first = model.frame.get((study, task, r.method, main))
        rows.append(
            {
                "record": r,
                "state": model.state(r),
                "reference": tables.is_reference(r),
                "cells": [_cell(row) for row in found],
                "score": series.short(first["score"]) if first and first["score"] is not None else None,
                "strip": place(first) if first else None,
                "costs": [
                    tables.number(r.cost.run_seconds),
                    tables.number(r.cost.flops or None),
                    f"{r.cost.parameters:,}",
                ],
            }
        )
    return {
        "study": study,
        "task": task,
        "metrics": metrics,
        "directions": directions,
        "about": _about(study, task),
        "rows": rows,
        "seeds": max((len(r.seeds) for r in group), default=0),
        "methods": _toggles(group),
        "curves": [m for m in metrics if any(m in r.curve.values for r in group)],
        "counted": sum(matching.counted(r) for r in group if r.curve.steps),
        "uncounted": [r.method for r in group if r.curve.steps and not matching.counted(r)],
        "priced": [m for m in metrics if directions.get(m) != "info"],
    }


def _cell(row: Mapping[Any, Any] | None) -> dict[str, Any]:
    """One number with its interval as a table shows it."""
    if row is None or row["mean"] is None or not math.isfinite(row["mean"]):
        return {"text": "–", "half": "", "best": False}
    spread = row["high"] is not None and math.isfinite(row["high"])
    half = tables.number(tables.half(row["mean"], row["low"], row["high"]), 2) if spread else ""
    return {
        "text": tables.number(row["mean"]),
        "half": half,
        "best": bool(row["best"]),
    }


def _scale(rows: Sequence[Mapping[Any, Any]]) -> Callable[[Mapping[Any, Any]], dict[str, float] | None]:
    """A function from a row to where its interval lies among the methods', 0 to 100; None outside."""
    known = [r for r in rows if r["mean"] is not None and math.isfinite(r["mean"])]
    means = [r["mean"] for r in known]
    log = bool(means) and min(means) > 0 and max(means) > series.WIDE * min(means)

    def turn(v: float) -> float:
        return math.log(max(v, min(means) / 3)) if log else v

    ends = [turn(v) for r in known for v in (r["low"], r["high"], r["mean"]) if v is not None and math.isfinite(v)]
    low = min(ends, default=0.0)
    span = (max(ends, default=0.0) - low) or 1.0

    def place(row: Mapping[Any, Any]) -> dict[str, float] | None:
        if row["mean"] is None or not math.isfinite(row["mean"]) or not means or (log and row["mean"] <= 0):
            return None
        at = {
            k: 100 * (turn(row[k] if row[k] is not None else row["mean"]) - low) / span for k in ("low", "mean", "high")
        }
        inside = -1 <= at["mean"] <= 101
        return {k: round(min(100.0, max(0.0, v)), 2) for k, v in at.items()} if inside else None

    return place


def _about(study: str, task: str) -> dict[str, str]:
    """What each metric of a task is, by name."""
    try:
        return {k: m.about for k, m in registry.load("tasks", f"{study}/{stem(task)}").metrics.items()}
    except (ToybenchError, AttributeError):
        return {}


def _toggles(group: Sequence[Record]) -> list[dict[str, Any]]:
    """The methods of a task's charts: name, look, and whether they are drawn at first."""
    methods = [r.method for r in series.competing(group, tables.primary(group))]
    curved = [m for m in methods if any(r.method == m and r.curve.steps for r in group)]
    return [
        {"name": m, "hue": h, "dash": d, "on": m in curved[: series.SHOWN]}
        for m, (h, d) in series.looks(methods).items()
        if m in curved
    ]


def numbers(model: Model) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    """((study, task), what its charts draw and its copy buttons copy)."""
    for key, group in model.by_task.items():
        metrics = list(dict.fromkeys(m for r in group for m in r.metrics))
        found: dict[str, Any] = {"curves": {}, "pareto": {}}
        for metric in metrics:
            curves = series.curves(group, metric)
            pareto = series.pareto(group, metric)
            if curves:
                found["curves"][metric] = {"log": series.is_log(curves), "rows": series.columns(curves)}
            if pareto:
                found["pareto"][metric] = {"log": series.is_log(pareto), "rows": series.columns(pareto)}
        found["copy"] = {form: tables.render(group, form) for form in ("markdown", "latex")}
        found["copy"]["csv"] = tables.select(group).to_csv(index=False, float_format="%.7g")
        yield key, found


def method_page(model: Model, study: str, name: str) -> dict[str, Any]:
    """A method: what it says of itself, its hyperparameters and how they were tuned, its scorecard, its code."""
    cards = standing.cards(model, study, name)
    judged = [j for j in model.claims(study) if any(name in map(stem, sides(f.condition)[1]) for f in j.assessments)]
    paper = model.sources.get((study, name))
    return {
        "study": study,
        "name": name,
        "doc": docs.read("methods", f"{study}/{name}"),
        "paper": next((p for p in model.papers if p["key"] == paper), None),
        "cards": [(card, standing.rows(model, card)) for card in cards],
        "judged": judged,
        "tuned": tuned(study, name),
    }


def tuned(study: str, name: str) -> list[dict[str, Any]]:
    """How a method was tuned: one row a task, with every configuration that was tried."""
    found: dict[str, Any] = {}
    for root in registry.roots():
        file = cells.tuned_file(study, root)
        found |= json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    rows = []
    for key, entry in found.items():
        task, _, method = key.rpartition("/")
        if method == name:
            tried = [
                ({k: field_text(v) for k, v in t.items() if k != "score"}, t.get("score")) for t in entry["trials"]
            ]
            chosen = {k: field_text(v) for k, v in entry["fields"].items()}
            rows.append(
                {
                    "task": task,
                    "chosen": chosen,
                    "tried": tried,
                    **{k: entry[k] for k in ("metric", "seeds", "updates", "seconds")},
                }
            )
    return rows


def _paper(model: Model, row: Mapping[str, Any]) -> str:
    """A paper's page, or its line in the list where its study hasn't landed."""
    key = str(row["key"])
    return link.paper(key) if row["study"] in model.studies else f"papers.html#{key}"


def paper_page(model: Model, row: Mapping[str, Any]) -> dict[str, Any]:
    """A paper: its claims with their verdicts, its methods here, and how to cite it."""
    key = str(row["key"])
    methods = [place for place, source in model.sources.items() if source == key]
    return {"row": row, "judged": model.claims(paper=key), "methods": methods, "bibtex": papers.bibtex([key])}


def task_page(model: Model, study: str, name: str, picture: Any) -> dict[str, Any]:
    """A task: what the data look like, knobs, references, and a ranking for every variant."""
    labels = model.variants(study, name)
    references = []
    for which in registry.REFERENCES:
        try:
            about = (getattr(registry.load("tasks", f"{study}/{name}"), which).__doc__ or "").split("\n\n")[0]
        except (ToybenchError, AttributeError):
            continue
        cell = model.frame.get((study, name, which, tables.primary(model.by_task.get((study, name), []))))
        references.append((which, docs.phrase(about), _cell(cell)))
    return {
        "study": study,
        "name": name,
        "doc": docs.read("tasks", f"{study}/{name}"),
        "picture": picture,
        "references": [r for r in references if r[1] or r[2]["text"] != "–"],
        "labels": labels,
        "about": _about(study, name),
        "main": next(iter(_about(study, name)), ""),
    }


def _sources(model: Model) -> Iterator[Page]:
    """One page for every shared module that a task or method imports."""
    paths = {
        path
        for study in model.studies
        for kind, names in (("tasks", model.tasks(study)), ("methods", model.methods(study)))
        for name in names
        for path in docs.read(kind, f"{study}/{name}").uses
    }
    for path in sorted(paths):
        file = next(root / path for root in registry.roots() if (root / path).is_file())
        yield (
            f"source/{path}.html",
            "source.html",
            {"file": path, "code": docs.colours(file.read_text(encoding="utf-8"))},
        )


def compare_page(model: Model, compared: Comparison) -> dict[str, Any]:
    """Two results folders side by side; what got worse first, what is equal only counted, cells of one alone last."""
    rows = [r for r in compare.rows(compared.changes) if r["kind"] != "equal"]
    return {
        "counts": compared.count(),
        "rows": sorted(rows, key=lambda r: compare.KINDS.index(r["kind"])),
        "alone": [("older", compared.only_before), ("newer", compared.only_after)],
        "recorded": model.cells,
    }


def index(model: Model) -> Iterator[list[str]]:
    """What the search box finds: [kind, title, more, address]."""
    for study in model.studies:
        yield ["study", study, _first(docs.interface(study)[0]), link.study(study)]
        for name in model.tasks(study):
            yield ["task", f"{study}/{name}", docs.read("tasks", f"{study}/{name}").first, link.task(study, name)]
        for name in model.methods(study):
            yield ["method", f"{study}/{name}", docs.read("methods", f"{study}/{name}").first, link.method(study, name)]
    for j in model.judgements:
        yield ["claim", j.claim.says, f"{WORDS[kind_of(j)]} · {j.claim.paper}", link.claim(j)]
    for p in model.papers:
        yield ["paper", str(p["title"]), f"{p['by']}, {p['year'] or ''} · {p['key']}", _paper(model, p)]


def evidence(j: Judgement, assessment: Assessment, recorded: set[str]) -> list[tuple[str, str]]:
    """(what it is, address) of every record that an assessment rests on."""
    labels, methods = sides(assessment.condition)
    found = [f"{j.study}/{t}/{m}" for t in labels for m in methods]
    many = len(labels) > 1
    return [(c.split("/", 1)[1] if many else c.rsplit("/", 1)[1], link.record(c)) for c in found if c in recorded]


def safe_url(url: str) -> str:
    """The address where it is one of the web, else nothing."""
    return url if url.startswith(("https://", "http://")) else ""


def heat(value: float) -> str:
    """A score as how strongly its cell is tinted, in percent."""
    return f"{max(0.0, min(1.0, value)) * 55:.0f}%"


def breakable(name: str) -> Markup:
    """A name that may break after its underscores, commas and brackets."""
    return Markup(re.sub(r"([_,\[=])", r"\1<wbr>", str(escape(name))))


HELPERS: dict[str, Any] = {
    "GLYPHS": GLYPHS,
    "WORDS": WORDS,
    "VERDICTS": VERDICTS,
    "KINDS": KINDS,
    "kind_of": kind_of,
    "ARROWS": ARROWS,
    "SCREEN": SCREEN,
    "COSTS": series.COSTS,
    "number": tables.number,
    "placed": series.placed,
    "interval": series.interval,
    "region": series.region,
    "evidence": evidence,
    "safe_url": safe_url,
    "breakable": breakable,
    "heat": heat,
    "is_share": lambda f: getattr(f.condition, "aggregate", "") == "share",
    "phrase": docs.phrase,
    "scoring": scorecard,
    "COLOURS": {"better": "supported", "worse": "refuted", "undecided": "inconclusive"},
    "spread": tables.spread,
}
