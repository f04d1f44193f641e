"""One sampled world of a task, drawn: by a function in `benchmarks/pictures/<study>.py`, or as a list of its arrays.

A picture is a function with the task's name, `def random_digraph(task, draw)`, that returns an Altair chart.
`draw(f)` compiles `f`, calls it with a key and gives NumPy arrays; `draw(task.sample)` is a world, and
`draw(lambda key: task.sample(key).weights)` a part of one that costs no more than it needs.

Compiling takes a second a picture. So drawings are kept: in the user's cache, and, where `keep` was asked to, in
`benchmarks/pictures/<study>.json`, which is committed. One that was made by other code is drawn anew.
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

from toybench.files import write_atomically
from toybench.plugins import cache, digest, isolation, registry
from toybench.reporting import charts

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


@dataclass(frozen=True)
class Drawn:
    """A committed drawing, and the hash of the code that made it."""

    code: str
    picture: Picture


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
        code = _code(name)
        if (committed := _committed(study).get(stem)) and committed.code == code:
            return committed.picture
        kept = f"pictures/{code}.json"
        if found := cache.read(kept):
            return msgspec.json.decode(found, type=Picture)
        task = registry.load("tasks", name)()
        drawing = _drawing(study, stem)
        if drawing is None:
            made = Picture(arrays=_arrays(_draw(task.sample)))
        else:
            made = Picture(spec=charts.spec(drawing(task, _draw)), caption=" ".join((drawing.__doc__ or "").split()))
    except Exception as error:
        return Picture(reason=f"{type(error).__name__}: {error}")
    cache.write(kept, msgspec.json.encode(made), newest=1000)
    return made


def keep(names: Iterable[str]) -> list[Path]:
    """Draw tasks (`study/stem`) and write the drawings beside the code that makes them, a file a study."""
    found: dict[Path, dict[str, Drawn]] = {}
    for name in sorted(names):
        study, _, stem = name.partition("/")
        root = registry.path("tasks", name).parents[2]
        drawn = picture(name)
        if not drawn.reason:
            found.setdefault(_file(root, study), {})[stem] = Drawn(code=_code(name), picture=drawn)
    for file, drawings in found.items():
        write_atomically(file, msgspec.json.encode(drawings) + b"\n")
    _read.cache_clear()
    return list(found)


def _code(name: str) -> str:
    """Hash of all the code that a drawing depends on."""
    study = name.split("/")[0]
    parts = [
        digest.of((name, {}), (f"{study}/floor", {}), {}),
        *map(digest.code, _files(study)),
        *(digest.code(Path(__file__).parent / f"{stem}.py") for stem in ("pictures", "drawing", "charts")),
    ]
    return hashlib.sha256("/".join(parts).encode()).hexdigest()[:24]


def _file(root: Path, study: str) -> Path:
    return root / "benchmarks" / "pictures" / f"{study}.json"


def _committed(study: str) -> dict[str, Drawn]:
    return {stem: drawn for root in registry.roots() for stem, drawn in _read(_file(root, study)).items()}


@functools.cache
def _read(file: Path) -> dict[str, Drawn]:
    try:
        return msgspec.json.decode(file.read_bytes(), type=dict[str, Drawn])
    except (OSError, msgspec.MsgspecError):
        return {}


def _key() -> Any:
    """A key whose generator compiles in a third of the time; the world is no less one of the task's."""
    return jax.random.key(0, impl="unsafe_rbg")


def _draw(function: Callable[[Any], Any]) -> Any:
    compiled = jax.jit(function, compiler_options={"xla_backend_optimization_level": 0})
    return jax.tree.map(_numbers, compiled(_key()))


def _numbers(x: Any) -> np.ndarray:
    """As NumPy's array, a random key by its words."""
    return np.asarray(jax.random.key_data(x) if jax.numpy.issubdtype(x.dtype, jax.dtypes.prng_key) else x)


def _files(study: str) -> list[Path]:
    """Where pictures of a study's tasks may be: one file a root."""
    found = (root / "benchmarks" / "pictures" / f"{study}.py" for root in registry.roots())
    return [f for f in found if f.is_file()]


def _drawing(study: str, stem: str) -> Any:
    """The function that draws a task, None where there is none."""
    return next((f for file in _files(study) if (f := getattr(_module(file), stem, None))), None)


@functools.cache
def _module(file: Path) -> ModuleType:
    found = importlib.util.spec_from_file_location(f"toybench.benchmarks.pictures.{file.stem}", file)
    assert found and found.loader
    module = importlib.util.module_from_spec(found)
    with isolation.restored() as changed, isolation.muffled(changed):
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
