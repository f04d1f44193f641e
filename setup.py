"""Packs the accepted records into a wheel, one archive a study; everything else is in pyproject.toml."""

import tarfile
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

RESULTS = Path(__file__).parent / "results"


class BuildWithRecords(build_py):
    """The package, and in `toybench/results` what `toybench.evidence.archive` reads."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            pack(RESULTS, Path(self.build_lib, "toybench", "results"))


def pack(results: Path, out: Path) -> None:
    """Write `out/STUDY.tar.xz` for every study that has records."""
    out.mkdir(parents=True, exist_ok=True)
    for study in sorted(folder for folder in results.iterdir() if folder.is_dir()):
        with tarfile.open(out / f"{study.name}.tar.xz", "w:xz") as archive:
            for file in sorted(study.glob("*/*.json")):
                archive.add(file, str(file.relative_to(study)), filter=_anonymous)


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Whoever builds it, and whenever: the same archive."""
    member.mtime = member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o644
    return member


setup(cmdclass={"build_py": BuildWithRecords})
