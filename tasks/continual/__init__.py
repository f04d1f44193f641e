"""Learn from streams that change: keep what was learned, and stay able to learn.

Each family of problems asks questions of its own, so that a method runs where it can answer.
"""

from tasks.continual._incremental import IncrementalClassifier, Session, SessionSpec
from tasks.continual._plasticity import OnlineClassifier, Shown, StreamSpec
from tasks.continual._selection import Selector, Tables, TableSpec

__all__ = [
    "IncrementalClassifier",
    "OnlineClassifier",
    "Selector",
    "Session",
    "SessionSpec",
    "Shown",
    "StreamSpec",
    "TableSpec",
    "Tables",
]
