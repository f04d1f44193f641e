"""The standing measure of scale: a copy of the project, every study several times, and what commands cost there.

python benchmarks/speed/grown.py make FOLDER [--times 7]
python benchmarks/speed/grown.py time [--times 1 --times 7] [COMMAND ...]

`make` copies what git would carry, uncommitted changes included, into a new FOLDER. Study `bandits` then has copies
`bandits_x2`, `bandits_x3`, ...: tasks, methods, benchmark, tuned values, pictures, tests, papers and accepted records,
with digests of their own. A copied paper takes the place of one that waits, so that the index keeps its length as long
as it can. The copy is a git repository of one commit. Try things there with

cd FOLDER && PYTHONPATH=. XDG_CACHE_HOME=$PWD/runs/cache python -m toybench status

`time` makes such copies in a scratch folder and runs each COMMAND twice: CPU seconds of the first run, with nothing in
the user's cache, and of the second, with the lines that it prints. COMMANDS says which there are; by default all but
those of SLOW. Neither needs the network.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

COMMANDS: dict[str, tuple[str, ...]] = {
    "status": ("toybench", "status"),
    "claims": ("toybench", "claims"),
    "papers": ("toybench", "papers"),
    "run": ("toybench", "run", "--budget", "full", "--out", "results"),
    "list": ("toybench", "list", "methods"),
    "collect": ("pytest", "--collect-only", "--quiet"),
    "due": ("pytest", "--collect-only", "--quiet", "--due"),
    "report": ("toybench", "report", "--out", "runs/site"),
    "check": ("toybench", "check"),
}
SLOW = ("report", "check")  # minutes; timed where they are named
TEST_SECONDS = 12.0  # of a test file of a study that was never timed
TREES = ("tasks", "methods", "tests", "benchmarks", "benchmarks/tuned", "benchmarks/pictures")


def grow(source: Path, target: Path, times: int, settled: bool = False) -> None:
    """Copy the project in `source` to the new folder `target`, with every study `times` times."""
    copy_tracked(source, target)
    studies = sorted(folder.name for folder in (target / "tasks").iterdir() if (folder / "__init__.py").exists())
    papers = json.loads((target / "benchmarks" / "papers.json").read_text())
    keys = {study: [paper["key"] for paper in papers if paper["study"] == study] for study in studies}
    copies = {study: [f"{study}_x{number}" for number in range(2, times + 1)] for study in studies}
    for study, names in copies.items():
        for name in names:
            suffix = name.removeprefix(study)
            copy_study(target, study, name, renaming([study, *keys[study]], suffix))
    (target / "benchmarks" / "papers.json").write_text(paper_rows(papers, copies))
    python(target, __file__, "records", str(target))
    if settled:
        python(target, __file__, "settle")
    commit(target)


def copy_tracked(source: Path, target: Path) -> None:
    """Copy the files of a work tree that git doesn't ignore; links stay links."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(listing, cwd=source, capture_output=True, text=True, check=True)
    target.mkdir(parents=True)
    for name in sorted(set(done.stdout.split("\0")) - {""}):
        if os.path.lexists(source / name):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source / name, target / name, follow_symlinks=False)


def renaming(words: Sequence[str], suffix: str) -> tuple[re.Pattern[str], str]:
    """What `re.sub` needs to write the suffix behind each of the words, where it stands alone and begins no field."""
    return re.compile(rf"(?<!field=\")\b({'|'.join(map(re.escape, words))})\b"), rf"\g<1>{suffix}"


def copy_study(target: Path, study: str, name: str, rename: tuple[re.Pattern[str], str]) -> None:
    """Copy a study's files under another name, and write that name for the old one in them."""
    pattern, replacement = rename
    for file in list(study_files(target, study)):
        place = target / pattern.sub(replacement, file.relative_to(target).as_posix())
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(pattern.sub(replacement, file.read_text()))


def study_files(root: Path, study: str) -> Iterator[Path]:
    """Text files of a study in all trees but its records."""
    for tree in TREES:
        yield from (root / tree).glob(f"{study}.*")
        yield from (f for f in (root / tree / study).rglob("*") if f.suffix in (".py", ".json"))


def paper_rows(papers: list[dict], copies: dict[str, list[str]]) -> str:
    """The index with the copies' papers, each in the place of one whose study doesn't stand."""
    standing = [paper for paper in papers if paper["study"] in copies]
    waiting = [paper for paper in papers if paper["study"] not in copies]
    made = [
        {**paper, "key": paper["key"] + name.removeprefix(paper["study"]), "study": name}
        for paper in standing
        for name in copies[paper["study"]]
    ]
    rows = [*standing, *made, *waiting[len(made) :]]
    return "[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]\n"


def copy_records(root: Path) -> None:
    """Write the copies' records; one that was current in the original is current in its copy.

    To be called in a process whose toybench is that of `root`.
    """
    import msgspec

    from toybench.engine import cells
    from toybench.evidence.records import Folder, Record

    folder = Folder(root / "results")
    digests = {cell.name: cell.digest for cell in cells.plan(budget="full").cells}
    known = {record.cell: record for record in folder.scan() if isinstance(record, Record)}
    for name, digest in digests.items():
        study, rest = name.split("/", 1)
        original = known.get(f"{re.sub('_x[0-9]+$', '', study)}/{rest}")
        if original and original.study != study:
            current = original.digest == digests[original.cell]
            folder.write(msgspec.structs.replace(original, study=study, digest=digest if current else original.digest))


def settle() -> None:
    """Note in the repository of this process' toybench that the tests of all studies passed."""
    from toybench.guard import settled

    known = {file: seconds for entry in settled.read().values() for file, seconds in entry.seconds.items()}
    shared = settled.shared()
    entries = {}
    for study, files in settled.tested().items():
        own = settled.own(study)
        assert own, f"a file of {study} is not Python"
        seconds = {file: known.get(re.sub("_x[0-9]+/", "/", file), TEST_SECONDS) for file in files}
        entries[study] = settled.Settled(own=own, shared=shared, seconds=seconds)
    settled.settle(entries)


def commit(root: Path) -> None:
    """Make the folder a git repository of one commit, as records name theirs."""
    identity = ("-c", "user.name=grown", "-c", "user.email=grown@localhost")
    for command in (("init", "-q"), ("add", "-A"), (*identity, "commit", "-q", "-m", "Grown")):
        subprocess.run(["git", *command], cwd=root, check=True)


def python(root: Path, *arguments: str) -> tuple[float, str]:
    """(CPU seconds, what it printed) of Python in a copy, with that copy's toybench and a cache of its own."""
    cache = root.parent / f"{root.name}.cache"
    environment = {**os.environ, "PYTHONPATH": str(root), "XDG_CACHE_HOME": str(cache), "JAX_PLATFORMS": "cpu"}
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen([sys.executable, *arguments], cwd=root, stdout=out, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in (0, 1):
            raise click.ClickException(f"{' '.join(arguments)} ended with exit code {process.returncode} in {root}.")
        out.seek(0)
        return usage.ru_utime + usage.ru_stime, out.read().decode()


def timed(root: Path, command: str) -> tuple[float, float, int]:
    """(CPU seconds of a first and of a second run, lines printed by the second)."""
    module, *arguments = COMMANDS[command]
    shutil.rmtree(root.parent / f"{root.name}.cache", ignore_errors=True)
    first, _ = python(root, "-m", module, *arguments)
    second, printed = python(root, "-m", module, *arguments)
    return first, second, printed.count("\n")


@click.group()
def main() -> None:
    """Make a copy of the project that has grown, and time commands in it."""


@main.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=False))
@click.option("--times", default=7, show_default=True, type=click.IntRange(min=1), help="How often a study stands.")
@click.option("--settled", is_flag=True, help="As if the tests of all studies had passed in the copy.")
def make(folder: Path, times: int, settled: bool) -> None:
    """Copy the project to FOLDER, with every study several times."""
    if folder.exists():
        raise click.UsageError(f"{folder} exists; name a new folder.")
    grow(Path(__file__).resolve().parents[2], folder.resolve(), times, settled)


@main.command(hidden=True)
@click.argument("folder", type=click.Path(path_type=Path))
def records(folder: Path) -> None:
    """What `make` calls in the copy."""
    copy_records(folder)


@main.command("settle", hidden=True)
def settle_all() -> None:
    """What `make --settled` calls in the copy."""
    settle()


@main.command("time")
@click.argument("commands", nargs=-1, type=click.Choice(list(COMMANDS)))
@click.option("--times", "sizes", multiple=True, default=(1, 7), type=click.IntRange(min=1), help="Sizes to compare.")
def compare(commands: tuple[str, ...], sizes: tuple[int, ...]) -> None:
    """Print a table of CPU seconds, first and second run, and of lines, a row for each command."""
    chosen = commands or tuple(name for name in COMMANDS if name not in SLOW)
    with tempfile.TemporaryDirectory() as scratch:
        roots = [Path(scratch) / f"x{size}" for size in sizes]
        for root, size in zip(roots, sizes, strict=True):
            grow(Path(__file__).resolve().parents[2], root, size, settled=True)
        titles = (f"x{size} first | x{size} again | x{size} lines" for size in sizes)
        click.echo(f"| CPU s | {' | '.join(titles)} |\n|---{'|---' * 3 * len(sizes)}|")
        for command in chosen:
            found = (timed(root, command) for root in roots)
            row = (f"{first:.1f} | {second:.1f} | {lines:,}" for first, second, lines in found)
            click.echo(f"| `{' '.join(COMMANDS[command])}` | {' | '.join(row)} |")


if __name__ == "__main__":
    main()
