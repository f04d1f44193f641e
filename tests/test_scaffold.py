"""Scaffolds: what `toybench new` writes runs, says nothing that isn't so, and goes where it says."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers import toybench

from toybench.claim import Claim
from toybench.errors import PluginError, UsageError
from toybench.evidence import declare, papers
from toybench.guard import conformance
from toybench.plugins import registry, scaffold

ROW = {
    "key": "turing1950computing",
    "title": "Computing Machinery and Intelligence",
    "authors": ["Turing"],
    "year": 1950,
    "url": "https://doi.org/10.1093/mind/LIX.236.433",
    "study": "demo",
}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A root of plug-ins with nothing in it yet, and the only one."""
    monkeypatch.setattr(registry, "_extra", [])
    registry.add_root(tmp_path, new=True)
    yield tmp_path
    monkeypatch.undo()
    registry._forget()
    papers.index.cache_clear()


@pytest.mark.parametrize("study", registry.studies())
def test_a_skeleton_says_nothing_of_the_method_that_it_came_from(study: str, tmp_path: Path) -> None:
    """Neither its source, nor its paper; but whose code it is until it is replaced."""
    for kind, like in (("method", registry.methods(study)), ("task", registry.tasks(study))):
        [path] = scaffold.create(kind, f"{study}/my_own", tmp_path)
        text = path.read_text()
        compile(text, path, "exec")
        model = re.search(r"The code is that of (\S+): replace it", text)
        assert model is not None and model[1] in like
        assert "class MyOwn(" in text
        assert not re.search(r"^    paper =", text, flags=re.M)
        if kind == "method":
            assert "**Source**: authors, title, year, link" in text


def test_a_skeleton_conforms(root: Path) -> None:
    scaffold.create("method", "quasimetric/my_own", root)
    registry._forget()
    assert [f for f in conformance.check_method("quasimetric/my_own") if f.state == "failed"] == []


def test_a_copy_keeps_everything_but_the_name(tmp_path: Path) -> None:
    [path] = scaffold.create("method", "quasimetric/my_own", tmp_path, like="iqe")
    assert path.read_text() == registry.path("methods", "quasimetric/iqe").read_text().replace(
        _class("quasimetric/iqe"), "MyOwn"
    )
    with pytest.raises(UsageError, match="did you mean 'iqe'"):
        scaffold.create("method", "quasimetric/other", tmp_path, like="ieq")


def _class(name: str) -> str:
    return str(registry.load("methods", name).__name__)


def test_new_writes_where_plugins_says_and_says_where(tmp_path: Path) -> None:
    done = toybench("--plugins", "mine", "new", "method", "quasimetric/my_own", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"wrote {tmp_path}/mine/methods/quasimetric/my_own.py" in done.stdout
    assert "tasks/quasimetric/__init__.py says what it has to answer" in done.stdout
    assert [f.name for f in tmp_path.rglob("*.py")] == ["my_own.py"]


def test_a_new_paper_is_a_row_and_a_claim(root: Path) -> None:
    """The first makes the page, the second extends it; both are claims that can be judged."""
    scaffold.create("study", "penguins", root)
    (root / "benchmarks" / "penguins.py").unlink()
    registry._forget()
    for key in ("adelie1840first", "gentoo1781second"):
        written = declare.paper(f"penguins/{key}", root)
        assert written == [root / "benchmarks" / "penguins.py", root / "benchmarks" / "papers.json"]
        assert papers.index()[key].year == int(key[6:10])
    registry._forget()
    claims: tuple[Claim, ...] = _claims("penguins")
    assert [c.paper for c in claims] == ["adelie1840first", "gentoo1781second"]
    assert all(declare.FILL_IN in c.says for c in claims)
    assert (claims[0].conditions[0].task, claims[0].conditions[0].method) == ("linear", "least_mean_squares")  # type: ignore[union-attr]


def _claims(study: str) -> tuple[Claim, ...]:
    """The claims on a study's page, executed: an imported one would not be read again."""
    found: dict = {}
    exec((registry.own() / "benchmarks" / f"{study}.py").read_text(), found)
    return found["benchmark"].claims


def test_a_new_paper_on_a_page_that_imports_nothing_of_claims(root: Path) -> None:
    scaffold.create("study", "penguins", root)
    page = root / "benchmarks" / "penguins.py"
    page.write_text("from toybench import Benchmark\n\nbenchmark = Benchmark(\n    claims=(\n    ),\n)\n")
    registry._forget()
    declare.paper("penguins/adelie1840first", root)
    assert len(_claims("penguins")) == 1
    page.write_text("from toybench import Benchmark\n\nCLAIMS = ()\nbenchmark = Benchmark(claims=CLAIMS)\n")
    with pytest.raises(UsageError, match="by hand"):
        declare.paper("penguins/gentoo1781second", root)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("quasimetric/Wang 2022", "write STUDY/KEY"),
        ("adelie1840first", "name its study"),
        ("bandits/wang2022learning", "under study 'quasimetric'"),
        ("quasimetric/adelie1840first", "in a clone of that repository"),
        ("quasimetrik/adelie1840first", "did you mean 'quasimetric'"),
    ],
)
def test_a_paper_that_cannot_be_is_one_sentence(name: str, says: str, root: Path) -> None:
    with pytest.raises(UsageError, match=says):
        declare.paper(name, root)
    assert not list(root.iterdir())


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({**ROW, "link": "https://"}, r"row 1 \('turing1950computing'\) has 'link'; a paper has key, title"),
        ({k: v for k, v in ROW.items() if k != "url"}, "lacks 'url'"),
        ({**ROW, "year": "1950"}, r"Expected `int \| null`, got `str` - at `\$.year`"),
        ({**ROW, "autors": []}, "did you mean 'authors'"),
        ([], "list of JSON objects"),
    ],
)
def test_a_wrong_row_of_the_index_is_named(row: object, says: str, tmp_path: Path) -> None:
    file = tmp_path / "papers.json"
    file.write_text(json.dumps([row]))
    with pytest.raises(PluginError, match=says):
        papers.read(file)


def test_a_row_needs_no_venue_and_a_key_is_there_once(tmp_path: Path) -> None:
    file = tmp_path / "papers.json"
    file.write_text(json.dumps([ROW]))
    assert papers.read(file)[0].venue == ""
    file.write_text(json.dumps([ROW, ROW]))
    with pytest.raises(PluginError, match="row 2: the key 'turing1950computing' is there twice"):
        papers.read(file)


def test_nothing_that_landed_is_left_to_fill_in() -> None:
    assert not [p.key for p in papers.index().values() if declare.FILL_IN in p.title]
    for study in registry.studies():
        assert not [c.paper for c in registry.benchmark(study).claims if declare.FILL_IN in c.says + c.differs]
