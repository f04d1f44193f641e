"""Accepted records as an installed package brings them along: `<study>.tar.xz`, packed by `setup.py`."""

import lzma
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import msgspec

from toybench.errors import ToybenchError
from toybench.evidence.records import BrokenRecord, Record, decode

_SUFFIX = ".tar.xz"


@dataclass(frozen=True)
class Archive:
    """The records of every study that has an archive in a folder."""

    root: Path

    def content(self, cell: str) -> bytes | None:
        """The bytes of a cell's file, None where there is none."""
        study = cell.split("/")[0]
        return _unpacked(self.root / f"{study}{_SUFFIX}").get(cell)

    def read(self, cell: str) -> Record | None:
        """The record of a cell, None where there is none."""
        content = self.content(cell)
        return self._decoded(cell, content) if content is not None else None

    def scan(self, study: str | None = None) -> Iterator[Record | BrokenRecord]:
        """Every record (or those of a study), in the order of names."""
        for path in sorted(self.root.glob(f"{study or '*'}{_SUFFIX}")):
            for cell, content in _unpacked(path).items():
                yield self._decoded(cell, content)

    def _decoded(self, cell: str, content: bytes) -> Record:
        try:
            return decode(content)
        except (msgspec.MsgspecError, ValueError) as error:
            raise _damaged(self.root / f"{cell.split('/')[0]}{_SUFFIX}", error) from None


@cache
def _unpacked(path: Path) -> dict[str, bytes]:
    """`{cell: the bytes of its file}` of a study's archive; nothing where there is none."""
    if not path.is_file():
        return {}
    study = path.name.removesuffix(_SUFFIX)
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                file = archive.extractfile(member)
                if file is not None:
                    found[f"{study}/{member.name.removesuffix('.json')}"] = file.read()
    except (tarfile.TarError, lzma.LZMAError, EOFError, OSError) as error:
        raise _damaged(path, error) from None
    return found


def _damaged(path: Path, error: Exception) -> ToybenchError:
    return ToybenchError(f"{path} is damaged ({error}); install toybench again.")
