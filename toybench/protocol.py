"""The one protocol: what a task is, what a method is, what a learner answers.

A trial is a pure function of (task, method, seed):

    world = task.sample(key)                           a problem instance, its test split included
    state = method.init(key)                           never sees the world
    repeat `steps` times:
        world, batch = task.draw(world, key, learner)  what the learner is shown now
        state = method.update(state, batch, key)
    at a few checkpoints: metrics = task.evaluate(world, key, learner)

A `learner` is a method bound to its state: `learner.predict(x)` is `method.predict(state, x)`. Which
questions a learner must answer is the study's interface, a `typing.Protocol` in `tasks/<study>/__init__.py`.
"""

import abc
import dataclasses
from collections.abc import Hashable, Mapping
from typing import Any, ClassVar, Literal, get_args

import jax

from toybench.errors import UsageError
from toybench.fields import BOUND, Fields

Array = jax.Array
Key = jax.Array  # a typed PRNG key, shape []
World = Any
State = Any
Batch = Any
Direction = Literal["min", "max", "zero", "info"]
Kind = Literal["stationary", "stream", "interactive"]


@dataclasses.dataclass(frozen=True)
class Metric:
    """What `evaluate` returns under one name.

    Attributes:
      direction: `min` and `max` say which way is better, `zero` that nearer to zero is, `info` that neither is.
      about: one phrase for a reader, with the unit where there is one.
    """

    direction: Direction
    about: str

    def __post_init__(self) -> None:
        if self.direction not in get_args(Direction):
            directions = ", ".join(get_args(Direction))
            raise UsageError(f"a metric's direction can't be {self.direction!r}; use one of {directions}.")


class Task(Fields, abc.ABC):
    """One tiny synthetic problem. Subclass it in `tasks/<study>/<task>.py`; its knobs are fields."""

    metrics: ClassVar[Mapping[str, Metric]]  # the first is the primary one: tuning and ranking use it
    interface: ClassVar[type]  # the study's Protocol that a method must answer to run here
    kind: ClassVar[Kind] = "stationary"
    # stationary: `draw` leaves the world alone; stream: the world moves on, whoever learns;
    # interactive: `draw` asks the learner, so it runs inside the learner's own loop.
    # Updates in a full-budget trial; 0 where nothing is learned. Where the length is a part of the problem, as in a
    # bandit, declare it as a knob, `steps: int = 600`: a smaller budget is then a shorter problem, references included.
    steps: ClassVar[int] = 1000
    checkpoints: ClassVar[int] = 5  # evaluations after the first, evenly spaced

    @property
    @abc.abstractmethod
    def spec(self) -> Hashable:
        """What a method may know before it sees data: shapes and sizes, a frozen dataclass of the study."""

    @abc.abstractmethod
    def sample(self, key: Key) -> World:
        """A problem instance, the evaluation set included: a pytree of arrays."""

    def given(self, world: World) -> Any:
        """Public constants handed to every method as `self.given` (a pretrained network, say); nothing by default."""
        return ()

    def draw(self, world: World, key: Key, learner: Any) -> tuple[World, Batch]:
        """What the learner is shown at one step. `learner` is None unless the task is interactive."""
        return world, ()

    @abc.abstractmethod
    def evaluate(self, world: World, key: Key, learner: Any) -> dict[str, Array]:
        """Every declared metric, as a scalar."""

    # References: learners that may look into the world. None where there is no such thing.
    floor: ClassVar[Any] = None  # floor(world) -> learner: the trivial predictor, score 0
    chance: ClassVar[Any] = None  # chance(world) -> learner: blind guessing
    oracle: ClassVar[Any] = None  # oracle(world) -> learner: the best possible answer, score 1


class Method(Fields):
    """One way to solve the tasks of a study. Subclass it in `methods/<study>/<method>.py`."""

    paper: ClassVar[str | None] = None  # key in benchmarks/papers.json, where the method comes from a paper there
    compiled: ClassVar[bool] = True  # False: runs on the host, batches arrive as NumPy arrays
    deterministic: ClassVar[bool] = False  # True: `init` ignores its key on purpose
    space: ClassVar[Mapping[str, tuple]] = {}  # the declared search space of `toybench tune`: a small grid

    spec: Any = dataclasses.field(default=None, metadata=BOUND)  # the task's spec
    steps: int = dataclasses.field(default=0, metadata=BOUND)  # updates in this trial, for schedules
    given: Any = dataclasses.field(default=(), metadata=BOUND, compare=False)  # the task's public constants

    def init(self, key: Key) -> State:
        """The state before the first batch: a pytree of arrays (anything, for a host-side method)."""
        return ()

    def update(self, state: State, batch: Batch, key: Key) -> State:
        """One step of learning. A method that doesn't override it takes no steps."""
        return state

    def parameters(self, state: State) -> Any:
        """The pytree counted as parameters; `state.params` by default, nothing where there is none."""
        return getattr(state, "params", ())

    def fits(self, spec: Any) -> str | None:
        """Why this method can't run on a task with this spec; None where it can."""
        return None


def learns(method: Method | type[Method]) -> bool:
    """Whether the method overrides `update`."""
    cls = method if isinstance(method, type) else type(method)
    return cls.update is not Method.update


class Learner:
    """A method bound to its state; questions go to the method with the state filled in."""

    def __init__(self, method: Method, state: State):
        self.method = method
        self.state = state

    def __getattr__(self, question: str) -> Any:
        answer = getattr(self.method, question)
        return lambda *args, **kwargs: answer(self.state, *args, **kwargs)


def questions(interface: type) -> list[str]:
    """The names of the functions that an interface asks for."""
    return sorted(n for c in interface.__mro__ for n, v in vars(c).items() if not n.startswith("_") and callable(v))


def unanswered(method: type[Method], interface: type) -> list[str]:
    """Which questions of `interface` the method has no function for."""
    return [q for q in questions(interface) if not callable(getattr(method, q, None))]
