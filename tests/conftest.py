# ruff: noqa: E402  (the flags must be set before JAX is imported)
"""Tests run under strict JAX: rank promotion raises, dtype promotion is strict, warnings are errors."""

import os

os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")  # tests compile much and run little

from toybench.engine import runtime

runtime.configure()

import jax
import pytest

from toybench.plugins import registry, scaffold

jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_numpy_dtype_promotion", "strict")


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory):
    """A plug-in folder with a tiny study `demo`, as `toybench new study demo` makes it."""
    root = tmp_path_factory.mktemp("plugins")
    scaffold.create("study", "demo", root)
    registry.add_root(root)
    return root
