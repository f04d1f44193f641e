"""The graphons that corpora and downstream sets are made of."""

from typing import Any

import numpy as np

from toybench.reporting import drawing
from toybench.tasks.transferability import graphon_mixtures as module

NAMES = ("assortative", "disassortative", "core", "ring", "power law", "uniform")


def graphon_mixtures(task: Any, draw: Any) -> Any:
    """Chance of an edge between any two places, darker is more: a corpus has graphs of two of these, a downstream set
    those of a mixture of the first five. Thirds of the places are the classes."""
    kinds = np.asarray(draw(lambda key: module.graphons(module.midpoints(), task.density)))
    return drawing.tiles(kinds, NAMES, columns=6, side=90)
