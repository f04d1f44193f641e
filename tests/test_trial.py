"""Trials: the harness adds nothing to a hand-written loop; pairing, divergence and costs are as stated."""

import dataclasses
import math
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench import Method, Metric, Task
from toybench.engine import cells, programs, randomness, trial
from toybench.plugins import registry


@pytest.fixture
def linear(demo: Path) -> tuple[Task, Method]:
    return registry.load("tasks", "demo/linear")(), registry.load("methods", "demo/least_mean_squares")()


def by_hand(task: Task, method: Any, seed: int, steps: int) -> list[float]:
    """The protocol in ten lines: the metric at the start and at the end."""
    method = dataclasses.replace(method, spec=task.spec, steps=steps)
    world = task.sample(randomness.key("world", task.name, seed))
    state = method.init(randomness.key("init", method.name, seed))
    shown = jax.random.wrap_key_data(jnp.asarray(randomness.step_keys(steps, "stream", task.name, seed)))
    noise = jax.random.wrap_key_data(jnp.asarray(randomness.step_keys(steps, "update", method.name, seed)))

    def step(state: Any, keys: Any) -> Any:
        return method.update(state, task.draw(world, keys[0], None)[1], keys[1]), None

    def score(state: Any) -> float:
        error = method.predict(state, world[1]) - world[1] @ world[0]
        return float(jnp.mean(error**2))

    return [score(state), score(jax.lax.scan(step, state, (shown, noise))[0])]


def test_a_trial_is_the_hand_written_loop(linear: tuple[Task, Method]) -> None:
    task, method = linear
    outcomes, bill = trial.run(task, method, [3, 4], 20, 5)
    for outcome in outcomes:
        start, end = by_hand(task, method, outcome.seed, 20)
        np.testing.assert_allclose([outcome.curve["mse"][0], outcome.curve["mse"][-1]], [start, end], rtol=1e-5)
    assert bill.parameters == 4


def test_a_block_under_vmap_gives_what_a_loop_gives(linear: tuple[Task, Method]) -> None:
    loop, _ = trial.run(*linear, [0, 1, 2], 20, 5, block=1)
    block, _ = trial.run(*linear, [0, 1, 2], 20, 5, block=3)
    for a, b in zip(loop, block, strict=True):
        np.testing.assert_allclose(a.curve["mse"], b.curve["mse"], rtol=1e-5)


def test_a_block_that_is_too_large_is_split(linear: tuple[Task, Method]) -> None:
    """As on an accelerator, where a block is all seeds: what doesn't fit in the room runs in parts, in order."""
    seeds = [3, 1, 4, 15, 9]
    whole, bill = trial.run(*linear, seeds, 20, 5, block=5)
    room = bill.peak_bytes // 2
    parts, smaller = trial.run(*linear, seeds, 20, 5, block=5, room=room)
    assert 0 < smaller.peak_bytes <= room
    assert [o.seed for o in parts] == seeds
    for a, b in zip(whole, parts, strict=True):
        np.testing.assert_allclose(a.curve["mse"], b.curve["mse"], rtol=1e-5)
    alone, _ = trial.run(*linear, seeds, 20, 5, block=5, room=1)
    assert alone == trial.run(*linear, seeds, 20, 5, block=1)[0], "bit for bit; one seed runs, whatever it takes"


def test_a_seed_does_not_depend_on_its_company(linear: tuple[Task, Method]) -> None:
    alone, _ = trial.run(*linear, [7], 20, 5)
    among, _ = trial.run(*linear, [1, 7], 20, 5)
    assert alone[0] == among[1]


def test_two_methods_meet_the_same_problem(linear: tuple[Task, Method]) -> None:
    task, method = linear

    class Watcher(type(method)):  # type: ignore[misc]
        """Keeps the last batch it was shown as its answer."""

        def update(self, state: Any, batch: Any, key: Any) -> Any:
            return state._replace(params=batch.x[0])

    class Other(Watcher):
        """Another name, so other noise of its own."""

    one, other = (trial.run(task, cls(), [5], 20, 5)[0][0].curve["mse"] for cls in (Watcher, Other))
    assert one[1:] == other[1:]


def test_hyperparameters_are_traced(linear: tuple[Task, Method]) -> None:
    task, method = linear
    trial.run(task, method, [0], 20, 5)
    _, bill = trial.run(task, dataclasses.replace(method, lr=0.05), [0], 20, 5)  # type: ignore[call-arg]
    assert bill.compile == 0.0


def test_a_diverging_seed_is_dated_to_the_step() -> None:
    class Counter(NamedTuple):
        """Steps taken, and a number that breaks."""

        step: jax.Array
        value: jax.Array

    class Breaks(Method):
        """NaN from the 13th update on."""

        def init(self, key: Any) -> Counter:
            return Counter(step=jnp.zeros((), jnp.int32), value=jax.random.normal(key, ()))

        def update(self, state: Counter, batch: Any, key: Any) -> Counter:
            broken = jnp.where(state.step + 1 >= 13, jnp.nan, state.value)
            return Counter(step=state.step + 1, value=broken)

        def answer(self, state: Counter) -> Any:
            return jnp.where(jnp.isnan(state.value), 1.0, state.value)

    class Asks:
        """The interface."""

        def answer(self, state: Any) -> Any: ...

    class Plain(Task):
        """Any number will do."""

        interface = Asks
        metrics = {"value": Metric("min", "the answer")}

        @property
        def spec(self) -> int:
            return 0

        def sample(self, key: Any) -> Any:
            return jax.random.normal(key, (2,))

        def evaluate(self, world: Any, key: Any, learner: Any) -> dict:
            return {"value": learner.answer()}

    outcome = trial.run(Plain(), Breaks(), [0], 20, 5)[0][0]
    assert outcome.diverged_at == 13
    assert [math.isnan(v) for v in outcome.curve["value"]] == [False, False, False, False, True, True]


def test_a_learner_on_the_host_is_the_same_protocol(linear: tuple[Task, Method]) -> None:
    task, method = linear

    class Host(type(method)):  # type: ignore[misc]
        """The same rule in NumPy; its state is no pytree."""

        compiled = False

        def init(self, key: Any) -> dict:
            return {"w": np.asarray(super().init(key).params)}

        def update(self, state: dict, batch: Any, key: Any) -> dict:
            assert isinstance(batch.x, np.ndarray)
            error = batch.y - batch.x @ state["w"]
            return {"w": state["w"] + self.lr * np.mean(error[:, None] * batch.x, axis=0)}

        def predict(self, state: dict, x: Any) -> Any:
            return x @ state["w"]

    Host.name = method.name  # so that it draws the same start
    host, _ = trial.run(task, Host(), [0, 1], 20, 5)
    compiled, _ = trial.run(task, method, [0, 1], 20, 5)
    for a, b in zip(host, compiled, strict=True):
        np.testing.assert_allclose(a.curve["mse"], b.curve["mse"], rtol=1e-4)


def test_flops_are_of_one_update_times_the_updates(linear: tuple[Task, Method]) -> None:
    _, short = trial.run(*linear, [0], 20, 5)
    _, long = trial.run(*linear, [0], 40, 5)
    assert long.flops == 2 * short.flops
    # forward and backward pass of 16 x 4 products, and the update: a few hundred operations, not thousands
    assert 16 * 4 * 2 * 2 <= short.flops / 20 <= 2000


def test_flops_of_an_interactive_task_are_counted() -> None:
    task, method = registry.load("tasks", "bandits/stochastic_arms")(), registry.load("methods", "bandits/ucb1")()
    assert trial.run(task, method, [0], 40, 5)[1].flops == 2 * trial.run(task, method, [0], 20, 5)[1].flops > 0


def test_tuning_and_reporting_seeds_never_meet() -> None:
    assert all(registry.benchmark(s).first_seed + 100_000 < cells.TUNING for s in registry.studies())


def test_step_keys_are_a_prefix_of_longer_ones() -> None:
    np.testing.assert_array_equal(randomness.step_keys(5, "a", 1), randomness.step_keys(9, "a", 1)[:5])
    assert (randomness.step_keys(5, "a", 1) != randomness.step_keys(5, "a", 2)).any()


def test_golden_trial(linear: tuple[Task, Method]) -> None:
    """Numbers that only a new protocol version may change (up to what another CPU's rounding does)."""
    outcome = trial.run(*linear, [0], 20, 5)[0][0]
    np.testing.assert_allclose(outcome.curve["mse"], GOLDEN, rtol=2e-5)


GOLDEN = [3.858134, 1.886028, 0.779621, 0.238253, 0.11466, 0.051632]


def maps() -> int:
    """Maps of memory that this process has."""
    return Path("/proc/self/maps").read_text(encoding="utf-8").count("\n")


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="memory maps are counted on Linux only")
def test_forgetting_frees_the_maps_of_every_program_also_of_plain_jit() -> None:
    """Tests call `jax.jit` themselves; what they compiled is dropped between modules."""
    programs = [jax.jit(lambda x, i=i: x * i + 1.0) for i in range(40)]
    programs[0](jnp.ones(3))  # the first brings the compiler's own
    trial.forget()
    before = maps()
    for program in programs:
        program(jnp.ones(3))
    held = maps() - before
    trial.forget()
    assert held >= 2 * len(programs)
    assert maps() - before < held / 4


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="memory maps are counted on Linux only")
def test_a_process_forgets_programs_before_it_has_too_many(
    linear: tuple[Task, Method], monkeypatch: pytest.MonkeyPatch
) -> None:
    """LLVM can't allocate memory, and the process dies, where it has more maps of memory than Linux allows."""

    first, _ = trial.run(*linear, [0], 20, 5)
    held, before = len(programs.Program.compiled), maps()
    monkeypatch.setattr(programs, "KEPT", 0)
    monkeypatch.setattr(trial, "_run_block", lambda *_: first)
    assert trial.run(*linear, [0], 20, 5)[0] == first
    assert held > 0 == len(programs.Program.compiled)
    assert maps() < before - 10 * held, "JAX still holds them"
    monkeypatch.undo()
    assert trial.run(*linear, [0], 20, 5)[0] == first
