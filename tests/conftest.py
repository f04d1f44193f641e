# ruff: noqa: E402  (the flags must be set before JAX is imported)
"""Tests run under strict JAX: rank promotion raises, dtype promotion is strict, warnings are errors."""

import os

os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")  # tests compile much and run little

from toybench.engine import runtime

runtime.configure()

from collections.abc import Iterator
from pathlib import Path

import jax
import psutil
import pytest

from toybench.engine import trial
from toybench.plugins import registry, scaffold

jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_numpy_dtype_promotion", "strict")

pytest_plugins = ["due"]


BYTES = 3 * 2**30  # bounds of what a worker holds after a module, and below of its maps; Linux allows 65,530
MAPS = 10_000


@pytest.fixture(scope="module", autouse=True)
def _programs() -> Iterator[None]:
    """Compiled programs are dropped after every module, else they fill memory and the table of its maps."""
    yield
    trial.forget()
    table = Path("/proc/self/maps")
    assert psutil.Process().memory_info().rss < BYTES, "what keeps memory after this module's tests?"
    assert not table.exists() or table.read_text(encoding="utf-8").count("\n") < MAPS, (
        "what keeps programs after this module's tests?"
    )


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory):
    """A plug-in folder with a tiny study `demo`, as `toybench new study demo` makes it."""
    root = tmp_path_factory.mktemp("plugins")
    scaffold.create("study", "demo", root)
    registry.add_root(root)
    return root
