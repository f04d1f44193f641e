"""Each study's page: claims name papers, tasks, methods and metrics that exist; tuned values are fields."""

import functools
import json

import pytest

from toybench import api
from toybench.claim import Claim
from toybench.engine import cells
from toybench.evidence import papers
from toybench.evidence.records import loss
from toybench.fields import make, split_label
from toybench.guard import declared
from toybench.plugins import registry

CLAIMS = [(study, claim) for study in registry.studies() for claim in registry.benchmark(study).claims]


@functools.cache
def planned(study: str) -> set[str]:
    """Names of the cells that run with a study."""
    return {cell.name for cell in cells.plan([study], budget="full").cells}


@pytest.mark.parametrize(("study", "claim"), CLAIMS, ids=[c.paper for _, c in CLAIMS])
def test_a_claim_is_about_things_that_exist(study: str, claim: Claim) -> None:
    assert declared.problems(study, claim, planned(study)) == []
    assert papers.index()[claim.paper].study == study
    assert len(claim.says.split()) > 5
    assert claim.differs


def test_every_paper_of_a_landed_study_has_a_claim() -> None:
    claimed = {claim.paper for _, claim in CLAIMS}
    landed = [p for p in papers.index().values() if p.study in registry.studies() and not p.why_not]
    assert {p.key for p in landed} == claimed


def test_a_claim_that_does_not_hold_says_why() -> None:
    """And one that does has nothing to explain, nor has one that would if its paper could be read."""
    for judgement in api.claims():
        unread = judgement.numbers == "supported" and judgement.claim.toy != "unequal"
        explained = judgement.verdict in ("refuted", "inconclusive") and not unread
        assert bool(judgement.claim.note) == explained, f"{judgement.study} #{judgement.number}: {judgement.verdict}"


@pytest.mark.parametrize("study", registry.studies())
def test_tuned_values_are_the_best_of_what_was_tried(study: str) -> None:
    file = cells.tuned_file(study)
    entries = json.loads(file.read_text()) if file.exists() else {}
    for name, entry in entries.items():
        task, method = name.split("/")
        cls = registry.load("tasks", f"{study}/{split_label(task)[0]}")
        make(registry.load("methods", f"{study}/{method}"), entry["fields"])
        assert min(entry["seeds"]) >= 1_000_000
        direction = cls.metrics[entry["metric"]].direction
        assert entry["metric"] == next(iter(cls.metrics))
        tried = [t for t in entry["trials"] if t["score"] is not None]
        best = min(loss(t["score"], direction) for t in tried)
        chosen = [t for t in tried if {k: t[k] for k in entry["fields"]} == entry["fields"]]
        assert [loss(t["score"], direction) for t in chosen] == [best], name


@pytest.mark.parametrize("study", registry.studies())
def test_variants_and_ablations_are_labels_that_exist(study: str) -> None:
    page = registry.benchmark(study)
    for label in page.variants:
        stem, given = split_label(label)
        make(registry.load("tasks", f"{study}/{stem}"), given)
    for label in [*page.ablations, *(m for ms in page.only.values() for m in ms)]:
        stem, given = split_label(label)
        if stem not in registry.REFERENCES:
            make(registry.load("methods", f"{study}/{stem}"), given)


def test_papers_that_methods_name_are_in_the_index() -> None:
    for name in registry.methods():
        paper = registry.load("methods", name).paper
        assert paper is None or paper in papers.index(), f"{name} names {paper}"
