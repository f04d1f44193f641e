"""What the sources of methods and tasks say: docstrings as safe HTML, fields with their comments, code in colours."""

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markupsafe import Markup

from toybench import fields
from toybench.errors import ToybenchError
from toybench.plugins import digest, registry

_URL = re.compile(r"(?<![<(\"'])\bhttps?://[^\s<>()]*[^\s<>().,;]")
_PLAIN = re.compile(r'<span class="(?:n|p|o|w|nn|nb|bp|si|sa)">([^<]*)</span>')  # what the style sheet doesn't colour
_SPAN = re.compile(r'<span class="(\w+)">([^<]*)</span>')  # half of a code page would be markup
_LINES = re.compile(r"(?:<i class=sd>[^<]*</i>\s*)+(?<=>)")  # a docstring: one span a line
_CHECKERS = re.compile(r"^(?:type: ignore|noqa)\S*\s*(?:#\s*)?")  # what is said to type checkers and linters
_ITEM = re.compile(r"(?:^|\s)(\d+)\. ")


@dataclass(frozen=True)
class Knob:
    """A hyperparameter of a method or a knob of a task, with its default and the comment beside it."""

    name: str
    kind: str
    default: str
    about: Markup


@dataclass(frozen=True)
class Doc:
    """A module of a task or method.

    Attributes:
      first: the docstring's first paragraph, plain. body: the rest as HTML.
      summary: the class's own docstring. code: coloured HTML, without the module's docstring.
      uses: shared modules of this tree that it imports.
    """

    path: str = ""
    first: str = ""
    body: Markup = Markup("")
    summary: Markup = Markup("")
    knobs: tuple[Knob, ...] = ()
    code: Markup = Markup("")
    uses: tuple[str, ...] = ()


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False})


def html(text: str) -> Markup:
    """A docstring's Markdown as HTML: raw HTML stays text, bare addresses become links, equations keep their lines."""
    linked = "\n".join(
        line if line.startswith("    ") else _URL.sub(lambda m: f"<{m[0]}>", line) for line in text.splitlines()
    )
    return Markup(_markdown().render("\n\n".join(_list(p) for p in linked.split("\n\n"))))


def phrase(text: str) -> Markup:
    """One line of Markdown (code, emphasis) as HTML."""
    return Markup(_markdown().renderInline(" ".join(text.split())))


def _list(paragraph: str) -> str:
    """`**Differs from the paper**: 1. this. 2. that.` as a heading and a numbered list; others as they are."""
    head, _, rest = paragraph.partition(": ")
    items = list(_ITEM.finditer(rest))
    wanted = 1
    kept = []
    for item in items:
        if int(item[1]) == wanted:
            kept.append(item)
            wanted += 1
    if not kept or not head.startswith("**Differs") or kept[0].start() > 2:
        return paragraph
    ends = [m.start() for m in kept[1:]] + [len(rest)]
    lines = [f"{m[1]}. {' '.join(rest[m.end() : end].split())}" for m, end in zip(kept, ends, strict=True)]
    return f"{head}:\n\n" + "\n".join(lines)


@cache
def colours(code: str) -> Markup:
    """Python in spans that the style sheet colours."""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    coloured = highlight(code, PythonLexer(), HtmlFormatter(nowrap=True))
    short = _SPAN.sub(r"<i class=\1>\2</i>", _PLAIN.sub(r"\1", coloured))
    return Markup(_LINES.sub(lambda m: f"<i class=sd>{re.sub('<.*?>', '', m[0])}</i>", short))


@cache
def read(kind: str, name: str) -> Doc:
    """What the file of `study/stem` says; `kind` is tasks or methods. Empty where there is none, or it is broken."""
    try:
        path = registry.path(kind, name)
        cls = registry.load(kind, name)
    except ToybenchError:
        return Doc()
    code = path.read_text(encoding="utf-8")
    tree = ast.parse(code)
    first, _, rest = inspect.cleandoc(ast.get_docstring(tree) or "").partition("\n\n")
    begin = tree.body[0].end_lineno if first else 0
    return Doc(
        path=relative(path),
        first=" ".join(first.split()),
        body=html(rest),
        summary=phrase(inspect.cleandoc(cls.__doc__ or "").split("\n\n")[0]),
        knobs=tuple(knobs(cls)),
        code=colours("\n".join(code.splitlines()[begin:]).lstrip("\n")),
        uses=tuple(uses(path)),
    )


def relative(path: Path) -> str:
    """The path below its root, for people to read."""
    for root in registry.roots():
        if path.is_relative_to(root):
            return path.relative_to(root).as_posix()
    return path.name


def knobs(cls: type) -> Iterator[Knob]:
    """The fields a user may set, with the comments beside them in the sources of the class and its bases."""
    comments = {k: v for base in reversed(cls.__mro__) for k, v in _comments(base).items()}
    for name, field in fields.knobs(cls).items():
        kind = field.type if isinstance(field.type, str) else getattr(field.type, "__name__", str(field.type))
        yield Knob(
            name=name, kind=str(kind), default=fields.render(field.default), about=phrase(comments.get(name, ""))
        )


@cache
def _comments(cls: type) -> dict[str, str]:
    """`{field: comment}` of the annotated lines in a class body, with comment lines that follow."""
    if not issubclass(cls, fields.Fields) or cls is fields.Fields:
        return {}
    try:
        lines = inspect.getsource(cls).splitlines()
    except (OSError, TypeError):
        return {}
    found: dict[str, str] = {}
    last = ""
    for line in lines:
        annotated = re.match(r"    (\w+): [^#]*?=[^#]*(?:#\s*(.*))?$", line)
        more = re.match(r"    #\s*(.*)$", line)
        if annotated:
            last = annotated[1]
            found[last] = _CHECKERS.sub("", annotated[2] or "")
        elif more and last:
            found[last] = f"{found[last]} {more[1]}".strip()
        else:
            last = ""
    return found


def uses(path: Path) -> list[str]:
    """Shared modules of this tree (as paths) with code in them that a file imports, directly or not."""
    return sorted(relative(f) for f in digest.sources(path) if f != path and _defines(f))


@cache
def _defines(file: Path) -> bool:
    """Whether there is more in a module than its docstring."""
    return any(not isinstance(node, ast.Expr) for node in ast.parse(file.read_bytes()).body)


@cache
def module_file(module: str) -> Path | None:
    """The file of a module of a tree or of the shared blocks, by its dotted name; None for everything else."""
    return next(iter(digest.locate(module)), None)


def interface(study: str) -> tuple[str, list[tuple[str, str]]]:
    """(what a study is about, [(question, what it asks)]): from the docstring and the protocols of its package."""
    file = module_file(f"toybench.tasks.{study}")
    if file is None:
        return "", []
    tree = ast.parse(file.read_bytes())
    about = ast.get_docstring(tree) or ""
    asked = [
        (f"{f.name}({', '.join(a.arg for a in f.args.args if a.arg not in ('self', 'state'))})", _one(f))
        for path in [file, *(module_file(u) for u in _packages(study))]
        if path
        for c in ast.parse(path.read_bytes()).body
        if isinstance(c, ast.ClassDef) and any(getattr(b, "id", "") == "Protocol" for b in c.bases)
        for f in c.body
        if isinstance(f, ast.FunctionDef) and not f.name.startswith("_")
    ]
    return about, asked


def _packages(study: str) -> list[str]:
    folder = module_file(f"toybench.tasks.{study}")
    return [f"toybench.tasks.{study}.{p.stem}" for p in sorted(folder.parent.glob("_[a-z]*.py"))] if folder else []


def _one(node: Any) -> str:
    return " ".join((ast.get_docstring(node) or "").split("\n\n")[0].split())
