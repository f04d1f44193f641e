"""Objectives: zero at closed-form flows, limits in lambda, and what forward looking changes."""

import functools
import math
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.gflownets.detailed_balance import DetailedBalance
from toybench.methods.gflownets.forward_looking_db import ForwardLookingDB
from toybench.methods.gflownets.forward_looking_subtb import ForwardLookingSubTB
from toybench.methods.gflownets.local_search_db import LocalSearchDB
from toybench.methods.gflownets.local_search_gfn import LocalSearchGFN
from toybench.methods.gflownets.subtrajectory_balance import SubtrajectoryBalance
from toybench.methods.gflownets.trajectory_balance import TrajectoryBalance
from toybench.tasks.gflownets import Grid, Sets, Spec, Strings, Trajectories, follow, live, retrace
from toybench.tasks.gflownets.set_generation import SetGeneration

SMALL = (Sets(5, 3), Strings(2, 3), Grid(3, 2))
OBJECTIVES = (DetailedBalance, TrajectoryBalance, SubtrajectoryBalance, ForwardLookingDB, ForwardLookingSubTB)


def rewards(exact, graph, scale=1.0):
    """{terminal state: log reward}, all different."""
    ends = [s for s, leave in exact.states(graph).items() if not leave]
    return dict(zip(ends, scale * np.random.default_rng(0).normal(size=len(ends)), strict=True))


def energies(exact, graph, log_reward, seed=1):
    """{state: energy}: -log reward at a terminal one, anything on the way, 0 at the root."""
    rng, edges = np.random.default_rng(seed), exact.states(graph)
    free = {s: float(rng.normal()) for s in edges}
    return {s: -log_reward[s] if not edges[s] else free[s] for s in edges} | {next(iter(edges)): 0.0}


@functools.partial(jax.jit, static_argnums=0)
def walk(graph, ends, u):
    """(states, actions, edges) of paths to objects."""
    states = follow(graph, actions := retrace(graph, ends, u))
    return states, actions, live(graph, states)


@functools.partial(jax.jit, static_argnums=0)
def loss(method, params, batch):
    """The method's loss, compiled."""
    return method.loss(params, batch)


def paths(graph, log_reward, energy):
    """A batch with a random path to every object."""
    ends = jnp.asarray(list(log_reward), jnp.int32)
    u = jax.random.uniform(jax.random.key(2), (graph.length, len(ends)))
    states, actions, seen = walk(graph, ends, u)
    energy = np.vectorize(lambda *s: energy[s])(*np.moveaxis(np.asarray(states), -1, 0))
    values = jnp.asarray(list(log_reward.values()), jnp.float32)
    return Trajectories(states, actions, seen, values, jnp.asarray(energy, jnp.float32))


def knowing(exact, cls, graph, log_reward, energy=None):
    """A method of this class whose network is a table of the closed-form flow (over exp(-energy), if given)."""
    flow, policy = exact.flows(graph, lambda s: log_reward[s])
    known = [s for s in flow if policy[s]]
    table = np.full((len(known), graph.actions), -1e9, np.float32)
    for row, s in enumerate(known):
        for action, p in policy[s].items():
            table[row, action] = math.log(p)
    head = np.asarray([math.log(flow[s]) + (energy[s] if energy else 0.0) for s in known], np.float32)
    keys = jnp.asarray(known, jnp.int32)

    class Knowing(cls):
        def heads(self, params, states):
            row = jnp.argmax((states[:, None] == keys[None]).all(-1), axis=-1)
            return jnp.asarray(table)[row], jnp.asarray(head)[row]

    return Knowing(spec=Spec(graph, batch=4), decay=0.9) if issubclass(cls, SubtrajectoryBalance) else Knowing(
        spec=Spec(graph, batch=4)
    ), {"log_z": jnp.asarray(math.log(flow[tuple(int(v) for v in graph.root())]), jnp.float32)}  # fmt: skip


@pytest.mark.parametrize("graph", SMALL)
@pytest.mark.parametrize("cls", OBJECTIVES)
def test_zero_at_the_closed_form_flow_and_not_beside_it(graph, cls, exact):
    log_reward = rewards(exact, graph)
    energy = energies(exact, graph, log_reward)
    looking = cls in (ForwardLookingDB, ForwardLookingSubTB)
    method, params = knowing(exact, cls, graph, log_reward, energy if looking else None)
    batch = paths(graph, log_reward, energy)
    compiled = jax.jit(method.loss)
    assert float(compiled(params, batch)) < 1e-9
    ends = jax.vmap(jax.vmap(graph.terminal))(batch.states)
    beside = batch._replace(log_reward=batch.log_reward + 0.1, energy=jnp.where(ends, batch.energy - 0.1, batch.energy))
    assert float(compiled(params, beside)) > 1e-4


def test_sets_have_a_flow_in_closed_form(exact):
    """F(s) = exp(-E(s)) e_{k-|s|}(w outside s) / C(k, |s|) with e_j the elementary symmetric polynomials."""
    graph, energy = Sets(6, 4), np.random.default_rng(3).normal(size=6)
    flow, policy = exact.flows(graph, lambda s: -energy @ np.asarray(s))
    for s, f in flow.items():
        outside, inside = np.exp(-energy)[np.asarray(s) == 0], sum(s)
        symmetric = np.abs(np.poly(outside))  # coefficients e_0, e_1, ...
        beyond = symmetric[4 - inside] / math.comb(4, inside)
        assert math.isclose(f, math.exp(-energy @ np.asarray(s)) * beyond, rel_tol=1e-9)
        for a, p in policy[s].items():
            rest = np.exp(-energy)[(np.asarray(s) == 0) & (np.arange(6) != a)]
            after = np.abs(np.poly(rest))[3 - inside] / math.comb(4, inside + 1)
            assert math.isclose(p, math.exp(-energy[a]) * after / ((inside + 1) * beyond), rel_tol=1e-9)


@pytest.mark.parametrize("graph", [Sets(5, 3), Grid(3, 2)])
def test_the_closed_form_policy_draws_the_target(graph, exact):
    log_reward = rewards(exact, graph)
    method, params = knowing(exact, DetailedBalance, graph, log_reward)
    law = np.asarray(graph.law(jnp.exp(method.heads(params, graph.every())[0])))
    cells = [int(graph.cell(jnp.asarray(s, jnp.int32))) for s in log_reward]
    want = np.exp(list(log_reward.values()))
    np.testing.assert_allclose(law[cells], want / want.sum(), rtol=1e-4)


def learner(cls, graph, **fields):
    """An untrained learner: (method, parameters)."""
    method = cls(spec=Spec(graph, batch=4), steps=1, **fields)
    return method, method.init(jax.random.key(5)).params


def test_subtrajectory_balance_lies_between_detailed_and_trajectory_balance(exact):
    graph = Sets(5, 3)
    log_reward = rewards(exact, graph)
    batch = paths(graph, log_reward, energies(exact, graph, log_reward))
    short, params = learner(SubtrajectoryBalance, graph, decay=1e-5)
    edges = loss(DetailedBalance(spec=short.spec), params, batch)
    np.testing.assert_allclose(loss(short, params, batch), edges, rtol=1e-3)
    root = short.heads(params, graph.root()[None])[1][0]
    whole = loss(TrajectoryBalance(spec=short.spec), params | {"log_z": root}, batch)
    np.testing.assert_allclose(loss(replace(short, decay=1e5), params, batch), whole, rtol=1e-3)
    assert abs(float(edges - whole)) > 1e-2
    ahead = loss(replace(learner(ForwardLookingSubTB, graph)[0], decay=1e-5), params, batch)
    np.testing.assert_allclose(ahead, loss(ForwardLookingDB(spec=short.spec), params, batch), rtol=1e-3)


def test_subtrajectory_weights_by_hand(exact):
    """Two edges: residuals a, b and a + b with weights lambda, lambda and lambda^2."""
    graph = Sets(3, 2)
    log_reward = rewards(exact, graph)
    batch = paths(graph, log_reward, energies(exact, graph, log_reward))
    method, params = learner(SubtrajectoryBalance, graph, decay=0.5)
    edges = method.read(params, batch)
    start = edges.head[0] + edges.log_pf[0] - edges.log_pb[0]
    a = start - edges.head[1]
    b = edges.head[1] + edges.log_pf[1] - edges.log_pb[1] - batch.log_reward
    want = (0.5 * a**2 + 0.5 * b**2 + 0.25 * (a + b) ** 2) / 1.25
    np.testing.assert_allclose(loss(method, params, batch), want.mean(), rtol=1e-5)


@pytest.mark.parametrize("pair", [(ForwardLookingDB, DetailedBalance), (ForwardLookingSubTB, SubtrajectoryBalance)])
def test_without_energy_on_the_way_looking_forward_changes_nothing(pair, exact):
    graph = Grid(3, 2)
    log_reward = rewards(exact, graph)
    batch = paths(graph, log_reward, energies(exact, graph, log_reward))
    (ahead, params), (plain, _) = (learner(cls, graph) for cls in pair)
    ends = jax.vmap(jax.vmap(graph.terminal))(batch.states)
    flat = batch._replace(energy=jnp.where(ends, batch.energy, 0.0))
    np.testing.assert_allclose(loss(ahead, params, flat), loss(plain, params, flat), rtol=1e-5)
    assert abs(float(loss(ahead, params, batch) - loss(plain, params, batch))) > 1e-2


@pytest.mark.parametrize("cls", [DetailedBalance, SubtrajectoryBalance, ForwardLookingDB, ForwardLookingSubTB])
def test_what_is_not_shown_does_not_count(cls, exact):
    graph = Sets(5, 3)
    log_reward = rewards(exact, graph)
    batch = paths(graph, log_reward, energies(exact, graph, log_reward))
    batch = batch._replace(seen=batch.seen & (jnp.arange(3)[:, None] < 2))
    method, params = learner(cls, graph)
    other = batch._replace(
        states=batch.states.at[-1].set(batch.states[-1, ::-1]),
        log_reward=batch.log_reward + 7,
        energy=batch.energy.at[-1].add(7.0),
    )
    np.testing.assert_allclose(loss(method, params, other), loss(method, params, batch), rtol=1e-6)


def test_trajectory_balance_learns_from_whole_trajectories_only(exact):
    graph = Sets(5, 3)
    log_reward = rewards(exact, graph)
    batch = paths(graph, log_reward, energies(exact, graph, log_reward))
    method, params = learner(TrajectoryBalance, graph)
    whole = jnp.arange(10) < 4
    cut = batch._replace(seen=batch.seen & (whole[None, :] | (jnp.arange(3)[:, None] < 2)))
    edges = method.read(params, batch)
    residual = params["log_z"] + (edges.log_pf - edges.log_pb).sum(0) - batch.log_reward
    np.testing.assert_allclose(loss(method, params, batch), (residual**2).mean(), rtol=1e-5)
    np.testing.assert_allclose(loss(method, params, cut), (residual[:4] ** 2).mean(), rtol=1e-5)
    none = batch._replace(seen=batch.seen & (jnp.arange(3)[:, None] < 2))
    assert float(loss(method, params, none)) == 0.0


def test_looking_forward_needs_energies():
    for cls in (ForwardLookingDB, ForwardLookingSubTB):
        assert cls().fits(SetGeneration(prefixes=True).spec) is None
        assert "energy" in cls().fits(Spec(Strings(4, 12), 32, energies=False))


@pytest.mark.parametrize("pair", [(LocalSearchGFN, TrajectoryBalance), (LocalSearchDB, DetailedBalance)])
def test_a_local_search_leaves_the_objective(pair, exact):
    graph = Sets(5, 3)
    log_reward = rewards(exact, graph)
    batch = paths(graph, log_reward, energies(exact, graph, log_reward))
    (searching, params), (plain, _) = (learner(cls, graph) for cls in pair)
    np.testing.assert_allclose(loss(searching, params, batch), loss(plain, params, batch), rtol=1e-6)


def test_a_rollout_draws_the_law_of_its_policy():
    graph = Sets(5, 3)
    method, params = learner(DetailedBalance, graph)
    params = jax.tree.map(lambda x: 3 * x, params)  # far from uniform
    u = jax.random.uniform(jax.random.key(8), (3, 20_000))

    cells = jax.jit(lambda e: jax.vmap(graph.cell)(follow(graph, method.fresh(params, u, e))[-1]))

    def drawn(epsilon):
        return np.bincount(np.asarray(cells(epsilon)), minlength=32) / 20_000

    policy = jnp.exp(method.heads(params, graph.every())[0])
    uniform = jax.vmap(graph.allowed)(graph.every()).astype(jnp.float32)
    uniform = uniform / jnp.maximum(uniform.sum(-1, keepdims=True), 1)
    for epsilon in (0.0, 0.6):
        want = np.asarray(graph.law((1 - epsilon) * policy + epsilon * uniform))
        assert np.abs(drawn(epsilon) - want).sum() / 2 < 0.02
    assert np.abs(drawn(0.0) - drawn(0.6)).sum() / 2 > 0.05
