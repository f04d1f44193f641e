"""A plug-in shares its process with others: what it changes of the process is put back, and told.

Importing a file and running a cell each leave the process as it was: JAX's settings, environment variables, working
directory, NumPy's and Python's own random numbers, signal handlers, locale, warning filters. Processes left behind are
ended. A thread can't be ended: a worker that one was left in is replaced. What a file prints at import is swallowed.

Changes that are undone meanwhile, and changes to anything else, go unseen: whoever adds a plug-in trusts it.
"""

import contextlib
import functools
import locale
import os
import random
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

OURS = "toybench"  # beginning of the names of the harness' own threads
SETTINGS = "jax.config"  # the one part that the numbers of a compiled program depend on
BY_LIBRARIES = ("the state of numpy.random", "the state of Python's random", "warning filters")  # at their import
_alone = threading.RLock()
_VARIABLES_OF_LIBRARIES = "KMP_"  # beginning of what numeric libraries set for themselves at their import


@dataclass(frozen=True)
class _Part:
    """A part of a process' state: its value now (None: not there yet), and how such a value is put back."""

    read: Callable[[], Any]
    write: Callable[[Any], Any]


def _settings() -> dict[str, Any] | None:
    jax = sys.modules.get("jax")
    return dict(jax.config.values) if jax else None


def _set_settings(before: dict[str, Any]) -> None:
    for name in _differing(before, _settings() or {}):
        sys.modules["jax"].config.update(name, before[name])


def _variables() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(_VARIABLES_OF_LIBRARIES)}


def _set_variables(before: dict[str, str]) -> None:
    for name in _variables().keys() - before.keys():
        del os.environ[name]
    os.environ.update(before)


def _folder() -> str | None:
    try:
        return os.getcwd()
    except OSError:  # it was deleted
        return None


def _set_folder(before: str) -> None:
    with contextlib.suppress(OSError):
        os.chdir(before)


def _numpy_state() -> tuple | None:
    numpy = sys.modules.get("numpy.random")
    if numpy is None:
        return None
    name, words, *rest = numpy.get_state()
    return name, words.tobytes(), *rest


def _set_numpy_state(before: tuple) -> None:
    name, words, *rest = before
    sys.modules["numpy.random"].set_state((name, sys.modules["numpy"].frombuffer(words, "uint32"), *rest))


def _handlers() -> dict[str, Any]:
    return {one.name: signal.getsignal(one) for one in signal.Signals}


def _set_handlers(before: dict[str, Any]) -> None:
    if threading.current_thread() is not threading.main_thread():  # Python would refuse
        return
    for name in _differing(before, _handlers()):
        if before[name] is not None:  # it was not set from Python
            signal.signal(signal.Signals[name], before[name])


def _set_filters(before: list[Any]) -> None:
    warnings.resetwarnings()  # also says that they changed
    warnings.filters = before


_PARTS = {
    SETTINGS: _Part(read=_settings, write=_set_settings),
    "environment variables": _Part(read=_variables, write=_set_variables),
    "the working directory": _Part(read=_folder, write=_set_folder),
    "the state of numpy.random": _Part(read=_numpy_state, write=_set_numpy_state),
    "the state of Python's random": _Part(read=random.getstate, write=random.setstate),
    "signal handlers": _Part(read=_handlers, write=_set_handlers),
    "the locale": _Part(
        read=lambda: locale.setlocale(locale.LC_ALL), write=functools.partial(locale.setlocale, locale.LC_ALL)
    ),
    "warning filters": _Part(read=lambda: list(warnings.filters), write=_set_filters),
}


@contextlib.contextmanager
def restored(silently: Collection[str] = ()) -> Iterator[list[str]]:
    """Leave the process as it was; the list says afterwards what was done to it, but not of the parts `silently`.

    One thread at a time: two would take back each other's changes.
    """
    with _alone:
        yield from _restored(silently)


def _restored(silently: Collection[str]) -> Iterator[list[str]]:
    before = {name: part.read() for name, part in _PARTS.items()}
    threads = others()
    children = _children()
    changed: list[str] = []
    try:
        yield changed
    finally:
        for name, part in _PARTS.items():
            then = before[name]
            now = part.read()
            if then is not None and now != then:
                changed += [] if name in silently else [_said(name, then, now)]
                part.write(then)
        changed += [f"left a thread running ({thread.name})" for thread in others() - threads]
        changed += _end(_children() - children, alone=not threads)


def _said(name: str, then: Any, now: Any) -> str:
    which = ", ".join(map(str, _differing(then, now)[:5])) if isinstance(then, dict) else ""
    return f"changed {name}" + (f" ({which})" if which else "")


def _differing(before: dict, after: dict) -> list:
    """Keys under which two dictionaries differ."""
    none = object()
    return [key for key in {**before, **after} if before.get(key, none) != after.get(key, none)]


def others() -> set[threading.Thread]:
    """Python's threads in this process but this one and the harness' own."""
    foreign = (OURS, "Dummy-")  # the latter stand for threads of native code that called Python
    here = threading.current_thread()
    return {thread for thread in threading.enumerate() if thread is not here and not thread.name.startswith(foreign)}


def _children() -> set[int]:
    """Ids of the processes that this one started."""
    if hasattr(os, "waitid"):  # tells at once whether there is any
        try:
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return set()
    import psutil  # 15 ms

    return {child.pid for child in psutil.Process().children()}


def _end(children: set[int], alone: bool) -> list[str]:
    """End processes, unless another thread than a plug-in's may have started them; what there was to end."""
    if not children:
        return []
    import psutil

    found = []
    for number in children:
        with contextlib.suppress(psutil.Error):
            child = psutil.Process(number)
            if child.status() == psutil.STATUS_ZOMBIE:
                continue
            found.append(f"left a process running ({child.name()})")
            for each in [*child.children(recursive=True), child] if alone else []:
                each.kill()
    return found


class _Muffled:
    """Stands in for stdout: swallows what this thread prints, and passes on what others do."""

    def __init__(self, real: Any):
        self.real = real
        self.thread = threading.get_ident()
        self.printed = False

    def write(self, text: str) -> int:
        if threading.get_ident() != self.thread:
            return int(self.real.write(text))
        self.printed = True
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


@contextlib.contextmanager
def muffled(changed: list[str]) -> Iterator[None]:
    """Swallow what is printed, from Python and below it: stdout is for what the user asked for."""
    muffled = _Muffled(sys.stdout)
    try:
        with contextlib.redirect_stdout(muffled), _silenced():
            yield
    finally:
        changed += ["printed"] if muffled.printed else []


@contextlib.contextmanager
def _silenced() -> Iterator[None]:
    """Nothing written to the file below stdout is seen; a terminal is left alone, as others may be drawing there."""
    try:
        kept = None if os.isatty(1) else os.dup(1)
    except OSError:  # it is closed
        kept = None
    if kept is None:
        yield
        return
    if sys.stdout:
        sys.stdout.flush()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)
