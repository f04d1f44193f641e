"""What takes seconds to make and depends on nothing but its name is kept in the user's cache."""

import contextlib
from collections.abc import Callable
from pathlib import Path

import platformdirs

from toybench.errors import UsageError
from toybench.records import write_atomically


def place(name: str) -> Path:
    """Where something of this name is kept: in the user's cache folder of the system, on Linux ~/.cache/toybench."""
    return platformdirs.user_cache_path("toybench") / name


def kept(name: str, make: Callable[[], str]) -> str:
    """The text kept under a name, made where it isn't there; where nothing can be kept it is made each time."""
    path = place(name)
    if path.is_file():
        return path.read_text()
    text = make()
    with contextlib.suppress(UsageError):
        write_atomically(path, text.encode())
    return text
