"""Names that a shell completes: studies, tasks and methods of all roots. Imports nothing heavy.

Every function takes what click hands to a `shell_complete`: the context, the parameter, and what was typed so far.
"""

import contextlib
from collections.abc import Callable, Iterable

import click

from toybench.errors import ToybenchError
from toybench.plugins import registry

Complete = Callable[[click.Context, click.Parameter, str], list[str]]


def _quietly(names: Callable[[click.Context, str], Iterable[str]]) -> Complete:
    """A function for click of what there is to choose from; a broken plug-in completes nothing and says nothing."""

    def complete(ctx: click.Context, param: click.Parameter, typed: str) -> list[str]:
        with contextlib.suppress(ToybenchError):
            for folder in ctx.find_root().params.get("plugins") or ():
                registry.add_root(folder)
            return sorted({name for name in names(ctx, typed) if name.startswith(typed)})
        return []

    return complete


@_quietly
def studies(ctx: click.Context, typed: str) -> Iterable[str]:
    """Names of studies."""
    return registry.studies()


@_quietly
def tasks(ctx: click.Context, typed: str) -> Iterable[str]:
    """Names of studies, and of the tasks of the only one that it can be."""
    return _within(typed, registry.tasks)


@_quietly
def members(ctx: click.Context, typed: str) -> Iterable[str]:
    """Names of studies, and of the tasks and methods of the only one that it can be."""
    return _within(typed, lambda study: registry.tasks(study) + registry.methods(study))


@_quietly
def methods(ctx: click.Context, typed: str) -> Iterable[str]:
    """Names of the methods of the studies that the command line names; of all where it names none."""
    words = [*ctx.args, *(ctx.params.get("selectors") or ())]  # `args` while an option waits for its value
    chosen = {word.split("/")[0] for word in words} & set(registry.studies()) or registry.studies()
    stems = {name.split("/")[1] for study in chosen for name in registry.methods(study)}
    return stems if "/" not in typed else registry.methods()


def _within(typed: str, names: Callable[[str], list[str]]) -> list[str]:
    """Studies that begin so; with only one left, also the names that it holds."""
    found = [study for study in registry.studies() if study.startswith(typed.split("/")[0])]
    if "/" in typed:
        found = [study for study in found if study == typed.split("/")[0]]
    return [*found, *(names(found[0]) if len(found) == 1 else ())]
