"""Deliberately broken plug-ins: each conformance check fires, and the working model passes all of them."""

import sys
import types
from pathlib import Path
from typing import Any

import pytest
from helpers import added, write

from toybench.guard import checks, conformance
from toybench.guard.checks import Violation
from toybench.guard.conformance import METHOD_CHECKS, TASK_CHECKS, Subject
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
    "seeds_are_apart": ("state.params + self.lr *", "state.params + calls(error) * self.lr *"),
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
    "batches_are_deterministic": ("(16, self.dim + 1))", "(16, self.dim + 1)) * float(np.random.normal())"),
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


CALLS = []


def calls(x):
    def count(x):
        CALLS.append(1)
        return np.float32(len(CALLS))

    return jax.pure_callback(count, jax.ShapeDtypeStruct((), jnp.float32), x.sum())


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
    """Two runs of one compiled program agree even where it counts its traces; the eager comparison tells."""
    old, new = "state.params + self.lr *", "state.params + float(len(CALLS.append(1) or CALLS)) * self.lr *"
    with pytest.raises(Violation, match="eager"):
        failing(demo, "jit_equals_eager", old, new)


@pytest.mark.parametrize("leak", ["KEPT.append(batch.y[0])", "KEPT.append(batch.y[0]) if not KEPT else None"])
def test_a_host_side_method_that_keeps_something_of_a_seed_is_caught(leak: str, demo: Path) -> None:
    """Of all seeds, or of the first: then a block of seeds that is extended differs from one that is run at once."""
    old, new = "    space =", "    compiled = False\n    space ="
    method = load(demo, METHOD, old, new)
    file = Path(sys.modules[method.__module__].__file__ or "")
    kept = "        error = batch.y"
    text = file.read_text(encoding="utf-8").replace(kept, f"        {leak}\n        error = sum(KEPT) + batch.y")
    task = registry.load("tasks", "demo/linear")()
    METHOD_CHECKS["seeds_are_apart"](Subject(task, method()))
    file.write_text(text.replace("class State", "KEPT = []\n\n\nclass State", 1), encoding="utf-8")
    with pytest.raises(Violation, match="keep nothing outside the state"):
        METHOD_CHECKS["seeds_are_apart"](Subject(task, method()))


def test_a_world_with_hidden_randomness_is_caught(demo: Path) -> None:
    task = load(demo, TASK, "(257, self.dim))", "(257, self.dim)) * float(np.random.normal())")()
    with pytest.raises(Violation, match="two worlds for one key"):
        TASK_CHECKS["world_is_deterministic"](task)


def test_a_library_s_own_arithmetic_is_accepted(demo: Path, tmp_path: Path) -> None:
    """optax.adam raises a Python float to an int32: strict JAX would convert nothing there."""
    edits = {
        "import jax.numpy as jnp": "import jax.numpy as jnp\nimport optax",
        "    params: jax.Array": "    params: jax.Array\n    optimizer: optax.OptState",
        "return State(params=0.1 *": "params = (0.1 *",
        "(self.spec.dim,)))": "(self.spec.dim,)))\n"
        "        return State(params=params, optimizer=optax.adam(self.lr).init(params))",
        "return State(params=state.params + self.lr * jnp": "gradient = (-jnp",
        "axis=0))": "axis=0))\n"
        "        step, optimizer = optax.adam(self.lr).update(gradient, state.optimizer)\n"
        "        return State(params=optax.apply_updates(state.params, step), optimizer=optimizer)",
    }
    write(demo, tmp_path, "plain_adam", edits)
    with added(tmp_path):
        found = conformance.check_method("demo/plain_adam")
    assert checks.failures(found) == []
    assert sum(f.state == "passed" for f in found) == len(METHOD_CHECKS) - 1


OFFENCES = {
    "types": (
        "error[:, None] * batch.x",
        "error[:, None] * jnp.arange(4) * batch.x",
        "numbers of two types meet; cast",
    ),
    "axes": ("error[:, None] * batch.x", "error[:4] * batch.x", "unequal numbers of axes meet; add the missing axes"),
    "traced": ("error[:, None] * batch.x", "error[:, None] * (2 if self.lr > 0 else 1)", "asks for the value of a num"),
    "warning": (
        "error[:, None]",
        "(error[:, None], warnings.warn('old', stacklevel=1))[0]",
        "warns 'old'; warnings are",
    ),
}


@pytest.mark.parametrize("offence", OFFENCES)
def test_an_offence_against_strictness_names_its_line_once(offence: str, demo: Path, tmp_path: Path) -> None:
    old, new, sentence = OFFENCES[offence]
    write(demo, tmp_path, f"not_strict_{offence}", {old: new, "import jax\n": "import warnings\n\nimport jax\n"})
    with added(tmp_path):
        found = conformance.check_method(f"demo/not_strict_{offence}")
    [said] = checks.failures(found)
    assert sentence in said
    assert f"methods/demo/not_strict_{offence}.py:41: " in said
    assert said.count(",") >= 4  # several checks fail for it


def test_what_does_not_apply_is_told_apart_from_what_passes(demo: Path, tmp_path: Path) -> None:
    write(demo, tmp_path, "on_the_host", {"    space =": "    compiled = False\n    space ="})
    with added(tmp_path):
        found = conformance.check_method("demo/on_the_host")
    states = {finding.check: finding.state for finding in found}
    assert states["leaves_its_inputs_alone"] == states["seeds_are_apart"] == "passed"
    assert states["does_not_recompile"] == states["lowers_for_an_accelerator"] == "not_applicable"
    assert checks.summary(found) == "9 checks passed, 6 don't apply (it runs on the host)"


def test_every_check_has_a_plugin_that_breaks_it() -> None:
    covered = {*BROKEN_METHODS, *BROKEN_TASKS, "leaves_its_inputs_alone"}
    assert covered == {*METHOD_CHECKS, *TASK_CHECKS}


def test_the_model_passes_every_check(demo: Path) -> None:
    method, task = conformance.check_method("demo/least_mean_squares"), conformance.check_task("demo/linear")
    assert [f.check for f in [*method, *task] if f.state != "passed"] == ["leaves_its_inputs_alone"]
