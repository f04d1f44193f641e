"""What several tests use: the command line as a user types it, and made-up records."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from toybench.evidence.records import Measured, Record
from toybench.plugins import registry
from toybench.plugins.registry import HOME


def toybench(*args: str, cwd: Path | None = None, path: Path | None = None) -> subprocess.CompletedProcess:
    """Run the command as a user would, without a terminal; `path`: of another copy of the tree."""
    return subprocess.run(
        [sys.executable, "-c", "from toybench.cli import main; main()", *args],
        capture_output=True,
        text=True,
        cwd=cwd or HOME,
        timeout=300,
        env={**os.environ, "PYTHONPATH": str(path)} if path else None,
    )


@contextlib.contextmanager
def added(root: Path):
    """The plug-ins in a folder, for a while."""
    registry.add_root(root)
    try:
        yield
    finally:
        registry._extra.remove(root)
        registry._forget()


def write(demo: Path, root: Path, name: str, edits: dict[str, str]) -> None:
    """A copy of the demo study's method under another name in another folder, edited."""
    text = (demo / "methods/demo/least_mean_squares.py").read_text()
    for old, new in edits.items():
        assert old in text
        text = text.replace(old, new, 1)
    file = root / f"methods/demo/{name}.py"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def record(method: str, values: Any, task: str = "t", direction: Any = "min", **changes: Any) -> Record:
    """A record of study `s` with one metric `m`; None is a diverged seed."""
    known: list[float | None] = [None if v is None or np.isnan(v) else float(v) for v in values]
    plain: dict[str, Any] = {
        "study": "s",
        "task": task,
        "method": method,
        "task_fields": {},
        "method_fields": {},
        "budget": "full",
        "steps": 100,
        "checkpoints": 1,
        "protocol": 1,
        "digest": "",
        "state": "diverged" if None in known else "ok",
        "seeds": list(range(len(known))),
        "diverged_at": [3 if v is None else None for v in known],
        "metrics": {"m": Measured(direction=direction, values=known)},
    }
    return Record(**{**plain, **changes})
