"""Learn from streams that change: new tasks, new classes, a world that breaks, without losing what was learned.

Every family of problems of this study asks its own question of a learner; its interface, spec and batch lie beside it.
Shapes: b batch, n points of a task, t tasks, d inputs.
"""

from tasks.continual._classes import ClassSpec, LabelledBatch, SingleHead
from tasks.continual._forecasts import Forecaster, ForecastSpec, Traffic
from tasks.continual._regression import Points, RegressionSpec, TaskRegression, bumps
from tasks.continual._separable import SeparableSpec, Separator, SignedPoints, project

__all__ = [
    "ClassSpec",
    "ForecastSpec",
    "Forecaster",
    "LabelledBatch",
    "Points",
    "RegressionSpec",
    "SeparableSpec",
    "Separator",
    "SignedPoints",
    "SingleHead",
    "TaskRegression",
    "Traffic",
    "bumps",
    "project",
]
