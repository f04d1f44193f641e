"""A toybench task as a benchopt objective: the task's first metric of a trained state."""

import sides
from benchopt import BaseObjective


class Objective(BaseObjective):
    name = "toybench task"
    sampling_strategy = "run_once"

    def set_data(self, study, seed):
        self.study, self.seed = study, seed
        self.world, self.given, self.first, self.batches = sides.begin(study, seed)
        sides.judge(study, seed, self.world, self.given, self.first)

    def get_objective(self):
        return {
            "study": self.study,
            "seed": self.seed,
            "given": self.given,
            "first": self.first,
            "batches": self.batches,
        }

    def get_one_result(self):
        return {"state": self.first}

    def evaluate_result(self, state):
        return {"value": sides.judge(self.study, self.seed, self.world, self.given, state)}
