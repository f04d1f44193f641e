"""Deliberately broken plug-ins: each conformance check fires, and the working model passes all of them."""

import sys
import types
from pathlib import Path
from typing import Any

import pytest

from toybench.guard import conformance
from toybench.guard.conformance import METHOD_CHECKS, TASK_CHECKS, Subject, Violation
from toybench.plugins import registry

METHOD = "methods/demo/least_mean_squares.py"
TASK = "tasks/demo/linear.py"

# check: (text in the model's file, what replaces it)
BROKEN_METHODS = {
    "states_its_source": ("**Source**", "Source"),
    "comments_its_fields": ("  # step size, below 2 / E|x|^2", ""),
    "answers_its_interface": ("def predict(self, state: State, x:", "def predict(self, state: State, y:"),
    "declares_a_small_space": ("(0.03, 0.1, 0.3)", "(0.1, 1, 2)"),
    "init_is_deterministic": ("0.1 * jax.random.normal(key", "np.random.normal() * jax.random.normal(key"),
    "init_uses_its_key": ("0.1 * jax.random.normal(key, (self.spec.dim,))", "jnp.zeros(self.spec.dim)"),
    "keeps_its_structure": (
        "return State(params=state.params + self.lr * jnp.mean(error[:, None] * batch.x, axis=0))",
        "return State(params=state.params[:2])",
    ),
    "learns_something": ("state.params + self.lr *", "state.params + 0.0 * self.lr *"),
    "does_not_recompile": (
        "lr: float",
        "tag: object = dataclasses.field(default_factory=object)  # new\n    lr: float",
    ),
    "loop_equals_vmap": ("state.params + self.lr *", "state.params + block(error.sum()) * self.lr *"),
    "lowers_for_an_accelerator": ("state.params + self.lr *", "state.params + on_cpu() * self.lr *"),
    "jit_equals_eager": ("state.params + self.lr *", "state.params + traced(error) * self.lr *"),
    "metrics_are_as_declared": ("return x @ state.params", "return x @ state.params / 0.0"),
}
BROKEN_TASKS = {
    "task_documents_itself": ('"squared error on 256 noiseless test points"', '""'),
    "world_is_deterministic": (
        "noise = jax.random.normal(key, (257",
        "noise = jax.random.normal(jax.random.key(0), (257",
    ),
    "spec_is_static": ("Spec(dim=self.dim)", "jnp.zeros(self.dim)"),
    "stationary_worlds_stay": ("return world, Batch", "return (world[0] + 1.0, world[1]), Batch"),
    "task_lowers_for_an_accelerator": ("x @ world[0])", "x @ world[0] + on_cpu())"),
    "has_a_floor": ("def floor", "def flor"),
    "oracle_beats_floor": ("predict=lambda x: x @ world[0]", "predict=lambda x: x @ world[0] * 9.0"),
}
HELPERS = """
import dataclasses
import numpy as np


def traced(x):
    return 1.0 if isinstance(x, jax.core.Tracer) else 2.0


def on_cpu():
    return jax.lax.linalg.hessenberg(jnp.eye(3))[0].sum()


@jax.custom_batching.custom_vmap
def block(x):
    return jnp.ones_like(x)


@block.def_vmap
def _(size, batched, x):
    return 2.0 * jnp.ones_like(x), True
"""


def load(demo: Path, place: str, old: str = "", new: str = "") -> Any:
    """The model's class, from a file in which `old` is replaced by `new`."""
    text = (demo / place).read_text()
    assert old in text
    module = types.ModuleType(f"broken_{abs(hash((old, new)))}")
    file = demo / f"{module.__name__}.py"
    file.write_text(text.replace(old, new).replace("\nclass ", HELPERS + "\n\nclass ", 1) if old else text)
    module.__file__ = str(file)
    sys.modules[module.__name__] = module
    exec(compile(file.read_text(), file, "exec"), vars(module))
    found = [v for v in vars(module).values() if isinstance(v, type) and v.__module__ == module.__name__]
    return next(c for c in found if c.__name__ in ("Linear", "LeastMeanSquares"))


def failing(demo: Path, check: str, old: str, new: str) -> None:
    task = registry.load("tasks", "demo/linear")()
    METHOD_CHECKS[check](Subject(task, load(demo, METHOD, old, new)()))


@pytest.mark.parametrize("check", sorted(BROKEN_METHODS))
def test_a_broken_method_is_caught(check: str, demo: Path) -> None:
    with pytest.raises(Violation):
        failing(demo, check, *BROKEN_METHODS[check])


@pytest.mark.parametrize("check", sorted(BROKEN_TASKS))
def test_a_broken_task_is_caught(check: str, demo: Path) -> None:
    with pytest.raises(Violation):
        TASK_CHECKS[check](load(demo, TASK, *BROKEN_TASKS[check])())


def test_a_host_side_method_that_writes_into_its_batch_is_caught(demo: Path) -> None:
    class Host(load(demo, METHOD)):  # type: ignore[misc]
        """Writes into its batch."""

        compiled = False

        def update(self, state: Any, batch: Any, key: Any) -> Any:
            batch.x[:] = 0.0
            return state

    with pytest.raises(Violation, match="wrote into its batch"):
        METHOD_CHECKS["leaves_its_inputs_alone"](Subject(registry.load("tasks", "demo/linear")(), Host()))


def test_an_update_with_hidden_state_is_caught(demo: Path) -> None:
    """Two runs of one compiled program agree even with NumPy noise in it; the eager comparison tells."""
    old, new = "state.params + self.lr *", "state.params + float(np.random.uniform()) * self.lr *"
    with pytest.raises(Violation, match="eager"):
        failing(demo, "jit_equals_eager", old, new)


def test_every_check_has_a_plugin_that_breaks_it() -> None:
    covered = {*BROKEN_METHODS, *BROKEN_TASKS, "leaves_its_inputs_alone"}
    assert covered == {*METHOD_CHECKS, *TASK_CHECKS}


def test_the_model_passes_every_check(demo: Path) -> None:
    assert list(conformance.check_method("demo/least_mean_squares")) == []
    assert list(conformance.check_task("demo/linear")) == []
