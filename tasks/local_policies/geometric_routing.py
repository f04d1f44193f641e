"""Forward packets in wireless networks by what a node and its neighbours know of their places.

Isolates a local policy that is learned on one graph and used on others. Nodes lie uniformly in a square and hear each
other within one range, which is set such that the mean degree is exact. The seed graph has 50 nodes and degree 7. The
test is on 8 graphs each of 60 nodes at degree 5, 8 and 12, and of 120 nodes at degree 6, and on 64 pairs of each. A
packet that comes back to a node is lost: the policies are fixed, so that it would go round for ever. A path is near the
shortest one if its length is at most 1.05 zeta times the shortest, where zeta is the shortest length over the straight
line between its ends.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks import discrete_graphs, random
from toybench.tasks.local_policies import FAR, Labelled, Router, RoutingSpec, View, nearest

SEED_NODES = 50
SEED_DEGREE = 7
GROUPS = {
    "d5": (60, 5),
    "d8": (60, 8),
    "d12": (60, 12),
    "n120": (120, 6),
}  # nodes and mean degree of the graphs of the test
MOST = max(nodes for nodes, _ in GROUPS.values())
SLACK = 0.05  # epsilon: how much longer than zeta times the shortest path a near-shortest one may be
EQUAL = 1e-4  # relative difference of two lengths that rounding explains
LEAST = 1e-6  # keeps the stretch of a pair without distance finite


class Networks(NamedTuple):
    """Graphs in the plane, and pairs of their nodes. Shapes: g graphs, n nodes, k neighbours, m pairs.

    Attributes:
      points: places in units of the range, [g, n, 2].
      neighbours: numbers of the nodes within the range, the nearest first, int32 [g, n, k].
      present: which of them are there, bool [g, n, k].
      shortest: lengths of shortest paths, [g, n, n]; inf where there is no path.
      pairs: origins and destinations that a path joins, int32 [g, m, 2].
    """

    points: jax.Array
    neighbours: jax.Array
    present: jax.Array
    shortest: jax.Array
    pairs: jax.Array


class World(NamedTuple):
    """Labelled nodes of the seed graph, and the networks of the test, one group after another."""

    seed: Labelled
    test: Networks


class Packets(NamedTuple):
    """How far p packets are.

    Attributes:
      at: their nodes, int32 [p].
      length: of their ways so far, [p].
      moving: which have neither arrived nor got lost, bool [p].
      seen: nodes that they were at, bool [p, n].
      choices, greedy: how many choices were made, and how many of them as greedy forwarding would, [p].
      key: for the choices to come.
    """

    at: jax.Array
    length: jax.Array
    moving: jax.Array
    seen: jax.Array
    choices: jax.Array
    greedy: jax.Array
    key: jax.Array


class RandomCloser(NamedTuple):
    """A reference that forwards to a random neighbour nearer to the destination, or to the nearest where none is.

    From there the packet comes back, so that it is lost, although another draw might have led it elsewhere.
    """

    def forward(self, view: View, key: jax.Array) -> jax.Array:
        """A random one of those that are nearer."""
        closer = view.present & (view.neighbours[..., 0] < view.node[:, None, 0])
        drawn = jnp.where(closer, jax.random.uniform(key, closer.shape), -1.0)
        return jnp.where(closer.any(-1), drawn.argmax(-1), nearest(view))


class ShortestPath(NamedTuple):
    """A reference that has the maps, [g, n, n] and [g, n, k]."""

    networks: Networks

    def forward(self, view: View, key: jax.Array) -> jax.Array:
        """The neighbour on the shortest path."""
        graph, node, destination = view.header.T
        return (-worth(self.networks, graph, node, destination)).argmin(-1)


class GeometricRouting(Task):
    """One seed graph, and graphs of other sizes and densities."""

    neighbours: int = 28  # most that a node keeps
    graphs: int = 8  # of each group
    pairs: int = 64  # of each graph
    paths: int = 8  # of the seed graph, from which nodes are labelled
    nodes: int = 4  # labelled on each of these paths, drawn with replacement

    interface = Router
    steps = 500
    checkpoints = 1
    metrics = {
        "near_shortest_d5": Metric("max", "share of packets on a path of at most 1.05 zeta shortest ones, degree 5"),
        "near_shortest_d8": Metric("max", "the same at degree 8"),
        "near_shortest_d12": Metric("max", "the same at degree 12"),
        "near_shortest_n120": Metric("max", "the same with 120 nodes at degree 6"),
        "strict_d5": Metric("max", "share of packets on a path of at most 1.05 shortest ones, degree 5"),
        "arrival_d5": Metric("max", "share of packets that arrive, degree 5"),
        "agreement_with_greedy": Metric("info", "share of choices, over all groups, that are greedy forwarding's"),
    }

    @property
    def spec(self) -> RoutingSpec:
        return RoutingSpec(neighbours=self.neighbours, nodes=self.paths * self.nodes)

    def sample(self, key: jax.Array) -> World:
        sizes = {name: (self.graphs, nodes) for name, (nodes, _) in GROUPS.items()} | {"seed": (1, SEED_NODES)}
        degrees = {name: degree for name, (_, degree) in GROUPS.items()} | {"seed": SEED_DEGREE}
        places = {f"{name}_points": (graphs, nodes, 2) for name, (graphs, nodes) in sizes.items()}
        chances = {f"{name}_pairs": (graphs, nodes * nodes) for name, (graphs, nodes) in sizes.items()}
        drawn = random.uniforms(key, marks=(self.paths, self.nodes, SEED_NODES), **places, **chances)
        made = {}
        for name, degree in degrees.items():
            points = drawn[f"{name}_points"]
            made[name] = self.connect(
                points, drawn[f"{name}_pairs"], degree, self.paths if name == "seed" else self.pairs
            )
        test = [padded(made[name]) for name in GROUPS]
        return World(
            seed=labelled(made["seed"], drawn["marks"]), test=jax.tree.map(lambda *x: jnp.concatenate(x), *test)
        )

    def connect(self, points: jax.Array, chances: jax.Array, degree: int, pairs: int) -> Networks:
        """Networks of the mean degree on points [g, n, 2], with the pairs of least chance [g, n n] that paths join."""
        graphs, count, _ = points.shape
        apart = jnp.linalg.norm(points[:, :, None] - points[:, None], axis=-1) + FAR * jnp.eye(count)[None]
        radius = jnp.sort(apart.reshape(graphs, -1), axis=1)[:, count * degree - 1]
        scaled = apart / radius[:, None, None]
        order = jnp.argsort(scaled, axis=-1)[..., : self.neighbours]
        near = jnp.take_along_axis(scaled, order, axis=-1) <= 1
        graph = jnp.arange(graphs)[:, None, None]
        node = jnp.arange(count)[None, :, None]
        listed = jnp.zeros(apart.shape, bool).at[graph, node, order].set(near)
        edges = listed & listed.swapaxes(1, 2)
        shortest = jax.vmap(discrete_graphs.shortest_lengths)(jnp.where(edges, scaled, jnp.inf))
        joined = jnp.isfinite(shortest) & (shortest > 0)
        chosen = jnp.argsort(jnp.where(joined.reshape(graphs, -1), chances, 1 + chances), axis=1)[:, :pairs]
        return Networks(
            points=points / radius[:, None, None],
            neighbours=order.astype(jnp.int32),
            present=near & edges[graph, node, order],
            shortest=shortest,
            pairs=jnp.stack(jnp.divmod(chosen, count), axis=-1).astype(jnp.int32),
        )

    def given(self, world: World) -> Labelled:
        return world.seed

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        made = world.test
        packets = deliver(made, learner, key)
        graph = jnp.repeat(jnp.arange(len(made.pairs)), self.pairs)
        start, end = made.pairs.reshape(-1, 2).T
        best = made.shortest[graph, start, end]
        zeta = best / jnp.linalg.norm(made.points[graph, start] - made.points[graph, end], axis=-1)
        arrived = packets.at == end
        near = arrived & (packets.length <= (1 + SLACK) * zeta * best)
        strict = arrived & (packets.length <= (1 + SLACK) * best)
        shares = near.reshape(len(GROUPS), -1).mean(1)
        first = len(graph) // len(GROUPS)
        return {
            **{f"near_shortest_{name}": shares[i] for i, name in enumerate(GROUPS)},
            "strict_d5": strict[:first].mean(),
            "arrival_d5": arrived[:first].mean(),
            "agreement_with_greedy": packets.greedy.sum() / packets.choices.sum(),
        }

    def floor(self, world: World) -> RandomCloser:
        """A random neighbour that is nearer to the destination."""
        return RandomCloser()

    def oracle(self, world: World) -> ShortestPath:
        """The shortest path, which takes the map."""
        return ShortestPath(world.test)


def padded(made: Networks) -> Networks:
    """The same with nodes added that nobody hears, up to the size of the largest group."""
    more = MOST - made.points.shape[1]
    shortest = jnp.pad(made.shortest, ((0, 0), (0, more), (0, more)), constant_values=jnp.inf)
    rest = {f: jnp.pad(getattr(made, f), ((0, 0), (0, more), (0, 0))) for f in ("points", "neighbours", "present")}
    return made._replace(shortest=shortest, **rest)


def worth(made: Networks, graph: jax.Array, node: jax.Array, destination: jax.Array) -> jax.Array:
    """-(|v u| + length of the shortest path from u to the destination) of the neighbours u of nodes v, [p, k]."""
    there = made.neighbours[graph, node]
    step = jnp.linalg.norm(made.points[graph[:, None], there] - made.points[graph, node][:, None], axis=-1)
    rest = made.shortest[graph[:, None], there, destination[:, None]]
    return -jnp.where(made.present[graph, node], step + rest, jnp.inf)


def look(made: Networks, graph: jax.Array, origin: jax.Array, node: jax.Array, destination: jax.Array) -> View:
    """What nodes [p] know of packets from origins [p] to destinations [p]."""
    start = made.points[graph, origin][:, None]
    end = made.points[graph, destination][:, None]
    straight = jnp.linalg.norm(end - start, axis=-1)
    around = jnp.concatenate([node[:, None], made.neighbours[graph, node]], axis=1)
    places = made.points[graph[:, None], around]
    left = jnp.linalg.norm(places - end, axis=-1)
    stretch = (jnp.linalg.norm(places - start, axis=-1) + left) / jnp.maximum(straight, LEAST)
    known = jnp.stack([left, stretch], axis=-1)
    return View(
        node=known[:, 0],
        neighbours=known[:, 1:],
        present=made.present[graph, node],
        header=jnp.stack([graph, node, destination], axis=-1),
    )


def labelled(made: Networks, marks: jax.Array) -> Labelled:
    """For each pair, the nodes before the destination of its shortest path with the largest marks [pairs, nodes, n]."""
    start, end = made.pairs[0].T
    through = made.shortest[0, start] + made.shortest[0, end]
    on_path = through <= (1 + EQUAL) * made.shortest[0, start, end][:, None]
    eligible = on_path & (jnp.arange(marks.shape[-1])[None] != end[:, None])
    node = jnp.where(eligible[:, None], marks, -1.0).argmax(-1).reshape(-1).astype(jnp.int32)
    origin = jnp.repeat(start, marks.shape[1])
    destination = jnp.repeat(end, marks.shape[1])
    graph = jnp.zeros_like(node)
    known = look(made, graph, origin, node, destination)
    return Labelled(view=known, worth=jnp.where(known.present, worth(made, graph, node, destination), 0.0))


def deliver(made: Networks, learner: Any, key: jax.Array) -> Packets:
    """Forward one packet for every pair until it arrives or comes back to a node."""
    graphs, pairs, _ = made.pairs.shape
    graph = jnp.repeat(jnp.arange(graphs, dtype=jnp.int32), pairs)
    origin, end = made.pairs.reshape(-1, 2).T
    row = jnp.arange(len(graph))

    def hop(p: Packets) -> Packets:
        key, drawn = jax.random.split(p.key)
        view = look(made, graph, origin, p.at, end)
        slot = learner.forward(view, drawn)
        there = made.neighbours[graph, p.at, slot]
        step = jnp.linalg.norm(made.points[graph, there] - made.points[graph, p.at], axis=-1)
        one = p.moving.astype(step.dtype)
        return Packets(
            at=jnp.where(p.moving, there, p.at),
            length=p.length + one * step,
            moving=p.moving & (there != end) & ~p.seen[row, there],
            seen=p.seen.at[row, there].set(True),
            choices=p.choices + one,
            greedy=p.greedy + one * (slot == nearest(view)).astype(one.dtype),
            key=key,
        )

    nothing = jnp.zeros(len(graph))
    first = Packets(
        at=origin,
        length=nothing,
        moving=jnp.ones(len(graph), bool),
        seen=jnp.zeros((len(graph), MOST), bool).at[row, origin].set(True),
        choices=nothing,
        greedy=nothing,
        key=key,
    )
    return jax.lax.while_loop(lambda p: p.moving.any(), hop, first)
