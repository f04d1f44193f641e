"""Powell's COBYLA: a linear model of the loss on a simplex of angles, within a trust radius that shrinks.

**Source**: Powell, "A Direct Search Optimization Method That Models the Objective and Constraint Functions by Linear
Interpolation", 1994; scipy.optimize.minimize(method="COBYLA"), as in Qiskit's optimisers.

**Differs from the paper**: 1. no constraints. 2. the first trust radius is tuned; the library's is 1. 3. the run ends
at a trust radius of 0.05; the library goes on to 1e-4, for a loss of 0.001 less in a pilot. 4. all evaluations are one
run, whose best angles so far are shown after each update's share of them.

**Shapes**: p angles, u updates.
"""

from typing import Any, NamedTuple

import jax
import numpy as np
from scipy import optimize

from toybench import Method
from toybench.tasks.quantum_circuits import losses

LAST_RADIUS = 0.05  # radians, about three degrees, where the run ends


class State(NamedTuple):
    """The best angles known after each number of updates, [u + 1, p], and how many there were."""

    history: np.ndarray
    taken: int


class COBYLA(Method):
    """The library counts evaluations as its iterations, where gradient descent counts steps of 2 p + 1 of them."""

    radius: float = 1.0  # first trust radius, in angles

    evaluations: int = 0  # circuits in all; 0: as many as the updates have

    compiled = False
    deterministic = True
    space = {"radius": (0.1, 0.3, 0.6, 1.0, 1.7, 3.0)}

    def init(self, key: jax.Array) -> State:
        return State(history=np.asarray(self.given.start)[None], taken=0)

    def update(self, state: State, batch: Any, key: jax.Array) -> State:
        history = self.search(key) if state.taken == 0 else state.history
        return State(history=history, taken=state.taken + 1)

    def search(self, key: jax.Array) -> np.ndarray:
        """The history of one run."""
        data = self.given
        spec = self.spec
        tried: list[np.ndarray] = []
        seen: list[float] = []
        run = jax.jit(lambda angles, noise: losses(spec, data, angles[None], noise)[0])

        def loss(angles: np.ndarray) -> float:
            tried.append(angles.astype(np.float32))
            seen.append(float(run(tried[-1], jax.random.fold_in(key, len(seen)))))
            return seen[-1]

        allowed = self.evaluations or self.steps * spec.evaluations
        options = {"rhobeg": float(self.radius), "maxiter": allowed, "tol": LAST_RADIUS}
        optimize.minimize(loss, np.asarray(data.start, float), method="COBYLA", options=options)
        ends = [min((u + 1) * spec.evaluations, len(seen)) for u in range(self.steps)]
        best = [tried[int(np.argmin(seen[:end]))] for end in ends]
        return np.stack([np.asarray(data.start), *best])

    def angles(self, state: State) -> np.ndarray:
        return state.history[state.taken]
