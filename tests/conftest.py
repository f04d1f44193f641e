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


ROOM = 3 * 2**29  # bytes of memory from which on a worker drops its compiled programs
BYTES = 4 * 2**30  # bounds of what it then still holds, and below of its maps of memory; Linux allows 65,530
MAPS = 20_000


@pytest.fixture(scope="module", autouse=True)
def _programs() -> Iterator[None]:
    """Compiled programs are dropped between modules, so that neither memory nor the table of its maps fills up."""
    yield
    process, table = psutil.Process(), Path("/proc/self/maps")
    if process.memory_info().rss > ROOM:
        trial.forget()
    assert process.memory_info().rss < BYTES, "what keeps memory after this module's tests?"
    assert not table.exists() or table.read_text().count("\n") < MAPS, "what keeps programs after this module's tests?"


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory):
    """A plug-in folder with a tiny study `demo`, as `toybench new study demo` makes it."""
    root = tmp_path_factory.mktemp("plugins")
    scaffold.create("study", "demo", root)
    registry.add_root(root)
    return root
