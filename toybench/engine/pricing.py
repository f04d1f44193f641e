"""What XLA's count of FLOPs gets wrong, read off the traced program."""

from collections.abc import Iterator
from typing import Any

LOOPS = ("scan", "while")  # their bodies are counted once
BRANCHES = ("cond",)  # every branch is counted as taken
ROUTINES = (  # a library's code, counted as nothing
    "cholesky",
    "eig",
    "eigh",
    "ffi_call",
    "geqrf",
    "householder_product",
    "io_callback",
    "lu",
    "pure_callback",
    "random_gamma",
    "schur",
    "svd",
    "triangular_solve",
)


def miscounted(program: Any, updates: int) -> list[str]:
    """Primitives in one update that XLA miscounts, of a traced program that makes so many updates in its outer loop."""
    bodies = [e.params["jaxpr"] for e in program.eqns if e.primitive.name == "scan" and e.params["length"] == updates]
    return sorted({name for body in bodies for name in _primitives(body.jaxpr) if name in _WRONG})


_WRONG = {*LOOPS, *BRANCHES, *ROUTINES}


def _primitives(jaxpr: Any) -> Iterator[str]:
    """Names of all primitives, of those inside others too; a loop of one step is none."""
    for equation in jaxpr.eqns:
        if equation.params.get("length") != 1:
            yield equation.primitive.name
        for value in equation.params.values():
            for part in value if isinstance(value, tuple | list) else (value,):
                inner = getattr(part, "jaxpr", part)
                if hasattr(inner, "eqns"):
                    yield from _primitives(inner)
