"""Genetic algorithm on a graph network that stands in for the equilibrium.

**Source**: Madadi and Correia, "A hybrid deep-learning-metaheuristic framework for bi-level network design problems",
2023, https://arxiv.org/abs/2303.06024; abstract, and the authors' code, bahmanmdd/HDLMF_GIN-GA at cadd2b9:
`gnn_layer_gin.py`, `gnn_net_gin.py`, `gnn_train.py` and `ndp_la_gagnn.py`. The network predicts the roads' flows, their
times follow by the formula, and the best that the genetic algorithm found are solved exactly.

    h_v <- h_v + relu(norm MLP(h_v + sum over roads u -> v of h_u capacity_uv / time_uv))
    flow_uv = mean over layers of MLP(h_u, h_v, capacity_uv, time_uv),    trained by squared errors
    score(design) = sum over roads of flow time(flow, capacity of the design)

**Differs from the paper**: 1. the network is trained on 128 solved plans of the one road network that is designed, not
on thousands with other demands and capacities. 2. It goes on learning from every round of answers; with `more` 0 it
does not, as in the release, where the best 20 are solved once at the end. 3. Three layers of width 32; each node's
vector is normalised by itself, not over a batch. 4. Layers are averaged. What is predicted is how much a flow differs
from that road's mean; flows are cut at 0 after training. 5. Adam's rate falls to 0 by a cosine, instead of when the
loss stands still. 6. A genetic algorithm of 60 individuals and 40 generations instead of 128 until time is out. 7. All
designs are predicted at once, as there are 2,002, so that a search among them costs nothing and the genetic algorithm
could be left out.

**Shapes**: g networks, d designs, r roads, n crossings, h width, m of a round, k of a minibatch, n
solved plans, T answers in all.
"""

from typing import Any, NamedTuple

import flax.linen as linen
import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import nn, optim
from toybench.blocks.attention import Norm
from toybench.methods.network_design._search import Told, ask_by_stand_in, learn, nothing_told
from toybench.tasks.network_design import (
    Answers,
    Known,
    Network,
    Solved,
    capacities,
    designs,
    total_time,
)

WIDTH = 32
MESSAGES = 3  # rounds
FITS = 1000  # steps of Adam on what is solved beforehand
BATCH = 12  # plans of a step


class State(NamedTuple):
    """What was told, all solved plans, bits [g, n + T, c] and flows [g, n + T, r], and parameters [g, ...]."""

    told: Told
    bits: jax.Array
    flow: jax.Array
    params: Any


class FlowNet(linen.Module):
    """How much the flows [.., r] differ from the usual ones, for capacities [.., r] of a network."""

    @linen.compact
    def __call__(self, network: Network, capacity: jax.Array) -> jax.Array:
        free_time = network.free_time / network.free_time.mean()
        wide = capacity / network.capacity.mean()
        long = jnp.broadcast_to(free_time.reshape((1,) * (wide.ndim - 1) + (-1,)), wide.shape)
        roads = jnp.stack([wide, long], axis=-1)
        at_nodes = linen.Dense(WIDTH)(network.trips / network.demand.mean())
        h = jnp.broadcast_to(at_nodes, (*capacity.shape[:-1], *at_nodes.shape))
        read = [self.read(network, h, roads)]
        for _ in range(MESSAGES):
            told = jnp.einsum("rn,...nh->...rh", network.leaves, h) * (wide / long)[..., None]
            heard = h + jnp.einsum("rn,...rh->...nh", network.enters, told)
            h = h + linen.relu(Norm()(nn.MLP((WIDTH, WIDTH))(heard)))
            read.append(self.read(network, h, roads))
        return jnp.stack(read).mean(0)

    def read(self, network: Network, h: jax.Array, roads: jax.Array) -> jax.Array:
        """What one layer adds [.., r], of the nodes [.., n, h] at a road's ends and the road itself [.., r, 2]."""
        leaves = jnp.einsum("rn,...nh->...rh", network.leaves, linen.Dense(WIDTH, use_bias=False)(h))
        enters = jnp.einsum("rn,...nh->...rh", network.enters, linen.Dense(WIDTH, use_bias=False)(h))
        return linen.Dense(1)(linen.relu(leaves + enters + linen.Dense(WIDTH)(roads)))[..., 0]


class GnnSurrogateGa(Method):
    """One graph network a road network."""

    paper = "madadi2023hybrid"

    lr: float = 0.01  # Adam's rate, above 0
    more: int = 100  # steps of Adam after each round, on plans and answers; authors: 0

    space = {"lr": (0.001, 0.0025, 0.006, 0.015, 0.04, 0.1)}

    def init(self, key: jax.Array) -> State:
        spec = self.spec
        network, solved = self.given
        born, course = jax.random.split(key)
        params = jax.vmap(lambda k, one: nn.init(FlowNet(), k, one, one.capacity))(
            jax.random.split(born, spec.networks), network
        )
        uniform = jax.random.uniform(course, (spec.networks, FITS, BATCH))
        rows = jnp.floor(uniform * solved.bits.shape[1]).astype(jnp.int32)
        room = ((0, 0), (0, spec.asked * self.steps), (0, 0))
        return State(
            told=nothing_told(spec),
            bits=jnp.pad(solved.bits, room),
            flow=jnp.pad(solved.flow, room),
            params=self.train(params, solved.bits, solved.flow, rows),
        )

    def update(self, state: State, batch: Answers, key: jax.Array) -> State:
        start = self.given.solved.bits.shape[1] + state.told.rounds * self.spec.asked
        answered = jnp.asarray(designs(self.spec.candidates, self.spec.chosen))[batch.design]
        bits = jax.lax.dynamic_update_slice_in_dim(state.bits, answered, start, axis=1)
        flow = jax.lax.dynamic_update_slice_in_dim(state.flow, batch.flow, start, axis=1)
        uniform = jax.random.uniform(key, (self.spec.networks, self.more, BATCH))
        rows = jnp.floor(uniform * (start + self.spec.asked).astype(uniform.dtype)).astype(jnp.int32)
        params = self.train(state.params, bits, flow, rows) if self.more else state.params
        return State(told=learn(state.told, batch), bits=bits, flow=flow, params=params)

    def train(self, params: Any, bits: jax.Array, flow: jax.Array, rows: jax.Array) -> Any:
        """Parameters [g, ...] after a step on each minibatch of rows int32 [g, s, k] of solved plans."""
        adam = optim.adam(self.lr, rows.shape[1])

        def fit(params: Any, given: Known, bits: jax.Array, flow: jax.Array, rows: jax.Array) -> Any:
            target = (flow - usual(given.solved)) / spread(given.solved)

            def step(carry: tuple[Any, Any], chosen: jax.Array) -> tuple[tuple[Any, Any], None]:
                def loss(params: Any) -> jax.Array:
                    found = FlowNet().apply(params, given.network, capacities(given.network, bits[chosen]))
                    return ((found - target[chosen]) ** 2).mean()

                return optim.descend(adam, jax.grad(loss)(carry[0]), carry[1], carry[0]), None

            return jax.lax.scan(step, (params, adam.init(params)), rows)[0][0]

        return jax.vmap(fit)(params, self.given, bits, flow, rows)

    def propose(self, state: State, key: jax.Array) -> jax.Array:
        score = jax.vmap(self.times)(self.given, state.params)
        return ask_by_stand_in(self.spec, key, score, state.told)

    def times(self, given: Known, params: Any) -> jax.Array:
        """Predicted times in all of all designs of a network, over their mean, [d]."""
        bits = jnp.asarray(designs(self.spec.candidates, self.spec.chosen))
        more = FlowNet().apply(params, given.network, capacities(given.network, bits))
        flow = jnp.maximum(usual(given.solved) + spread(given.solved) * more, 0.0)
        time = total_time(given.network, bits, flow)
        return time / time.mean()


def usual(solved: Solved) -> jax.Array:
    """Mean flow of each road of a network, [1, r]."""
    return solved.flow.mean(0, keepdims=True)


def spread(solved: Solved) -> jax.Array:
    """How much flows of a network differ from the usual ones, one number for all its roads, []."""
    return jnp.sqrt(((solved.flow - usual(solved)) ** 2).mean())
