"""What takes seconds to make, and depends on nothing but its name, is kept in the user's cache."""

import contextlib
from collections.abc import Callable
from pathlib import Path

import platformdirs

from toybench.errors import ToybenchError
from toybench.files import write_atomically


def place(name: str) -> Path:
    """Where something of this name is kept: in the user's cache folder of the system, on Linux ~/.cache/toybench."""
    return platformdirs.user_cache_path("toybench") / name


def read(name: str) -> bytes | None:
    """What is kept under a name, or None."""
    try:
        return place(name).read_bytes()
    except OSError:
        return None


def write(name: str, content: bytes, newest: int | None = None) -> None:
    """Keep something, and of its folder only the `newest`; where nothing can be kept it will be made again."""
    with contextlib.suppress(ToybenchError, OSError):
        write_atomically(place(name), content)
        if newest is not None:
            files = sorted(place(name).parent.iterdir(), key=lambda f: f.stat().st_mtime, reverse=True)
            for file in files[newest:]:
                file.unlink(missing_ok=True)


def kept(name: str, make: Callable[[], str]) -> str:
    """The text kept under a name, made where it isn't there."""
    known = read(name)
    if known is not None:
        return known.decode()
    text = make()
    write(name, text.encode())
    return text
