"""A world of a toybench task: one data set a seed."""

from benchopt import BaseDataset


class Dataset(BaseDataset):
    name = "world"
    parameters = {"study": ["quasimetric"], "seed": [0]}

    def get_data(self):
        return {"study": self.study, "seed": self.seed}
