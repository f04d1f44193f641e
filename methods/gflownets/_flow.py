"""What the study's learners share: a forward policy with a flow head, its rollouts, replay, and local search.

Shapes: t edges, b objects, s entries of a state, a actions, c remembered objects.
"""

import abc
from typing import Any, NamedTuple

import flax.linen
import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import nn, optim
from toybench.blocks.random import uniforms
from toybench.tasks.gflownets import SAMPLES, Grid, Spec, Trajectories, follow, live, retrace

FORBIDDEN = -1e9  # logit of an action that isn't allowed; finite, so that gradients are
POOL = 5  # remembered objects that are looked at for one that is read again


class Memory(NamedTuple):
    """Objects bought so far int32 [c, s], their log rewards [c], and how many there are."""

    objects: jax.Array
    log_reward: jax.Array
    filled: jax.Array


class State(NamedTuple):
    """Parameters {net, log_z}, Adam's moments, the memory, and a local search's walk (empty without one)."""

    params: Any
    opt: Any
    memory: Memory
    walk: Any


class Edges(NamedTuple):
    """What a network says of trajectories.

    Attributes:
      log_pf: log P_F of the edges, [t, b].
      log_pb: log P_B of the edges, [t, b].
      head: the flow head of the states, [t + 1, b].
      ends: which states are terminal, bool [t + 1, b].
    """

    log_pf: jax.Array
    log_pb: jax.Array
    head: jax.Array
    ends: jax.Array


class FlowNetwork(Method):
    """An MLP gives P_F's logits and a flow of each state; the backward policy is uniform."""

    lr: float = 0.003  # Adam's learning rate
    z_rate: float = 0.1  # Adam's learning rate for log Z, where there is one; the papers' value
    epsilon: float = 0.1  # probability of a uniform action when buying, 0 to 1; Pan et al.: 0 to 1 by method
    hidden: int = 64  # width of the two hidden layers; the papers: 256

    space = {"lr": (0.003, 0.01, 0.03), "epsilon": (0.0, 0.03, 0.1, 0.3, 1.0)}

    @abc.abstractmethod
    def loss(self, params: Any, batch: Trajectories) -> jax.Array:
        """Mean squared residual of the objective."""

    @property
    def network(self) -> nn.MLP:
        return nn.MLP((self.hidden, self.hidden, self.spec.graph.actions + 1), flax.linen.leaky_relu)

    @property
    def optimizer(self) -> optax.GradientTransformation:
        rates = {"net": optax.adam(self.lr), "log_z": optax.adam(self.z_rate)}
        return optim.lenient(optax.multi_transform(rates, {"net": "net", "log_z": "log_z"}))

    def start(self, key: jax.Array, walk: Any) -> State:
        """The state before the first round, with a local search's walk."""
        spec = self.spec
        params = {"net": nn.init(self.network, key, jnp.zeros((1, spec.graph.features))), "log_z": jnp.zeros(())}
        room = max(self.steps, 1) * spec.batch if spec.replay else 0
        memory = Memory(
            objects=jnp.zeros((room, len(spec.graph.root())), jnp.int32),
            log_reward=jnp.zeros(room),
            filled=jnp.zeros((), jnp.int32),
        )
        return State(params=params, opt=self.optimizer.init(params), memory=memory, walk=walk)

    def heads(self, params: Any, states: jax.Array) -> tuple[jax.Array, jax.Array]:
        """log P_F(. | s) [n, a] and the flow head [n] of states [n, s]."""
        graph = self.spec.graph
        out = self.network.apply(params["net"], jax.vmap(graph.encode)(states))
        logits = jnp.where(jax.vmap(graph.allowed)(states), out[:, :-1], FORBIDDEN)
        return jax.nn.log_softmax(logits), out[:, -1]

    def read(self, params: Any, batch: Trajectories) -> Edges:
        """What the network says of a batch."""
        graph = self.spec.graph
        t, b = batch.actions.shape
        log_pf, head = self.heads(params, batch.states.reshape((t + 1) * b, -1))
        parents = jax.vmap(jax.vmap(graph.parents))(batch.states[1:])
        return Edges(
            log_pf=jnp.take_along_axis(log_pf[: t * b], batch.actions.reshape(-1, 1), axis=1).reshape(t, b),
            log_pb=-jnp.log(parents.astype(jnp.float32)),
            head=head.reshape(t + 1, b),
            ends=jax.vmap(jax.vmap(graph.terminal))(batch.states),
        )

    def rollout(self, params: Any, u: jax.Array, epsilon: Any, prefix: jax.Array, keep: Any) -> jax.Array:
        """Actions int32 [t, b] of trajectories from the root by u [t, b]: the first `keep` are those of `prefix`.

        With probability epsilon an action is uniform among those allowed.
        """
        graph = self.spec.graph

        def step(state: jax.Array, now: tuple) -> tuple[jax.Array, jax.Array]:
            t, u, given = now
            allowed = jax.vmap(graph.allowed)(state).astype(jnp.float32)
            uniform = allowed / jnp.maximum(allowed.sum(-1, keepdims=True), 1.0)
            policy = (1 - epsilon) * jnp.exp(self.heads(params, state)[0]) + epsilon * uniform
            action = jnp.where(t < keep, given, draw(policy, u))
            return jax.vmap(lambda s, a: jnp.where(graph.terminal(s), s, graph.step(s, a)))(state, action), action

        root = graph.root()
        start = jnp.broadcast_to(root, (u.shape[1], len(root)))
        return jax.lax.scan(step, start, (jnp.arange(len(u)), u, prefix))[1]

    def fresh(self, params: Any, u: jax.Array, epsilon: Any) -> jax.Array:
        """Actions int32 [t, b] of whole trajectories by u [t, b]."""
        return self.rollout(params, u, epsilon, prefix=jnp.zeros(u.shape, jnp.int32), keep=0)

    def study(self, state: State, batch: Trajectories, key: jax.Array) -> State:
        """A step on the new trajectories and, where the task has a replay, one on remembered objects."""
        state = self.descend(state, batch)
        if not self.spec.replay:
            return state
        memory = remember(state.memory, batch)
        return self.descend(state._replace(memory=memory), self.recall(memory, key))

    def descend(self, state: State, batch: Trajectories) -> State:
        """The state after one step of Adam."""
        gradients = jax.grad(self.loss)(state.params, batch)
        params, opt = optim.descend(self.optimizer, gradients, state.opt, state.params)
        return state._replace(params=params, opt=opt)

    def recall(self, memory: Memory, key: jax.Array) -> Trajectories:
        """Half from the best tenth of POOL * replay remembered objects, half from the rest, on new paths by P_B."""
        graph = self.spec.graph
        n = self.spec.replay
        drawn = uniforms(key, places=(POOL * n,), paths=(graph.length, n))
        some = (drawn["places"] * memory.filled.astype(jnp.float32)).astype(jnp.int32)
        order = some[jnp.argsort(-memory.log_reward[some])]
        chosen = jnp.concatenate([order[: n // 2], order[n // 2 :: 2 * POOL - 1]])
        actions = retrace(graph, memory.objects[chosen], drawn["paths"])
        states = follow(graph, actions)
        return Trajectories(
            states=states,
            actions=actions,
            seen=live(graph, states),
            log_reward=memory.log_reward[chosen],
            energy=jnp.zeros(states.shape[:2]),
        )

    def law(self, state: State) -> jax.Array:
        graph = self.spec.graph
        return graph.law(jnp.exp(self.heads(state.params, graph.every())[0]))

    def samples(self, state: State, key: jax.Array) -> jax.Array:
        u = jax.random.uniform(key, (self.spec.graph.length, SAMPLES))
        return follow(self.spec.graph, self.fresh(state.params, u, 0.0))[-1]


class OnPolicy(FlowNetwork):
    """A learner that buys what its own policy draws, with some exploration."""

    def init(self, key: jax.Array) -> State:
        return self.start(key, walk=())

    def propose(self, state: State, key: jax.Array) -> jax.Array:
        u = jax.random.uniform(key, (self.spec.graph.length, self.spec.batch))
        return self.fresh(state.params, u, self.epsilon)

    def update(self, state: State, batch: Trajectories, key: jax.Array) -> State:
        return self.study(state, batch, key)


class Walk(NamedTuple):
    """Current objects int32 [b, s], their log rewards [b], a path to each by P_B int32 [t, b], and the round."""

    objects: jax.Array
    log_reward: jax.Array
    path: jax.Array
    round: jax.Array


class LocalSearch(FlowNetwork):
    """A learner that buys fresh objects every (rebuilds + 1)th round, and between them rebuilds the current ones."""

    rebuilds: int = 7  # I, rounds of rebuilding after a fresh one; the paper: 7
    undone: int = 6  # K, edges that are undone and rebuilt; the paper: about half of the trajectory

    @abc.abstractmethod
    def acceptance(self, gain: jax.Array, ways: jax.Array) -> jax.Array:
        """Probability [b] that a rebuilt object replaces the current one.

        Args:
          gain: log R(y) - log R(x), [b].
          ways: log P_B(s | y) P_F(x | s) - log P_B(s | x) P_F(y | s), [b].
        """

    def fits(self, spec: Spec) -> str | None:
        fixed = not isinstance(spec.graph, Grid)  # every path to an object has the same number of edges
        return None if spec.complete and fixed else "local search needs complete trajectories of one length"

    @property
    def kept(self) -> int:
        """Edges of a path that stay."""
        return max(self.spec.graph.length - self.undone, 0)

    def init(self, key: jax.Array) -> State:
        graph = self.spec.graph
        b = self.spec.batch
        walk = Walk(
            objects=jnp.zeros((b, len(graph.root())), jnp.int32),
            log_reward=jnp.zeros(b),
            path=jnp.zeros((graph.length, b), jnp.int32),
            round=jnp.zeros((), jnp.int32),
        )
        return self.start(key, walk)

    def propose(self, state: State, key: jax.Array) -> jax.Array:
        """Exploration is for fresh objects only, as in the authors' code."""
        fresh = state.walk.round % (self.rebuilds + 1) == 0
        u = jax.random.uniform(key, state.walk.path.shape)
        keep = jnp.where(fresh, 0, self.kept)
        return self.rollout(state.params, u, jnp.where(fresh, self.epsilon, 0.0), state.walk.path, keep)

    def update(self, state: State, batch: Trajectories, key: jax.Array) -> State:
        search, learn = jax.random.split(key)
        walk = self.move(state, batch, search)
        return self.study(state, batch, learn)._replace(walk=walk)

    def move(self, state: State, batch: Trajectories, key: jax.Array) -> Walk:
        """The walk after the rebuilt objects were accepted or not, with a new path to each object."""
        walk = state.walk
        graph = self.spec.graph
        drawn = uniforms(key, accept=walk.log_reward.shape, paths=walk.path.shape)
        ways = self.rebuilding(state.params, walk.path) - self.rebuilding(state.params, batch.actions)
        fresh = walk.round % (self.rebuilds + 1) == 0
        moved = fresh | (drawn["accept"] < self.acceptance(batch.log_reward - walk.log_reward, ways))
        objects = jnp.where(moved[:, None], batch.states[-1], walk.objects)
        return Walk(
            objects=objects,
            log_reward=jnp.where(moved, batch.log_reward, walk.log_reward),
            path=retrace(graph, objects, drawn["paths"]),
            round=walk.round + 1,
        )

    def rebuilding(self, params: Any, actions: jax.Array) -> jax.Array:
        """log P_F - log P_B [b] of the undone part of paths [t, b]."""
        graph = self.spec.graph
        t, b = actions.shape
        states = follow(graph, actions)
        log_pf, _ = self.heads(params, states[:-1].reshape(t * b, -1))
        forward = jnp.take_along_axis(log_pf, actions.reshape(-1, 1), axis=1).reshape(t, b)
        backward = -jnp.log(jax.vmap(jax.vmap(graph.parents))(states[1:]).astype(jnp.float32))
        return (forward - backward)[self.kept :].sum(0)


def draw(policy: jax.Array, u: jax.Array) -> jax.Array:
    """Actions int32 [b] with probabilities policy [b, a], by u [b] in [0, 1); never one of probability 0."""
    total = jnp.cumsum(policy, axis=-1)
    return jnp.argmax(total > u[:, None] * total[:, -1:], axis=-1).astype(jnp.int32)


def remember(memory: Memory, batch: Trajectories) -> Memory:
    """The memory with the batch's objects added at its end."""
    start = memory.filled
    return Memory(
        objects=jax.lax.dynamic_update_slice(memory.objects, batch.states[-1], (start, jnp.zeros_like(start))),
        log_reward=jax.lax.dynamic_update_slice(memory.log_reward, batch.log_reward, (start,)),
        filled=start + len(batch.log_reward),
    )


def mean(x: jax.Array, where: jax.Array) -> jax.Array:
    """Mean of x over the places that `where` marks."""
    return jnp.where(where, x, 0.0).sum() / jnp.maximum(where.sum(), 1).astype(x.dtype)


def balance_parts(flow: jax.Array, edges: Edges, seen: jax.Array, decay: float) -> jax.Array:
    """Mean over trajectories of the squared residuals of all parts, weighted by decay^length.

    With v_i = flow_i - sum_{t<i} [log P_F - log P_B], the residual of the part from i to j is v_i - v_j.
    `flow` is log F of the states, [t + 1, b].
    """
    past = jnp.cumsum(jnp.where(seen, edges.log_pf - edges.log_pb, 0.0), axis=0)
    v = flow - jnp.concatenate([jnp.zeros_like(past[:1]), past])
    place = jnp.arange(len(v))
    span = jnp.maximum(place[None, :] - place[:, None], 0).astype(jnp.float32)
    last = seen.sum(0)
    part = (place[None, :] > place[:, None])[:, :, None] & (place[None, :, None] <= last[None, None, :])
    weight = jnp.where(part, (decay**span)[:, :, None], 0.0)  # [i, j, b]
    residual = v[:, None, :] - v[None, :, :]
    return jnp.mean((weight * residual**2).sum((0, 1)) / weight.sum((0, 1)))
