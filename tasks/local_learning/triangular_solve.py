"""Evaluate a network of 128 dependent states in fewer than 128 parallel steps.

The states of a recurrent network, the layers of a densely connected one or the bits that an autoregressive sampler
draws are the solution of a triangular system, which can be solved by rounds that update many states at once. Isolates
how the number of rounds depends on how strongly a state depends on far-away ones: at a small `gain` errors die out
after a few states, at a large one the recurrence is chaotic and nothing can be gained.
"""

from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.tasks.local_learning import Cost, System, TriangularSolver, _solve
from toybench.tasks.local_learning._solve import STATES, Rounds, relative_error

WIDTH = {"rnn": 32, "densenet": 8, "autoregressive": 1}  # n


class TriangularSolve(Task):
    """Solvers start from zeros; the world looks at the iterate after every round and counts until it is near enough."""

    gain: float = 1.0  # scale of the weights between states; a recurrence without inputs is chaotic above 1
    drive: float = 0.3  # standard deviation of the inputs of a tanh state
    tolerance: float = 1e-4  # relative error at which a system counts as solved

    system: str = "rnn"  # rnn, densenet, autoregressive: the paper's three applications

    interface = TriangularSolver
    kind = "interactive"
    steps = STATES
    checkpoints = 4
    metrics = {
        "depth_to_tol": Metric("min", "evaluations one after another until the tolerance, over the number of states"),
        "rounds_to_tol": Metric("min", "rounds until the tolerance"),
        "work_to_tol": Metric("min", "evaluations altogether until the tolerance, over the number of states"),
        "error_after_T": Metric("zero", "relative error after as many rounds as there are states"),
    }

    @property
    def spec(self) -> System:
        return System(system=self.system, states=STATES, width=WIDTH[self.system])

    def sample(self, key: jax.Array) -> Rounds:
        """Random equations, solved by as many rounds of s <- F(s) as there are states.

        The same batched map as a solver's: a chaotic system amplifies the rounding by which another product differs.
        """
        match self.system:
            case "rnn":
                equations: Any = _solve.recurrence(key, self.gain, WIDTH["rnn"], self.drive)
            case "densenet":
                equations = _solve.skip_connections(key, self.gain, WIDTH["densenet"], self.drive)
            case _:
                equations = _solve.masked_sampler(key, self.gain)
        exact = jax.lax.fori_loop(0, STATES, lambda _, s: equations(s), jnp.zeros((STATES, WIDTH[self.system])))
        return Rounds(equations=equations, exact=exact, rounds=jnp.zeros((), jnp.int32), met=jnp.zeros((), bool))

    def given(self, world: Rounds) -> Any:
        """The equations."""
        return world.equations

    def draw(self, world: Rounds, key: jax.Array, learner: Any) -> tuple[Rounds, tuple]:
        """Nothing is shown; one more round is counted unless the iterate is near enough, or was before."""
        met = world.met | (relative_error(learner.solution(), world.exact) <= self.tolerance)
        return world._replace(met=met, rounds=world.rounds + (~met).astype(jnp.int32)), ()

    def evaluate(self, world: Rounds, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        error = relative_error(learner.solution(), world.exact)
        cost = learner.cost()
        met = world.met | (error <= self.tolerance)
        rounds = jnp.where(met, world.rounds, STATES).astype(error.dtype)
        return {
            "depth_to_tol": rounds * cost.depth / STATES,
            "rounds_to_tol": rounds,
            "work_to_tol": rounds * cost.work / STATES,
            "error_after_T": error,
        }

    def floor(self, world: Rounds) -> Any:
        """The first guess, never improved."""
        return _answer(jnp.zeros_like(world.exact))

    def oracle(self, world: Rounds) -> Any:
        """The solution, known beforehand."""
        return _answer(world.exact)


def _answer(solution: jax.Array) -> Any:
    cost = Cost(depth=jnp.ones(()), work=jnp.ones(()) * STATES)
    return SimpleNamespace(solution=lambda: solution, cost=lambda: cost)
