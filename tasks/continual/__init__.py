"""Learn from streams that change: new tasks, new classes, a world that breaks, without losing what was learned.

Every family of problems of this study asks its own questions of a learner; its interface, spec and batch lie beside it.
"""

from toybench.tasks.continual._classes import ClassSpec, LabelledBatch, SingleHead
from toybench.tasks.continual._forecasts import Forecaster, ForecastSpec, Traffic
from toybench.tasks.continual._incremental import IncrementalClassifier, Session, SessionSpec
from toybench.tasks.continual._plasticity import OnlineClassifier, Shown, StreamSpec
from toybench.tasks.continual._pretrained import (
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
from toybench.tasks.continual._regression import Points, RegressionSpec, TaskRegression, bumps
from toybench.tasks.continual._selection import Selector, Tables, TableSpec
from toybench.tasks.continual._separable import SeparableSpec, Separator, SignedPoints, project
from toybench.tasks.continual._tasks import CODEWORDS, SEGMENT, Net, NetSpec, Published, TaskScores, run_net

__all__ = [
    "CODEWORDS",
    "SEGMENT",
    "Analytic",
    "Backbone",
    "ClassScores",
    "ClassSpec",
    "Examples",
    "ForecastSpec",
    "Forecaster",
    "IncrementalClassifier",
    "LabelledBatch",
    "Net",
    "NetSpec",
    "OnlineClassifier",
    "PhaseSpec",
    "PhaseStep",
    "Points",
    "Published",
    "RegressionSpec",
    "Selector",
    "SeparableSpec",
    "Separator",
    "Session",
    "SessionSpec",
    "Shown",
    "SignedPoints",
    "SingleHead",
    "StreamSpec",
    "TableSpec",
    "Tables",
    "TaskRegression",
    "TaskScores",
    "Traffic",
    "bumps",
    "expansion",
    "features",
    "hidden",
    "project",
    "run_net",
]
