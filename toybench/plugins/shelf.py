"""What was worked out from a study's files, kept in the user's cache until one of the files that count has changed."""

import contextlib
import hashlib
import importlib.metadata
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec

from toybench.plugins import cache, digest, registry

LIBRARIES = ("jax", "flax", "optax", "numpy")  # plug-ins may ask for their versions while they are imported
PLANNING = ("*.py", "plugins/*.py", "engine/cells.py")  # the part of the harness that makes plans
SHOWING = ("api.py", "cli.py", "screen.py", "screen_tables.py")  # modules beside it that only ask for them
NEWEST = 8  # kept of a study: for other branches and other selections
T = TypeVar("T")


class Kept(NamedTuple):
    """A value as it lies in the cache.

    Attributes:
      facts: `digest.facts` of every file that the study's plug-ins are made of.
      outside: hash of the bytes of those that are not the study's own.
    """

    value: msgspec.Raw
    facts: dict[str, tuple[str, list[str]]]
    outside: dict[str, str]


class Shelf:
    """Values by study, valid for the files as they are now.

    A process that had imported plug-ins before keeps nothing new: their files may have changed since.
    """

    def __init__(self) -> None:
        self.fresh = digest.nothing_read()
        self.contents = digest.contents()
        self.own: dict[str, dict[str, str]] = {}
        for file, study in _owners(self.contents):
            self.own.setdefault(study, {})[str(file)] = self.contents[file]
        versions = [sys.version, *(importlib.metadata.version(name) for name in LIBRARIES)]
        self.common = [*versions, *map(str, registry.roots()), *sorted(_harness(self.contents))]
        self.new: dict[str, Kept] = {}

    def find(self, study: str, asked: Any, kind: type[T]) -> T | None:
        """What is kept for a study under `asked`, which is plain data; None where it has to be worked out."""
        with contextlib.suppress(msgspec.MsgspecError, SyntaxError):  # something else wrote there; a new file is broken
            if found := cache.read(self._name(study, asked)):
                kept = msgspec.json.decode(found, type=Kept)
                if all(self.contents.get(Path(file)) == seen for file, seen in kept.outside.items()):
                    digest.know(kept.facts)
                    if {str(file) for file in _sources(study)} == set(kept.facts):
                        return msgspec.json.decode(kept.value, type=kind)
        return None

    def keep(self, study: str, asked: Any, value: Any) -> None:
        """Take in a value that was worked out just now."""
        if not self.fresh:
            return
        files = _sources(study)
        own = self.own.get(study, {})
        self.new[self._name(study, asked)] = Kept(
            value=msgspec.Raw(msgspec.json.encode(value)),
            facts={str(file): digest.facts(file) for file in files},
            outside={str(file): self.contents[file] for file in files if str(file) not in own},
        )

    def close(self) -> None:
        """Write what is new, unless a file changed meanwhile."""
        if self.new and digest.contents() == self.contents:
            for name, kept in self.new.items():
                cache.write(name, msgspec.json.encode(kept), newest=NEWEST)

    def _name(self, study: str, asked: Any) -> str:
        key = json.dumps([self.common, sorted(self.own.get(study, {}).items()), asked])
        return f"plans/{study}/{hashlib.sha256(key.encode()).hexdigest()[:24]}.json"


def _owners(files: dict[Path, str]) -> Iterator[tuple[Path, str]]:
    """(file, study whose own it is): of its folders in the trees, or of its name below benchmarks/."""
    for root in registry.roots():
        for file in files:
            if file.is_relative_to(root):
                top, *rest = file.relative_to(root).parts
                if top == "benchmarks":
                    yield file, file.stem
                elif top in ("tasks", "methods") and len(rest) > 1:
                    yield file, rest[0]


def _harness(files: dict[Path, str]) -> Iterator[str]:
    """Names and hashes of the harness' files that make plans."""
    for pattern in PLANNING:
        for file in registry.PACKAGE.glob(pattern):
            if file.name not in SHOWING:
                yield f"{file} {files.get(file)}"


def _sources(study: str) -> set[Path]:
    """The files of a study's tasks and methods and all that they import from the trees, and so of its benchmark."""
    names = [("tasks", name) for name in registry.tasks(study)]
    names += [("methods", name) for name in registry.methods(study)]
    files = [registry.path(kind, name) for kind, name in names]
    files += [page for root in registry.roots() if (page := root / "benchmarks" / f"{study}.py").is_file()]
    return set().union(*map(digest.sources, files))
