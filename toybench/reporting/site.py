"""The site: pages from templates, records as they are, scripts and styles, all in one folder that needs no network."""

import base64
import functools
import gzip
import importlib.metadata
import json
import shutil
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from toybench.errors import UsageError
from toybench.evidence.compare import Comparison
from toybench.evidence.records import Folder
from toybench.plugins import cache
from toybench.reporting import charts, model, pages
from toybench.reporting.model import Links, Model

HERE = Path(__file__).parent
MARK = ".toybench-report"  # says that a folder may be overwritten


@dataclass(frozen=True)
class Summary:
    """What was written."""

    folder: Path
    pages: int
    records: int
    size: int
    seconds: float


def write(
    out: Path,
    results: Folder,
    compared: Comparison | None = None,
    pictures: bool = True,
    baseline: str = "",
) -> Summary:
    """Write the site of a results folder.

    Args:
      compared: gives it a page on how the folder differs from another.
      baseline: label of a method that every other one of its study is compared with.

    Raises:
      UsageError: `out` holds something else, or can't be written.
    """
    start = time.perf_counter()
    _clear(out)
    drawn = _drawn() if pictures else {}
    found = model.gather(results, baseline)
    render = renderer(found, compared=compared is not None)
    count = 0
    for path, template, context in pages.every(found, drawn, compared):
        _put(out / path, render(path, template, context))
        count += 1
    _assets(out, found, drawn)
    size = sum(f.stat().st_size for f in out.rglob("*") if f.is_file())
    return Summary(folder=out, pages=count, records=len(found.records), size=size, seconds=time.perf_counter() - start)


def _drawn() -> dict[str, "Future[Any]"]:
    from toybench.plugins import registry
    from toybench.reporting import pictures

    return dict(pictures.start(registry.tasks()))


def _clear(out: Path) -> None:
    """Make an empty, marked folder; only a report is overwritten."""
    try:
        if out.is_dir() and any(out.iterdir()) and not (out / MARK).is_file():
            raise UsageError(f"{out} holds something that is no report; choose another folder with --out.")
        if out.is_dir():
            for item in out.iterdir():
                shutil.rmtree(item) if item.is_dir() and not item.is_symlink() else item.unlink()
        out.mkdir(parents=True, exist_ok=True)
        (out / MARK).write_text("written by `toybench report`, which overwrites this folder\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{out} can't be written ({error.strerror}); choose another folder with --out.") from None


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@functools.cache
def environment() -> Environment:
    """Templates with every value escaped."""
    found = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals |= {"link": Links(), "slug": model.slug, "stem": model.stem, **pages.HELPERS}
    return found


def renderer(found: Model, compared: bool) -> Callable[[str, str, dict[str, Any]], str]:
    """A function (path, template, context) to HTML: `root` leads from the page to the site's root."""
    shared = {"model": found, "compared": compared}

    def render(path: str, template: str, context: dict[str, Any]) -> str:
        root = "../" * path.count("/")
        return environment().get_template(template).render(**shared, **context, root=root, path=path)

    return render


def _assets(out: Path, found: Model, drawn: Mapping[str, "Future[Any]"]) -> None:
    """Style, script, the search index; packed, what pages ask for: charts and their numbers, drawn tasks, records."""
    for name in ("style.css", "site.js", "icon.svg"):
        _put(out / "assets" / name, (HERE / "static" / name).read_text(encoding="utf-8"))
    _pack(out, "assets/vega", _bundle())
    specs = {
        f"{kind}{'-log' if log else ''}": charts.spec(make("rows", log=log), width="container", height=300)
        for kind, make in (("curves", charts.curves), ("pareto", charts.pareto))
        for log in (False, True)
    }
    _pack(out, "assets/specs", specs)
    _put(out / "assets" / "search.js", f"toybench.index = {_json(list(pages.index(found)))};\n")
    for (study, task), numbers in pages.numbers(found):
        _pack(out, f"data/{study}/{task}", numbers)
        group = found.by_task[study, task]
        _pack(out, f"record/{study}/{task}", {r.method: (found.folder.content(r.cell) or b"").decode() for r in group})
    for name, picture in drawn.items():
        if picture.result().spec:
            _pack(out, f"picture/{name}", picture.result().spec)


def _pack(out: Path, name: str, value: Any) -> None:
    """Write a script that hands over JSON, compressed: a page from disk can load a script and no other file."""
    text = base64.b64encode(gzip.compress(_json(value).encode(), mtime=0)).decode()
    _put(out / f"{name}.js", f'toybench.packed[{_json(name)}] = "{text}";\n')


def _json(value: Any) -> str:
    """Compact JSON that is also JavaScript; no NaN."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).replace("</", "<\\/")


def _bundle() -> str:
    """Vega, Vega-Lite and Vega-Embed in one script; bundled once a version and kept beside the user's caches."""
    import vl_convert

    version = importlib.metadata.version("vl-convert-python")
    return cache.kept(f"vega-{version}.js", lambda: vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;"))
