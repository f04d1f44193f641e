"""Errors that a user can act on: one sentence that says what to do."""

import difflib
from collections.abc import Iterable


class ToybenchError(Exception):
    """An expected problem; the command line prints it without a traceback."""

    exit_code = 4

    def _render_traceback_(self) -> list[str]:
        """What IPython shows instead of a traceback."""
        return [f"toybench: {self}"]


class UsageError(ToybenchError):
    """The user asked for something that doesn't exist or can't be; nothing was written."""

    exit_code = 2


class PluginError(ToybenchError):
    """A file of the tree can't be loaded; the message names the file."""


def nearest(name: str, known: Iterable[str]) -> str:
    """`" (did you mean 'iqe'?)"` for the known names closest to `name`, or nothing."""
    close = difflib.get_close_matches(name, list(known), n=3, cutoff=0.5)
    return f" (did you mean {' or '.join(repr(c) for c in close)}?)" if close else ""
