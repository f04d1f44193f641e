"""Find a graph of 40 nodes with as many edges as there can be without triangles and 4-cycles: 120.

Isolates the walk among graphs. A search proposes a graph, and all graphs that one flip of a pair makes of it are scored
for it: edges - triangles - 4-cycles. As many cycles as edges less can be taken away at any time, so that the best
score is a number of edges without cycles. 2,000 graphs are paid for. `nodes=48` has 162 edges at most.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.errors import UsageError
from toybench.tasks.combinatorial_search import Board, GraphSearcher, GraphSpec, evaluate_graph

# Most edges of 1, 2, ..., 52 nodes, from the On-Line Encyclopedia of Integer Sequences, A006856.
MOST = (
    *(0, 1, 2, 3, 5, 6, 8, 10, 12, 15, 16, 18, 21, 23, 26, 28, 31, 34, 38, 41, 44, 47, 50, 54, 57, 61),
    *(65, 68, 72, 76, 80, 85, 87, 90, 95, 99, 104, 109, 114, 120, 124, 129, 134, 139, 145, 150, 156, 162),
    *(168, 175, 176, 178),
)
NEAR = 0.95  # of the most edges, from where on a search is nearly there


class World(NamedTuple):
    """What a search came to, and a graph of the floor.

    Attributes:
      blind: a random graph to which no edge can be added, float [n, n].
      best: the best score so far, float [].
      made: moves made, float [].
      near: the first move that was near the most edges, float [].
    """

    blind: jax.Array
    best: jax.Array
    made: jax.Array
    near: jax.Array


class Known(NamedTuple):
    """A reference that knows its world."""

    world: World


class ExtremalGraphs(Task):
    """Searches start without edges, and differ by chance; worlds differ in the graph of the floor alone."""

    nodes: int = 40  # 52 at most, as nobody knows the most edges of more
    steps: int = 2000  # type: ignore[misc]  # graphs that are evaluated

    interface = GraphSearcher
    kind = "interactive"
    metrics = {
        "best_score": Metric("max", "edges of the best graph, less its triangles and 4-cycles"),
        "moves_to_near": Metric("min", "graphs evaluated until 95 % of the most edges; all of them where never"),
        "reached_most": Metric("info", "1 where the most edges are reached"),
    }

    @property
    def spec(self) -> GraphSpec:
        if not 1 <= self.nodes <= len(MOST):
            raise UsageError(f"nodes is {self.nodes}; use a number from 1 to {len(MOST)}.")
        return GraphSpec(nodes=self.nodes, moves=self.steps)

    @property
    def most(self) -> int:
        """Edges of the best graph that there is."""
        return MOST[self.spec.nodes - 1]

    def sample(self, key: jax.Array) -> World:
        order = jax.random.uniform(key, (self.nodes, self.nodes))
        blind = random_maximal(order, self.most)
        return World(blind=blind, best=jnp.zeros(()), made=jnp.zeros(()), near=jnp.full((), float(self.steps)))

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Board]:
        board = evaluate_graph(learner.propose(key))
        made = world.made + 1
        close = (board.score >= NEAR * self.most) & (world.near >= self.steps)
        best = jnp.maximum(world.best, board.score)
        return World(blind=world.blind, best=best, made=made, near=jnp.where(close, made, world.near)), board

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        shown = learner.world if isinstance(learner, Known) else world
        return {
            "best_score": shown.best,
            "moves_to_near": shown.near,
            "reached_most": (shown.best >= self.most).astype(jnp.float32),
        }

    def floor(self, world: World) -> Known:
        """One random graph to which no edge can be added."""
        return Known(world._replace(best=world.blind.sum() / 2))

    def oracle(self, world: World) -> Known:
        """The best graph at once."""
        return Known(world._replace(best=jnp.full((), float(self.most)), near=jnp.ones(())))


def random_maximal(order: jax.Array, most: int) -> jax.Array:
    """A graph [n, n] to which no edge can be added: pairs in the order [n, n] of those above the diagonal, if they fit.

    `most` is at least its number of edges.
    """

    def add(graph: jax.Array, _: None) -> tuple[jax.Array, None]:
        fits = jnp.triu((graph == 0) & (evaluate_graph(graph).gains == 1))  # a pair that closes a cycle gains less
        place = jnp.argmax(jnp.where(fits, order, -1.0))
        edge = jnp.where(fits.any(), 1.0, 0.0)
        row = place // len(graph)
        column = place % len(graph)
        return graph.at[row, column].max(edge).at[column, row].max(edge), None

    return jax.lax.scan(add, jnp.zeros_like(order), None, length=most)[0]
