# ruff: noqa: F401  (names for type checkers; `__getattr__` brings them)
"""toybench: machine-learning papers as executable claims.

Everything here is loaded on first use, so that importing `toybench` costs nothing.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from toybench.api import add_plugins, claims, papers, plot, records, report, run, scorecard, status, table
    from toybench.claim import Benchmark, Better, Bound, Claim, Equivalent, Trend, Tuning
    from toybench.protocol import Learner, Method, Metric, Task

_HOME = {
    "protocol": ("Task", "Method", "Metric", "Learner"),
    "api": ("add_plugins", "run", "records", "table", "scorecard", "status", "claims", "papers", "plot", "report"),
    "claim": ("Benchmark", "Tuning", "Claim", "Better", "Equivalent", "Bound", "Trend"),
}
__all__ = sorted(name for names in _HOME.values() for name in names)


def __getattr__(name: str) -> Any:
    for module, names in _HOME.items():
        if name in names:
            return getattr(importlib.import_module(f"toybench.{module}"), name)
    raise AttributeError(f"toybench has no '{name}'")


def __dir__() -> list[str]:
    return list(__all__)
