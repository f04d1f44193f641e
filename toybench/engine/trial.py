"""Trials: the protocol, compiled once per structure and run for a block of seeds.

On CPU a block is one seed: the compiled trial runs seed after seed, so bits don't depend on the
company a seed keeps, branches stay branches, and compilation is cheapest. On an accelerator the
block is a `vmap` over seeds. Both give the same numbers up to rounding.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from toybench.engine import programs, randomness
from toybench.engine.programs import Bill, Program, TooLarge, traced, typed
from toybench.protocol import Learner, Method, Task, learns


@dataclass(frozen=True)
class Outcome:
    """One seed: metrics at every checkpoint (the last are the final ones), and where it diverged, if it did."""

    seed: int
    curve: dict[str, list[float]]  # finite, or NaN from the divergence on
    diverged_at: int | None


class Shared:
    """What doesn't depend on the learner, computed once for the methods that follow one another on a task.

    Worlds and streams of the task that ran last, by block of seeds; streams as long as they fit in `room` bytes.
    """

    room = 2**30

    def __init__(self) -> None:
        self.begin(None)

    def begin(self, task: Task | None) -> None:
        """Drop what is known, of another task."""
        self.task = task
        self.known: dict[tuple, Any] = {}
        self.size = 0

    def world(self, task: Task, seeds: list[int], bill: Bill) -> Any:
        """(world, given) of a block of seeds."""
        if self.task != task or type(self.task) is not type(task):
            self.begin(task)
        each = keys(task, "world", seeds)
        return self._once(("sample", *seeds), bill, lambda: programs.SAMPLE(bill, len(seeds), traced(task), each))

    def stream(self, task: Task, world: Any, seeds: list[int], first: int, keys: np.ndarray, bill: Bill) -> Any:
        """(world, batches) of the steps from `first` on; `keys` are theirs. Asked for after `world`."""
        place = ("stream", first, keys.shape[-2], *seeds)
        return self._once(place, bill, lambda: programs.STREAM(bill, len(seeds), traced(task), world, keys))

    def _once(self, place: tuple, bill: Bill, compute: Callable[[], Any]) -> Any:
        bill.programs.add(place[0])  # counted also where its work is shared
        if place in self.known:
            return self.known[place]
        with bill.timing("sample"):
            found = jax.block_until_ready(compute())
        size = sum(x.nbytes for x in jax.tree.leaves(found))
        if self.size + size <= self.room:
            self.known[place] = found
            self.size += size
        return found


shared = Shared()


def forget() -> None:
    """Drop the compiled programs, and the worlds and streams at hand."""
    programs.forget()
    shared.begin(None)


def run(
    task: Task,
    method: Method | str,
    seeds: Sequence[int],
    steps: int,
    checkpoints: int,
    block: int | None = None,
    room: int | None = None,
) -> tuple[list[Outcome], Bill]:
    """Run a cell: every seed of it, and what that cost.

    Args:
      method: a method, or the name of one of the task's references.
      steps: updates, a multiple of `checkpoints`.
      block: seeds at a time; by default one on CPU and all of them on an accelerator.
      room: bytes that a program may take, by XLA's analysis of its memory; a block that needs more is split. By default
        most of an accelerator's memory.
    """
    if len(Program.compiled) > programs.KEPT:
        programs.forget()
    block = block or (1 if jax.default_backend() == "cpu" else len(seeds))
    bill = Bill(room=room or _device_room())
    outcomes: list[Outcome] = []
    left = list(seeds)
    while left:
        some = left[:block]
        try:
            if isinstance(method, str):
                found = _run_reference(task, method, some, bill)
            elif method.compiled:
                found = _run_block(task, _bind(task, method, steps), some, steps, checkpoints, bill)
            else:
                found = [_run_host(task, _bind(task, method, steps), s, steps, checkpoints, bill) for s in some]
        except TooLarge as error:
            block = min(len(some) - 1, max(1, len(some) * (bill.room or 0) // error.args[0]))
            continue
        outcomes += found
        left = left[block:]
    return outcomes, bill


def _device_room() -> int | None:
    """Nine tenths of the memory that JAX may use on its device; None on CPU, where a block is one seed anyway."""
    known = jax.local_devices()[0].memory_stats() or {}
    return int(0.9 * known["bytes_limit"]) if "bytes_limit" in known else None


def updates(task: Task, method: Method | str, steps: int) -> int:
    """How many of `steps` this method takes: none if it neither learns nor is asked while the world moves."""
    idle = isinstance(method, str) or not (learns(method) or task.kind != "stationary")
    return 0 if idle else steps


def _bind(task: Task, method: Method, steps: int) -> Method:
    return replace(method, spec=task.spec, steps=steps)


@dataclass
class _Course:
    """A block's way through its steps: metrics at every checkpoint, and the update at which each seed diverged, or -1.

    Attributes:
      length: updates between two checkpoints; 0 where there are none.
    """

    seeds: list[int]
    steps: int
    length: int
    curves: list[dict[str, np.ndarray]] = field(default_factory=list)
    diverged: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.diverged = np.full(len(self.seeds), -1)

    def segments(self) -> range:
        """The first updates of the segments between checkpoints."""
        return range(0, self.steps, self.length) if self.length else range(0)

    def mark(self, newly: np.ndarray, at: Any) -> None:
        """Seeds that have just diverged, and at which updates, from 1."""
        self.diverged = np.where(newly, np.atleast_1d(at), self.diverged)

    def outcomes(self) -> list[Outcome]:
        """Per-seed curves; from the first NaN on everything is NaN, and an unseen cause is dated by its checkpoint."""
        return [self._outcome(i, seed) for i, seed in enumerate(self.seeds)]

    def _outcome(self, i: int, seed: int) -> Outcome:
        curve = {name: [float(np.atleast_1d(point[name])[i]) for point in self.curves] for name in self.curves[0]}
        bad = [c for c in range(len(self.curves)) if not all(np.isfinite(v[c]) for v in curve.values())]
        at = int(self.diverged[i]) if self.diverged[i] >= 0 else bad[0] * self.length if bad else None
        if at is not None:
            first = -(-at // self.length) if self.length else 0
            curve = {k: [v if c < first else float("nan") for c, v in enumerate(vs)] for k, vs in curve.items()}
        return Outcome(seed=seed, curve=curve, diverged_at=at)


def _course(seeds: list[int], steps: int, checkpoints: int) -> _Course:
    return _Course(seeds=seeds, steps=steps, length=steps // checkpoints if checkpoints else 0)


def _run_block(task: Task, method: Method, seeds: list[int], steps: int, checkpoints: int, bill: Bill) -> list[Outcome]:
    """The protocol for a block of seeds, compiled."""
    world, given = shared.world(task, seeds, bill)
    run = _Block(task=task, method=traced(method), given=given, seeds=seeds, bill=bill)
    state = programs.INIT(bill, len(seeds), run.method, given, keys(method, "init", seeds))
    bill.parameters = sum(int(x.size) for x in jax.tree.leaves(method.parameters(state))) // len(seeds)
    drawn = step_keys(task, "stream", seeds, steps)
    noise = step_keys(method, "update", seeds, steps)
    course = _course(seeds, steps, checkpoints)
    course.curves.append(run.judge(world, state))
    for first in course.segments():
        window = np.s_[..., first : first + course.length, :]
        if task.kind == "interactive":
            world, state, healthy = run.interact(world, state, drawn[window], noise[window])
            at = course.length - 1
        else:
            world, batches = shared.stream(task, world, seeds, first, drawn[window], bill)
            before = state
            state, healthy = run.advance(state, batches, noise[window])
        newly = ~healthy & (course.diverged < 0)
        if newly.any():
            if task.kind != "interactive":
                at = programs.LOCATE(bill, len(seeds), run.method, given, before, batches, noise[window])
            course.mark(newly, first + at + 1)
        course.curves.append(run.judge(world, state))
    bill.flops *= steps
    return course.outcomes()


@dataclass(frozen=True)
class _Block:
    """What the compiled steps of a block of seeds have in common; `method` is traced."""

    task: Task
    method: Method
    given: Any
    seeds: list[int]
    bill: Bill

    def judge(self, world: Any, state: Any) -> dict[str, np.ndarray]:
        """Every metric, by seed."""
        judged = keys(self.task, "evaluate", self.seeds)
        with self.bill.timing("evaluate"):
            found = programs.EVALUATE(
                self.bill, len(self.seeds), traced(self.task), self.method, self.given, world, state, judged
            )
            return jax.device_get(found)

    def interact(self, world: Any, state: Any, drawn: Any, noise: Any) -> tuple[Any, Any, np.ndarray]:
        """(world, state, which seeds are healthy) after a segment in which the task asks the learner."""
        with self.bill.timing("run"):
            world, state, healthy = programs.INTERACT(
                self.bill, len(self.seeds), traced(self.task), self.method, self.given, world, state, (drawn, noise)
            )
            return world, state, np.atleast_1d(jax.device_get(healthy))

    def advance(self, state: Any, batches: Any, noise: Any) -> tuple[Any, np.ndarray]:
        """(state, which seeds are healthy) after an update on each batch."""
        with self.bill.timing("run"):
            state, healthy = programs.ADVANCE(
                self.bill, len(self.seeds), self.method, self.given, state, batches, noise
            )
            return state, np.atleast_1d(jax.device_get(healthy))


def _run_reference(task: Task, which: str, seeds: list[int], bill: Bill) -> list[Outcome]:
    world, _ = shared.world(task, seeds, bill)
    course = _course(seeds, steps=0, checkpoints=0)
    program = programs.reference(which)
    with bill.timing("evaluate"):
        found = program(bill, len(seeds), traced(task), world, keys(task, "evaluate", seeds))
        course.curves.append(jax.device_get(found))
    return course.outcomes()


def _run_host(task: Task, method: Method, seed: int, steps: int, checkpoints: int, bill: Bill) -> Outcome:
    """The protocol for a learner that can't be compiled: batches are NumPy arrays, one update after another."""
    world, given = shared.world(task, [seed], bill)
    method = replace(method, given=given)
    state = method.init(keys(method, "init", [seed]))
    drawn = step_keys(task, "stream", [seed], steps)
    noise = step_keys(method, "update", [seed], steps)
    course = _course([seed], steps, checkpoints)
    course.curves.append(_judge_on_host(task, Learner(method, state), world, seed, bill))
    for first in course.segments():
        segment = range(first, first + course.length)
        if task.kind == "interactive":
            for step in segment:
                world, batch = traced(task).draw(world, typed(drawn[step]), Learner(method, state))
                state = _update_on_host(method, state, batch, noise[step], bill)
        else:
            world_after, batches = shared.stream(task, world, [seed], first, drawn[first : segment.stop], bill)
            batches = jax.device_get(batches)
            for step in segment:
                batch = jax.tree.map(lambda x, i=step - first: x[i], batches)
                state = _update_on_host(method, state, batch, noise[step], bill)
            world = world_after
        course.curves.append(_judge_on_host(task, Learner(method, state), world, seed, bill))
    return course.outcomes()[0]


def _update_on_host(method: Method, state: Any, batch: Any, noise: Any, bill: Bill) -> Any:
    with bill.timing("run"):
        return method.update(state, batch, typed(noise))


def _judge_on_host(task: Task, learner: Learner, world: Any, seed: int, bill: Bill) -> dict[str, np.ndarray]:
    with bill.timing("evaluate"):
        metrics = traced(task).evaluate(world, keys(task, "evaluate", [seed]), learner)
        return jax.device_get(programs.scalars(metrics))


def keys(owner: Any, role: str, seeds: list[int]) -> Any:
    """Keys of a task or method in a role, one a seed; without an axis for one seed."""
    found = [randomness.key(role, owner.name, seed) for seed in seeds]
    return found[0] if len(found) == 1 else jnp.stack(found)


def step_keys(owner: Any, role: str, seeds: list[int], steps: int) -> np.ndarray:
    """Data of keys, uint32 [seeds, steps, 2], one a step; without the first axis for one seed."""
    found = [randomness.step_keys(steps, role, owner.name, seed) for seed in seeds]
    return found[0] if len(found) == 1 else np.stack(found)
