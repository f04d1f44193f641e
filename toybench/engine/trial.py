"""Trials: the protocol, compiled once per structure and run for a block of seeds.

On CPU a block is one seed: the compiled trial runs seed after seed, so bits don't depend on the
company a seed keeps, branches stay branches, and compilation is cheapest. On an accelerator the
block is a `vmap` over seeds. Both give the same numbers up to rounding.
"""

import functools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from toybench.engine import lowering, pricing, randomness, runtime
from toybench.protocol import Learner, Method, Task, learns

KEPT = 128  # compiled programs in a process; each takes some hundred maps of memory, and Linux allows 65,530

lowering.install()


@dataclass
class Bill:
    """Seconds and sizes that add up while a cell runs; see `records.Cost`."""

    trace: float = 0.0
    compile: float = 0.0
    sample: float = 0.0
    run: float = 0.0
    evaluate: float = 0.0
    flops: float = 0.0
    miscounted: list[str] | None = None
    peak_bytes: int = 0
    parameters: int = 0
    programs: set = field(default_factory=set)
    room: int | None = None  # bytes that one program may take; a block of seeds that needs more is split


class _TooLarge(Exception):
    """A program for a block of seeds would take `args[0]` bytes, more than there is room for."""


@dataclass(frozen=True)
class Outcome:
    """One seed: metrics at every checkpoint (the last are the final ones), and where it diverged, if it did."""

    seed: int
    curve: dict[str, list[float]]  # finite, or NaN from the divergence on
    diverged_at: int | None


@dataclass(frozen=True)
class Priced:
    """A compiled program: its FLOPs by XLA's count, what that gets wrong in an update, and the bytes that it takes."""

    call: Callable
    flops: float
    miscounted: list[str] | None
    size: int


class Program:
    """A function compiled ahead of time, once per structure of its arguments, with its price.

    `axes` says which arguments differ between seeds (0) and which are shared (None). `loops`: it makes updates, one for
    each of the keys [..., updates, 2] that are its last argument.
    """

    compiled: ClassVar[dict[Any, Priced]] = {}  # of every function and structure

    def __init__(self, function: Callable, axes: tuple, loops: bool = False):
        self.function, self.axes, self.name, self.loops = function, axes, function.__name__, loops

    def __call__(self, bill: Bill, block: int, *args: Any) -> Any:
        leaves, tree = jax.tree.flatten(args)
        structure = (
            self.function,
            block,
            tree,
            tuple((x.shape, x.dtype, getattr(x, "weak_type", False)) for x in leaves),
        )
        if structure not in self.compiled:
            self.compiled[structure] = self._compile(bill, block, args)
        priced = self.compiled[structure]
        if bill.room is not None and priced.size > bill.room and block > 1:
            raise _TooLarge(priced.size)
        if self.name not in ("sample", "stream"):
            bill.programs.add(structure)
        if self.loops:
            bill.flops = priced.flops / block
            bill.miscounted = priced.miscounted
            bill.peak_bytes = max(bill.peak_bytes, priced.size)
        return priced.call(*args)

    def trace(self, block: int, args: Any) -> Any:
        """The function of a block of seeds, traced."""
        function = self.function if block == 1 else jax.vmap(self.function, self.axes)
        return jax.jit(function).trace(*args)

    def lower(self, block: int, args: Any, platform: str | None = None) -> Any:
        """The function of a block of seeds, traced and lowered for JAX's own platform or another, present or not."""
        return self.trace(block, args).lower(lowering_platforms=(platform,) if platform else None)

    def _compile(self, bill: Bill, block: int, args: Any) -> Priced:
        start = time.perf_counter()
        program = self.trace(block, args)
        lowered = program.lower()
        traced = time.perf_counter()
        updates = jax.tree.leaves(args[-1])[0].shape[-2] if self.loops else 0
        compiled = lowered.compile(compiler_options=dict(runtime.options(updates)))
        bill.trace += traced - start
        bill.compile += time.perf_counter() - traced
        memory, cost = compiled.memory_analysis(), lowered.cost_analysis() or {}
        size = memory.argument_size_in_bytes + memory.output_size_in_bytes + memory.temp_size_in_bytes if memory else 0
        wrong = pricing.miscounted(program.jaxpr, updates) if self.loops else None
        return Priced(call=compiled, flops=float(cost.get("flops", 0.0)), miscounted=wrong, size=int(size))


def sample(task: Task, key: Any) -> Any:
    """(world, given): a problem instance and its public constants."""
    world = task.sample(key)
    return world, task.given(world)


def init(method: Method, given: Any, key: Any) -> Any:
    """The learner's state before the first batch."""
    state = replace(method, given=given).init(key)
    return jax.tree.map(lambda x: jnp.asarray(x, x.dtype), state)  # no weak types: the loop's carry keeps its type


def stream(task: Task, world: Any, keys: Any) -> tuple[Any, Any]:
    """(world, batches): what a task that isn't interactive shows over `len(keys)` steps."""
    moved, batches = jax.lax.scan(lambda w, k: task.draw(w, k, None), world, _typed(keys))
    return (world if task.kind == "stationary" else moved), batches


def advance(method: Method, given: Any, state: Any, batches: Any, keys: Any) -> tuple[Any, Any]:
    """(state, healthy) after one update per batch."""
    method = replace(method, given=given)
    state, _ = jax.lax.scan(lambda s, x: (method.update(s, x[0], x[1]), None), state, (batches, _typed(keys)))
    return state, ~_has_nan(state)


def interact(task: Task, method: Method, given: Any, world: Any, state: Any, keys: Any) -> tuple[Any, Any, Any]:
    """(world, state, healthy) after steps in which the task asks the learner."""
    method = replace(method, given=given)

    def step(carry: Any, keys: Any) -> tuple[Any, None]:
        world, batch = task.draw(carry[0], keys[0], Learner(method, carry[1]))
        return (world, method.update(carry[1], batch, keys[1])), None

    (world, state), _ = jax.lax.scan(step, (world, state), _typed(keys))
    return world, state, ~_has_nan(state)


def evaluate(task: Task, method: Method, given: Any, world: Any, state: Any, key: Any) -> dict[str, Any]:
    """Every metric of the task, as float32 scalars."""
    return _scalars(task.evaluate(world, key, Learner(replace(method, given=given), state)))


def refer(task: Task, which: str, world: Any, key: Any) -> dict[str, Any]:
    """Every metric of a reference learner: floor, chance or oracle."""
    return _scalars(task.evaluate(world, key, getattr(task, which)(world)))


def locate(method: Method, given: Any, state: Any, batches: Any, keys: Any) -> Any:
    """Index of the first update in the segment that leaves a NaN in the state."""
    method = replace(method, given=given)

    def step(state: Any, x: Any) -> tuple[Any, Any]:
        state = method.update(state, x[0], x[1])
        return state, _has_nan(state)

    return jnp.argmax(jax.lax.scan(step, state, (batches, _typed(keys)))[1])


_sample, _init, _stream = Program(sample, (None, 0)), Program(init, (None, 0, 0)), Program(stream, (None, 0, 0))
_advance = Program(advance, (None, 0, 0, 0, 0), loops=True)
_interact = Program(interact, (None, None, 0, 0, 0, 0), loops=True)
_locate, _evaluate = Program(locate, (None, 0, 0, 0, 0)), Program(evaluate, (None, None, 0, 0, 0, 0))


@functools.lru_cache(maxsize=64)
def _reference(which: str) -> Program:
    def reference(task: Task, world: Any, key: Any) -> Any:
        return refer(task, which, world, key)

    return Program(reference, (None, 0, 0))


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
        keys = _keys(task, "world", seeds)
        return self._once(("sample", *seeds), bill, lambda: _sample(bill, len(seeds), _traced(task), keys))

    def stream(self, task: Task, world: Any, seeds: list[int], first: int, keys: np.ndarray, bill: Bill) -> Any:
        """(world, batches) of the steps from `first` on; `keys` are theirs. Asked for after `world`."""
        place = ("stream", first, keys.shape[-2], *seeds)
        return self._once(place, bill, lambda: _stream(bill, len(seeds), _traced(task), world, keys))

    def _once(self, place: tuple, bill: Bill, compute: Callable[[], Any]) -> Any:
        bill.programs.add(place[0])  # counted also where its work is shared
        if place in self.known:
            return self.known[place]
        start, spent = time.perf_counter(), bill.trace + bill.compile
        found = jax.block_until_ready(compute())
        bill.sample += time.perf_counter() - start - (bill.trace + bill.compile - spent)
        size = sum(x.nbytes for x in jax.tree.leaves(found))
        if self.size + size <= self.room:
            self.known[place], self.size = found, self.size + size
        return found


_shared = Shared()


def forget() -> None:
    """Drop the compiled programs, and the worlds and streams at hand."""
    _forget_programs()
    _shared.begin(None)


def _forget_programs() -> None:
    Program.compiled.clear()
    jax.clear_caches()  # they hold the programs too


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
    if len(Program.compiled) > KEPT:
        _forget_programs()
    block = block or (1 if jax.default_backend() == "cpu" else len(seeds))
    bill, outcomes, left = Bill(room=room or _device_room()), [], list(seeds)
    while left:
        some = left[:block]
        try:
            if isinstance(method, str):
                found = _run_reference(task, method, some, bill)
            elif method.compiled:
                found = _run_block(task, _bind(task, method, steps), some, steps, checkpoints, bill)
            else:
                found = [_run_host(task, _bind(task, method, steps), s, steps, checkpoints, bill) for s in some]
        except _TooLarge as error:
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


def _run_block(task: Task, method: Method, seeds: list[int], steps: int, checkpoints: int, bill: Bill) -> list[Outcome]:
    """The protocol for a block of seeds, compiled."""
    world, given = _shared.world(task, seeds, bill)
    plain, block, task, method = task, len(seeds), _traced(task), _traced(method)
    state = _init(bill, block, method, given, _keys(method, "init", seeds))
    bill.parameters = sum(int(x.size) for x in jax.tree.leaves(method.parameters(state))) // block
    drawn = _step_keys(task, "stream", seeds, steps)
    noise = _step_keys(method, "update", seeds, steps)
    judged = _keys(task, "evaluate", seeds)
    curves: list[dict[str, np.ndarray]] = []
    diverged = np.full(block, -1)

    def judge() -> None:
        start, spent = time.perf_counter(), bill.trace + bill.compile
        curves.append(jax.device_get(_evaluate(bill, block, task, method, given, world, state, judged)))
        bill.evaluate += time.perf_counter() - start - (bill.trace + bill.compile - spent)

    judge()
    length = steps // checkpoints if checkpoints else 0
    for first in range(0, steps, length) if length else ():
        window = np.s_[..., first : first + length, :]
        if task.kind == "interactive":
            keys = (drawn[window], noise[window])
            start, spent = time.perf_counter(), bill.trace + bill.compile
            world, state, healthy = _interact(bill, block, task, method, given, world, state, keys)
        else:
            world, batches = _shared.stream(plain, world, seeds, first, drawn[window], bill)
            before = state
            start, spent = time.perf_counter(), bill.trace + bill.compile
            state, healthy = _advance(bill, block, method, given, state, batches, noise[window])
        newly = ~np.atleast_1d(jax.device_get(healthy)) & (diverged < 0)
        bill.run += time.perf_counter() - start - (bill.trace + bill.compile - spent)
        if newly.any():
            at = np.full(block, length - 1)
            if task.kind != "interactive":
                at = np.atleast_1d(_locate(bill, block, method, given, before, batches, noise[window]))
            diverged = np.where(newly, first + at + 1, diverged)
        judge()
    bill.flops *= steps
    return _outcomes(seeds, curves, diverged, length)


def _run_reference(task: Task, which: str, seeds: list[int], bill: Bill) -> list[Outcome]:
    world, _ = _shared.world(task, seeds, bill)
    block, task = len(seeds), _traced(task)
    start, spent = time.perf_counter(), bill.trace + bill.compile
    metrics = jax.device_get(_reference(which)(bill, block, task, world, _keys(task, "evaluate", seeds)))
    bill.evaluate += time.perf_counter() - start - (bill.trace + bill.compile - spent)
    return _outcomes(seeds, [metrics], np.full(block, -1), 0)


def _run_host(task: Task, method: Method, seed: int, steps: int, checkpoints: int, bill: Bill) -> Outcome:
    """The protocol for a learner that can't be compiled: batches are NumPy arrays, one update after another."""
    world, given = _shared.world(task, [seed], bill)
    plain, task = task, _traced(task)
    method = replace(method, given=given)
    state = method.init(_keys(method, "init", [seed]))
    drawn, noise = (_step_keys(o, r, [seed], steps) for o, r in ((task, "stream"), (method, "update")))
    curves, diverged, length = [], -1, steps // checkpoints if checkpoints else 0

    def judge() -> None:
        start = time.perf_counter()
        metrics = task.evaluate(world, _keys(task, "evaluate", [seed]), Learner(method, state))
        curves.append(jax.device_get(_scalars(metrics)))
        bill.evaluate += time.perf_counter() - start

    judge()
    for step in range(steps):
        if task.kind == "interactive":
            world, batch = task.draw(world, _typed(drawn[step]), Learner(method, state))
        else:
            if step % length == 0:
                after, batches = _shared.stream(plain, world, [seed], step, drawn[step : step + length], bill)
                batches = jax.device_get(batches)
            batch = jax.tree.map(lambda x, i=step % length: x[i], batches)
        start = time.perf_counter()
        state = method.update(state, batch, _typed(noise[step]))
        bill.run += time.perf_counter() - start
        if (step + 1) % length == 0:
            world = world if task.kind == "interactive" else after
            judge()
    return _outcomes([seed], curves, np.array([diverged]), length)[0]


def _outcomes(seeds: list[int], curves: list[dict], diverged: np.ndarray, length: int) -> list[Outcome]:
    """Per-seed curves; from the first NaN on everything is NaN, and an unseen cause is dated by its checkpoint."""
    found = []
    for i, seed in enumerate(seeds):
        curve = {name: [float(np.atleast_1d(point[name])[i]) for point in curves] for name in curves[0]}
        bad = [c for c in range(len(curves)) if not all(np.isfinite(v[c]) for v in curve.values())]
        at = int(diverged[i]) if diverged[i] >= 0 else bad[0] * length if bad else None
        if at is not None:
            first = -(-at // length) if length else 0
            curve = {k: [v if c < first else float("nan") for c, v in enumerate(vs)] for k, vs in curve.items()}
        found.append(Outcome(seed=seed, curve=curve, diverged_at=at))
    return found


def _traced(fields: Any) -> Any:
    return jax.tree.map(lambda v: jnp.asarray(v, jnp.float32), fields)


def _typed(keys: Any) -> Any:
    return jax.tree.map(jax.random.wrap_key_data, keys)


def _keys(owner: Any, role: str, seeds: list[int]) -> Any:
    keys = [randomness.key(role, owner.name, seed) for seed in seeds]
    return keys[0] if len(keys) == 1 else jnp.stack(keys)


def _step_keys(owner: Any, role: str, seeds: list[int], steps: int) -> np.ndarray:
    keys = [randomness.step_keys(steps, role, owner.name, seed) for seed in seeds]
    return keys[0] if len(keys) == 1 else np.stack(keys)


def _has_nan(state: Any) -> Any:
    floats = [x for x in jax.tree.leaves(state) if jnp.issubdtype(x.dtype, jnp.floating)]
    return jnp.any(jnp.stack([jnp.isnan(x).any() for x in floats])) if floats else jnp.array(False)


def _scalars(metrics: dict[str, Any]) -> dict[str, Any]:
    return {k: jnp.asarray(v, jnp.float32).reshape(()) for k, v in metrics.items()}
