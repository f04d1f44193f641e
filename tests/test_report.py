"""The report: numbers in series and charts, the pages in a real browser, pictures for papers, notebook display."""

import base64
import gzip
import json
import re
import shutil
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, unquote

import msgspec
import pytest

from toybench import api
from toybench.claim import Better, Bound, Claim, Equivalent
from toybench.errors import UsageError
from toybench.evidence import compare, verdicts
from toybench.evidence.records import Cost, Environment, Folder, Measured, Record
from toybench.evidence.statistics import Estimate
from toybench.plugins import registry
from toybench.plugins.registry import HOME
from toybench.reporting import charts, docs, model, notebook, pages, pictures, plots, series, site

EVIL = "<script>window.hacked=1</script>"
SNEAKY = "m[tag=<img>]"  # as much markup as the label of a readable record can hold
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def record(method: str = "m", values: tuple[float | None, ...] = (1.0, 2.0, 3.0), **more: Any) -> Record:
    """A record of task `t` with one metric."""
    given: dict[str, Any] = {"study": "s", "task": "t", "direction": "min", "metric": "mse"} | more
    direction, metric = given.pop("direction"), given.pop("metric")
    fields: dict[str, Any] = {
        "method": method,
        "task_fields": {},
        "method_fields": {},
        "budget": "full",
        "steps": 1,
        "checkpoints": 0,
        "protocol": 1,
        "digest": "0" * 16,
        "state": "ok",
        "seeds": list(range(len(values))),
        "diverged_at": [None] * len(values),
        "metrics": {metric: Measured(direction=direction, values=list(values))},
    } | given
    return Record(**fields)


def assessed(effect: tuple[float, float, float], condition: Any, **region: Any) -> verdicts.Assessment:
    return verdicts.Assessment(condition, "says", "inconclusive", effect=Estimate(*effect), **region)


# ---- numbers


def test_a_finding_is_placed_relative_to_the_edge_of_its_claim() -> None:
    better = Better("t", "a", "b", margin=1.0)
    at = series.placed(assessed((3.0, 2.0, 4.0), better, low=1.0))
    assert at is not None
    assert 0 < at["low"] < at["value"] < at["high"] <= 1
    assert at["none"] < 0, "no difference lies left of the margin"
    at = series.placed(assessed((3.0, 2.0, 4.0), Bound("t", "a", "m", below=1.0), high=1.0))
    assert at is not None
    assert -1 <= at["low"] < at["value"] < at["high"] < 0, "above a bound from above is outside, to the left"
    at = series.placed(assessed((0.9, 0.8, 1.1), Equivalent("t", "a", 0.0, 1.0), low=-1.0, high=1.0))
    assert at is not None
    assert at["low"] < 0 < at["value"] < at["high"], "the near edge of an interval is the line"
    assert at["far"] == 1.0
    assert series.placed(verdicts.Assessment(better, "says", "not_run")) is None


def test_the_pareto_front_is_what_nothing_beats_at_no_more_cost() -> None:
    group = [
        record(name, (q, q, q), cost=Cost(flops=c, run_seconds=c, parameters=1))
        for name, q, c in (("cheap", 3.0, 1.0), ("good", 1.0, 5.0), ("beaten", 3.5, 2.0), ("equal", 3.0, 1.0))
    ]
    rows = {r["method"]: r for r in series.pareto(group, "mse")}
    assert {m for m, r in rows.items() if r["front_flops"]} == {"cheap", "good", "equal"}
    assert {m for m, r in rows.items() if r["front_parameters"]} == {"good"}
    costed = charts.costed([{**r, "parameters": 0.0} for r in rows.values()], "parameters")
    assert all(r["x"] > 0 for r in costed), "nothing can't be drawn on a logarithmic axis"


def test_diverged_seeds_leave_gaps_and_wide_ranges_get_logarithms() -> None:
    curve = {"steps": [0, 1], "values": {"mse": [[1.0, None], [2.0, 1.0]]}}
    r = record("m", (1.0, None), curve=curve)
    made = Record(**{k: getattr(r, k) for k in r.__struct_fields__ if k != "curve"}, curve=_curve(curve))
    assert [row["step"] for row in series.curves([made], "mse")] == [0]
    assert series.is_log([{"mean": 1.0}, {"mean": 1000.0}])
    assert not series.is_log([{"mean": 0.0}, {"mean": 1000.0}])
    assert len(set(series.looks([str(i) for i in range(24)]).values())) == 24


def test_a_reference_that_would_flatten_the_curves_is_not_drawn() -> None:
    curve = _curve({"steps": [0, 1], "values": {"mse": [[0.0, 1.0], [0.0, 1.0]]}})
    m = msgspec.structs.replace(record("m", (1.0, 1.0)), curve=curve)
    group = [m, record("floor", (2.1, 2.1)), record("oracle", (-0.9, -0.9))]
    assert [r["method"] for r in series.curves(group, "mse") if r.get("reference")] == ["oracle"]


def _curve(parts: dict[str, Any]) -> Any:
    from toybench.evidence.records import Curve

    return Curve(**parts)


def test_docstrings_become_lists_and_links_and_never_markup() -> None:
    text = docs.html(
        f"**Differs from the paper**: 1. one, in section\n2. two {EVIL}\n\nSee https://a.b/c.\n\n    x_1 = 2"
    )
    assert "<ol>" in text
    assert text.count("<li>") == 2
    assert '<a href="https://a.b/c">https://a.b/c</a>.' in text
    assert "<pre>" in text
    assert "<script" not in text
    assert "href" not in docs.html("[x](javascript:alert(1))")
    assert pages.safe_url("javascript:alert(1)") == ""


def test_what_is_said_to_type_checkers_is_no_description() -> None:
    knobs = {k.name: k for k in docs.knobs(registry.load("tasks", "value_learning/deep_sea"))}
    assert knobs["steps"].about == "episodes"


def test_hyperparameters_come_with_the_comments_beside_them() -> None:
    doc = docs.read("methods", "vector_quantization/simvq")
    known = {k.name: k for k in doc.knobs}
    assert "learning rate" in known["lr"].about
    assert "methods/vector_quantization/_autoencoder.py" in doc.uses
    assert docs.read("methods", "vector_quantization/nothing") == docs.Doc()


# ---- pictures


@pytest.mark.parametrize(("suffix", "begins"), [(".png", b"\x89PNG"), (".svg", b"<svg"), (".pdf", b"%PDF")])
def test_plots_are_written_as_images(tmp_path: Path, suffix: str, begins: bytes) -> None:
    path = tmp_path / f"p{suffix}"
    charts.save(plots.plot("curves", "quasimetric/one_way_grid"), path)
    assert path.read_bytes().startswith(begins)


def test_every_kind_of_plot_is_a_specification(tmp_path: Path) -> None:
    for kind, of in (("pareto", "quasimetric/one_way_grid"), ("forest", "quasimetric"), ("scores", "quasimetric")):
        charts.save(plots.plot(kind, of), tmp_path / f"{kind}.json")
        assert json.loads((tmp_path / f"{kind}.json").read_text())["layer"]


def test_regret_is_drawn_against_the_logarithm_of_time(tmp_path: Path) -> None:
    body = charts.spec(plots.plot("curves", "bandits/stochastic_arms", log_steps=True))
    steps = [x for layer in body["layer"] if (x := layer["encoding"].get("x", {})).get("field") == "step"]
    assert [x["scale"]["type"] for x in steps] == ["log"] * 3
    charts.save(plots.plot("curves", "bandits/stochastic_arms", log_steps=True), tmp_path / "regret.svg")
    assert ">2,000<" in (tmp_path / "regret.svg").read_text()


@pytest.mark.parametrize(
    ("kind", "selector", "options", "says"),
    [
        ("curvs", "quasimetric", {}, "did you mean 'curves'"),
        ("curves", "quasimetric", {}, "write STUDY/TASK"),
        ("curves", "quasimetric/one_way_grid", {"metric": "heldout_ms"}, "did you mean 'heldout_mse'"),
        ("pareto", "quasimetric/one_way_grid", {"cost": "flop"}, "did you mean 'flops'"),
        ("pareto", "quasimetric/one_way_grid", {"methods": ["iqq"]}, "did you mean 'iqe'"),
    ],
)
def test_a_wrong_plot_is_one_sentence(kind: str, selector: str, options: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=re.escape(says)):
        plots.plot(kind, selector, **options)
    with pytest.raises(UsageError, match="no suffix"):
        charts.save(None, Path("x.bmp"))


def test_a_task_is_drawn_or_shown_as_its_arrays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, demo: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    drawn = pictures.picture("quasimetric/one_way_grid")
    assert drawn.spec, drawn.reason
    assert drawn.caption.startswith("Left: the grid")
    monkeypatch.setattr(pictures, "_draw", None)  # a second time nothing is sampled
    assert pictures.picture("quasimetric/one_way_grid") == drawn
    monkeypatch.undo()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    plain = pictures.picture("demo/linear")
    assert plain.arrays, plain.reason
    assert all(" to " in a[3] for a in plain.arrays)
    assert "no task" in pictures.picture("demo/nothing").reason


def test_kept_drawings_spare_the_sampling_until_their_code_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, demo: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (file,) = pictures.keep(["demo/linear"])
    assert file == demo / "benchmarks" / "pictures" / "demo.json"
    kept = pictures.picture("demo/linear")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "empty"))
    monkeypatch.setattr(pictures, "_draw", None)
    assert pictures.picture("demo/linear") == kept
    assert kept.arrays
    file.write_text(file.read_text().replace('"code":"', '"code":"0'))
    pictures._read.cache_clear()
    assert "not callable" in pictures.picture("demo/linear").reason  # it wanted to sample
    file.unlink()


def test_the_studies_drawings_are_kept_for_the_first_report() -> None:
    ours = [n for n in registry.tasks() if HOME in registry.path("tasks", n).parents]
    kept = {n: pictures._committed(n.split("/")[0]).get(n.split("/")[1]) for n in ours}
    old = [name for name, drawn in kept.items() if not drawn or drawn.code != pictures._code(name)]
    assert not old, f"run `toybench report --keep-pictures` and commit: the code behind {', '.join(old)} changed"


# ---- notebooks


def test_results_show_themselves_in_a_notebook(tmp_path: Path) -> None:
    claims = api.claims("quasimetric")
    assert "<table>" in str(claims._repr_html_())
    assert "<svg" in str(claims._repr_html_())
    claim = Claim(paper=EVIL, says=EVIL, differs="", conditions=(Better("t", "a", "b"),))
    shown = notebook.judgements(verdicts.judge([("s", claim)], {}))
    assert "<script" not in shown
    assert "&lt;script" in shown
    assert "<svg" in str(api.records("quasimetric/one_way_grid")[0][-1]._repr_html_())
    assert "<script" not in str(record(EVIL, metric=EVIL)._repr_html_())
    plot = api.plot("scores", "quasimetric")
    assert plot._repr_svg_().startswith("<svg")
    plot.save(tmp_path / "scores.svg")
    assert (tmp_path / "scores.svg").stat().st_size > 1000


# ---- the site


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of two tasks' records, one of them drawn, and of one record that is hostile wherever text can be."""
    root = tmp_path_factory.mktemp("report")
    for task in (
        "quasimetric/one_way_grid",
        "vector_quantization/codebook_collapse",
        "vector_quantization/codebook_collapse[codes=1024]",
    ):
        shutil.copytree(HOME / "results" / task, root / "results" / task)
    folder = Folder(root / "results")
    hostile = {"study": "quasimetric", "task": "one_way_grid", "metric": EVIL, "environment": Environment(commit=EVIL)}
    folder.write(record(SNEAKY, (1.0, 2.0, 3.0), state="diverged", reason=EVIL, **hostile))
    skipped = record("skipped_one", (), study="vector_quantization", task="codebook_collapse", state="skipped")
    folder.write(msgspec.structs.replace(skipped, reason="on purpose", metrics={}))
    [plain] = (r for r in folder.scan("quasimetric") if isinstance(r, Record) and r.method == "mlp_concatenated")
    folder.write(msgspec.structs.replace(plain, method="mlp_concatenated[decay=0]"))  # a variant beside its method
    for found in list(folder.scan("quasimetric")):  # as if nobody had looked how others' FLOPs were counted
        assert isinstance(found, Record)
        if found.method not in ("iqe", "wide_norm", "deep_norm"):
            folder.write(msgspec.structs.replace(found, cost=msgspec.structs.replace(found.cost, miscounted=None)))
    (root / "results" / "quasimetric" / "one_way_grid" / "broken.json").write_text("{")
    change = compare.Change("quasimetric/one_way_grid/iqe", EVIL, "worse", 1.0, 2.0, Estimate(1.0, 0.5, 1.5))
    compared = compare.Comparison([change], only_before=[f"quasimetric/one_way_grid/{EVIL}"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(site, "_drawn", lambda: pictures.start(["quasimetric/one_way_grid"]))
        site.write(root / "site", folder, compared, baseline="mlp_concatenated")
    return root / "site"


def test_every_link_leads_somewhere(built: Path) -> None:
    ids: dict[Path, set[str]] = {}
    texts = {page.resolve(): page.read_text() for page in built.rglob("*.html")}
    for page, text in texts.items():
        ids[page] = set(re.findall(r'\sid="([^"]*)"', text))
    bundles = (built / "record").glob("*/*.js")
    recorded = {f"{b.parent.name}/{b.stem}/{method}" for b in bundles for method in unpack(b)}
    ids[(built / "record.html").resolve()] |= recorded
    lost = set()
    for page, text in texts.items():
        for address in re.findall(r'(?:href|src)="([^"]*)"', text):
            if address.startswith(("http://", "https://")):
                continue
            path, _, fragment = address.partition("#")
            target = (page.parent / unquote(path)).resolve() if path else page
            if not target.is_file() or (fragment and target in ids and unquote(fragment) not in ids[target]):
                lost.add((page.name, address))
        for kind, key in re.findall(r'data-(?:copy|kind)="(\w+)" data-key="([^"]*)"', text):
            if not (built / ("picture" if kind == "picture" else "data") / f"{unescape(key)}.js").is_file():
                lost.add((page.name, key))
    assert not lost, sorted(lost)[:20]
    assert len(texts) > 150
    assert len(recorded) > 30
    iqe = HOME / "results" / "quasimetric" / "one_way_grid" / "iqe.json"
    assert unpack(built / "record" / "quasimetric" / "one_way_grid.js")["iqe"] == iqe.read_text()


def unpack(script: Path) -> Any:
    """What a script of the site hands over."""
    return json.loads(gzip.decompress(base64.b64decode(script.read_text(encoding="utf-8").split('"')[-2])))


def test_nothing_in_a_record_becomes_markup(built: Path) -> None:
    for page in built.rglob("*.html"):
        text = page.read_text()
        assert "<script>window" not in text, page
        assert "<img" not in text, page
    assert "&lt;script&gt;window.hacked=1" in (built / "study" / "quasimetric.html").read_text()


def test_only_a_report_is_overwritten(built: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(UsageError, match="choose another folder"):
        site.write(tmp_path, Folder(tmp_path))
    assert (tmp_path / "mine.txt").read_text() == "precious"


def test_the_overview_of_seven_times_as_much_is_short(tmp_path: Path, browser: Any) -> None:
    """At most 300 kB, and three screens before the list of all claims; what may be long is cut."""
    condition = Better(task="t", method="a", than="b")
    claim = Claim(paper="somebody2022something", says="It is better. " * 10, differs="", conditions=(condition,))
    studies = registry.studies()
    judged = [
        verdicts.Judgement(study=study, number=k, claim=claim, verdict="supported", assessments=())
        for study in studies
        for k in range(1, 2 + 1_134 // len(studies))
    ]
    states = {f"s/t/{k}": {"cell": f"s/t/{k}", "state": "stale", "reason": "why " * 10} for k in range(7_000)}
    found = model.Model(folder=Folder(tmp_path), records=[], broken=[], judgements=judged, states=states)
    found.__dict__["papers"] = []
    render = site.renderer(found, compared=False)
    (tmp_path / "index.html").write_text(render("index.html", "overview.html", pages.overview(found)))
    (tmp_path / "assets").mkdir()
    shutil.copy(site.HERE / "static" / "style.css", tmp_path / "assets")
    assert (tmp_path / "index.html").stat().st_size < 300_000
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    page.goto((tmp_path / "index.html").as_uri())
    assert page.locator("#all-claims").bounding_box()["y"] < 3 * 900
    page.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """The system's Chromium, headless."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"no browser: none of {', '.join(BROWSERS)} is installed")
    with playwright.sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        yield running
        running.close()


@pytest.fixture
def visit(browser: Any, built: Path) -> Iterator[Any]:
    """A function that opens a page of the site; in the end nobody complained and nothing left the machine."""
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    complaints: list[str] = []
    page = context.new_page()
    page.on("console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "request", lambda r: complaints.append(r.url) if not r.url.startswith(("file:", "data:", "blob:")) else None
    )
    left = "net::ERR_ABORTED"  # by a page that was left
    page.on("requestfailed", lambda r: complaints.append(f"failed: {r.url}") if r.failure != left else None)

    def go(path: str, **media: Any) -> Any:
        page.emulate_media(**media)
        name, mark, fragment = path.partition("#")
        page.goto((built / name).as_uri() + mark + fragment)
        page.wait_for_selector("html[data-ready]", timeout=20_000)
        return page

    yield go
    hacked = page.evaluate("window.hacked")
    context.close()
    assert complaints == []
    assert hacked is None


PAGES = (
    "index.html",
    "papers.html",
    "compare.html",
    "study/quasimetric.html",
    "task/quasimetric/one_way_grid.html",
    "method/quasimetric/iqe.html",
    "method/quasimetric/mlp_concatenated.html",
    "method/quasimetric/m.html",
    "paper/wang2022learning.html",
)


def test_pages_load_quietly_on_a_desk_and_on_a_phone(visit: Any) -> None:
    for path in PAGES:
        page = visit(path, color_scheme="dark")
        assert page.title().endswith("· toybench")
        assert page.locator("h1").count() == 1
        page.set_viewport_size({"width": 390, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, f"{path} is wider than a phone"
        page.set_viewport_size({"width": 1200, "height": 900})


def test_pictures_fit_a_phone(visit: Any) -> None:
    page = visit("task/quasimetric/one_way_grid.html")
    page.set_viewport_size({"width": 390, "height": 800})
    page.reload()
    page.locator("figure.picture").scroll_into_view_if_needed()
    page.wait_for_selector("figure.picture[data-drawn]", timeout=20_000)
    assert page.evaluate("(e => e.scrollWidth <= e.clientWidth)(document.querySelector('figure.picture .plot'))")


def test_search_finds_a_method_by_keyboard(visit: Any) -> None:
    page = visit("index.html")
    page.keyboard.press("/")
    page.keyboard.type("mrn_fix")
    assert page.locator("#found [aria-selected=true] .title").inner_text() == "quasimetric/mrn_fixed"
    assert page.locator("#search").get_attribute("aria-activedescendant")
    page.keyboard.press("Enter")
    page.wait_for_url("**/method/quasimetric/mrn_fixed.html")
    assert page.locator("h1").inner_text() == "mrn_fixed"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"


def test_tables_sort_and_claims_are_filtered(visit: Any) -> None:
    page = visit("study/quasimetric.html")
    head = page.locator("table.ranking th", has_text="seconds").first
    for order in ("ascending", "descending"):
        head.locator("button").click()
        assert head.get_attribute("aria-sort") == order
        column = head.evaluate("h => h.cellIndex")
        shown = page.locator("table.ranking tbody tr").evaluate_all(
            f"rs => rs.map(r => +r.children[{column}].textContent)"
        )
        assert shown == sorted(shown, reverse=order == "descending")
        assert len(shown) > 10
    page = visit("index.html")
    assert page.locator("#all-claims li").count() == 0, "the list is made when it is opened"
    page.locator("#all-claims summary").click()
    page.wait_for_selector("#all-claims li")
    before = page.locator("#all-claims li:visible").count()
    assert before == page.locator(".marks a").count() > 100
    page.locator("[data-filter=not_run]").click()
    assert 0 < page.locator("#all-claims li:visible").count() < before
    page.locator("[data-filter=not_run]").click()
    page.locator("details.field summary").first.click()
    mark = page.locator("details.field[open] .marks a").first
    mark.hover()
    claim = page.locator(f"#all-claims a.says[href$='{mark.get_attribute('href')}']").inner_text()
    assert mark.get_attribute("title").endswith(f": {claim}")


def test_curves_switch_on_and_off_and_metrics_change(visit: Any) -> None:
    page = visit("study/quasimetric.html", reduced_motion="reduce")
    figure = page.locator("figure[data-kind=curves]").first
    figure.scroll_into_view_if_needed()
    drawn = SimpleNamespace(count=0)

    def lines() -> int:
        drawn.count += 1
        page.wait_for_function(
            "n => Number(document.querySelector('figure[data-kind=curves]').dataset.drawn) >= n", arg=drawn.count
        )
        return figure.locator("g.mark-line path").count()

    assert lines() == series.SHOWN
    figure.locator("input:checked").first.uncheck()
    assert lines() == series.SHOWN - 1
    figure.get_by_role("button", name="all").click()
    every = lines()
    assert every > series.SHOWN
    figure.locator("select[data-metric]").select_option("greedy_success")
    assert lines() == every
    points = figure.locator("g.mark-symbol path").count()
    figure.get_by_label("log axis").check()
    assert lines() == every
    assert figure.locator("g.mark-symbol path").count() == points - every, "a logarithmic axis has no zero"
    assert figure.locator("svg").first.bounding_box()["width"] > 300


def test_curves_are_drawn_against_what_was_spent(visit: Any) -> None:
    page = visit("study/quasimetric.html", reduced_motion="reduce")
    figure = page.locator("figure[data-kind=curves]").first
    figure.scroll_into_view_if_needed()
    drawn = "n => Number(document.querySelector('figure[data-kind=curves]').dataset.drawn) >= n"
    page.wait_for_function(drawn, arg=1)
    assert figure.locator("g.mark-line path").count() > 2
    figure.locator("select[data-by]").select_option("flops")
    page.wait_for_function(drawn, arg=2)
    assert figure.locator("g.mark-line path").count() == 3, "of the three whose FLOPs are counted"
    assert "training FLOPs" in figure.locator("svg").first.inner_html()
    assert "mlp_concatenated" in figure.locator("p.hint", has_text="Not drawn against FLOPs").inner_text()


def test_a_method_s_page_has_its_scorecard(visit: Any) -> None:
    page = visit("method/quasimetric/iqe.html")
    row = page.locator("table.standing tbody tr", has_text="one_way_grid")
    assert re.search(r"\b\d+ of 16\b", row.inner_text())
    best, baseline = row.locator(".versus").all()
    assert "wide_norm" in best.inner_text()
    assert "▲" in baseline.inner_text()
    assert page.locator("table.standing thead th", has_text="against mlp_concatenated").count() == 1
    page = visit("method/quasimetric/euclidean_embedding.html")
    assert "▼" in page.locator("table.standing .versus").first.inner_text()
    page = visit("method/quasimetric/mlp_concatenated.html")
    assert page.locator("table.standing").count() == 2, "the plain method's and its variant's"
    assert page.locator("table.standing").first.locator("th", has_text="against").count() == 0, "not against itself"


def test_a_study_s_page_ranks_its_methods_across_tasks(visit: Any) -> None:
    page = visit("study/vector_quantization.html")
    rows = page.locator("table.ranks tbody tr").all()
    ranked = [float(row.locator("td").first.inner_text().split()[0]) for row in rows]
    assert len(ranked) > 1
    assert ranked == sorted(ranked)
    assert page.locator("table.ranks .strip").count() == len(ranked)


def test_numbers_lead_to_records_and_tables_are_copied(visit: Any) -> None:
    page = visit("study/quasimetric.html")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("[data-copy=latex]").first.click()
    page.locator("button", has_text="copied").wait_for()
    assert r"\begin{tabular}" in page.evaluate("navigator.clipboard.readText()")
    row = page.locator("table.ranking tbody tr", has_text="deep_norm").first
    for number in (row.locator("td a"), row.locator("td.n").nth(3), page.locator(".heat td.n").first):
        number.click()
        page.wait_for_url("**/record.html#quasimetric/one_way_grid/*")
        page.locator("#record table").wait_for()
        assert page.locator("#record h1").inner_text().endswith(" on one_way_grid")
        page.go_back()
    assert page.locator(".heat td.n").first.evaluate("e => getComputedStyle(e).cursor") == "pointer"


def test_a_record_is_shown_whole_and_saved_as_it_is(visit: Any) -> None:
    page = visit("record.html#quasimetric/one_way_grid/iqe")
    page.locator("#record table").wait_for()
    text = (HOME / "results" / "quasimetric" / "one_way_grid" / "iqe.json").read_text()
    found = json.loads(text)
    assert page.locator("#record tbody tr").count() == len(found["seeds"])
    first = page.locator("#record tbody tr").first.locator("td").first.inner_text()
    assert float(first) == found["metrics"]["heldout_mse"]["values"][0]
    with page.expect_download() as download:
        page.get_by_text("save JSON").click()
    assert download.value.path().read_text() == text
    assert download.value.suggested_filename == "quasimetric-one_way_grid-iqe.json"
    page.goto(page.url.replace("iqe", "nobody"))
    page.get_by_text("There is none of quasimetric/one_way_grid/nobody").wait_for()


def test_a_record_without_numbers_says_why(visit: Any) -> None:
    page = visit("record.html#vector_quantization/codebook_collapse/kmeans_init")
    page.locator("#record table").wait_for()
    skipped = "vector_quantization/codebook_collapse/skipped_one"
    page.goto(page.url.split("#")[0] + f"#{skipped}")
    page.locator("#record .lead", has_text="on purpose").wait_for()
    assert page.locator("#record table").count() == 0


def test_a_hostile_record_shows_as_text(visit: Any) -> None:
    page = visit(f"record.html#quasimetric/one_way_grid/{quote(SNEAKY)}")
    page.locator("#record table").wait_for()
    assert EVIL in page.locator("#record").inner_text()
    assert page.locator("#record script, #record img").count() == 0
    assert page.evaluate("window.hacked") is None


def test_nothing_moves_while_a_page_is_drawn(visit: Any) -> None:
    page = visit("study/quasimetric.html")
    page.evaluate(
        "window.moved = 0; new PerformanceObserver(l => l.getEntries().forEach(e => window.moved += e.value))"
        ".observe({type: 'layout-shift', buffered: true})"
    )
    page.locator("figure.chart").first.scroll_into_view_if_needed()
    page.wait_for_selector("figure[data-kind=curves][data-drawn]")
    assert page.evaluate("window.moved") < 0.05


def test_the_theme_is_kept_for_the_next_page(visit: Any) -> None:
    page = visit("index.html", color_scheme="light")
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    page.locator("#theme").click()
    page.locator("#theme").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    dark = page.evaluate(background)
    assert dark != light
    assert visit("papers.html").evaluate(background) == dark
