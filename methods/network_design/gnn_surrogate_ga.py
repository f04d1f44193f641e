"""Genetic algorithm on a graph network that stands in for the equilibrium.

**Source**: Madadi and Correia, "A hybrid deep-learning-metaheuristic framework for bi-level network design problems",
2023, https://arxiv.org/abs/2303.06024; abstract, and the authors' code, bahmanmdd/HDLMF_GIN-GA at cadd2b9:
`gnn_layer_gin.py`, `gnn_net_gin.py`, `gnn_train.py` and `ndp_la_gagnn.py`. The network predicts the roads' flows, their
times follow by the formula, and the best that the genetic algorithm found are solved exactly.

    h_v <- h_v + relu(norm MLP(h_v + sum over roads u -> v of h_u capacity_uv / time_uv))
    flow_uv = MLP(h_u, h_v of all layers, capacity_uv, time_uv),    trained by squared errors
    score(design) = sum over roads of flow time(flow, capacity of the design)

**Differs from the paper**: 1. the network is trained on 128 solved plans of the one road network that is designed, not
on thousands with other demands and capacities. 2. Three layers of width 32; each node's vector is normalised by itself,
not over a batch. 3. One MLP reads all layers at once, instead of one for each. What is predicted is how much a flow
differs from that road's mean; flows are cut at 0 after training. 4. Adam's rate falls to 0 by a cosine, instead of when
the loss stands still. 5. A genetic algorithm of 60 individuals and 40 generations instead of 128 until time is out. 6.
All designs are predicted at once, as there are 2,002, so that a search among them costs nothing and the genetic
algorithm could be left out.

**Shapes**: g networks, d designs, r roads, n crossings, h width, k of a minibatch, s minibatches.
"""

from typing import Any, NamedTuple

import flax.linen as linen
import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import nn, optim
from toybench.blocks.attention import Norm
from toybench.methods.network_design._search import Told, ask, learn, nothing_told, search_stand_in
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
FITS = 1500  # steps of Adam on what is solved beforehand
BATCH = 8  # plans of a step


class State(NamedTuple):
    """What was told, times as predicted [g, d], `LATER` more where evolution was not, and parameters [g, ...]."""

    told: Told
    score: jax.Array
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
        weight = jnp.einsum("rm,...r,rn->...nm", network.leaves, wide / long, network.enters)  # from m to n
        layers = [h]
        for _ in range(MESSAGES):
            heard = h + weight @ h
            h = h + linen.relu(Norm()(nn.MLP((WIDTH, WIDTH))(heard)))
            layers.append(h)
        every = jnp.concatenate(layers, axis=-1)
        leaves = jnp.einsum("rn,...nh->...rh", network.leaves, linen.Dense(WIDTH, use_bias=False)(every))
        enters = jnp.einsum("rn,...nh->...rh", network.enters, linen.Dense(WIDTH, use_bias=False)(every))
        return linen.Dense(1)(linen.relu(leaves + enters + linen.Dense(WIDTH)(roads)))[..., 0]


class GnnSurrogateGa(Method):
    """One graph network a road network."""

    paper = "madadi2023hybrid"

    lr: float = 0.0025  # Adam's rate, above 0
    learn: bool = True  # or take each road's mean flow for what it predicts; the authors' network learns
    rounds: int = 0  # in which it asks for designs that are new; 0: all. Later it asks for what it knows

    space = {"lr": (0.0005, 0.001, 0.0025, 0.006, 0.015, 0.04)}

    def init(self, key: jax.Array) -> State:
        spec = self.spec
        network, solved = self.given
        born, course, search = jax.random.split(key, 3)
        params = jax.vmap(lambda k, one: nn.init(FlowNet(), k, one, one.capacity))(
            jax.random.split(born, spec.networks), network
        )
        uniform = jax.random.uniform(course, (spec.networks, FITS, BATCH))
        rows = jnp.floor(uniform * solved.bits.shape[1]).astype(jnp.int32)
        params = jax.vmap(self.train)(params, self.given, rows) if self.learn else params
        score = jax.vmap(self.times)(self.given, params)
        return State(told=nothing_told(spec), score=search_stand_in(spec, search, score), params=params)

    def train(self, params: Any, given: Known, rows: jax.Array) -> Any:
        """Parameters after a step on each minibatch of rows int32 [s, k] of the plans that are solved."""
        adam = optim.adam(self.lr, len(rows))
        target = (given.solved.flow - usual(given.solved)) / spread(given.solved)

        def step(carry: tuple[Any, Any], chosen: jax.Array) -> tuple[tuple[Any, Any], None]:
            def loss(params: Any) -> jax.Array:
                found = FlowNet().apply(params, given.network, capacities(given.network, given.solved.bits[chosen]))
                return ((found - target[chosen]) ** 2).mean()

            return optim.descend(adam, jax.grad(loss)(carry[0]), carry[1], carry[0]), None

        return jax.lax.scan(step, (params, adam.init(params)), rows)[0][0]

    def update(self, state: State, batch: Answers, key: jax.Array) -> State:
        return state._replace(told=learn(state.told, batch))

    def propose(self, state: State, key: jax.Array) -> jax.Array:
        asked = ask(state.score, state.told, self.spec.asked)
        if not self.rounds:
            return asked
        known = jax.lax.top_k(-state.told.time, self.spec.asked)[1].astype(jnp.int32)
        return jnp.where(state.told.rounds < self.rounds, asked, known)

    def times(self, given: Known, params: Any) -> jax.Array:
        """Predicted times in all of all designs of a network, over their mean, [d]."""
        bits = jnp.asarray(designs(self.spec.candidates, self.spec.chosen))
        more = FlowNet().apply(params, given.network, capacities(given.network, bits)) if self.learn else 0.0
        flow = jnp.maximum(usual(given.solved) + spread(given.solved) * more, 0.0)
        flow = jnp.broadcast_to(flow, (len(bits), flow.shape[1]))
        time = total_time(given.network, bits, flow)
        return time / time.mean()


def usual(solved: Solved) -> jax.Array:
    """Mean flow of each road of a network, [1, r]."""
    return solved.flow.mean(0, keepdims=True)


def spread(solved: Solved) -> jax.Array:
    """How much flows of a network differ from the usual ones, one number for all its roads, []."""
    return jnp.sqrt(((solved.flow - usual(solved)) ** 2).mean())
