"""New classes arrive in phases for a network that is already pretrained, on inputs from a shifted domain.

Isolates what to do with a frozen backbone when the classes of a stream can't be revisited: leave it (prototypes,
closed-form classifiers), adapt it (adapters), or train on it with few stored examples. 20 classes of two clusters
each lie on a sphere of latent codes in 16 dimensions; inputs in 32 dimensions are x = 2 tanh(z W) V + noise. The
backbone belongs to the source domain: it regresses random ReLU features of source inputs onto their latent codes, in
closed form, and gives 64 non-negative features of these. That has what matters of a pretrained network (it unfolds
the source domain for classes that it never saw, and fits a shifted one worse) without training one for each world.
`gap` turns W away from the source's.

Orders: `disjoint` has 5 phases of 4 new classes; `blurry` has 10 phases of random size with all classes mixed in
random shares. `imbalance` is the ratio of the largest to the smallest class, in geometric steps at random over
classes. 1,500 steps in all.
"""

from toybench.tasks.continual._stream import ShiftedStream


class PretrainedIncremental(ShiftedStream):
    """300 steps a phase, or 150 where phases are mixed."""

    steps = 1500
