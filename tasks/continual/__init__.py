"""Learn from streams that change: what is kept, what is forgotten, and what it costs.

A family of tasks has its interface, sizes and metrics in a module of its own here.
"""

# Class-incremental learning on a pretrained backbone.
from tasks.continual._pretrained import (
    Analytic,
    Backbone,
    ClassScores,
    Examples,
    PhaseSpec,
    PhaseStep,
    expansion,
    features,
    hidden,
)

# A network for each task, the task being told.
from tasks.continual._tasks import CODEWORDS, SEGMENT, Net, NetSpec, Published, TaskScores, run_net

__all__ = [
    "CODEWORDS",
    "SEGMENT",
    "Analytic",
    "Backbone",
    "ClassScores",
    "Examples",
    "Net",
    "NetSpec",
    "PhaseSpec",
    "PhaseStep",
    "Published",
    "TaskScores",
    "expansion",
    "features",
    "hidden",
    "run_net",
]
