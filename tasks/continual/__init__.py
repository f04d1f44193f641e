"""Learn from streams that change: keep what was learned, and stay able to learn.

Each family of problems asks questions of its own, so that a method runs where it can answer.
"""

from tasks.continual._incremental import IncrementalClassifier, Session, SessionSpec
from tasks.continual._plasticity import OnlineClassifier, Shown, StreamSpec

__all__ = ["IncrementalClassifier", "OnlineClassifier", "Session", "SessionSpec", "Shown", "StreamSpec"]
