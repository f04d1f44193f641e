"""A maze of nine cells: does the token before the path hold the whole maze, and do vectors of near cells lie near?

Isolates what a path writer knows of its graph. A maze is one of the 192 spanning trees of the 3 x 3 lattice: 8 of its
12 edges, so that one path leads from any cell to any other. A third of the trees, drawn in each world, appear in no
batch: paths through them are judged, and a linear probe that was fitted to the others is judged on them.
"""

import functools
import itertools
from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from toybench import Metric, Task
from toybench.blocks import probes
from toybench.blocks.random import uniforms
from toybench.tasks.prompt_planning import Batch, MazeReader, Prompt, PromptSpec

SIDE = 3  # cells
CELLS = SIDE * SIDE
TREES = 192  # spanning trees of the lattice
SEEN = 128  # of them in batches
BATCH = 32  # mazes of an update
JUDGED = 256  # paths of an evaluation
FITTED = 1536  # mazes that the probe is fitted to
HELD_OUT = 768  # mazes that it is judged on
PENALTY = 1e-3  # of the probe: only against singular matrices


class Mazes(NamedTuple):
    """All spanning trees.

    Attributes:
      lattice: the lattice's edges, int [12, 2].
      there: 1 where a tree has an edge, [192, 12].
      edges: a tree's edges, int32 [192, 8, 2].
      paths: from each cell to each, the cell itself left out and filled by 9: int32 [192, 9, 9, 8].
    """

    lattice: np.ndarray
    there: np.ndarray
    edges: np.ndarray
    paths: np.ndarray


def tree_paths(edges: np.ndarray) -> np.ndarray:
    """Paths int32 [9, 9, 8] in a tree with these edges [8, 2], found cell by cell."""
    paths = np.full((CELLS, CELLS, CELLS - 1), CELLS, np.int32)
    ways = np.concatenate([edges, edges[:, ::-1]]).tolist()
    for start in range(CELLS):
        reached: dict[int, list[int]] = {start: []}
        while len(reached) < CELLS:
            for a, b in ways:
                if a in reached and b not in reached:
                    reached[b] = [*reached[a], b]
        for goal, path in reached.items():
            paths[start, goal, : len(path)] = path
    return paths


@functools.cache
def mazes() -> Mazes:
    """Every choice of 8 edges that joins all cells."""
    cell = np.arange(CELLS).reshape(SIDE, SIDE)
    across = np.stack([cell[:, :-1].reshape(-1), cell[:, 1:].reshape(-1)], axis=1)
    along = np.stack([cell[:-1].reshape(-1), cell[1:].reshape(-1)], axis=1)
    lattice = np.concatenate([across, along])
    chosen = [c for c in itertools.combinations(range(len(lattice)), CELLS - 1) if joins(lattice[list(c)])]
    rows = np.asarray(chosen)
    there = np.zeros((len(rows), len(lattice)), np.float32)
    there[np.arange(len(rows))[:, None], rows] = 1
    edges = lattice[rows].astype(np.int32)
    return Mazes(lattice=lattice, there=there, edges=edges, paths=np.stack([tree_paths(e) for e in edges]))


def joins(edges: np.ndarray) -> bool:
    """Whether all cells hang together."""
    part = list(range(CELLS))
    for a, b in edges.tolist():
        part = [part[b] if p == part[a] else p for p in part]
    return len(set(part)) == 1


class World(NamedTuple):
    """Trees in a random order int32 [192], the first of which are for batches; and the questions of an evaluation.

    Attributes:
      trees: the order.
      judged: paths through held-out trees.
      fitted: mazes for the probe, and which of the lattice's edges they have, [b, 12].
      fitted_there: see `fitted`.
      held_out: mazes to judge it on.
      held_out_there: see `held_out`.
    """

    trees: jax.Array
    judged: Batch
    fitted: Batch
    fitted_there: jax.Array
    held_out: Batch
    held_out_there: jax.Array


def balanced_accuracy(fitted: jax.Array, label: jax.Array, scores: jax.Array, truth: jax.Array) -> jax.Array:
    """Mean over columns of the mean share of right answers to 0 and to 1, for scores and truths [n, c].

    The threshold of a column lies midway between the mean scores of both answers where the probe was fitted.
    """
    ones = (fitted * label).sum(0) / jnp.maximum(label.sum(0), 1)
    zeros = (fitted * (1 - label)).sum(0) / jnp.maximum((1 - label).sum(0), 1)
    says = (scores > ((ones + zeros) / 2)[None]).astype(truth.dtype)
    hit = (says * truth).sum(0) / jnp.maximum(truth.sum(0), 1)
    passed = ((1 - says) * (1 - truth)).sum(0) / jnp.maximum((1 - truth).sum(0), 1)
    return ((hit + passed) / 2).mean()


def correlation(a: jax.Array, b: jax.Array) -> jax.Array:
    """Pearson's, of two lists [n]; 0 where one is constant."""
    left = a - a.mean()
    right = b - b.mean()
    scale = jnp.sqrt((left**2).sum() * (right**2).sum())
    return jnp.where(scale > 0, left @ right / jnp.where(scale > 0, scale, 1.0), 0.0)


def spacing(embedding: jax.Array) -> jax.Array:
    """Correlation of the city-block distances of vectors [9, d] with those of their cells, over all pairs."""
    first, second = np.triu_indices(CELLS, 1)
    apart = jnp.abs(embedding[first] - embedding[second]).sum(1)
    place = np.stack(np.divmod(np.arange(CELLS), SIDE), axis=1)
    moves = np.abs(place[first] - place[second]).sum(1)
    return correlation(apart, jnp.asarray(moves, jnp.float32))


class LatticeMaze(Task):
    """Fresh questions in every batch, about trees that recur."""

    interface = MazeReader
    steps = 700
    checkpoints = 2
    metrics = {
        "path_accuracy": Metric("max", "share of paths through unseen mazes written without an error"),
        "probe_accuracy": Metric("max", "right answers of a linear probe to the 12 edges, in unseen mazes, balanced"),
        "embedding_correlation": Metric("max", "correlation of distances of nodes' vectors and of cells, city-block"),
    }

    @property
    def spec(self) -> PromptSpec:
        return PromptSpec(names=CELLS, edges=CELLS - 1, path=CELLS - 1, directed=False)

    def questions(self, key: jax.Array, trees: jax.Array, count: int) -> tuple[Batch, jax.Array]:
        """A start and another cell as the goal, in some of these trees int32 [n]; and the trees, int32 [count]."""
        drawn = uniforms(key, tree=(count,), start=(count,), further=(count,))
        tree = trees[jnp.floor(drawn["tree"] * len(trees)).astype(jnp.int32)]
        start = jnp.floor(drawn["start"] * CELLS).astype(jnp.int32)
        goal = (start + 1 + jnp.floor(drawn["further"] * (CELLS - 1)).astype(jnp.int32)) % CELLS
        edges = jnp.asarray(mazes().edges)[tree]
        path = jnp.asarray(mazes().paths)[tree, start, goal]
        return Batch(prompt=Prompt(edges=edges, ends=jnp.stack([start, goal], axis=1)), path=path), tree

    def sample(self, key: jax.Array) -> World:
        keys = jax.random.split(key, 4)
        trees = jnp.argsort(jax.random.uniform(keys[0], (TREES,))).astype(jnp.int32)
        there = jnp.asarray(mazes().there)
        judged, _ = self.questions(keys[1], trees[SEEN:], JUDGED)
        fitted, first = self.questions(keys[2], trees[:SEEN], FITTED)
        held_out, second = self.questions(keys[3], trees[SEEN:], HELD_OUT)
        return World(
            trees=trees,
            judged=judged,
            fitted=fitted,
            fitted_there=there[first],
            held_out=held_out,
            held_out_there=there[second],
        )

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Batch]:
        batch, _ = self.questions(key, world.trees[:SEEN], BATCH)
        return world, batch

    def probe(self, world: World, fitted: jax.Array, held_out: jax.Array) -> jax.Array:
        """Balanced accuracy [] of a ridge probe to the edges, after the block that is best where it was fitted.

        Features of the mazes that it is fitted to [n, l, d], and of those that it is judged on.
        """

        def one(fitted: jax.Array, held_out: jax.Array) -> tuple[jax.Array, jax.Array]:
            weights = probes.ridge(fitted, world.fitted_there, jnp.ones(FITTED), PENALTY)
            own = probes.apply_ridge(weights, fitted)
            other = probes.apply_ridge(weights, held_out)
            there = world.fitted_there
            return (
                balanced_accuracy(own, there, own, there),
                balanced_accuracy(own, there, other, world.held_out_there),
            )

        own, other = jax.vmap(one, (1, 1))(fitted, held_out)
        return other[own.argmax()]

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        right = (learner.write(world.judged.prompt) == world.judged.path).all(1)
        fitted = learner.residual(world.fitted.prompt)
        held_out = learner.residual(world.held_out.prompt)
        return {
            "path_accuracy": right.astype(jnp.float32).mean(),
            "probe_accuracy": self.probe(world, fitted, held_out),
            "embedding_correlation": spacing(learner.embedding()),
        }

    def reference(self, path: jax.Array, residual: Any, embedding: np.ndarray) -> SimpleNamespace:
        """A learner with these answers."""
        return SimpleNamespace(
            write=lambda prompt: path, residual=residual, embedding=lambda: jnp.asarray(embedding, jnp.float32)
        )

    def floor(self, world: World) -> SimpleNamespace:
        """Always the first cell, a token that holds nothing, and vectors that are all alike."""
        path = jnp.zeros_like(world.judged.path)
        return self.reference(path, lambda prompt: jnp.zeros((len(prompt.ends), 1, 1)), np.zeros((CELLS, 1)))

    def oracle(self, world: World) -> SimpleNamespace:
        """The paths, the maze itself, and the cells' places on a straightened lattice."""

        def edges(prompt: Prompt) -> jax.Array:
            lattice = jnp.asarray(mazes().lattice, jnp.int32)
            same = (prompt.edges[:, :, None] == lattice[None, None]).all(3)
            return same.any(1).astype(jnp.float32)[:, None]

        place = np.stack(np.divmod(np.arange(CELLS), SIDE), axis=1)
        return self.reference(world.judged.path, edges, place)
