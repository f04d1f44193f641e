"""Bring six agents to their goals on a small grid, each of them by what it sees around itself.

Isolates what can be cloned from a planner that sees everything. Grids have 8 x 8 cells, of which 15 % are obstacles;
starts and goals lie in the largest connected part. All agents move at once. A move into an obstacle, into a cell that
another agent wants or stays in, or against an agent that comes the other way does not happen: those who collide stay.
An instance is solved when all agents are at their goals at once, within 40 rounds. The expert plans one agent after
another through space and time, in 8 random orders, of which the cheapest is kept; its plans on 192 instances are the
data, 64 others the test.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks import gridworld, random
from toybench.tasks.local_policies import REACH, AgentSpec, Conductor, Demonstrations, Sight

WAITS = 0.2  # share of the waits among the data, the authors'
OPPOSITE = (1, 0, 3, 2, 4)  # the action that undoes each; staying undoes itself
STAY = gridworld.ACTIONS - 1
LIMIT = 20.0  # costs to go are clipped here, as the authors do
NOWHERE = 1e6  # a cost that no plan has
MOVE = 0  # kinds of demonstrations
WAIT = 1
REST = 2  # a wait at the goal
UNUSED = 3
NONE = gridworld.ACTIONS  # the last action of an agent that has not acted


class Instances(NamedTuple):
    """Problems. Shapes: i instances, c cells, n agents.

    Attributes:
      following: the next cell of every cell and action, int32 [i, c, 5].
      cost: moves from the row to the column, int32 [i, c, c].
      free: where no obstacle is, bool [i, c].
      start, goal: cells of the agents, int32 [i, n].
    """

    following: jax.Array
    cost: jax.Array
    free: jax.Array
    start: jax.Array
    goal: jax.Array


class Plans(NamedTuple):
    """What the expert does. Shapes: i instances, t rounds, n agents.

    Attributes:
      actions: int32 [i, t, n].
      solved: whether it found a plan, bool [i].
    """

    actions: jax.Array
    solved: jax.Array


class World(NamedTuple):
    """Instances for the test with the expert's plans, and what it did on others."""

    test: Instances
    plans: Plans
    data: Demonstrations


class Agents(NamedTuple):
    """Agents of i instances under way.

    Attributes:
      at, last: cells and last actions, int32 [i, n].
      done: whether all were at their goals at once, bool [i]; then nobody moves any more.
      makespan: rounds that it took, int32 [i].
    """

    at: jax.Array
    last: jax.Array
    done: jax.Array
    makespan: jax.Array


class Expert(NamedTuple):
    """A reference that has the expert's plans, int32 [i, t, n]."""

    actions: jax.Array

    def act(self, sight: Sight, key: jax.Array) -> jax.Array:
        """The action that is planned for this agent and round."""
        instance, agent, turn = sight.header.T
        return self.actions[instance, turn, agent]


class Wanderer(NamedTuple):
    """A reference that moves at random."""

    def act(self, sight: Sight, key: jax.Array) -> jax.Array:
        """Any action."""
        return jax.random.randint(key, sight.present.shape[:1], 0, gridworld.ACTIONS)


class GridMapf(Task):
    """Six agents on 64 cells."""

    side: int = 8  # of the grid
    obstacles: float = 0.15  # share of the cells
    agents: int = 6
    rounds: int = 40  # at most
    instances: int = 64  # for the test
    lessons: int = 192  # instances that the expert shows
    shown: int = 20  # rounds of each of them, most of which end before
    orders: int = 8  # in which the expert plans

    interface = Conductor
    steps = 1500
    checkpoints = 1
    metrics = {
        "success_rate": Metric("max", "share of the instances that are solved"),
        "success_share": Metric("max", "the same over the expert's"),
        "arrival_share": Metric("max", "share of the agents that are at their goals in the end"),
        "makespan": Metric("min", "rounds until an instance is solved, all rounds where it is not, mean"),
    }

    @property
    def spec(self) -> AgentSpec:
        return AgentSpec(others=self.agents - 1, steps=self.lessons * self.shown * self.agents)

    def sample(self, key: jax.Array) -> World:
        count = self.instances + self.lessons
        cells = self.side**2
        drawn = random.uniforms(
            key,
            obstacles=(count, cells),
            start=(count, cells),
            goal=(count, cells),
            orders=(count, self.orders, self.agents),
        )
        made = jax.vmap(self.instance)(drawn["obstacles"], drawn["start"], drawn["goal"])
        plans = jax.vmap(self.plan)(made, jnp.argsort(drawn["orders"], axis=-1))
        test = jax.tree.map(lambda x: x[: self.instances], (made, plans))
        shown = jax.tree.map(lambda x: x[self.instances :], (made, plans))
        return World(test=test[0], plans=test[1], data=self.demonstrate(*shown))

    def instance(self, obstacles: jax.Array, start: jax.Array, goal: jax.Array) -> Instances:
        """One problem from numbers [c]; the agents' cells are those with the largest."""
        free = obstacles >= self.obstacles
        following = gridworld.open_grid(free.reshape(self.side, self.side))
        cost = gridworld.distances(following)
        joined = (cost < len(free)) & free[None] & free[:, None]
        part = joined[joined.sum(1).argmax()]
        return Instances(
            following=following,
            cost=cost,
            free=free,
            start=jnp.argsort(jnp.where(part, -start, 1.0))[: self.agents].astype(jnp.int32),
            goal=jnp.argsort(jnp.where(part, -goal, 1.0))[: self.agents].astype(jnp.int32),
        )

    def plan(self, made: Instances, orders: jax.Array) -> Plans:
        """The cheapest of the plans by orders [o, n]."""
        actions, costs = jax.vmap(lambda order: plan_in_order(made, order, self.rounds))(orders)
        best = costs.argmin()
        return Plans(actions=actions[best], solved=costs[best] < NOWHERE)

    def demonstrate(self, made: Instances, plans: Plans) -> Demonstrations:
        """What the expert saw and did; waits at the goal are thinned until a fifth of all actions are waits."""
        first = begin(made, self.rounds)

        def watch(agents: Agents, turn: jax.Array) -> tuple[Agents, tuple[Sight, jax.Array, jax.Array]]:
            action = plans.actions[:, turn]
            useful = plans.solved[:, None] & ~agents.done[:, None]
            kind = jnp.where(action < STAY, MOVE, jnp.where(agents.at == made.goal, REST, WAIT))
            kind = jnp.where(useful, kind, UNUSED)
            seen = look(made, agents, turn, self.side)
            return advance(made, agents, action, turn), (seen, action.reshape(-1), kind.reshape(-1))

        _, shown = jax.lax.scan(watch, first, jnp.arange(self.shown, dtype=jnp.int32))
        sight, action, kind = jax.tree.map(lambda x: x.reshape(x.shape[0] * x.shape[1], *x.shape[2:]), shown)
        weight = jnp.stack([jnp.ones(()), jnp.ones(()), kept_rests(kind), jnp.zeros(())])[kind]
        return Demonstrations(sight=sight, action=action, drawn=jnp.cumsum(weight) / weight.sum())

    def given(self, world: World) -> Demonstrations:
        return world.data

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        made = world.test

        def turn(agents: Agents, now: tuple[jax.Array, jax.Array]) -> tuple[Agents, None]:
            number, drawn = now
            action = learner.act(look(made, agents, number, self.side), drawn)
            return advance(made, agents, action.reshape(agents.at.shape), number), None

        keys = jax.random.split(key, self.rounds)
        agents, _ = jax.lax.scan(turn, begin(made, self.rounds), (jnp.arange(self.rounds, dtype=jnp.int32), keys))
        return {
            "success_rate": agents.done.mean(),
            "success_share": agents.done.mean() / jnp.maximum(world.plans.solved.mean(), 1 / self.instances),
            "arrival_share": (agents.at == made.goal).mean(),
            "makespan": agents.makespan.astype(jnp.float32).mean(),
        }

    def floor(self, world: World) -> Wanderer:
        """Random moves."""
        return Wanderer()

    def oracle(self, world: World) -> Expert:
        """A reference: the expert, which sees everything and plans for all, but in few orders."""
        return Expert(world.plans.actions)


def kept_rests(kind: jax.Array) -> jax.Array:
    """The share [] of the rests to be kept among demonstrations of these kinds."""
    moves = (kind == MOVE).sum().astype(jnp.float32)
    waits = (kind == WAIT).sum().astype(jnp.float32)
    rests = (kind == REST).sum().astype(jnp.float32)
    return jnp.clip((moves * WAITS / (1 - WAITS) - waits) / jnp.maximum(rests, 1.0), 0.0, 1.0)


def begin(made: Instances, rounds: int) -> Agents:
    """All agents at their starts."""
    return Agents(
        at=made.start,
        last=jnp.full_like(made.start, NONE),
        done=(made.start == made.goal).all(-1),
        makespan=jnp.where((made.start == made.goal).all(-1), 0, rounds),
    )


def advance(made: Instances, agents: Agents, action: jax.Array, turn: jax.Array) -> Agents:
    """One round with actions [i, n]."""
    moved = jax.vmap(move)(made.following, agents.at, action)
    at = jnp.where(agents.done[:, None], agents.at, moved)
    done = (at == made.goal).all(-1)
    return Agents(at=at, last=action, done=done, makespan=jnp.where(done & ~agents.done, turn + 1, agents.makespan))


def move(following: jax.Array, at: jax.Array, action: jax.Array) -> jax.Array:
    """Cells [n] after the agents of one instance act; those who collide stay, and may make others collide."""
    others = ~jnp.eye(len(at), dtype=bool)

    def settle(_: int, there: jax.Array) -> jax.Array:
        meets = there[:, None] == there[None]
        swaps = (there[:, None] == at[None]) & (at[:, None] == there[None])
        return jnp.where(((meets | swaps) & others).any(1), at, there)

    return jax.lax.fori_loop(0, len(at), settle, following[at, action])


def look(made: Instances, agents: Agents, turn: jax.Array, side: int) -> Sight:
    """What every agent sees, instance by instance and agent by agent."""
    instances, count = agents.at.shape
    instance = jnp.arange(instances)[:, None]
    row, column = jnp.divmod(agents.at, side)
    window = jnp.arange(-REACH, REACH + 1)
    rows = row[..., None, None] + window[None, None, :, None]
    columns = column[..., None, None] + window[None, None, None, :]
    on_board = ((rows >= 0) & (rows < side) & (columns >= 0) & (columns < side)).reshape(instances, count, -1)
    cells = (jnp.clip(rows, 0, side - 1) * side + jnp.clip(columns, 0, side - 1)).reshape(instances, count, -1)
    left = made.cost[instance[..., None], cells, made.goal[..., None]]
    standing = on_board & made.free[instance[..., None], cells] & (left < side * side)
    rest = made.cost[instance, agents.at, made.goal]
    patch = jnp.where(standing, jnp.clip((left - rest[..., None]).astype(jnp.float32), -LIMIT, LIMIT), 0.0)
    around = made.following[instance, agents.at][..., :STAY]
    nearer = made.cost[instance[..., None], around, made.goal[..., None]] < rest[..., None]
    place = jnp.stack([row, column], axis=-1)
    offset = (jnp.stack(jnp.divmod(made.goal, side), axis=-1) - place).astype(jnp.float32) / side
    own = jnp.concatenate([offset, jax.nn.one_hot(agents.last, NONE + 1), nearer.astype(jnp.float32)], axis=-1)
    between = place[:, None] - place[:, :, None]  # [i, n, n, 2], from the row to the column
    far = jnp.abs(between).max(-1) > REACH
    hidden = far | jnp.eye(count, dtype=bool)[None]
    order = jnp.argsort(jnp.where(hidden, side * side, jnp.abs(between).sum(-1)), axis=-1)[..., : count - 1]
    theirs = jnp.broadcast_to(own[:, None], (*far.shape, own.shape[-1]))
    told = jnp.concatenate([between.astype(jnp.float32) / REACH, theirs], axis=-1)
    present = ~jnp.take_along_axis(hidden, order, axis=-1)
    others = jnp.where(present[..., None], jnp.take_along_axis(told, order[..., None], axis=2), 0.0)
    agent = jnp.broadcast_to(jnp.arange(count, dtype=jnp.int32)[None], (instances, count))
    number = jnp.broadcast_to(instance.astype(jnp.int32), agent.shape)
    header = jnp.stack([number, agent, jnp.full_like(agent, turn)], axis=-1)
    sight = Sight(patch=patch, blocked=~standing, own=own, others=others, present=present, header=header)
    return jax.tree.map(lambda x: x.reshape(instances * count, *x.shape[2:]), sight)


def plan_in_order(made: Instances, order: jax.Array, rounds: int) -> tuple[jax.Array, jax.Array]:
    """Actions [t, n] of agents that plan one after another in this order [n], and their cost in all."""
    cells, ways = made.following.shape
    here = jnp.arange(cells)
    idle = (made.following == here[:, None]) & (jnp.arange(ways) != STAY)[None]  # into an obstacle or off the grid

    def plan_next(taken: tuple[jax.Array, jax.Array], agent: jax.Array) -> tuple[tuple, tuple[jax.Array, jax.Array]]:
        held, left_by = taken  # [t + 1, c] and [t, c, 5]: where those before stand, and how they leave a cell
        goal = made.goal[agent]
        price = jnp.where((here == goal)[:, None] & (jnp.arange(ways) == STAY)[None], 0.0, 1.0)

        def value(after: jax.Array, now: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
            standing, leaving = now
            against = leaving[made.following, jnp.asarray(OPPOSITE)[None]]
            barred = idle | standing[made.following] | against
            q = jnp.where(barred, NOWHERE, price + after[made.following])
            return jnp.minimum(q.min(-1), NOWHERE), q

        last = jnp.where(here == goal, 0.0, NOWHERE)
        first, q = jax.lax.scan(value, last, (held[1:], left_by), reverse=True)

        def follow(at: jax.Array, now: jax.Array) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
            action = now[at].argmin().astype(jnp.int32)
            return made.following[at, action], (at, action)

        _, way = jax.lax.scan(follow, made.start[agent], q)
        path, actions = way
        turn = jnp.arange(rounds)
        path = jnp.concatenate([path, made.following[path[-1], actions[-1]][None]])
        held = held.at[jnp.arange(rounds + 1), path].set(True)
        left_by = left_by.at[turn, path[:-1], actions].set(actions < STAY)
        return (held, left_by), (actions, first[made.start[agent]])

    nobody = (jnp.zeros((rounds + 1, cells), bool), jnp.zeros((rounds, cells, ways), bool))
    _, planned = jax.lax.scan(plan_next, nobody, order)
    actions, costs = planned
    return actions[jnp.argsort(order)].T, costs.sum()
