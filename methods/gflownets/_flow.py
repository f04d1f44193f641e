"""What the study's learners share: a forward policy with a flow head, its rollouts, replay, and one step of learning.

Shapes: t edges, b objects, s entries of a state, a actions, c remembered objects.
"""

from typing import Any, NamedTuple

import flax.linen
import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import nn, optim
from toybench.tasks.gflownets import SAMPLES, Trajectories, follow, live, retrace

FORBIDDEN = -1e9  # logit of an action that isn't allowed; finite, so that gradients are


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


class FlowNetwork(Method):
    """An MLP gives P_F's logits and log F(s); the backward policy is uniform. A subclass gives `loss`."""

    lr: float = 0.003  # Adam's learning rate
    z_rate: float = 0.1  # Adam's learning rate for log Z, where there is one; the papers' value
    epsilon: float = 0.1  # probability of a uniform action when buying, 0 to 1; Pan et al.: 0 to 1 by method
    hidden: int = 64  # width of the two hidden layers; the papers: 256

    space = {"lr": (0.003, 0.01), "epsilon": (0.01, 0.1, 0.5)}

    def loss(self, params: Any, batch: Trajectories) -> jax.Array:
        """Mean squared residual of the objective."""
        raise TypeError(f"{self.name} has no objective; give it a method `loss`.")

    @property
    def network(self) -> nn.MLP:
        return nn.MLP((self.hidden, self.hidden, self.spec.graph.actions + 1), flax.linen.leaky_relu)

    @property
    def optimizer(self) -> optax.GradientTransformation:
        rates = {"net": optax.adam(self.lr), "log_z": optax.adam(self.z_rate)}
        return optim.lenient(optax.multi_transform(rates, {"net": "net", "log_z": "log_z"}))

    def init(self, key: jax.Array) -> State:
        spec = self.spec
        params = {"net": nn.init(self.network, key, jnp.zeros((1, spec.graph.features))), "log_z": jnp.zeros(())}
        room = max(self.steps, 1) * spec.batch if spec.replay else 0
        memory = Memory(
            objects=jnp.zeros((room, len(spec.graph.root())), jnp.int32),
            log_reward=jnp.zeros(room),
            filled=jnp.zeros((), jnp.int32),
        )
        return State(params=params, opt=self.optimizer.init(params), memory=memory, walk=())

    def heads(self, params: Any, states: jax.Array) -> tuple[jax.Array, jax.Array]:
        """log P_F(. | s) [n, a] and log F(s) [n] of states [n, s]."""
        graph = self.spec.graph
        out = self.network.apply(params["net"], jax.vmap(graph.encode)(states))
        logits = jnp.where(jax.vmap(graph.allowed)(states), out[:, :-1], FORBIDDEN)
        return jax.nn.log_softmax(logits), out[:, -1]

    def along(self, params: Any, batch: Trajectories) -> tuple[jax.Array, jax.Array, jax.Array]:
        """log P_F and log P_B of the edges [t, b], and log F of the states [t + 1, b], which is log R at the end."""
        graph, (t, b) = self.spec.graph, batch.actions.shape
        log_pf, log_flow = self.heads(params, batch.states.reshape((t + 1) * b, -1))
        chosen = jnp.take_along_axis(log_pf[: t * b], batch.actions.reshape(-1, 1), axis=1).reshape(t, b)
        parents = jax.vmap(jax.vmap(graph.parents))(batch.states[1:])
        terminal = jax.vmap(jax.vmap(graph.terminal))(batch.states)
        log_flow = self.flow(log_flow.reshape(t + 1, b), batch.energy)
        flow = jnp.where(terminal, batch.log_reward[None, :], log_flow)
        return chosen, -jnp.log(parents.astype(jnp.float32)), flow

    def flow(self, head: jax.Array, energy: jax.Array) -> jax.Array:
        """log F of states that are not terminal, from the network's head and the states' energies."""
        return head

    def rollout(
        self, params: Any, u: jax.Array, epsilon: Any, prefix: jax.Array | None = None, keep: Any = 0
    ) -> jax.Array:
        """Actions int32 [t, b] of trajectories from the root by u [t, b]: the first `keep` are those of `prefix`.

        With probability epsilon an action is uniform among those allowed.
        """
        graph = self.spec.graph
        prefix = jnp.zeros(u.shape, jnp.int32) if prefix is None else prefix

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

    def propose(self, state: State, key: jax.Array) -> jax.Array:
        u = jax.random.uniform(key, (self.spec.graph.length, self.spec.batch))
        return self.rollout(state.params, u, self.epsilon)

    def update(self, state: State, batch: Trajectories, key: jax.Array) -> State:
        """A step on the new trajectories and, where the task has a replay, one on remembered objects."""
        state = self.learn(state, batch)
        if not self.spec.replay:
            return state
        memory = remember(state.memory, batch)
        return self.learn(state._replace(memory=memory), self.recall(memory, key))

    def learn(self, state: State, batch: Trajectories) -> State:
        grads = jax.grad(self.loss)(state.params, batch)
        params, opt = optim.descend(self.optimizer, grads, state.opt, state.params)
        return state._replace(params=params, opt=opt)

    def recall(self, memory: Memory, key: jax.Array) -> Trajectories:
        """Half from the best tenth of 5 * replay remembered objects, half from the rest, on new paths by P_B."""
        graph, n = self.spec.graph, self.spec.replay
        u = jax.random.uniform(key, (5 + graph.length, n))
        some = (u[:5].reshape(-1) * memory.filled.astype(jnp.float32)).astype(jnp.int32)
        order = some[jnp.argsort(-memory.log_reward[some])]
        chosen = jnp.concatenate([order[: n // 2], order[n // 2 :: 9]])
        actions = retrace(graph, memory.objects[chosen], u[5:])
        states = follow(graph, actions)
        seen = live(graph, states)
        return Trajectories(states, actions, seen, memory.log_reward[chosen], jnp.zeros(states.shape[:2]))

    def law(self, state: State) -> jax.Array:
        graph = self.spec.graph
        return graph.law(jnp.exp(self.heads(state.params, graph.every())[0]))

    def samples(self, state: State, key: jax.Array) -> jax.Array:
        u = jax.random.uniform(key, (self.spec.graph.length, SAMPLES))
        return follow(self.spec.graph, self.rollout(state.params, u, 0.0))[-1]


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
