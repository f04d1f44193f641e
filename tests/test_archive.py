"""Accepted records of a release, below those of the user; and where what she makes goes."""

import io
import tarfile
from pathlib import Path

import pytest
from helpers import record

from toybench.errors import ToybenchError
from toybench.evidence import archive, reading, records
from toybench.evidence.archive import Archive
from toybench.evidence.records import Folder, Record
from toybench.plugins import registry


def packed(root: Path, *found: Record) -> Archive:
    """An archive of study `s` with these records."""
    with tarfile.open(root / "s.tar.xz", "w:xz") as file:
        for one in found:
            content = records.encode(one)
            member = tarfile.TarInfo(f"{one.task}/{one.method}.json")
            member.size = len(content)
            file.addfile(member, io.BytesIO(content))
    return Archive(root)


def test_a_folder_s_own_record_counts_before_what_lies_below(tmp_path: Path) -> None:
    brought, mine = (record("mine", [value, value]) for value in (1.0, 2.0))
    other = record("a_landed_one", [3.0, 3.0])
    below = packed(tmp_path, other, brought)
    folder = Folder(tmp_path / "results", below=(Folder(tmp_path / "none"), below))
    assert folder.read(mine.cell) == brought
    folder.write(mine)
    assert folder.read(mine.cell) == mine
    assert folder.content(mine.cell) == records.encode(mine)
    assert folder.content(other.cell) == records.encode(other)
    assert list(folder.scan()) == list(folder.scan("s")) == [other, mine]
    assert not list(folder.scan("another"))
    assert folder.read("s/t/nobody") is None


def test_a_damaged_archive_is_named(tmp_path: Path) -> None:
    below = packed(tmp_path, record("m", [1.0, 2.0]))
    file = tmp_path / "s.tar.xz"
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])
    archive._unpacked.cache_clear()
    with pytest.raises(ToybenchError, match=r"s\.tar\.xz is damaged .*install toybench again"):
        list(below.scan())


@pytest.mark.parametrize(
    ("named", "here", "installed", "expected"),
    [
        (True, True, True, "named"),
        (False, True, True, "here/toybench-plugins"),
        (False, False, True, "here/toybench-plugins"),
        (False, True, False, "here/toybench-plugins"),
        (False, False, False, "clone"),
    ],
)
def test_where_what_a_user_makes_goes(
    named: bool, here: bool, installed: bool, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Into the folder of --plugins, else into the one where she stands, else into the clone, never into the package."""
    for place in ("named/methods", "here", "clone/toybench"):
        (tmp_path / place).mkdir(parents=True)
    if here:
        (tmp_path / "here" / "toybench-plugins").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    package = tmp_path / "clone" / "toybench"
    monkeypatch.setattr(registry, "PACKAGE", package)
    monkeypatch.setattr(registry, "HOME", package if installed else package.parent)
    monkeypatch.setattr(registry, "_extra", [])
    registry._forget()
    try:
        if named:
            registry.add_root(tmp_path / "named")
        assert registry.own() == tmp_path / expected
        assert reading.accepted().root == tmp_path / expected / "results"
    finally:
        monkeypatch.undo()
        registry._forget()
