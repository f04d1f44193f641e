"""How values show themselves in a notebook. The pictures are drawn two floors up, and said here by name."""

from collections.abc import Callable
from typing import Any

FORMATS = ("rich", "markdown", "latex", "csv", "json")  # of every table

_renderers: dict[str, Callable[[Any], str]] = {}


def register(kind: type, render: Callable[[Any], str]) -> None:
    """Let values of a class show themselves by `render`, which returns HTML."""
    _renderers[kind.__name__] = render


def html(value: Any) -> str | None:
    """A value as HTML; None, which a notebook takes as "show the text", where no renderer is registered."""
    render = _renderers.get(type(value).__name__)
    return render(value) if render else None
