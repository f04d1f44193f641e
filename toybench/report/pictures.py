"""One sampled world of a task, drawn: by a function in `benchmarks/pictures/<study>.py`, or as a list of its arrays.

A picture is a function with the task's name, `def random_digraph(task, draw)`, that returns an Altair chart.
`draw(f)` compiles `f`, calls it with a key and gives NumPy arrays; `draw(task.sample)` is a world, and
`draw(lambda key: task.sample(key).weights)` a part of one that costs no more than it needs.
"""

import functools
import hashlib
import importlib.util
import os
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import jax
import msgspec
import numpy as np

from toybench import cache, digest, registry
from toybench.report import charts

Draw = Callable[[Callable[[Any], Any]], Any]


@dataclass(frozen=True)
class Picture:
    """What the data of a task look like.

    Attributes:
      spec: Vega-Lite, where somebody drew it. caption: the drawing function's docstring.
      arrays: else (name, shape, type, range) of every array of a world. reason: why there is neither.
    """

    spec: dict[str, Any] | None = None
    caption: str = ""
    arrays: tuple[tuple[str, str, str, str], ...] = ()
    reason: str = ""


def start(names: Iterable[str]) -> dict[str, Future[Picture]]:
    """Begin to draw tasks (`study/stem`) in the background: compiling is most of it, and leaves Python alone."""
    pool = ThreadPoolExecutor(os.cpu_count() or 1)
    found = {name: pool.submit(picture, name) for name in names}
    pool.shutdown(wait=False)
    return found


def picture(name: str) -> Picture:
    """The drawing of a task at its default fields; a failure is said and stops nothing."""
    study, _, stem = name.partition("/")
    try:
        kept = _kept(name)
        if found := cache.read(kept):
            return msgspec.json.decode(found, type=Picture)
        task = registry.load("tasks", name)()
        drawing = _drawing(study, stem)
        if drawing is None:
            made = Picture(arrays=_arrays(_draw(task.sample)))
        else:
            made = Picture(charts.spec(drawing(task, _draw)), " ".join((drawing.__doc__ or "").split()))
    except Exception as error:
        return Picture(reason=f"{type(error).__name__}: {error}")
    cache.write(kept, msgspec.json.encode(made), newest=1000)
    return made


def _kept(name: str) -> str:
    """The name under which the drawing is kept, by what it depends on: a world is compiled for a second."""
    parts = [
        name,
        digest.of((name, {}), (f"{name.split('/')[0]}/floor", {}), {}),
        *(file.read_text() for file in _files(name.split("/")[0])),
        *((Path(__file__).parent / f"{stem}.py").read_text() for stem in ("pictures", "drawing", "charts")),
    ]
    return f"pictures/{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:24]}.json"


def _key() -> Any:
    """A key whose generator compiles in a third of the time; the world is no less one of the task's."""
    return jax.random.key(0, impl="unsafe_rbg")


def _draw(function: Callable[[Any], Any]) -> Any:
    compiled = jax.jit(function, compiler_options={"xla_backend_optimization_level": 0})
    return jax.tree.map(np.asarray, compiled(_key()))


def _files(study: str) -> list[Path]:
    """Where pictures of a study's tasks may be: one file a root."""
    found = (root / "benchmarks" / "pictures" / f"{study}.py" for root in registry.roots())
    return [f for f in found if f.is_file()]


def _drawing(study: str, stem: str) -> Any:
    """The function that draws a task, None where there is none."""
    return next((f for file in _files(study) if (f := getattr(_module(file), stem, None))), None)


@functools.cache
def _module(file: Path) -> ModuleType:
    found = importlib.util.spec_from_file_location(f"benchmarks.pictures.{file.stem}", file)
    assert found and found.loader
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def _arrays(world: Any) -> tuple[tuple[str, str, str, str], ...]:
    leaves = jax.tree_util.tree_flatten_with_path(world)[0]
    return tuple((_path(path), str(list(x.shape)), str(x.dtype), _range(x)) for path, x in leaves)


def _range(x: np.ndarray) -> str:
    known = x[np.isfinite(x)] if x.dtype.kind == "f" else x
    rest = "" if known.size == x.size else f", {1 - known.size / x.size:.0%} not finite"
    return f"{known.min():.3g} to {known.max():.3g}{rest}" if known.size else "nothing finite"


def _path(path: Any) -> str:
    return "".join(str(p) for p in path).lstrip(".") or "world"
