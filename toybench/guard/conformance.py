"""Conformance: what every method and task keeps, as named checks that a plug-in's author can run.

    from toybench.guard import conformance
    for made in conformance.check_method("quasimetric/iqe"): ...

Each check raises `Violation` with a sentence, or `DoesNotApply`. Trials are a few steps long; shapes are the task's.
"""

import copy
import dataclasses
import functools
import importlib.util
import inspect
import re
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from toybench.engine import programs, randomness, trial
from toybench.engine.cells import TUNING
from toybench.evidence.records import loss
from toybench.fields import is_traced, knobs
from toybench.guard.checks import Checked, DoesNotApply, Violation, examine
from toybench.plugins import registry
from toybench.protocol import Learner, Method, Metric, Task, learns, questions, unanswered

STEPS = 3
SAMPLED = 4  # times the budget that a tuning space may have: a larger one is sampled too thinly
_SECTIONS = ("**Source**", "**Differs from the paper**", "**Shapes**")


def _require(condition: Any, message: str) -> None:
    if not condition:
        raise Violation(message)


def _needs_updates(s: "Subject") -> None:
    """For checks of updates that are compiled."""
    _needs_compilation(s)
    if not learns(s.method):
        raise DoesNotApply("it takes no steps")


def _needs_compilation(s: "Subject") -> None:
    if not s.method.compiled:
        raise DoesNotApply("it runs on the host")


def _key(number: int) -> Any:
    return randomness.key("conformance", TUNING + number)


@functools.lru_cache(maxsize=16)
def problem(task: Task, number: int = 0) -> Any:
    """(world, given) of a task at a key; kept, because some worlds take long to make."""
    return jax.jit(_anew(programs.sample))(programs.traced(task), _key(number))


def _anew(function: Callable) -> Callable:
    """The same function as another one, so that JAX traces it once more."""
    return lambda *args: function(*args)


def _traces_alike(function: Callable, *args: Any) -> bool:
    """Whether a function traced twice is the same program."""
    once = jax.jit(_anew(function)).lower(*args).as_text()
    again = jax.jit(_anew(function)).lower(*args).as_text()
    return bool(once == again)


@dataclasses.dataclass
class Subject:
    """A method on a task at one seed, with everything that a check needs, computed once."""

    task: Task
    method: Method
    key: Any = dataclasses.field(default_factory=lambda: _key(0))

    @functools.cached_property
    def bound(self) -> Method:
        return dataclasses.replace(self.method, spec=self.task.spec, steps=STEPS)

    @functools.cached_property
    def problem(self) -> tuple[Any, Any]:
        """(world, given)."""
        return problem(self.task)

    @functools.cached_property
    def noise(self) -> np.ndarray:
        return randomness.step_keys(STEPS, "conformance", self.method.name)

    @functools.cached_property
    def batches(self) -> Any:
        """STEPS batches, stacked; the learner of an interactive task is asked in its first state."""
        world = self.problem[0]
        task = programs.traced(self.task)
        if self.task.kind != "interactive":
            return jax.jit(programs.stream)(task, world, self.noise)[1]
        learner = Learner(dataclasses.replace(self.bound, given=self.problem[1]), self.state)
        drawn = [task.draw(world, k, learner)[1] for k in jax.random.wrap_key_data(jnp.asarray(self.noise))]
        return jax.tree.map(lambda *x: jnp.stack(x), *drawn)

    @functools.cached_property
    def start(self) -> Callable[[Any], Any]:
        """key to state, traced once."""
        bound = self.bound
        given = self.problem[1]
        if not bound.compiled:
            return dataclasses.replace(bound, given=given).init
        return functools.partial(jax.jit(_anew(programs.init)), programs.traced(bound), given)

    @functools.cached_property
    def state(self) -> Any:
        return self.start(self.key)

    def advance(self, method: Method, given: Any, state: Any, batches: Any, noise: Any) -> Any:
        """The state after all batches; one compiled program for all checks."""
        return self._advance(method, given, state, batches, noise)[0]

    @functools.cached_property
    def _advance(self) -> Any:
        return jax.jit(self._count(programs.advance))

    traces: int = 0

    def _count(self, function: Callable) -> Callable:
        @functools.wraps(function)
        def counted(*args: Any) -> Any:
            self.traces += 1
            return function(*args)

        return counted

    @functools.cached_property
    def metrics(self) -> Callable[[Any], dict[str, Any]]:
        """State to metrics."""
        world, given = self.problem
        if not self.method.compiled:
            method = dataclasses.replace(self.bound, given=given)
            return lambda state: self.task.evaluate(world, self.key, Learner(method, state))
        task = programs.traced(self.task)
        method = programs.traced(self.bound)
        judge = jax.jit(_evaluate)
        return lambda state: judge(task, method, given, world, state, self.key)

    def agree(self, a: Any, b: Any) -> bool:
        """Whether two states are equal up to rounding, or differ only where no metric looks.

        Adam turns the rounding of a gradient that should be zero into a full step, so that a parameter which nothing
        depends on (a bias that cancels) may differ.
        """
        return _close(a, b) or _close(self.metrics(a), self.metrics(b))

    def advanced(self) -> Any:
        """The state after STEPS updates."""
        return self.advance(programs.traced(self.bound), self.problem[1], self.state, self.batches, self.noise)


# Checks of a method on a task. Each takes a Subject.


def states_its_source(s: Subject) -> None:
    """The module says what it is, from where, how it differs from the paper, and its shapes, in that order."""
    text = inspect.getmodule(type(s.method)).__doc__ or ""  # type: ignore[union-attr]
    places = [text.find(section) for section in _SECTIONS]
    _require(
        -1 not in places and places == sorted(places),
        f"{s.method.name}: the module docstring must have {', '.join(_SECTIONS)}, in this order.",
    )


def comments_its_fields(s: Subject) -> None:
    """Every field that the class itself declares has a comment in its line or the one above."""
    for cls in type(s.method).__mro__:
        own = [n for n in vars(cls).get("__annotations__", {}) if n in knobs(type(s.method))]
        lines = inspect.getsource(cls).splitlines() if own else []
        for name in own:
            at = next(i for i, line in enumerate(lines) if re.match(rf"\s+{name}\s*:", line))
            _require(
                "#" in lines[at] or lines[at - 1].strip().startswith("#"),
                f"{s.method.name}: field '{name}' needs a comment with its unit or range.",
            )


def answers_its_interface(s: Subject) -> None:
    """The method has every function of the task's interface, with the interface's parameters."""
    interface = s.task.interface
    missing = unanswered(type(s.method), interface)
    _require(not missing, f"{s.method.name} doesn't answer {', '.join(missing)} of {interface.__name__}.")
    for question in questions(interface):
        want = list(inspect.signature(getattr(interface, question)).parameters)
        have = list(inspect.signature(getattr(type(s.method), question)).parameters)
        _require(have == want, f"{s.method.name}.{question} takes {have}, the interface says {want}.")


def declares_a_small_space(s: Subject) -> None:
    """The tuning space names fields, contains values of their type, and isn't far beyond the study's budget."""
    for name, options in s.method.space.items():
        _require(name in knobs(type(s.method)), f"{s.method.name}: space names '{name}', which is not a field.")
        kind = type(getattr(s.method, name))
        _require(
            all(type(v) is kind for v in options), f"{s.method.name}: space of '{name}' must hold {kind.__name__}."
        )
    size = int(np.prod([len(v) for v in s.method.space.values()])) if s.method.space else 0
    trials = registry.benchmark(s.task.name.split("/")[0]).tuning.trials if "unregistered" not in s.task.name else 6
    _require(
        size <= SAMPLED * trials,
        f"{s.method.name}: a space of {size} configurations; {trials} are tried, make it {SAMPLED * trials} at most.",
    )


def init_is_deterministic(s: Subject) -> None:
    """The same key gives the same state, bit for bit; traced anew it is the same program."""
    anew = s.start(s.key)
    if s.method.compiled:
        alike = _traces_alike(programs.init, programs.traced(s.bound), s.problem[1], s.key)
        _require(alike, f"{s.method.name}: init gave two states for one key.")
    _require(_same(s.state, anew), f"{s.method.name}: init gave two states for one key.")


def init_uses_its_key(s: Subject) -> None:
    """Another key gives another state, unless the method declares `deterministic` or takes no steps."""
    other = s.start(_key(1))
    if s.method.deterministic:
        _require(_same(s.state, other), f"{s.method.name} is declared deterministic, but init depends on its key.")
    elif learns(s.method):
        _require(not _same(s.state, other), f"{s.method.name}: init ignores its key; declare `deterministic = True`.")


def keeps_its_structure(s: Subject) -> None:
    """An update returns the structure, shapes and dtypes that it was given."""
    _needs_updates(s)
    method = programs.traced(s.bound)
    given = s.problem[1]
    batch = jax.tree.map(lambda x: x[0], s.batches)

    def update(state: Any, batch: Any, key: Any) -> Any:
        return dataclasses.replace(method, given=given).update(state, batch, key)

    after = jax.eval_shape(update, s.state, batch, jax.random.wrap_key_data(jnp.asarray(s.noise[0])))
    before = jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype), s.state)
    same = jax.tree.structure(before) == jax.tree.structure(after) and all(  # type: ignore[operator]
        a.shape == b.shape and a.dtype == b.dtype
        for a, b in zip(jax.tree.leaves(before), jax.tree.leaves(after), strict=True)
    )
    _require(same, f"{s.method.name}: update changes the state's structure, shapes or dtypes.")


def learns_something(s: Subject) -> None:
    """A few updates change the state and leave it finite where it was finite."""
    _needs_updates(s)
    after = s.advanced()
    _require(not _same(s.state, after), f"{s.method.name}: {STEPS} updates left the state as it was.")
    _require(not programs.has_nan(after), f"{s.method.name}: a NaN after {STEPS} updates.")


def does_not_recompile(s: Subject) -> None:
    """Another value of a numeric hyperparameter, batch or key runs the same program."""
    _needs_updates(s)
    s.advanced()
    traced = programs.traced(dataclasses.replace(type(s.method)(), spec=s.task.spec, steps=STEPS))
    other = dataclasses.replace(
        traced, **{f.name: getattr(traced, f.name) * 0.9 for f in knobs(type(s.method)).values() if is_traced(f)}
    )
    before = s.traces
    s.advance(other, s.problem[1], s.advanced(), s.batches, s.noise + np.uint32(1))
    _require(s.traces == before, f"{s.method.name}: a second call with other numbers compiled again.")


def loop_equals_vmap(s: Subject) -> None:
    """One block of two seeds gives what two seeds give one by one, up to rounding."""
    _needs_updates(s)
    alone = s.advanced()
    given, state, batches, noise = _twice((s.problem[1], s.state, s.batches, s.noise))
    both, _ = jax.jit(jax.vmap(programs.advance, (None, 0, 0, 0, 0)))(
        programs.traced(s.bound), given, state, batches, noise
    )
    for i in range(2):
        one = jax.tree.map(lambda x, i=i: x[i], both)
        _require(s.agree(alone, one), f"{s.method.name}: vmap over seeds and one seed alone disagree.")


def seeds_are_apart(s: Subject) -> None:
    """A seed gives the same numbers whichever seeds ran before it: nothing is kept between them."""
    apart = _compiled_apart(s) if s.method.compiled else _host_apart(s)
    _require(apart, f"{s.method.name}: a seed's numbers depend on the seeds before it; keep nothing outside the state.")


def _compiled_apart(s: Subject) -> bool:
    method = programs.traced(s.bound)
    given = s.problem[1]

    def end(key: Any) -> Any:
        return s.advance(method, given, s.start(key), s.batches, s.noise) if learns(s.method) else s.start(key)

    first = end(_key(0))
    second = end(_key(1))
    if not (_same(second, end(_key(1))) and _same(first, end(_key(0)))):
        return False
    return not learns(s.method) or _traces_alike(programs.advance, method, given, s.state, s.batches, s.noise)


def _host_apart(s: Subject) -> bool:
    """One seed after another, and the later one alone: each time with the method's file imported anew."""

    def last(seeds: list[int]) -> Any:
        outcomes, _ = trial.run(s.task, _reimported(type(s.method))(), seeds, STEPS, 1)
        return outcomes[-1]

    together = last([TUNING, TUNING + 1])
    alone = last([TUNING + 1])
    return together.diverged_at == alone.diverged_at and _same(together.curve, alone.curve)


def _reimported(cls: type[Method]) -> type[Method]:
    """The class from its file run once more, with globals of its own."""
    file = inspect.getfile(cls)
    spec = importlib.util.spec_from_file_location(cls.__module__, file)
    if spec is None or spec.loader is None:
        raise DoesNotApply("its file can't be imported anew")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found = getattr(module, cls.__name__)
    found.name = cls.name
    return found  # type: ignore[no-any-return]


def lowers_for_an_accelerator(s: Subject) -> None:
    """Init, updates and evaluation of a block of two seeds can be lowered for CUDA, where a block is a vmap."""
    _needs_compilation(s)
    task = programs.traced(s.task)
    method = programs.traced(s.bound)
    world, given, state, noise, key = _twice((*s.problem, s.state, s.noise, s.key))
    _lower(programs.INIT, method, given, key)
    _lower(programs.EVALUATE, task, method, given, world, state, key)
    if s.task.kind == "interactive":
        _lower(programs.INTERACT, task, method, given, world, state, (noise, noise))
    elif learns(s.method):
        _lower(programs.ADVANCE, method, given, state, _twice(s.batches), noise)


def _twice(tree: Any) -> Any:
    return jax.tree.map(lambda x: jnp.stack([x, x]), tree)


def _lower(program: programs.Program, owner: Any, *args: Any) -> None:
    try:
        program.lower(2, (owner, *args), "cuda")
    except NotImplementedError as error:
        what = f"{owner.name}: {program.name} can't be lowered for CUDA"
        raise Violation(f"{what} ({error}); use operations that JAX has on accelerators too.") from None


def jit_equals_eager(s: Subject) -> None:
    """One compiled update gives what the same update gives operation by operation, up to rounding."""
    _needs_updates(s)
    method = dataclasses.replace(programs.traced(s.bound), given=s.problem[1])
    batch = jax.tree.map(lambda x: x[0], s.batches)
    key = jax.random.wrap_key_data(jnp.asarray(s.noise[0]))
    eager = method.update(s.state, batch, key)
    first = jax.tree.map(lambda x: x[:1], s.batches)
    compiled = jax.jit(programs.advance)(programs.traced(s.bound), s.problem[1], s.state, first, s.noise[:1])[0]
    _require(s.agree(eager, compiled), f"{s.method.name}: a compiled update and an eager one disagree.")


def leaves_its_inputs_alone(s: Subject) -> None:
    """A host-side update doesn't write into its batch."""
    if s.method.compiled:
        raise DoesNotApply("it is compiled, and arrays can't be written into there")
    if not learns(s.method):
        raise DoesNotApply("it takes no steps")
    batch = jax.tree.map(lambda x: np.array(x[0]), s.batches)
    before = copy.deepcopy(batch)
    method = dataclasses.replace(s.bound, given=s.problem[1])
    method.update(s.state, batch, jax.random.wrap_key_data(jnp.asarray(s.noise[0])))
    _require(_same(batch, before), f"{s.method.name}: update wrote into its batch.")


def metrics_are_as_declared(s: Subject) -> None:
    """Evaluation gives exactly the declared metrics, as finite scalars, before any update."""
    _check_metrics(s.task, s.metrics(s.state), f"{s.method.name} on {s.task.name}")


def _evaluate(task: Task, method: Method, given: Any, world: Any, state: Any, key: Any) -> Any:
    return task.evaluate(world, key, Learner(dataclasses.replace(method, given=given), state))


# Checks of a task. Each takes the task.


def task_documents_itself(task: Task) -> None:
    """The module says what the problem is, every knob has a comment, every metric a phrase."""
    text = inspect.getmodule(type(task)).__doc__ or ""  # type: ignore[union-attr]
    _require(len(text.split()) >= 8, f"{task.name}: the module docstring must say what the problem is.")
    for name, metric in task.metrics.items():
        _require(
            isinstance(metric, Metric) and metric.about, f"{task.name}: metric '{name}' says nothing about itself."
        )


def world_is_deterministic(task: Task) -> None:
    """The same key gives the same world, another key another one."""
    a = problem(task)
    b = problem.__wrapped__(task)
    c = problem(task, 1)
    alike = _traces_alike(programs.sample, programs.traced(task), _key(0))
    _require(alike and _same(a, b), f"{task.name}: sample gave two worlds for one key.")
    _require(not _same(a, c), f"{task.name}: sample ignores its key.")


def batches_are_deterministic(task: Task) -> None:
    """The same world and keys give the same batches."""
    if task.kind == "interactive":
        raise DoesNotApply("its kind is interactive")
    keys = randomness.step_keys(STEPS, "conformance", task.name)
    arguments = (programs.traced(task), problem(task)[0], keys)
    once = jax.jit(_anew(programs.stream))(*arguments)
    again = jax.jit(_anew(programs.stream))(*arguments)
    _require(_same(once, again), f"{task.name}: draw gave two batches for one key.")


def spec_is_static(task: Task) -> None:
    """The spec is hashable, so it holds no array, and is equal for equal tasks."""
    try:
        equal = hash(task.spec) == hash(dataclasses.replace(task).spec) and task.spec == dataclasses.replace(task).spec
    except TypeError as error:
        raise Violation(f"{task.name}: the spec must be hashable and hold no array ({error}).") from None
    _require(equal, f"{task.name}: equal tasks have unequal specs.")


def stationary_worlds_stay(task: Task) -> None:
    """A task that says it is stationary returns the world that `draw` was given."""
    if task.kind != "stationary":
        raise DoesNotApply(f"its kind is {task.kind}")
    world = problem(task)[0]
    after, _ = jax.jit(lambda t, w, k: t.draw(w, k, None))(programs.traced(task), world, randomness.key("draw"))
    _require(_same(world, after), f"{task.name} is declared stationary, but draw changes the world.")


def task_lowers_for_an_accelerator(task: Task) -> None:
    """Worlds, batches and references of a block of two seeds can be lowered for CUDA, where a block is a vmap."""
    traced = programs.traced(task)
    key = _twice(_key(0))
    world = _twice(problem(task)[0])
    _lower(programs.SAMPLE, traced, key)
    if task.kind != "interactive":
        _lower(programs.STREAM, traced, world, _twice(randomness.step_keys(STEPS, "conformance", task.name)))
    for which in registry.REFERENCES:
        if getattr(type(task), which) is not None:
            _lower(programs.reference(which), traced, world, key)


def has_a_floor(task: Task) -> None:
    """There is a floor, and every reference's metrics are the declared ones."""
    _require(task.floor is not None, f"{task.name}: there is no floor; give the task a trivial predictor.")
    key = _key(0)
    world = problem(task)[0]
    for which in registry.REFERENCES:
        if getattr(type(task), which) is not None:
            found = jax.jit(lambda t, w, k, r=which: t.evaluate(w, k, getattr(t, r)(w)))(
                programs.traced(task), world, key
            )
            _check_metrics(task, found, f"{which} on {task.name}")


def oracle_beats_floor(task: Task) -> None:
    """By the primary metric, the oracle is better than the floor."""
    if task.oracle is None or task.floor is None:
        raise DoesNotApply("it has no oracle" if task.oracle is None else "it has no floor")
    name, metric = next(iter(task.metrics.items()))
    floor = loss(float(_refer(task, "floor")[name]), metric.direction)
    oracle = loss(float(_refer(task, "oracle")[name]), metric.direction)
    _require(oracle < floor, f"{task.name}: the oracle's {name} is no better than the floor's.")


def _refer(task: Task, which: str) -> dict[str, Any]:
    return jax.jit(lambda t, w, k: programs.refer(t, which, w, k))(programs.traced(task), problem(task)[0], _key(0))


def _check_metrics(task: Task, found: dict, who: str) -> None:
    _require(set(found) == set(task.metrics), f"{who}: metrics {sorted(found)}, declared are {sorted(task.metrics)}.")
    for name, value in found.items():
        array = np.asarray(value)
        _require(array.shape == (), f"{who}: metric '{name}' has shape {array.shape}, expected a scalar.")
        _require(np.isfinite(array), f"{who}: metric '{name}' is {array}.")


METHOD_CHECKS: dict[str, Callable[[Subject], None]] = {
    f.__name__: f
    for f in (
        states_its_source,
        comments_its_fields,
        answers_its_interface,
        declares_a_small_space,
        init_is_deterministic,
        init_uses_its_key,
        keeps_its_structure,
        learns_something,
        does_not_recompile,
        loop_equals_vmap,
        seeds_are_apart,
        lowers_for_an_accelerator,
        jit_equals_eager,
        leaves_its_inputs_alone,
        metrics_are_as_declared,
    )
}
TASK_CHECKS: dict[str, Callable[[Task], None]] = {
    f.__name__: f
    for f in (
        task_documents_itself,
        world_is_deterministic,
        batches_are_deterministic,
        spec_is_static,
        stationary_worlds_stay,
        task_lowers_for_an_accelerator,
        has_a_floor,
        oracle_beats_floor,
    )
}


def check_method(name: str) -> list[Checked]:
    """What every check finds on a registered method, on the first task that it fits."""
    if subject_of(name) is None:
        why = f"{name} answers the interface of no task of its study."
        return [Checked(check="answers_its_interface", state="failed", reason=why)]
    return examine(METHOD_CHECKS, lambda: subject_of(name))


def check_task(name: str) -> list[Checked]:
    """What every check finds on a registered task."""
    return examine(TASK_CHECKS, registry.load("tasks", name))


def subject_of(name: str) -> Subject | None:
    """The method on the first task of its study that it answers and fits."""
    cls = registry.load("methods", name)
    for task_name in registry.tasks(name.split("/")[0]):
        task = registry.load("tasks", task_name)()
        if not unanswered(cls, type(task).interface) and cls().fits(task.spec) is None:
            return Subject(task=task, method=cls())
    return None


def _arrays(tree: Any) -> list[np.ndarray]:
    """Leaves as NumPy arrays, PRNG keys as their data."""
    keys = (jax.random.key_data(x) if isinstance(x, jax.Array) and jnp.issubdtype(x.dtype, jax.dtypes.prng_key) else x
            for x in jax.tree.leaves(tree))  # fmt: skip
    return [np.asarray(x) for x in keys]


def _same(a: Any, b: Any) -> bool:
    left = _arrays(a)
    right = _arrays(b)
    return len(left) == len(right) and all(
        np.array_equal(x, y, equal_nan=np.issubdtype(x.dtype, np.floating)) for x, y in zip(left, right, strict=True)
    )


def _close(a: Any, b: Any) -> bool:
    def near(x: np.ndarray, y: np.ndarray) -> bool:
        if x.shape != y.shape or x.size == 0:
            return x.shape == y.shape
        if not np.issubdtype(x.dtype, np.floating):
            return bool(np.mean(x != y) <= 0.02) if x.size > 50 else np.array_equal(x, y)
        return bool(np.mean(np.isclose(x, y, rtol=1e-3, atol=2e-4, equal_nan=True)) > 0.98)

    return all(near(x, y) for x, y in zip(_arrays(a), _arrays(b), strict=True))
