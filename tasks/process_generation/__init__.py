"""Generate processes: paths and frame sequences of a particle in a double well, and functions of time.

A learner is a sampler of whole paths between two ends (`Bridges`), of frames that follow a control (`DrivenFrames`), of
a game's frames, each fed back for the next (`Games`), or of functions at any times (`Functions`). Each is judged
against the law that the data came from, which is simulated or known exactly.

Shapes: n paths, q pairs of ends, k paths a pair, b batch, f frames, p pixels, c frames of context, m times.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax


class Bridges(Protocol):
    """Paths between two ends."""

    def bridge(self, state: Any, key: jax.Array, ends: jax.Array, count: int) -> jax.Array:
        """`count` paths for each pair of ends [q, 2]: the frames between the ends, [q, count, f - 2]."""


class DrivenFrames(Protocol):
    """Frame sequences that follow a control."""

    def sample(self, state: Any, key: jax.Array, control: jax.Array) -> jax.Array:
        """A sequence of frames [n, f, p] for each control [n, f]."""


class Games(Protocol):
    """Frames of a game, played on by the learner itself."""

    def play(self, state: Any, key: jax.Array, context: jax.Array, actions: jax.Array) -> jax.Array:
        """Frames [n, f, p] after the contexts [n, c, p], oldest first, under the actions [n, f]."""


class Functions(Protocol):
    """Functions of time, seen at finitely many times."""

    def generate(self, state: Any, key: jax.Array, count: int, times: jax.Array) -> jax.Array:
        """Values [count, m] of `count` functions at the times [m], rising, in [0, 1]."""

    def impute(self, state: Any, key: jax.Array, values: jax.Array, times: jax.Array, known: jax.Array) -> jax.Array:
        """Functions [n, m] at the times [m] that have the values [n, m] where `known`, bool [m], says so."""


@dataclass(frozen=True)
class BridgeSpec:
    """Frames of a path, both ends included; network calls allowed for each path that is returned; |s| of the range."""

    frames: int
    calls: int
    reach: float


@dataclass(frozen=True)
class FrameSpec:
    """Frames of a sequence, pixels of a frame, network calls allowed for a sequence."""

    frames: int
    pixels: int
    calls: int


@dataclass(frozen=True)
class GameSpec:
    """Pixels of a frame, frames of context, network calls allowed for a frame."""

    pixels: int
    context: int
    calls: int


@dataclass(frozen=True)
class FunctionSpec:
    """Times of a training function, network calls allowed for a function."""

    points: int
    calls: int


class Windows(NamedTuple):
    """A batch: frames [b, f] of windows, half of which cross the barrier, and weights [b] that undo this choice."""

    frames: jax.Array
    weight: jax.Array


class Basis(NamedTuple):
    """Principal directions of the training frames, columns of [p, p], and the variance [p] along each, falling."""

    vectors: jax.Array
    variances: jax.Array


class Driven(NamedTuple):
    """A batch: frames [b, f, p], centred, and the control [b, f] in {-1, 0, 1} that drove them."""

    frames: jax.Array
    control: jax.Array


class Moves(NamedTuple):
    """A batch: contexts [b, c, p], actions [b] in {-1, 0, 1} taken after them, and the frames [b, p] that came next."""

    context: jax.Array
    action: jax.Array
    following: jax.Array


class Seen(NamedTuple):
    """A batch: functions of time, their values [b, m] at times [b, m] of their own, rising."""

    values: jax.Array
    times: jax.Array
