"""The compiled parts of a trial: functions of arrays, compiled once per structure, with what they cost.

Shapes: a block of one seed has no axis for seeds; a larger one has it first, in every argument that differs by seed.
"""

import contextlib
import functools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from toybench.engine import lowering, pricing, runtime
from toybench.protocol import Learner, Method, Task

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

    @contextlib.contextmanager
    def timing(self, part: str) -> Iterator[None]:
        """Add the seconds that pass inside to a part of the bill, but those of tracing and compiling."""
        start = time.perf_counter()
        before = self.trace + self.compile
        yield
        compiled = self.trace + self.compile - before
        setattr(self, part, getattr(self, part) + time.perf_counter() - start - compiled)


class TooLarge(Exception):
    """A program for a block of seeds would take `args[0]` bytes, more than there is room for."""


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
        self.function = function
        self.axes = axes
        self.name = function.__name__
        self.loops = loops

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
            raise TooLarge(priced.size)
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
        memory = compiled.memory_analysis()
        cost = lowered.cost_analysis() or {}
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
    moved, batches = jax.lax.scan(lambda w, k: task.draw(w, k, None), world, typed(keys))
    return (world if task.kind == "stationary" else moved), batches


def advance(method: Method, given: Any, state: Any, batches: Any, keys: Any) -> tuple[Any, Any]:
    """(state, healthy) after one update per batch."""
    method = replace(method, given=given)
    state, _ = jax.lax.scan(lambda s, x: (method.update(s, x[0], x[1]), None), state, (batches, typed(keys)))
    return state, ~has_nan(state)


def interact(task: Task, method: Method, given: Any, world: Any, state: Any, keys: Any) -> tuple[Any, Any, Any]:
    """(world, state, healthy) after steps in which the task asks the learner."""
    method = replace(method, given=given)

    def step(carry: Any, keys: Any) -> tuple[Any, None]:
        world, batch = task.draw(carry[0], keys[0], Learner(method, carry[1]))
        return (world, method.update(carry[1], batch, keys[1])), None

    carry, _ = jax.lax.scan(step, (world, state), typed(keys))
    world, state = carry
    return world, state, ~has_nan(state)


def evaluate(task: Task, method: Method, given: Any, world: Any, state: Any, key: Any) -> dict[str, Any]:
    """Every metric of the task, as float32 scalars."""
    return scalars(task.evaluate(world, key, Learner(replace(method, given=given), state)))


def refer(task: Task, which: str, world: Any, key: Any) -> dict[str, Any]:
    """Every metric of a reference learner: floor, chance or oracle."""
    return scalars(task.evaluate(world, key, getattr(task, which)(world)))


def locate(method: Method, given: Any, state: Any, batches: Any, keys: Any) -> Any:
    """Index of the first update in the segment that leaves a NaN in the state."""
    method = replace(method, given=given)

    def step(state: Any, x: Any) -> tuple[Any, Any]:
        state = method.update(state, x[0], x[1])
        return state, has_nan(state)

    return jnp.argmax(jax.lax.scan(step, state, (batches, typed(keys)))[1])


SAMPLE = Program(sample, (None, 0))
INIT = Program(init, (None, 0, 0))
STREAM = Program(stream, (None, 0, 0))
ADVANCE = Program(advance, (None, 0, 0, 0, 0), loops=True)
INTERACT = Program(interact, (None, None, 0, 0, 0, 0), loops=True)
LOCATE = Program(locate, (None, 0, 0, 0, 0))
EVALUATE = Program(evaluate, (None, None, 0, 0, 0, 0))


@functools.lru_cache(maxsize=64)
def reference(which: str) -> Program:
    """The program that evaluates a reference: floor, chance or oracle."""

    def reference(task: Task, world: Any, key: Any) -> Any:
        return refer(task, which, world, key)

    return Program(reference, (None, 0, 0))


def forget() -> None:
    """Drop every compiled program."""
    Program.compiled.clear()
    jax.clear_caches()  # they hold the programs too


def traced(fields: Any) -> Any:
    """A task or method whose float fields are arrays, so that other values need no other program."""
    return jax.tree.map(lambda v: jnp.asarray(v, jnp.float32), fields)


def typed(keys: Any) -> Any:
    """Keys from their data, uint32 [..., 2]."""
    return jax.tree.map(jax.random.wrap_key_data, keys)


def has_nan(state: Any) -> Any:
    """Whether any float of a state is NaN."""
    floats = [x for x in jax.tree.leaves(state) if jnp.issubdtype(x.dtype, jnp.floating)]
    return jnp.any(jnp.stack([jnp.isnan(x).any() for x in floats])) if floats else jnp.array(False)


def scalars(metrics: dict[str, Any]) -> dict[str, Any]:
    """Metrics as float32 scalars."""
    return {k: jnp.asarray(v, jnp.float32).reshape(()) for k, v in metrics.items()}
