"""Classes of sixteen scattered clusters: no linear map separates them, so that hidden layers must learn.

Isolates whether a rule trains the layers below the readout: in 16 dimensions 64 centres with arbitrary labels are far
beyond what a linear or a random-feature readout can fit, while a trained network comes close to the posterior. Every
learner sees the same fresh batches (64 points, 1,500 of them); rules on the study's network (three hidden layers of 64
tanh units) share its optimiser, so that only the weight change differs.
"""

from toybench.tasks.local_learning._mixture import Mixture


class PrototypeMixture(Mixture):
    """Test error of any classifier."""
