"""Learn from streams that change: what is kept, what is forgotten, and what it costs.

A family of tasks has its interface, sizes and metrics in a module of its own here.
"""

# Class-incremental learning on a pretrained backbone.
from tasks.continual._pretrained import (
    Analytic,
    Backbone,
    ClassScores,
    ClassSpec,
    Examples,
    Session,
    expansion,
    features,
    hidden,
)

__all__ = ["Analytic", "Backbone", "ClassScores", "ClassSpec", "Examples", "Session", "expansion", "features", "hidden"]
