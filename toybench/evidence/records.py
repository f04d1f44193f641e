"""Records: the JSON file that a cell leaves behind. Typed, versioned, validated on reading, written atomically.

The last line of a file is the checksum of everything above it. It is no secret and keeps nobody from forging a record;
it tells a file that was cut short, damaged or edited by hand from one that a run wrote.
"""

import hashlib
import inspect
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol

import msgspec

from toybench.errors import ToybenchError, UsageError
from toybench.evidence import display
from toybench.files import UNFINISHED, write_atomically

SCHEMA = "toybench.record/1"
LARGEST = 2**26  # bytes of a record; those of 64 seeds have some 50,000
_SEALED = re.compile(rb'(.*),\n  "checksum": "([0-9a-f]{16})"\n}\n', re.DOTALL)
_VALUE = r"[^\[\]/\\=,\x00-\x1f]+"
Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]*$")]
Label = Annotated[str, msgspec.Meta(pattern=rf"^[a-z][a-z0-9_]*(\[\w+={_VALUE}(,\w+={_VALUE})*\])?$")]
State = Literal["ok", "diverged", "failed", "timeout", "skipped"]


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of a record's parts: immutable, strict about unknown keys."""


class Measured(_Part, frozen=True, kw_only=True):
    """One metric: which way is better, and the final value of every seed (null where the seed diverged)."""

    direction: Literal["min", "max", "zero", "info"]
    values: list[float | None]


class Curve(_Part, frozen=True, kw_only=True):
    """Metrics over training, 5 significant digits: `values[metric][seed][checkpoint]`."""

    steps: list[int]
    values: dict[str, list[list[float | None]]]


class Cost(_Part, frozen=True, kw_only=True):
    """What a cell cost; seconds are for the whole block of seeds and depend on the machine.

    Attributes:
      parameters: array elements of one learner's parameters.
      flops: of one seed's training: one update (XLA's analysis; of an interactive task one draw and update) times the
        updates. 0 where nobody counted.
      miscounted: primitives in an update that XLA's analysis gets wrong: a loop's body counts once (`scan`, `while`),
        every branch as taken (`cond`), a library's routine as nothing (`cholesky`). Null where nobody looked.
      peak_bytes: arguments, outputs and temporaries of the training program, for one block.
      programs: compiled programs that the cell needs.
      tuning_updates: updates spent on choosing the hyperparameters, all trials and seeds together.
      sample_seconds: worlds and batches, where no cell of the task before this one had made them.
    """

    parameters: int = 0
    flops: float = 0.0
    miscounted: list[str] | None = None
    peak_bytes: int = 0
    programs: int = 0
    tuning_updates: int = 0
    trace_seconds: float = 0.0
    compile_seconds: float = 0.0
    sample_seconds: float = 0.0
    run_seconds: float = 0.0
    evaluate_seconds: float = 0.0

    @property
    def seconds(self) -> float:
        """All seconds together."""
        return sum(getattr(self, part) for part in SECONDS)


SECONDS = tuple(name for name in Cost.__struct_fields__ if name.endswith("_seconds"))


class Environment(_Part, frozen=True, kw_only=True):
    """Where the numbers come from."""

    commit: str = ""
    dirty: bool = False
    python: str = ""
    jax: str = ""
    numpy: str = ""
    device: str = ""
    x64: bool = False
    matmul_precision: str = ""
    xla_flags: str = ""


class Record(_Part, frozen=True, kw_only=True):
    """One cell: what ran, what came out, what it cost, and what it depends on.

    Attributes:
      task, method: labels with their variant, `codebook_collapse[codes=512]`; without the study.
      task_fields, method_fields: every field with its resolved value (tuned ones included).
      steps: updates per seed. checkpoints: evaluations after the first.
      digest: of code, fields, budget and protocol version; see `toybench.plugins.digest`.
      reason: one sentence for a state other than `ok`; of an `ok` cell, what it did to its process and was undone.
      diverged_at: per seed, the first step with a NaN, or null.
    """

    schema: Literal["toybench.record/1"] = "toybench.record/1"
    study: Name
    task: Label
    method: Label
    task_fields: dict[str, Any]
    method_fields: dict[str, Any]
    budget: str
    steps: int
    checkpoints: int
    protocol: int
    digest: str
    state: State
    reason: str = ""
    seeds: list[int] = []
    diverged_at: list[int | None] = []
    metrics: dict[str, Measured] = {}
    curve: Curve = Curve(steps=[], values={})
    cost: Cost = Cost()
    environment: Environment = Environment()

    @property
    def cell(self) -> str:
        """`study/task/method`, the record's name and place."""
        return f"{self.study}/{self.task}/{self.method}"

    def _repr_html_(self) -> str | None:
        """In a notebook: metrics with intervals, and the learning curve."""
        return display.html(self)


def by_seed(record: Record, metric: str) -> dict[int, float | None]:
    """Final values of a metric by seed, None where the seed diverged."""
    return dict(zip(record.seeds, record.metrics[metric].values, strict=True))


def loss(value: float, direction: str) -> float:
    """A metric's value turned so that less is better."""
    return {"max": -value, "zero": abs(value)}.get(direction, value)


class BrokenRecord(ToybenchError):
    """A file that should be a record and isn't; the message names the file."""

    def __init__(self, path: Path, what: str):
        super().__init__(f"{path} {what}")
        self.cell = "/".join(path.with_suffix("").parts[-3:])  # whose record should be there


class Source(Protocol):
    """Where records are read from."""

    def content(self, cell: str) -> bytes | None: ...
    def read(self, cell: str) -> Record | None: ...
    def scan(self, study: str | None = None) -> Iterator[Record | BrokenRecord]: ...


@dataclass(frozen=True)
class Folder:
    """A results folder: `<study>/<task>/<method>.json`.

    Attributes:
      below: whose records count where this folder has none; they are only read.
    """

    root: Path
    below: tuple[Source, ...] = ()

    def file(self, cell: str) -> Path:
        """Where the record of `study/task/method` lies; refuses names that would leave the folder."""
        parts = cell.split("/")
        if len(parts) != 3 or any(not p or p.startswith(".") or "\\" in p or "\0" in p for p in parts):
            raise UsageError(f"'{cell}' can't be a cell; write study/task/method.")
        return self.root.joinpath(*parts[:2], parts[2] + ".json")

    def content(self, cell: str) -> bytes | None:
        """The bytes of a cell's file, None where there is none."""
        path = self.file(cell)
        if os.path.exists(path):
            return _content(path)
        return next((content for source in self.below if (content := source.content(cell))), None)

    def read(self, cell: str) -> Record | None:
        """The record of a cell, None where there is none.

        Raises:
          BrokenRecord: the file is there and is not a record.
        """
        path = self.file(cell)
        if os.path.exists(path):
            return self._read(path)
        return next((record for source in self.below if (record := source.read(cell))), None)

    def _read(self, path: Path) -> Record:
        record = read(path)
        if path != self.root / f"{record.cell}.json":
            raise BrokenRecord(path, f"says it is {record.cell}; move it back to its place.")
        return record

    def write(self, record: Record) -> Path:
        """Write atomically: at any moment the old file or the new one is there."""
        path = self.file(record.cell)
        write_atomically(path, encode(record))
        return path

    def sweep(self) -> None:
        """Remove what killed runs left half-written. Nobody else may be writing."""
        for path in self.root.glob(f"*/*/{UNFINISHED}*"):
            path.unlink(missing_ok=True)

    def scan(self, study: str | None = None) -> Iterator[Record | BrokenRecord]:
        """Every record in the folder (or of a study), broken ones as the error that names them."""
        found: dict[str, Record | BrokenRecord] = {}
        for source in reversed(self.below):
            found |= {item.cell: item for item in source.scan(study)}
        for path in self.root.glob(f"{study or '*'}/*/*.json"):
            item = self._tried(path)
            found[item.cell] = item
        yield from (found[cell] for cell in sorted(found, key=lambda name: name.split("/")))

    def _tried(self, path: Path) -> Record | BrokenRecord:
        """The record in a file, or the error that it isn't one."""
        try:
            return self._read(path)
        except BrokenRecord as error:
            return error


def read(path: Path) -> Record:
    """The record in a file.

    Raises:
      BrokenRecord: unreadable, not what was written there, or of another schema.
    """
    try:
        return decode(_content(path))
    except (msgspec.MsgspecError, ValueError, OSError, RecursionError) as error:
        what = f"is not a {SCHEMA} record ({error}); move it away or run with --force."
        raise BrokenRecord(path, what) from None


def _content(path: Path) -> bytes:
    """The bytes of a file, if it is a plain one: a pipe or a device might never end."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise ValueError("no plain file")
    if status.st_size > LARGEST:
        raise ValueError(f"{status.st_size} bytes, more than any record has")
    return path.read_bytes()


def encode(record: Record) -> bytes:
    """Strict JSON, one key a line at the top, stable order, and the checksum."""
    body = msgspec.to_builtins(record)
    lines = [f'  "{k}": ' + msgspec.json.encode(v).decode() for k, v in body.items()]
    content = ("{\n" + ",\n".join(lines)).encode()
    return content + f',\n  "checksum": "{_checksum(content)}"\n}}\n'.encode()


def decode(content: bytes) -> Record:
    """The record that `encode` wrote.

    Raises:
      ValueError: other bytes than those, or another schema.
    """
    sealed = _SEALED.fullmatch(content)
    if not sealed or _checksum(sealed[1]) != sealed[2].decode():
        raise ValueError("cut short or altered: its last line is not the checksum of the rest")
    record = msgspec.json.decode(sealed[1] + b"}", type=Record)
    if not _is_even(record):
        raise ValueError("its seeds, metrics and curves have unequal lengths")
    return record


def _is_even(record: Record) -> bool:
    """Whether there is a value for every seed, once each, and for every checkpoint."""
    seeds = len(record.seeds)
    curves = record.curve.values.values()
    lengths = {len(record.diverged_at), *(len(m.values) for m in record.metrics.values()), *map(len, curves)}
    steps = {len(row) for curve in curves for row in curve}
    return lengths == {seeds} and steps <= {len(record.curve.steps)} and len(set(record.seeds)) == seeds


def _checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def schema() -> dict[str, Any]:
    """JSON Schema of a record's file, as shipped in `record.schema.json`."""
    found = msgspec.json.schema(Record)
    for part in found["$defs"].values():  # Python 3.13 strips docstrings of their indentation
        if "description" in part:
            part["description"] = inspect.cleandoc(part["description"])
    record = found["$defs"]["Record"]
    record["properties"]["checksum"] = {"type": "string", "description": "SHA-256 of all lines above, 16 hex digits"}
    record["required"].append("checksum")
    return found
