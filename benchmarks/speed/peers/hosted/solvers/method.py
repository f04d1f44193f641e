"""A toybench method as a benchopt solver: all updates in one compiled scan, compiled once for all seeds."""

import functools
from dataclasses import replace

import jax
import sides
from benchopt import BaseSolver

from toybench.engine import programs, randomness


@functools.cache
def program(study):
    task, method, steps = sides.cell(study)
    bound = replace(method, spec=task.spec, steps=steps)
    return jax.jit(lambda given, state, batches, keys: programs.advance(bound, given, state, batches, keys)[0])


class Solver(BaseSolver):
    name = "method"

    def set_objective(self, study, seed, given, first, batches):
        self.study, self.args = study, (given, first, batches)
        _, method, steps = sides.cell(study)
        self.keys = randomness.step_keys(steps, "update", method.name, seed)

    def run(self, _):
        self.state = jax.block_until_ready(program(self.study)(*self.args, self.keys))

    def get_result(self):
        return {"state": self.state}
