"""Follow an instruction on a map, learned from demonstrations: what carries over to new maps and new instructions?

An instruction names a colour and a shape; the one object that has both is meant. A learner acts for one episode on each
of many maps side by side. It may keep something in mind, such as a plan or a return that is still to come. It knows how
moves work: into a wall or off the map means to stay. How far a policy sees around itself is in the spec.

Every learner is given the demonstrations and a frozen encoder. The encoder maps what lies around a cell, and an
instruction, to vectors: alike where they have attributes in common, more so where they have a pair of them in common.
Batches name rows of the demonstrations.

Shapes: n maps, S cells, A = 5 moves, F = 6 attributes, H steps, b rows, e numbers of an embedding.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp
import numpy as np

from toybench.blocks import gridworld

COLOURS = 3
SHAPES = 3
PAIRS = COLOURS * SHAPES
ATTRIBUTES = COLOURS + SHAPES
NEAR = 1  # how many cells around itself the encoder's view reaches
WINDOW = (2 * NEAR + 1) ** 2  # cells of that view


@dataclass(frozen=True)
class Spec:
    """Rows and columns of the maps, steps of an episode, and how far a policy sees; 0: the whole map."""

    rows: int
    columns: int
    horizon: int
    sight: int

    @property
    def cells(self) -> int:
        """How many cells a map has."""
        return self.rows * self.columns


class Scenes(NamedTuple):
    """Maps with instructions.

    Attributes:
      free: cells that are no wall, [n, S], 0 or 1.
      objects: attributes of the object in each cell, [n, S, F], 0 or 1; a colour and a shape, or nothing.
      wanted: attributes of the object that is meant, [n, F].
      start: the first cell, int32 [n].
    """

    free: jax.Array
    objects: jax.Array
    wanted: jax.Array
    start: jax.Array


class Demonstrations(NamedTuple):
    """Scenes with the meant object's cell, int32 [n], cells int32 [n, H + 1] and moves int32 [n, H]."""

    scenes: Scenes
    goal: jax.Array
    s: jax.Array
    a: jax.Array


class Encoder(NamedTuple):
    """A frozen encoder.

    Attributes:
      attributes: an embedding of each, [F, e].
      pairs: what a colour and a shape together add, [PAIRS, e].
      quirks: frequencies of what a view adds that has nothing to do with an instruction, [WINDOW F, e].
      quirk: size of that.
    """

    attributes: jax.Array
    pairs: jax.Array
    quirks: jax.Array
    quirk: jax.Array


class Given(NamedTuple):
    """What every learner has."""

    demonstrations: Demonstrations
    encoder: Encoder


class Batch(NamedTuple):
    """Rows of the demonstrations: which one, int32 [b], and which step, int32 [b]."""

    scene: jax.Array
    step: jax.Array


class Follower(Protocol):
    """Does what it is told."""

    def begin(self, state: Any, scenes: Scenes) -> Any:
        """What it keeps in mind as one episode begins on each of the scenes."""

    def act(self, state: Any, mind: Any, scenes: Scenes, here: jax.Array, step: jax.Array) -> tuple[Any, jax.Array]:
        """What it then keeps in mind, and its moves int32 [n] in the cells int32 [n] at a step int32 []."""


def moves_of(free: jax.Array, spec: Spec) -> jax.Array:
    """The next cell int32 [..., S, A] of each cell and move, on maps [..., S]."""
    target = jnp.asarray(gridworld.open_grid(np.ones((spec.rows, spec.columns), bool)))
    here = jnp.arange(spec.cells, dtype=jnp.int32)[:, None]
    return jnp.where(free[..., target] > 0, target, here)


def around(fields: jax.Array, here: jax.Array, spec: Spec, radius: int) -> jax.Array:
    """What lies around cells int32 [n]: [n, w, w, f] of fields [n, S, f], w = 2 radius + 1; 0 beyond the map."""
    boards = fields.reshape(len(fields), spec.rows, spec.columns, -1)
    padded = jnp.pad(boards, ((0, 0), (radius, radius), (radius, radius), (0, 0)))
    width = 2 * radius + 1

    def cut(board: jax.Array, cell: jax.Array) -> jax.Array:
        corner = (cell // spec.columns, cell % spec.columns, 0)
        return jax.lax.dynamic_slice(board, corner, (width, width, board.shape[-1]))

    return jax.vmap(cut)(padded, here)


def meaning(encoder: Encoder, attributes: jax.Array) -> jax.Array:
    """Embeddings [..., e] of objects or instructions [..., F]."""
    colour = attributes[..., :COLOURS]
    shape = attributes[..., COLOURS:]
    pair = (colour[..., :, None] * shape[..., None, :]).reshape(*attributes.shape[:-1], PAIRS)
    return attributes @ encoder.attributes + pair @ encoder.pairs


def seen_there(encoder: Encoder, scenes: Scenes, here: jax.Array, spec: Spec) -> jax.Array:
    """Embeddings [n, e] of what lies in the nine cells around cells int32 [n]."""
    view = around(scenes.objects, here, spec, NEAR)
    flat = view.reshape(len(view), -1)
    return meaning(encoder, view).sum((1, 2)) + encoder.quirk * jnp.sin(flat @ encoder.quirks)


def whole_view(scenes: Scenes, here: jax.Array) -> jax.Array:
    """Walls, objects, the own cell one-hot and the instruction, [n, f]."""
    objects = scenes.objects.reshape(len(here), -1)
    own = jax.nn.one_hot(here, scenes.free.shape[1])
    return jnp.concatenate([scenes.free, objects, own, scenes.wanted], axis=-1)


def own_view(scenes: Scenes, here: jax.Array, spec: Spec, radius: int) -> jax.Array:
    """Walls and objects around the own cell, and the instruction, [n, f]."""
    fields = jnp.concatenate([scenes.free[..., None], scenes.objects], axis=-1)
    view = around(fields, here, spec, radius)
    return jnp.concatenate([view.reshape(len(here), -1), scenes.wanted], axis=-1)


def rows(demonstrations: Demonstrations, at: Batch) -> tuple[Scenes, jax.Array, jax.Array]:
    """(scenes of b rows, cells int32 [b], moves int32 [b])."""
    scenes = jax.tree.map(lambda x: x[at.scene], demonstrations.scenes)
    return scenes, demonstrations.s[at.scene, at.step], demonstrations.a[at.scene, at.step]
